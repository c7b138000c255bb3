/* libs: media */
/* A stream of operations and time against a whole engine: three adopted peers (no handshake is
 * needed) that send plaintexts of the fuzzer's choice under real keys, raw datagrams, commands, the
 * passing of time, and the end of the engine, which another follows by its slots. Promises checked:
 * the engine drains, deadlines move on, every packet it sends opens (so no index is used twice),
 * all packets come home. */
#include "base/check.h"
#include "media/media.h"
#include "media/secure/srtp.h"
#include "media/wire/rtp.h"

#include <stdio.h>
#include <string.h>

#define PEERS 3
#define OPS_MAX 300

struct end { /* a client's side */
    struct srtp_opener *opener;
    struct srtp_sealer *sealer;
    uint16_t seq[4];
    uint32_t srtcp;
};

struct world {
    us_t now;
    struct rng_seeded seed;
    struct packet_pool *pool;
    struct engine *engine;
    struct end ends[PEERS];
    struct session_snapshot snapshots[PEERS];
    struct session_slot slots[PEERS];
    struct engine_config config;
};

static struct addr addr_of(unsigned i) {
    return addr_v4(192, 0, 2, (uint8_t)(i + 1), 4000);
}

static struct snapshot_line line_of(unsigned i) {
    static const uint8_t kinds[] = {SOURCE_MICROPHONE, SOURCE_CAMERA,     SOURCE_SCREEN,
                                    SLOT_STAGE << 4,   SLOT_GALLERY << 4, SLOT_AUDIO << 4,
                                    SLOT_AUDIO << 4};
    bool audio = i == 0 || i >= 5;
    struct snapshot_line l = {.kind = kinds[i],
                              .slot_index = i == 6,
                              .codec = audio ? CODEC_OPUS : CODEC_VP8,
                              .pt = audio ? 111 : 96,
                              .rtx_pt = audio ? 0 : 97,
                              .flags = 1 | 2 | 4};
    l.mid[0] = (char)('0' + i);
    l.ext[RTP_EXT_MID] = 1;
    l.ext[RTP_EXT_AUDIO_LEVEL] = audio ? 2 : 0;
    l.ext[RTP_EXT_TWCC] = 3;
    return l;
}

static void make_snapshot(struct session_snapshot *s, unsigned i) {
    memset(s, 0, sizeof(*s));
    s->version = SNAPSHOT_VERSION;
    s->n_sources = 3;
    s->n_slots = 4;
    s->flags = SNAPSHOT_RECORD_CONSENT | SNAPSHOT_FINAL;
    s->peer = s->participant = i + 1;
    s->tour = 1;
    s->remote = addr_of(i);
    snprintf(s->ice.local_ufrag, sizeof(s->ice.local_ufrag), "s%u", i);
    snprintf(s->ice.local_pwd, sizeof(s->ice.local_pwd), "password");
    snprintf(s->ice.remote_ufrag, sizeof(s->ice.remote_ufrag), "c%u", i);
    snprintf(s->ice.remote_pwd, sizeof(s->ice.remote_pwd), "client-password");
    s->keys.profile = SRTP_PROFILE_AEAD_AES_128_GCM;
    memset(&s->keys.inbound, 1 + (int)i, sizeof(s->keys.inbound));
    memset(&s->keys.outbound, 100 + (int)i, sizeof(s->keys.outbound));
    s->srtcp_index = 1;
    for (unsigned k = 0; k < 3; k++) {
        s->sources[k].line = line_of(k);
    }
    for (unsigned k = 0; k < 4; k++) {
        s->slots[k].line = line_of(3 + k);
        s->slots[k].ssrc = 1000 * (i + 1) + k;
        s->slots[k].rtx_ssrc = k < 2 ? s->slots[k].ssrc + 100 : 0;
        s->slots[k].rewrite.index = 1000;
        s->slots[k].rtx_index = 1;
    }
}

