#include "tests/unit/signaling/world.h"

#include "tests/sim/sim_signaling.h"

#include <stdarg.h>
#include <stdlib.h>

#define TOLD_LINES                                           \
    ",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"}," \
    "{\"mid\":\"1\",\"kind\":\"camera\"}],"                  \
    "\"slots\":[{\"mid\":\"2\",\"kind\":\"stage\"},"         \
    "{\"mid\":\"3\",\"kind\":\"audio\"}]"
#define YES ",\"consent\":{\"recording\":true,\"version\":\"v1\"}"

const char small_lines[] = TOLD_LINES;
const char yes[] = YES;
const char yes_and_lines[] = YES TOLD_LINES;

static enum code verify(void *ctx, const char *token, size_t n, struct claims *ret) {
    char copy[256];
    const char *part[5] = {"", "", "", "", ""};
    (void)ctx;
    for (int c = 0; c < CODE_COUNT; c++) {
        if (n == strlen(code_name(c)) && memcmp(code_name(c), token, n) == 0) {
            return (enum code)c;
        }
    }
    if (n >= sizeof(copy)) {
        return CODE_TOKEN_MALFORMED;
    }
    memcpy(copy, token, n);
    copy[n] = '\0';
    char *p = copy;
    for (int i = 0; i < 5 && p; i++) {
        part[i] = p;
        p = strchr(p, '|');
        if (p) {
            *p++ = '\0';
        }
    }
    *ret = (struct claims){0};
    if (strcmp(part[4], "quiet") == 0) {
        capabilities_set(&ret->can, SOURCE_MICROPHONE, DIRECTION_RECEIVE);
        ret->can.has_chat = true;
    } else if (strcmp(part[4], "deaf") == 0) {
        capabilities_set(&ret->can, SOURCE_MICROPHONE, DIRECTION_SEND);
        capabilities_set(&ret->can, SOURCE_SCREEN, DIRECTION_BOTH);
    }
    ret->role = role_from_name(part[0]);
    snprintf(ret->tour, sizeof(ret->tour), "%s", part[1]);
    snprintf(ret->sub, sizeof(ret->sub), "%s", part[2]);
    snprintf(ret->name, sizeof(ret->name), "%s", part[3]);
    return CODE_OK;
}

static size_t candidates(void *ctx, uint32_t worker, struct addr *out, size_t cap) {
    (void)ctx;
    (void)cap;
    out[0] = addr_v4(192, 0, 2, 10, (uint16_t)(40000 + worker));
    out[1] = (struct addr){.ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, .port = 40000};
    return 2;
}

static struct signaling_config defaults(struct rng rng) {
    struct signaling_config c = signaling_config_of(rng);
    c.candidates = candidates;
    c.verify = verify;
    for (int i = 0; i < FINGERPRINT_LEN; i++) {
        c.fingerprint[i] = (uint8_t)(i * 8 + 7);
    }
    return c;
}

bool world_open(struct world *w, void (*tweak)(struct signaling_config *c)) {
    *w = (struct world){.now = US_PER_S};
    rng_seed(&w->seed, 42);
    w->config = defaults(rng_from_seeded(&w->seed));
    sim_kept_begin(&w->kept, &w->config);
    if (tweak) {
        tweak(&w->config);
    }
    w->log = calloc(LOG_MAX, sizeof(*w->log));
    w->signaling = signaling_new(&w->config);
    if (!w->signaling) {
        return false;
    }
    signaling_clock(w->signaling, w->now, (wall_t){WORLD_WALL + w->now});
    bool ok =
        signaling_tour_declare(w->signaling, &(struct signaling_tour){.name = "demo",
                                                                      .title = "Demo tour",
                                                                      .record = RECORD_OFF,
                                                                      .codec = CODEC_VP8}) == OK;
    ok = ok &&
         signaling_tour_declare(w->signaling, &(struct signaling_tour){.name = "taped",
                                                                       .title = NULL,
                                                                       .record = RECORD_AUTO,
                                                                       .codec = CODEC_VP8}) == OK;
    return ok;
}

void world_close(struct world *w) {
    signaling_free(w->signaling);
    sim_kept_end(&w->kept);
    for (size_t i = 0; i < w->n; i++) {
        free(w->log[i].text);
        free(w->log[i].location);
        free(w->log[i].etag);
        free(w->log[i].who);
        free(w->log[i].params);
        free(w->log[i].ice);
    }
    free(w->log);
}

static void *copy_of(const void *s, size_t n) {
    char *p = malloc(n + 1);
    CHECK(p);
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

static const char *said(const char *text) {
    return text ? text : "-";
}

static char *who(const struct signaling_effect *e) {
    char text[512];
    int n = snprintf(text, sizeof(text), "%s %s %s %s %s", said(e->tour_name), said(e->sub),
                     said(e->person), said(e->role), said(e->whom));
    return copy_of(text, (size_t)n);
}

/* Where memory is to run out it is not to be in here. */
static void look_at_kept(struct world *w) {
    const char *why = test_takes_memory() ? NULL : sim_kept_check(&w->kept, w->signaling);
    if (why) {
        test_fail(__FILE__, __LINE__, "%s", why);
    }
}

static void keep_effects(struct world *w) {
    struct signaling_effect e;
    while (signaling_effect(w->signaling, &e)) {
        CHECK(w->n < LOG_MAX);
        struct record *r = &w->log[w->n++];
        *r = (struct record){.e = e};
        r->text = e.text ? copy_of(e.text, e.len) : NULL;
        r->location = e.location ? copy_of(e.location, strlen(e.location)) : NULL;
        r->who = e.type == EFFECT_ACT ? who(&e) : NULL;
        r->etag = e.etag ? copy_of(e.etag, strlen(e.etag)) : NULL;
        if (e.command.params) {
            r->params = copy_of(e.command.params, sizeof(*e.command.params));
        }
        if (e.command.ice) {
            r->ice = copy_of(e.command.ice, sizeof(*e.command.ice));
        }
    }
    look_at_kept(w);
}

void world_drain(struct world *w) {
    w->mark = w->n;
    keep_effects(w);
    /* Without a roster tick what changed is told at once. */
    while (w->config.roster_tick == 0 && signaling_deadline(w->signaling) <= w->now) {
        signaling_timeout(w->signaling, w->now);
        keep_effects(w);
    }
}

void world_pass(struct world *w, us_t d) {
    us_t end = w->now + d;
    size_t mark = w->n;
    while (signaling_deadline(w->signaling) <= end) {
        w->now = us_max(w->now, signaling_deadline(w->signaling));
        signaling_timeout(w->signaling, w->now);
        world_drain(w);
    }
    w->now = end;
    w->mark = mark;
}

void world_send(struct world *w, uint64_t conn, const char *text) {
    enum err e = signaling_open(w->signaling, w->now, conn);
    if (e == OK || e == ERR_EXISTS) {
        signaling_message(w->signaling, w->now, conn, text, strlen(text));
    }
    world_drain(w);
}

void world_sendf(struct world *w, uint64_t conn, const char *fmt, ...) {
    char text[4096];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    CHECK(n >= 0 && (size_t)n < sizeof(text));
    world_send(w, conn, text);
}

/* The tests' own texts must not count as allocations of the engine. */
static char *escaped(const char *s) {
    char *out = malloc(2 * strlen(s) + 1), *p = out;
    CHECK(out);
    for (; *s; s++) {
        if (strchr("\r\n\"\\", *s)) {
            *p++ = '\\';
        }
        *p++ = *s == '\r' ? 'r' : *s == '\n' ? 'n' : *s;
    }
    *p = '\0';
    return out;
}

void world_join(struct world *w, uint64_t conn, const char *token, const char *sdp,
                const char *extra) {
    char *offer = escaped(sdp);
    size_t cap = strlen(offer) + strlen(token) + strlen(extra) + 130;
    char *text = malloc(cap);
    CHECK(text);
    bool resume = strncmp(token, "resume:", 7) == 0, restart = strcmp(token, "restart") == 0;
    const char *seat = strstr(extra, "\"seat\"") ? "" : ",\"seat\":\"take_over\"";
    snprintf(text, cap, "{\"type\":\"%s\",\"id\":7,\"%s\":\"%s\",\"offer\":\"%s\"%s%s}",
             resume    ? "resume"
             : restart ? "restart"
                       : "join",
             resume ? "resume" : "token", resume ? token + 7 : token, offer, seat, extra);
    world_send(w, conn, text);
    free(text);
    free(offer);
}

void world_drop(struct world *w, uint64_t conn) {
    signaling_closed(w->signaling, w->now, conn);
    world_drain(w);
}

int world_post(struct world *w, bool whep, const char *token) {
    const char *body = data_file(whep ? "aiortc.sdp" : "offer.sdp");
    struct signaling_http h = {.req = 1,
                               .whep = whep,
                               .tour = "demo",
                               .token = token,
                               .content_type = "application/sdp",
                               .body = body,
                               .body_len = strlen(body)};
    signaling_http(w->signaling, w->now, &h);
    world_drain(w);
    return world_effect(w, EFFECT_HTTP)->e.status;
}

const char *world_got(const struct world *w, uint64_t conn, const char *part) {
    for (size_t i = w->n; i > w->mark; i--) {
        const struct record *r = &w->log[i - 1];
        if (r->e.type == EFFECT_SEND && r->e.conn == conn && strstr(r->text, part)) {
            return r->text;
        }
    }
    return NULL;
}

const struct record *world_effect(const struct world *w, enum signaling_effect_type type) {
    for (size_t i = w->n; i > w->mark; i--) {
        if (w->log[i - 1].e.type == type) {
            return &w->log[i - 1];
        }
    }
    return NULL;
}

size_t world_count(const struct world *w, enum signaling_effect_type type) {
    size_t n = 0;
    for (size_t i = w->mark; i < w->n; i++) {
        n += w->log[i].e.type == type;
    }
    return n;
}

static bool is_command(const struct record *r, enum command_type type) {
    return r->e.type == EFFECT_COMMAND && r->e.command.type == type;
}

const struct record *world_command(const struct world *w, enum command_type type) {
    for (size_t i = w->n; i > w->mark; i--) {
        if (is_command(&w->log[i - 1], type)) {
            return &w->log[i - 1];
        }
    }
    return NULL;
}

size_t world_commands(const struct world *w, enum command_type type) {
    size_t n = 0;
    for (size_t i = w->mark; i < w->n; i++) {
        n += is_command(&w->log[i], type);
    }
    return n;
}

uint32_t world_worker(const struct record *r) {
    CHECK(r->e.workers && !(r->e.workers & (r->e.workers - 1)));
    return (uint32_t)__builtin_ctzll(r->e.workers);
}

const char *world_field(const char *json, const char *key, char *out, size_t cap) {
    char find[64];
    size_t n = 0;
    snprintf(find, sizeof(find), "\"%s\":\"", key);
    const char *p = json ? strstr(json, find) : NULL;
    for (p = p ? p + strlen(find) : ""; *p && *p != '"' && n + 1 < cap; p++) {
        if (*p == '\\' && p[1]) {
            p++;
            out[n++] = (char)(*p == 'r' ? '\r' : *p == 'n' ? '\n' : *p);
        } else {
            out[n++] = *p;
        }
    }
    out[n] = '\0';
    return out;
}

#define FP_A "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
#define FP_B "A0:B1:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
#define ICE(u) "a=ice-ufrag:" u "\r\na=ice-pwd:0123456789abcdefghijkl" u "\r\n"
#define FP1 FP_A "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
#define FP2 FP_B "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
#define SESSION(u, fp)                                                              \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3\r\n" \
    "a=fingerprint:sha-256 " fp "\r\n" ICE(u) "a=setup:actpass\r\n"
#define AUDIO(mid, dir)                                                               \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:" mid "\r\na=" dir "\r\na=rtcp-mux\r\n" \
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=rtpmap:111 opus/48000/2\r\n"
#define VIDEO(mid, dir)                                                                 \
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:" mid "\r\na=" dir "\r\na=rtcp-mux\r\n" \
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=rtpmap:96 VP8/90000\r\n"       \
    "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\n"           \
    "a=fmtp:97 apt=96\r\n"
#define LINES \
    AUDIO("0", "sendonly") VIDEO("1", "sendonly") VIDEO("2", "recvonly") AUDIO("3", "recvonly")

const char *small_offer(void) {
    return SESSION("aaaa", FP1) LINES;
}

const char *small_offer_restarted(void) {
    return SESSION("bbbb", FP1) LINES;
}

const char *small_offer_other_peer(void) {
    return SESSION("cccc", FP2) LINES;
}
