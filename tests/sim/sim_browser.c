/* Connection of a model browser: session parameters, ICE, DTLS, and its timers. */
#include "tests/sim/sim_browser.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/wire/rtp.h"
#include "tests/sim/sim_identities.h"
#include "tests/sim/sim_world.h"

#include <stdio.h>

#define CHECK_FAST (50 * US_PER_MS) /* until answered (RFC 8445 section 14.2: Ta) */
#define CHECK_SLOW (1 * US_PER_S)   /* consent (RFC 7675 section 5.1 asks 5 s) */

void browser_rng(struct browser *b, void *out, size_t n) {
    struct rng r = rng_from_seeded(&b->seeded);
    rng_fill(&r, out, n);
}

static struct session_line *add_line(struct browser *b, enum codec codec) {
    struct session_params *s = &b->params;
    unsigned at = s->n_lines++;
    CHECK(at < SESSION_LINES_MAX);
    struct session_line *l = &s->lines[at];
    *l = (struct session_line){.codec = codec, .pt = 96};
    snprintf(l->mid, sizeof(l->mid), "%u", at);
    for (unsigned e = 0; e < RTP_EXT_COUNT; e++) { /* other ids on every m-line */
        l->ext.id[e] = (uint8_t)(1 + (e + at) % 14);
    }
    if (codec == CODEC_OPUS) {
        l->pt = 111;
        l->red_pt = b->o.red ? 63 : 0;
    } else {
        l->rtx_pt = 97;
        l->nack = l->pli = true;
    }
    return l;
}

static enum codec video_codec(const struct browser *b) {
    return b->o.codec ? (enum codec)b->o.codec : CODEC_VP8;
}

static unsigned n_rids(const struct video_options *v) {
    unsigned n = 0;
    while (n < SESSION_LAYERS_MAX && v->rates[n] > 0) {
        n++;
    }
    return n > 1 && !v->svc ? n : 0;
}

static void make_uplink(struct browser *b) {
    uint64_t sum = 0;
    for (unsigned k = 0; k < SOURCE_KIND_COUNT; k++) {
        for (unsigned i = 0; b->pubs[k] && i < SESSION_LAYERS_MAX; i++) {
            sum += b->o.video[k].rates[i];
        }
    }
    if (sum > 0 && !b->o.follows_remb) {
        b->uplink = mem_zalloc(1, sizeof(*b->uplink));
        CHECK(b->uplink);
        bwe_init(b->uplink, &(struct bwe_config){.start = sum, .min = 60000, .max = sum + sum / 5});
    }
    if (sum > 0) {
        publish_follow(b);
    }
}

static void add_source(struct browser *b, enum source_kind kind, bool wanted) {
    if (!wanted) {
        return;
    }
    bool audio = kind == SOURCE_MICROPHONE;
    struct session_line *l = add_line(b, audio ? CODEC_OPUS : video_codec(b));
    l->source = (uint8_t)kind;
    l->twcc = !b->o.follows_remb;
    l->remb = b->o.follows_remb && !audio;
    l->ext.id[RTP_EXT_TWCC] = l->twcc ? l->ext.id[RTP_EXT_TWCC] : 0;
    l->n_rids = (uint8_t)n_rids(&b->o.video[kind]);
    for (unsigned i = 0; i < l->n_rids; i++) {
        snprintf(l->rid[i], sizeof(l->rid[i]), "r%u", i);
    }
    b->pubs[kind] = publish_new(b, l);
    if (b->o.announce_ssrc && l->n_rids == 0) {
        l->ssrc = b->pubs[kind]->ssrc;
        l->rtx_ssrc = b->pubs[kind]->rtx_ssrc;
    }
}

static void add_slots(struct browser *b, enum slot_kind kind, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        struct session_line *l = add_line(b, kind == SLOT_AUDIO ? CODEC_OPUS : video_codec(b));
        l->slot = (uint8_t)kind;
        l->slot_index = (uint8_t)i;
        l->twcc = b->o.feedback && kind != SLOT_AUDIO;
        browser_rng(b, &l->ssrc, sizeof(l->ssrc));
        l->ssrc |= 1;
        l->rtx_ssrc = l->rtx_pt ? l->ssrc ^ 0x80000000U : 0;
        if (b->o.repairs && kind == SLOT_STAGE) {
            l->fec_pt = 49;
            l->fec_ssrc = l->ssrc ^ 0x40000000U;
        }
        b->plays[b->n_plays++] = play_new(l);
    }
}

