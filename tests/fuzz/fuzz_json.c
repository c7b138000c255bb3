/* libs: signaling */
/* A script of lines against a whole signaling engine. The first byte of a line says what it is:
 *   '0'..'5'  a message of that connection     'c' DIGIT  that connection closes
 *   't' BYTE  time passes                       'r' ...    a report of media or the recorder
 *   'w' BYTE  the wall clock is set              'u' BYTE   the tour "shut" is declared otherwise
 *   'p' BYTE BYTE  a platform does something in the tour "shut", to the participant of this number
 * The tour "shut" has a lobby, little room, and ends soon. Promises checked: effects drain, texts
 * are UTF-8 JSON objects, seats are never more than connections that were, and after time has
 * passed nothing is left behind. In a message "@" stands for a small valid offer, so that mutations
 * reach beyond the parser. */
#include "base/bytes.h"
#include "base/json_write.h"
#include "signaling/platform.h"
#include "tests/fuzz/fuzz_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_PROBED (2 * 4) /* transports of probes, which are nobody's in a tour */

static const char offer[] =
    "v=0\\r\\na=group:BUNDLE 0 1\\r\\na=fingerprint:sha-256 "
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\\r\\n"
    "a=ice-ufrag:abcd\\r\\na=ice-pwd:0123456789012345678901\\r\\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\\r\\na=mid:0\\r\\na=rtcp-mux\\r\\n"
    "a=rtpmap:111 opus/48000/2\\r\\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\\r\\na=mid:1\\r\\na=rtcp-mux\\r\\na=rtpmap:96 VP8/90000\\r\\n";

static void message(struct signaling *s, us_t now, uint64_t conn, struct bytes text) {
    struct buffer o = {0};
    for (size_t i = 0; i < text.n && i < 4096; i++) {
        if (text.p[i] == '@') {
            buffer_str(&o, offer);
        } else {
            buffer_put(&o, (const char *)text.p + i, 1);
        }
    }
    struct shared_text *t = shared_text_of(&o);
    enum err e = signaling_open(s, now, conn);
    CHECK(e == OK || e == ERR_EXISTS);
    signaling_message(s, now, conn, t ? t->p : "", t ? t->n : 0);
    shared_text_unref(t);
}

static void report(struct signaling *s, us_t now, struct bytes b) {
    uint64_t id = b.n > 1 ? b.p[1] : 0, who = b.n > 2 ? b.p[2] : 0;
    switch (b.n ? b.p[0] % 6 : 0) {
    case 0:
        signaling_peer_connected(s, now, id);
        break;
    case 1:
        signaling_peer_gone(s, now, id);
        break;
    case 2:
        signaling_source(s, now, id, (enum source_kind)(who % 8), b.n & 1);
        signaling_layers(s, id, (enum source_kind)(who % 8), (uint8_t)who);
        break;
    case 3:
        signaling_slot(s, now, id,
                       &(struct signaling_bound){who & 1 ? "0" : "1", who, SOURCE_CAMERA, who & 2});
        break;
    case 4:
        signaling_speaker(s, id, who);
        break;
    default:
        signaling_recording(s, id, (enum signaling_recording_state)(who % 3));
    }
}

static us_t pass(struct signaling *s, us_t now, us_t d) {
    us_t end = now + d;
    while (signaling_deadline(s) <= end) {
        us_t at = us_max(now, signaling_deadline(s));
        signaling_timeout(s, at);
        CHECK(signaling_deadline(s) > at);
        fuzz_drain(s);
    }
    return end;
}

#define WALL (INT64_C(1767323045) * US_PER_S)

static struct signaling_tour shut_tour(uint8_t how) {
    struct capabilities_part guest = {0};
    capabilities_set(&guest, SOURCE_MICROPHONE, how & 128 ? DIRECTION_NONE : DIRECTION_BOTH);
    return (struct signaling_tour){.name = "shut",
                                   .guest = guest,
                                   .record = RECORD_OFF,
                                   .codec = CODEC_VP8,
                                   .lobby = how & 1,
                                   .starts_at = {how & 2 ? WALL + 10 * US_PER_S : 0},
                                   .ends_at = {how & 4 ? WALL + 400 * US_PER_S : 0},
                                   .max_length = how & 8 ? 50 * US_PER_S : 0,
                                   .capacity = how & 16 ? 2 : 0,
                                   .property = how & 32 ? "{\"id\":1}" : NULL};
}