static void begin(struct world *w) {
    static struct dtls_identity *identity;
    if (!identity) {
        identity = dtls_identity_new((wall_t){1790000000000000});
    }
    memset(w, 0, sizeof(*w));
    w->now = US_PER_S;
    rng_seed(&w->seed, 1);
    w->config = (struct engine_config){.max_peers = 8,
                                       .max_tours = 2,
                                       .cache_packets = 64,
                                       .media_silence = 8 * US_PER_S,
                                       .peer_timeout = 15 * US_PER_S,
                                       .join_timeout = 30 * US_PER_S,
                                       .keyframe_interval = 10 * US_PER_S,
                                       .identity = identity,
                                       .rng = rng_from_seeded(&w->seed)};
    w->pool = packet_pool_new(1024);
    w->engine = engine_new(&w->config);
    CHECK(w->pool && w->engine && engine_tour_add(w->engine, 1) == OK);
    for (unsigned i = 0; i < PEERS; i++) {
        make_snapshot(&w->snapshots[i], i);
        CHECK(engine_adopt(w->engine, w->now, &w->snapshots[i]) == OK);
        CHECK(engine_peer_slot(w->engine, w->now, i + 1, &w->slots[i]) == OK);
        struct dtls_keys k = w->snapshots[i].keys;
        struct srtp_master in = k.inbound;
        k.inbound = k.outbound;
        k.outbound = in;
        w->ends[i].opener = srtp_opener_new(&k);
        w->ends[i].sealer = srtp_sealer_new(&k);
        CHECK(w->ends[i].opener && w->ends[i].sealer);
    }
}

static void check_datagram(struct world *w, struct datagram *d) {
    enum wire_kind kind = wire_classify(bytes_of(d->data, d->len));
    for (unsigned i = 0; i < PEERS; i++) {
        struct addr a = addr_of(i);
        size_t len = d->len;
        if (!addr_eq(&a, &d->to)) {
            continue;
        }
        if (kind == WIRE_RTP) {
            CHECK(srtp_open_rtp(w->ends[i].opener, d->data, &len) == OK);
        } else if (kind == WIRE_RTCP) {
            CHECK(srtp_open_rtcp(w->ends[i].opener, d->data, &len) == OK);
        }
    }
}

static void drain(struct world *w) {
    static struct train train;
    static struct datagram d;
    struct media_event e;
    struct tap t;
    unsigned n = 0;
    while (engine_output(w->engine, w->now, &train)) {
        for (size_t at = 0; train_next(&train, &at, &d);) {
            CHECK(n++ < 5000);
            check_datagram(w, &d);
        }
    }
    while (engine_event(w->engine, &e)) {
        CHECK(n++ < 50000);
    }
    while (engine_tap(w->engine, &t)) {
        CHECK(!t.packet || t.payload_at + t.payload_len <= t.packet->len);
        packet_unref(t.packet);
    }
}

static void give(struct world *w, unsigned peer, const uint8_t *p, size_t n) {
    struct packet *k = packet_take(w->pool);
    CHECK(k);
    k->from = addr_of(peer);
    k->len = (uint16_t)n;
    memcpy(k->data, p, n);
    engine_input(w->engine, w->now, k);
}

/* The fuzzer's bytes behind a header that belongs to one of the peer's streams. */
static void give_rtp(struct world *w, unsigned peer, struct bytes b) {
    struct end *e = &w->ends[peer];
    uint8_t head[64], out[600], which = b.n > 0 ? b.p[0] % 4 : 0;
    unsigned line = which == 3 ? 1 : which;
    struct rtp h = {.pt = which == 0   ? 111
                          : which == 3 ? 97
                                       : 96,
                    .marker = b.n > 1 && b.p[1] & 1,
                    .seq = ++e->seq[which],
                    .ts = 3000u * e->seq[which],
                    .ssrc = 10 * (peer + 1) + which};
    h.padding = b.n > 1 && b.p[1] & 2;
    if (b.n > 1 && b.p[1] & 4) { /* leave a hole */
        h.seq = e->seq[which] = (uint16_t)(e->seq[which] + (b.p[1] >> 4));
    }
    char mid = (char)('0' + line);
    uint8_t level = b.n > 2 ? b.p[2] & 0x7f : 0, twcc[2] = {0, (uint8_t)h.seq};
    struct rtp_write_ext ext[] = {{.id = 1, .len = 1, .p = (const uint8_t *)&mid},
                                  {.id = 2, .len = 1, .p = &level},
                                  {.id = 3, .len = 2, .p = twcc}};
    size_t n = rtp_write_header(head, sizeof(head), &h, ext, 3);
    struct wr o = wr_of(out, sizeof(out));
    n = srtp_seal_rtp(e->sealer, h.seq, bytes_of(head, n), b.n > 3 ? bytes_of(b.p + 3, b.n - 3) : b,
                      &o);
    if (n > 0 && e->seq[which] > 0) {
        give(w, peer, out, n);
    }
}