static void new_credentials(struct browser *b) {
    struct ice_credentials *c = &b->params.ice;
    struct rng r = rng_from_seeded(&b->seeded);
    rng_ice_chars(&r, c->local_ufrag, 8);
    rng_ice_chars(&r, c->local_pwd, 24);
    rng_ice_chars(&r, c->remote_ufrag, 4);
    rng_ice_chars(&r, c->remote_pwd, 24);
}

static void make_feedback(struct browser *b) {
    if (b->o.feedback) {
        b->feedback = mem_zalloc(1, sizeof(*b->feedback));
        CHECK(b->feedback);
        recv_twcc_init(b->feedback);
    }
}

static void fill_params(struct browser *b, const struct browser_options *o) {
    struct session_params *s = &b->params;
    s->peer = b->w->next_peer++;
    s->participant = 100 + b->number;
    s->tour = SIM_TOUR;
    s->host = o->host;
    s->loudest_audio = o->loudest_audio;
    s->record_consent = o->consent;
    s->obeys_layers = o->obeys_layers;
    snprintf(s->cname, sizeof(s->cname), "server");
    memcpy(s->fingerprint, dtls_identity_fingerprint(b->identity), FINGERPRINT_LEN);
    new_credentials(b);
    add_source(b, SOURCE_MICROPHONE, o->microphone);
    add_source(b, SOURCE_CAMERA, o->camera);
    add_source(b, SOURCE_SCREEN, o->screen);
    if (o->receives) {
        add_slots(b, SLOT_STAGE, 1);
        add_slots(b, SLOT_GALLERY, o->n_gallery);
        add_slots(b, SLOT_AUDIO, 3);
    }
    make_uplink(b);
    make_feedback(b);
}

static struct browser *bare(struct world *w, unsigned number, const struct browser_options *o) {
    struct browser *b = mem_zalloc(1, sizeof(*b));
    CHECK(b);
    b->w = w;
    b->number = number;
    b->o = *o;
    b->identity = sim_identity(1 + number);
    b->addr = addr_v4(10, (uint8_t)(number / 250), 0, (uint8_t)(1 + number % 250),
                      (uint16_t)(40000 + number));
    rng_seed(&b->seeded, rng_u64(&w->rng));
    sim_link_init(&b->up, &o->up, rng_u64(&w->rng));
    sim_link_init(&b->down, &o->down, rng_u64(&w->rng));
    b->way = &b->down;
    b->feedback_at = US_NEVER;
    b->sealed_srtcp = -1;
    b->mark = (uint16_t)(100 + number);
    b->answered = true;
    b->check_at = b->rtcp_at = US_NEVER;
    b->check.c = &b->params.ice;
    return b;
}

struct browser *browser_new(struct world *w, unsigned number, const struct browser_options *o) {
    struct browser *b = bare(w, number, o);
    fill_params(b, o);
    browser_connect(b, w->now);
    return b;
}

void browser_connect(struct browser *b, us_t now) {
    b->joined_at = b->check_at = now;
    browser_rng(b, &b->check.tie, sizeof(b->check.tie));
}

struct browser *browser_of_session(struct world *w, unsigned number,
                                   const struct browser_options *o,
                                   const struct session_params *s) {
    struct browser *b = bare(w, number, o);
    b->params = *s;
    for (unsigned i = 0; i < s->n_lines; i++) {
        const struct session_line *l = &b->params.lines[i];
        if (l->slot) {
            b->plays[b->n_plays++] = play_new(l);
        } else {
            b->pubs[l->source] = publish_new(b, l);
        }
    }
    make_feedback(b);
    return b;
}