static void redeclare(struct signaling *s, us_t now, uint8_t how) {
    const struct signaling_tour t = shut_tour(how);
    struct signaling_tour_view v;
    CHECK(signaling_tour_get(s, now, "shut", &v) == OK);
    const bool lobby = v.tour.lobby;
    if (how & 64) {
        CHECK(signaling_tour_end(s, now, "shut", false) == OK);
    }
    enum err e = signaling_tour_update(s, now, &t);
    CHECK(e == OK || (e == ERR_FULL && t.capacity)); /* for who waits */
    CHECK(signaling_tour_get(s, now, "shut", &v) == OK);
    if (e == OK) {
        CHECK(v.tour.lobby == t.lobby && v.tour.ends_at.us == t.ends_at.us);
        CHECK(lobby == t.lobby || v.lobby_on == t.lobby);
    }
}

/* ---- a platform ---- */

/* Somebody in the tour, or its lobby. */
struct looked {
    const char *id;
    bool found, waits, host, lead, spotlight;
};

static void look(void *ctx, const struct signaling_person *p) {
    struct looked *l = ctx;
    CHECK(p->name && p->sub && *p->role && p->id[0] == 'p');
    if (strcmp(p->id, l->id) == 0) {
        *l = (struct looked){l->id, true, p->waits, p->host, p->lead, p->spotlight};
    }
}

static struct looked look_for(struct signaling *s, const char *id) {
    struct looked l = {.id = id};
    CHECK(signaling_people_each(s, "shut", look, &l));
    CHECK(l.found == (signaling_person_sub(s, "shut", id) != NULL));
    return l;
}

/* What is answered OK is so. */
static enum code order_person(struct signaling *s, us_t now, const char *id, uint8_t what) {
    const struct looked before = look_for(s, id);
    enum signaling_person_order order = (enum signaling_person_order)(what % 6);
    enum code code = signaling_person_order(s, now, "shut", id, order);
    CHECK(fuzz_drain(s) == 0);
    const struct looked now_is = look_for(s, id);
    CHECK(before.found || code != CODE_OK);
    if (code == CODE_OK) {
        CHECK(now_is.found == (order != PERSON_REMOVE));
        CHECK(order != PERSON_LEAD || (now_is.host && now_is.lead));
        CHECK(order != PERSON_HOST || now_is.host);
        CHECK(order != PERSON_GUEST || !now_is.host);
    }
    return code;
}

static enum code order_tour(struct signaling *s, us_t now, uint8_t what) {
    struct signaling_tour_view v;
    enum signaling_tour_order order = (enum signaling_tour_order)(what % 8);
    enum code code = signaling_tour_order(s, now, "shut", order);
    CHECK(signaling_tour_get(s, now, "shut", &v) == OK);
    CHECK(v.run || code == CODE_TOUR_UNKNOWN);
    CHECK(code != CODE_OK || order > TOUR_UNLOCK || v.locked == (order == TOUR_LOCK));
    CHECK(code != CODE_OK || (order != TOUR_LOBBY_ON && order != TOUR_LOBBY_OFF) ||
          v.lobby_on == (order == TOUR_LOBBY_ON));
    return code;
}

static enum code say_or_show(struct signaling *s, us_t now, uint8_t what) {
    static const char *const states[] = {"answered", "dismissed"};
    const struct signaling_said said = {.what = what % 3,
                                        .text = what & 4 ? "x" : "\n",
                                        .to_hosts = what & 8,
                                        .question = "q1",
                                        .state = states[what >> 4 & 1]};
    const struct signaling_place at = {what / 200.0, 0.5, what & 1 ? "p1/camera" : NULL};
    struct buffer view = {0};
    uint64_t seq;
    switch (what >> 5 & 3) {
    case 0:
        return signaling_say(s, now, "shut", &said, &seq);
    case 1:
        return signaling_retract(s, now, "shut", what & 7);
    case 2:
        return signaling_point(s, now, "shut", what & 16 ? &at : NULL);
    default:
        buffer_str(&view, what & 16 ? "{\"plan\":1}" : "");
        return signaling_follow(s, now, "shut", &view);
    }
}