static void give_rtcp(struct world *w, unsigned peer, struct bytes b) {
    uint8_t plain[300] = {0x80, 201, 0, 1}, out[400];
    size_t n = b.n < 8 ? 8 : b.n;
    memcpy(plain, b.p, b.n);
    plain[0] = (uint8_t)(0x80 | (plain[0] & 0x3f));
    plain[1] = (uint8_t)(200 + plain[1] % 8);
    if (n >= 12 && plain[5] % 2) {
        put_be32(plain + 8, 1000 * (peer + 1) + plain[11] % 4);
    }
    struct wr o = wr_of(out, sizeof(out));
    n = srtp_seal_rtcp(w->ends[peer].sealer, w->ends[peer].srtcp++, bytes_of(plain, n), &o);
    if (n > 0) {
        give(w, peer, out, n);
    }
}

/* Another engine takes the place of the one that is killed, by what the slots say. */
static void rebuild(struct world *w, bool hand_over) {
    for (unsigned i = 0; hand_over && i < PEERS; i++) {
        (void)engine_peer_hand_over(w->engine, w->now, i + 1);
    }
    engine_free(w->engine);
    w->engine = engine_new(&w->config);
    CHECK(w->engine && engine_tour_add(w->engine, 1) == OK);
    for (unsigned i = 0; i < PEERS; i++) {
        enum err err = session_slot_read(&w->slots[i], &w->snapshots[i]);
        CHECK(err == OK || err == ERR_UNKNOWN); /* one that was removed */
        if (err == OK) {
            CHECK(engine_adopt(w->engine, w->now, &w->snapshots[i]) == OK);
            CHECK(engine_peer_slot(w->engine, w->now, i + 1, &w->slots[i]) == OK);
        }
    }
}

static void command(struct world *w, unsigned peer, struct bytes b) {
    uint8_t what = b.n > 0 ? b.p[0] : 0, arg = b.n > 1 ? b.p[1] : 0;
    switch (what % 6) {
    case 0:
        (void)engine_pin(w->engine, w->now, peer + 1, arg % 5);
        break;
    case 1:
        (void)engine_source_mute(w->engine, w->now, peer + 1, (enum source_kind)(arg % 4), arg & 4);
        break;
    case 2:
        (void)engine_tour_tap(w->engine, w->now, 1, arg & 1);
        break;
    case 3:
        (void)engine_peer_consent(w->engine, w->now, peer + 1, arg & 1);
        break;
    case 4:
        if (arg == 7) {
            (void)engine_peer_remove(w->engine, w->now, peer + 1);
        }
        break;
    default:
        (void)engine_snapshot(w->engine, peer + 1, &w->snapshots[peer]);
        if (arg % 8 >= 6) {
            rebuild(w, arg & 1);
        }
        break;
    }
}

static void pass_time(struct world *w, struct bytes b) {
    us_t step = b.n > 0 ? (us_t)b.p[0] * b.p[0] * 100 : US_PER_MS;
    us_t end = w->now + step;
    for (unsigned i = 0; engine_deadline(w->engine) <= end; i++) {
        CHECK(i < 100000);
        w->now = us_max(w->now, engine_deadline(w->engine));
        engine_timeout(w->engine, w->now);
        drain(w);
    }
    w->now = end;
}

static void finish(struct world *w) {
    engine_free(w->engine);
    for (unsigned i = 0; i < PEERS; i++) {
        srtp_opener_free(w->ends[i].opener);
        srtp_sealer_free(w->ends[i].sealer);
    }
    packet_pool_free(w->pool); /* checks that all came home */
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static struct world w;
    begin(&w);
    drain(&w);
    for (unsigned ops = 0; n >= 2 && ops < OPS_MAX; ops++) {
        unsigned op = p[0] % 8, peer = p[0] / 8 % PEERS;
        size_t len = p[1] < n - 2 ? p[1] : n - 2;
        struct bytes b = bytes_of(p + 2, len);
        if (op <= 2) {
            give_rtp(&w, peer, b);
        } else if (op <= 4) {
            give_rtcp(&w, peer, b);
        } else if (op == 5) {
            give(&w, peer, b.p, b.n);
        } else if (op == 6) {
            command(&w, peer, b);
        } else {
            pass_time(&w, b);
        }
        drain(&w);
        p += 2 + len;
        n -= 2 + len;
    }
    finish(&w);
    return 0;
}