struct browser *browser_free(struct browser *b) {
    if (b) {
        for (unsigned i = 0; i < SOURCE_KIND_COUNT; i++) {
            while (b->pubs[i]) {
                struct publish *lower = b->pubs[i]->lower;
                mem_free(b->pubs[i]);
                b->pubs[i] = lower;
            }
        }
        for (unsigned i = 0; i < b->n_plays; i++) {
            mem_free(b->plays[i]->fec);
            mem_free(b->plays[i]);
        }
        mem_free(b->feedback);
        mem_free(b->uplink);
        dtls_free(b->dtls);
        srtp_opener_free(b->opener);
        srtp_sealer_free(b->sealer);
        mem_free(b);
    }
    return NULL;
}

void browser_send(struct browser *b, struct bytes datagram) {
    struct pending head = {.to = b->o.far ? SIM_TO_FAR : SIM_TO_ENGINE, .from = b->addr};
    if (!b->silent) {
        world_send(b->w, &b->up, &head, datagram);
    }
}

static void start_over(struct browser *b, us_t now, bool moved) {
    if (moved) {
        b->addr.port = (uint16_t)(b->addr.port + 1000);
        b->addr.ip[14]++;
    }
    b->answers = 0;
    b->steady_since = now + 500 * US_PER_MS; /* reports on their way to the old address are lost */
    b->answered = true;
    b->check_at = now;
}

void browser_move(struct browser *b, us_t now) {
    new_credentials(b);
    start_over(b, now, true);
}

void browser_restart(struct browser *b, us_t now, const struct ice_credentials *ice, bool moved) {
    b->params.ice = *ice;
    start_over(b, now, moved);
}

static void send_check(struct browser *b, us_t now) {
    uint8_t buf[300];
    struct wr w = wr_of(buf, sizeof(buf));
    if (b->answered) { /* else the same transaction again (RFC 8489 section 6.2.1) */
        browser_rng(b, b->check.id, STUN_ID_LEN);
        b->answered = false;
    }
    /* Aggressive nomination as Firefox does it, or from the second check on as Chromium does. */
    b->check.nominate = b->number % 2 == 0 || b->answers > 0;
    b->check_at = now + (b->answers > 1 ? CHECK_SLOW : CHECK_FAST);
    stun_write_check(&w, &b->check);
    CHECK(!w.bad);
    browser_send(b, bytes_of(buf, wr_len(&w)));
}

static void drain_dtls(struct browser *b) {
    uint8_t d[DTLS_MTU];
    size_t n;
    while (b->dtls && (n = dtls_output(b->dtls, d, sizeof(d))) > 0) {
        browser_send(b, bytes_of(d, n));
    }
}

static void connected(struct browser *b, us_t now) {
    CHECK(dtls_export(b->dtls, &b->keys) == OK);
    drain_dtls(b);
    b->dtls = dtls_free(b->dtls);
    b->opener = srtp_opener_new(&b->keys);
    b->sealer = srtp_sealer_new(&b->keys);
    CHECK(b->opener && b->sealer);
    b->phase = BROWSER_CONNECTED;
    b->connected_at = b->rtcp_at = now;
    for (unsigned k = 0; k < SOURCE_KIND_COUNT; k++) {
        if (b->pubs[k] && k != SOURCE_SCREEN) {
            browser_publish(b, (enum source_kind)k, true);
        }
    }
}

static void dtls_progress(struct browser *b, us_t now, enum dtls_state s) {
    drain_dtls(b);
    if (s == DTLS_FAILED) {
        if (!b->removed) { /* else nobody has answered for long */
            world_fail(b->w, "browser %u: DTLS failed", b->number);
        }
        b->dtls = dtls_free(b->dtls);
        b->silent = true;
    } else if (s == DTLS_DONE) {
        connected(b, now);
    }
}