static enum code order_some(struct signaling *s, us_t now, const char *id, uint8_t what) {
    struct signaling_allowed a = {{0}, NULL, NULL};
    enum source_kind kind = (enum source_kind)(SOURCE_MICROPHONE + what % 3);
    capabilities_set(&a.can, kind, what & 8 ? DIRECTION_NONE : DIRECTION_BOTH);
    switch (what >> 4 & 7) {
    case 0:
        return signaling_person_mute(s, now, "shut", id, kind);
    case 1:
        return signaling_person_allow(s, now, "shut", id, &a.can);
    case 2:
        return signaling_tour_mute(s, now, "shut", kind, NULL);
    case 3:
        return signaling_tour_allow(s, now, "shut", &a);
    case 4:
        return signaling_tour_admit(s, now, "shut", NULL);
    default:
        return signaling_tour_spotlight(s, now, "shut", id);
    }
}

static void platform(struct signaling *s, us_t now, uint8_t what, uint8_t whom) {
    char id[8], text[8192];
    struct buffer history = buffer_fixed(text, sizeof(text));
    (void)snprintf(id, sizeof(id), "p%u", whom % 16);
    enum code code = what < 64    ? order_person(s, now, id, what)
                     : what < 96  ? order_tour(s, now, what)
                     : what < 128 ? say_or_show(s, now, whom)
                                  : order_some(s, now, id, what);
    us_t wait = code == CODE_OK ? 0 : signaling_refused(s, now, "shut", code);
    CHECK((wait > 0) == (code == CODE_RATE_LIMITED));
    json_open(&history, NULL, '{');
    CHECK(signaling_history(s, "shut", whom, &history));
    json_close(&history, '}');
    if (!history.bad) {
        fuzz_check_text(&(struct signaling_effect){.text = text, .len = history.n});
    }
}

static us_t run_line(struct signaling *s, us_t now, struct bytes line) {
    struct bytes rest = bytes_of(line.p + 1, line.n - 1);
    uint8_t what = line.p[0];
    if (what >= '0' && what <= '5') {
        message(s, now, 1u + what - '0', rest);
    } else if (what == 'c' && rest.n) {
        signaling_closed(s, now, 1u + (uint64_t)(rest.p[0] % 6));
    } else if (what == 't' && rest.n) {
        now = pass(s, now, rest.p[0] * US_PER_S / 4);
    } else if (what == 'w' && rest.n) {
        signaling_clock(s, now, (wall_t){WALL + rest.p[0] * 2 * US_PER_S});
    } else if (what == 'u' && rest.n) {
        redeclare(s, now, rest.p[0]);
    } else if (what == 'p' && rest.n > 1) {
        platform(s, now, rest.p[0], rest.p[1]);
    } else if (what == 'r') {
        report(s, now, rest);
    }
    CHECK(fuzz_drain(s) == 0);
    struct signaling_stats x = signaling_stats(s);
    CHECK(x.connections <= 6 && x.sessions <= x.participants + FUZZ_PROBED);
    struct signaling_tour_view v;
    CHECK(signaling_tour_get(s, now, "shut", &v) == OK);
    CHECK(v.run || v.participants + v.waiting == 0);
    CHECK(!v.lead || v.participants > 0);
    return now;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rng_seeded seed;
    struct signaling *s = fuzz_signaling(&seed);
    const struct signaling_tour shut = shut_tour(1 | 4 | 16 | 32);
    us_t now = US_PER_S;
    signaling_clock(s, now, (wall_t){WALL});
    CHECK(signaling_tour_declare(s, &shut) == OK);
    while (size) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t n = end ? (size_t)(end - data) : size;
        if (n) {
            now = run_line(s, now, bytes_of(data, n));
        }
        data += n + (end ? 1 : 0);
        size -= n + (end ? 1 : 0);
    }
    for (uint64_t conn = 1; conn <= 6; conn++) {
        signaling_closed(s, now, conn);
        fuzz_drain(s);
    }
    pass(s, now, 100 * US_PER_S);
    struct signaling_stats x = signaling_stats(s);
    CHECK(x.connections == 0 && x.participants == 0 && x.waiting == 0 && x.sessions == 0 &&
          x.tours == 0);
    signaling_free(s);
    return 0;
}