static void on_stun(struct browser *b, us_t now, struct bytes d) {
    struct addr mapped;
    uint8_t id[STUN_ID_LEN];
    if (stun_read_check(d, b->params.ice.remote_pwd, id)) {
        uint8_t buf[200];
        struct wr w = wr_of(buf, sizeof(buf));
        stun_write_response(&w, id, b->params.ice.remote_pwd, &b->addr);
        CHECK(!w.bad);
        browser_send(b, bytes_of(buf, wr_len(&w)));
        return;
    }
    if (!stun_read_response(d, b->check.id, b->params.ice.local_pwd, &mapped)) {
        return; /* late answer to an earlier check, or not for us */
    }
    if (!addr_eq(&mapped, &b->addr)) {
        world_fail(b->w, "browser %u: XOR-MAPPED-ADDRESS is another's", b->number);
    }
    b->answers++;
    b->answered = true;
    b->check_at = b->answers > 1 ? now + CHECK_SLOW : now;
    if (b->phase == BROWSER_CHECKING) {
        b->phase = BROWSER_HANDSHAKING;
        b->dtls = dtls_new(b->identity, dtls_identity_fingerprint(sim_identity(0)), true);
        CHECK(b->dtls);
        dtls_start(b->dtls, now);
        drain_dtls(b);
    }
}

static void on_srtp(struct browser *b, us_t now, struct bytes d, bool rtcp) {
    uint8_t packet[PACKET_CAP];
    size_t len = d.n;
    if (!b->opener) {
        b->early++;
        return;
    }
    memcpy(packet, d.p, d.n);
    enum err err =
        rtcp ? srtp_open_rtcp(b->opener, packet, &len) : srtp_open_rtp(b->opener, packet, &len);
    if (err == ERR_REPLAY && b->way->duplicated > 0) {
        return;
    }
    if (err != OK) {
        b->refused++;
        world_fail(b->w, "browser %u cannot open %s: %s", b->number, rtcp ? "SRTCP" : "SRTP",
                   err_name(err));
        return;
    }
    b->opened++;
    if (rtcp) {
        rtcp_input(b, now, bytes_of(packet, len));
    } else {
        play_input(b, now, packet, len);
    }
}

void browser_input(struct browser *b, us_t now, struct bytes d) {
    b->bytes += d.n;
    switch (wire_classify(d)) {
    case WIRE_STUN:
        on_stun(b, now, d);
        break;
    case WIRE_DTLS:
        if (b->dtls) {
            dtls_progress(b, now, dtls_input(b->dtls, now, d));
        }
        break;
    case WIRE_RTP:
        on_srtp(b, now, d, false);
        break;
    case WIRE_RTCP:
        on_srtp(b, now, d, true);
        break;
    default:
        world_fail(b->w, "browser %u received what is no protocol of WebRTC", b->number);
        break;
    }
}

us_t browser_deadline(const struct browser *b) {
    if (b->silent) {
        return US_NEVER;
    }
    us_t t = us_min(us_min(b->check_at, b->rtcp_at), b->feedback_at);
    if (b->dtls) {
        t = us_min(t, dtls_deadline(b->dtls));
    }
    for (unsigned k = 0; k < SOURCE_KIND_COUNT; k++) {
        for (const struct publish *p = b->pubs[k]; p; p = p->lower) {
            t = us_min(t, p->next_at);
        }
    }
    for (unsigned i = 0; i < b->n_plays; i++) {
        t = us_min(t, play_deadline(b->plays[i]));
    }
    return t;
}

void browser_timeout(struct browser *b, us_t now) {
    if (b->check_at <= now) {
        send_check(b, now);
    }
    if (b->dtls && dtls_deadline(b->dtls) <= now) {
        dtls_progress(b, now, dtls_timeout(b->dtls, now));
    }
    if (b->phase != BROWSER_CONNECTED) {
        return;
    }
    if (b->rtcp_at <= now) {
        rtcp_report(b, now);
    }
    if (b->feedback_at <= now) {
        rtcp_feedback(b);
    }
    for (unsigned k = 0; k < SOURCE_KIND_COUNT; k++) {
        for (struct publish *p = b->pubs[k]; p; p = p->lower) {
            publish_due(b, p, now);
        }
    }
    for (unsigned i = 0; i < b->n_plays; i++) {
        if (play_deadline(b->plays[i]) <= now) {
            play_due(b, b->plays[i], now);
        }
    }
}
