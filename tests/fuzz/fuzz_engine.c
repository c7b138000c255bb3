/* libs: media */
/* A stream of operations and time against a whole engine: three adopted peers (no handshake is
 * needed) that send plaintexts of the fuzzer's choice under real keys, check connectivity from
 * several addresses and answer the engine's own checks, ask for what they have got once more, lose
 * what they like of it, report that by transport-wide feedback, true or with a byte of it changed,
 * and by REMB, and beside it raw datagrams, commands, the passing of time, and the end of the
 * engine, which another follows by its slots; one by one or in batches. Promises checked: the
 * engine drains, deadlines move on, every packet it sends opens or is to the bit one that it has
 * sent before (so no index has two plaintexts), all packets come home. */
#include "base/check.h"
#include "base/map.h"
#include "media/recv/twcc.h"
#include "media/secure/hmac_sha1.h"
#include "media/secure/srtp.h"
#include "media/wire/rtcp.h"
#include "media/wire/rtp.h"
#include "tests/sim/sim_config.h"
#include "tests/sim/sim_engine.h"

#include <stdio.h>
#include <string.h>

#define PEERS 3
#define SLOTS 4
#define RTX_SSRC 100 /* that of the slot and this */
#define LAYERS 2     /* of the camera */
#define STREAMS (4 + LAYERS)
#define OPS_MAX 300
#define ADDRESSES 4   /* of a client */
#define REMEMBER 8192 /* RTP packets that were sent */
#define HOLD 0x80     /* of an operation: the next one comes in the same batch */

struct end { /* a client's side */
    struct srtp_opener *opener;
    struct srtp_sealer *sealer;
    uint16_t seq[STREAMS];
    uint32_t srtcp;
    uint8_t at;            /* which of its addresses it sends from */
    uint16_t heard[SLOTS]; /* newest sequence number of each slot */
    uint8_t challenge[12]; /* transaction id of the engine's last check, */
    uint8_t challenged;    /* and the address it went to + 1 */
    struct recv_twcc twcc; /* what has arrived, */
    us_t slower;           /* [us] so much later than it was sent, */
    uint8_t lossy;         /* and without one of so many packets; 0: all */
    uint8_t restarts;      /* of its ICE */
};

struct world {
    us_t now;
    enum codec codec; /* of pictures */
    struct rng_seeded seed;
    struct packet_pool *pool;
    struct engine *engine;
    struct end ends[PEERS];
    struct session_snapshot snapshots[PEERS];
    struct session_slot slots[PEERS];
    struct engine_config config;
    unsigned held; /* inputs since the last drain */
    unsigned n_sent;
    uint64_t sent[REMEMBER]; /* hashes */
};

static struct addr addr_of(unsigned i, unsigned at) {
    return addr_v4(192, 0, 2, (uint8_t)(i + 1), (uint16_t)(4000 + at));
}

static void set_ext(struct snapshot_line *l, enum rtp_ext e, unsigned id) {
    l->ext[e / 2] |= (uint8_t)(id << 4 * (e % 2));
}

static struct snapshot_line line_of(unsigned i, enum codec codec) {
    static const uint8_t kinds[] = {SOURCE_MICROPHONE, SOURCE_CAMERA,     SOURCE_SCREEN,
                                    SLOT_STAGE << 2,   SLOT_GALLERY << 2, SLOT_AUDIO << 2,
                                    SLOT_AUDIO << 2};
    bool audio = i == 0 || i >= 5;
    struct snapshot_line l = {.kind = kinds[i],
                              .codec = (uint8_t)((i == 6) << 4 | (audio ? CODEC_OPUS : codec)),
                              .pt = audio ? 111 : 96,
                              .rtx_pt = audio ? 0 : 97,
                              .more_pt = audio ? 63 : 0,
                              .flags = i == 6 ? 4 : 1 | 2 | 4};
    l.mid[0] = (char)('0' + i);
    set_ext(&l, RTP_EXT_MID, 1);
    set_ext(&l, RTP_EXT_AUDIO_LEVEL, audio ? 2 : 0);
    set_ext(&l, RTP_EXT_TWCC, 3);
    set_ext(&l, RTP_EXT_RID, audio ? 0 : 4);
    set_ext(&l, RTP_EXT_RRID, audio ? 0 : 5);
    set_ext(&l, RTP_EXT_DEPENDENCY, codec == CODEC_AV1 && !audio ? 6 : 0);
    return l;
}

static void make_snapshot(struct session_snapshot *s, unsigned i, enum codec codec) {
    memset(s, 0, sizeof(*s));
    s->version = SNAPSHOT_VERSION;
    s->n_sources = 3;
    s->n_slots = 4;
    s->receives = 15;
    s->flags = SNAPSHOT_RECORD_CONSENT | SNAPSHOT_FINAL | (i % 2 ? 0 : SNAPSHOT_OBEYS_LAYERS);
    s->peer = s->participant = i + 1;
    s->tour = 1;
    s->remote = addr_of(i, 0);
    snprintf(s->ice.local_ufrag, sizeof(s->ice.local_ufrag), "s%u", i);
    snprintf(s->ice.local_pwd, sizeof(s->ice.local_pwd), "password");
    snprintf(s->ice.remote_ufrag, sizeof(s->ice.remote_ufrag), "c%u", i);
    snprintf(s->ice.remote_pwd, sizeof(s->ice.remote_pwd), "client-password");
    s->keys.profile = SRTP_PROFILE_AEAD_AES_128_GCM;
    memset(&s->keys.inbound, 1 + (int)i, sizeof(s->keys.inbound));
    memset(&s->keys.outbound, 100 + (int)i, sizeof(s->keys.outbound));
    s->srtcp_index = 1;
    for (unsigned k = 0; k < 3; k++) {
        s->sources[k].line = line_of(k, codec);
    }
    s->sources[1].n_rids = LAYERS;
    for (unsigned k = 0; k < LAYERS; k++) {
        s->streams[1 + k].rid[0] = (char)('a' + k);
    }
    for (unsigned k = 0; k < 4; k++) {
        s->slots[k].line = line_of(3 + k, codec);
        s->slots[k].ssrc = 1000 * (i + 1) + k;
        s->slots[k].rtx_ssrc = k < 2 ? s->slots[k].ssrc + RTX_SSRC : 0;
        s->slots[k].rewrite.index = 1000;
        s->slots[k].rtx_index = 1;
    }
}

static void begin(struct world *w, enum codec codec) {
    static struct dtls_identity *identity;
    if (!identity) {
        identity = dtls_identity_new((wall_t){1790000000000000});
    }
    memset(w, 0, sizeof(*w));
    w->now = US_PER_S;
    w->codec = codec;
    rng_seed(&w->seed, 1);
    w->config = sim_config(identity, rng_from_seeded(&w->seed));
    w->config.cache_packets = 64;
    w->config.rtcp_packets = 50;
    w->config.rtcp_requests = 500;
    w->config.layer_rest = 3 * US_PER_S;
    w->pool = packet_pool_new(1024);
    w->engine = engine_new(&w->config);
    CHECK(w->pool && w->engine && engine_tour_add(w->engine, 1) == OK);
    for (unsigned i = 0; i < PEERS; i++) {
        make_snapshot(&w->snapshots[i], i, codec);
        CHECK(engine_adopt(w->engine, w->now, &w->snapshots[i]) == OK);
        CHECK(engine_peer_slot(w->engine, w->now, i + 1, &w->slots[i]) == OK);
        struct dtls_keys k = w->snapshots[i].keys;
        struct srtp_master in = k.inbound;
        k.inbound = k.outbound;
        k.outbound = in;
        recv_twcc_init(&w->ends[i].twcc);
        w->ends[i].opener = srtp_opener_new(&k);
        w->ends[i].sealer = srtp_sealer_new(&k);
        CHECK(w->ends[i].opener && w->ends[i].sealer);
    }
}

static bool was_sent(const struct world *w, uint64_t hash) {
    for (unsigned i = 0; i < REMEMBER; i++) {
        if (w->sent[i] == hash) {
            return true;
        }
    }
    return false;
}

/* As far as it is not lost on its way. */
static void note_arrival(struct world *w, struct end *e, const struct rtp *r) {
    struct bytes ext = rtp_ext_find(r, 3);
    if (ext.n == 2 && (e->lossy == 0 || be16(ext.p) % e->lossy != 0)) {
        recv_twcc_packet(&e->twcc, w->now + e->slower, be16(ext.p), r->marker);
    }
}

/* It opens, or is one that has been sent before. */
static void check_rtp(struct world *w, unsigned peer, struct datagram *d) {
    uint64_t hash = hash_bytes(d->data, d->len, 1 + peer);
    size_t len = d->len;
    uint32_t slot = be32(d->data + 8) - 1000 * (peer + 1);
    if (srtp_open_rtp(w->ends[peer].opener, d->data, &len) != OK) {
        CHECK(was_sent(w, hash));
        return;
    }
    w->sent[w->n_sent++ % REMEMBER] = hash;
    struct rtp r;
    CHECK(rtp_parse(bytes_of(d->data, len), &r) == OK);
    CHECK(r.payload.n > 0 || slot >= RTX_SSRC); /* a probe */
    if (slot < SLOTS) {
        w->ends[peer].heard[slot] = r.seq;
    }
    struct bytes descriptor = rtp_ext_find(&r, 6);
    CHECK(descriptor.n == 0 || (w->codec == CODEC_AV1 && descriptor.n >= 3));
    note_arrival(w, &w->ends[peer], &r);
}

static void check_stun(struct world *w, unsigned peer, unsigned at, const struct datagram *d) {
    if (d->len >= 20 && be16(d->data) == 1) {
        memcpy(w->ends[peer].challenge, d->data + 8, sizeof(w->ends[peer].challenge));
        w->ends[peer].challenged = (uint8_t)(at + 1);
    }
}

static void check_datagram(struct world *w, struct datagram *d) {
    enum wire_kind kind = wire_classify(bytes_of(d->data, d->len));
    for (unsigned i = 0; i < PEERS * ADDRESSES; i++) {
        unsigned peer = i / ADDRESSES;
        struct addr a = addr_of(peer, i % ADDRESSES);
        size_t len = d->len;
        if (!addr_eq(&a, &d->to)) {
            continue;
        }
        if (kind == WIRE_RTP) {
            check_rtp(w, peer, d);
        } else if (kind == WIRE_RTCP) {
            CHECK(srtp_open_rtcp(w->ends[peer].opener, d->data, &len) == OK);
        } else if (kind == WIRE_STUN) {
            check_stun(w, peer, i % ADDRESSES, d);
        }
    }
}

static void drain(struct world *w) {
    static struct train train;
    static struct datagram d;
    struct media_event e;
    struct tap t;
    unsigned n = 0;
    w->held = 0;
    while (engine_output(w->engine, w->now, &train)) {
        for (size_t at = 0; train_next(&train, &at, &d);) {
            CHECK(n++ < 20000);
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
    k->from = addr_of(peer, w->ends[peer].at);
    k->len = (uint16_t)n;
    memcpy(k->data, p, n);
    engine_input(w->engine, w->now, k);
}

#define DEPENDENCY 16 /* [bytes] of a dependency descriptor, at most */

/* The fuzzer's bytes behind a header that belongs to one of the peer's streams. */
static void give_rtp(struct world *w, unsigned peer, struct bytes b) {
    struct end *e = &w->ends[peer];
    static const struct {
        uint8_t line, pt;
        char rid;
    } streams[STREAMS] = {{0, 111, 0},  {1, 96, 'a'}, {2, 96, 0},
                          {1, 97, 'a'}, {1, 96, 'b'}, {1, 97, 'b'}};
    uint8_t head[64], out[600], which = b.n > 0 ? b.p[0] % STREAMS : 0;
    struct rtp h = {.pt = streams[which].pt,
                    .marker = b.n > 1 && b.p[1] & 1,
                    .seq = ++e->seq[which],
                    .ts = 3000u * e->seq[which],
                    .ssrc = 10 * (peer + 1) + which};
    h.padding = b.n > 1 && b.p[1] & 2;
    if (b.n > 1 && b.p[1] & 4) { /* leave a hole */
        h.seq = e->seq[which] = (uint16_t)(e->seq[which] + (b.p[1] >> 4));
    }
    char mid = (char)('0' + streams[which].line);
    uint8_t level = b.n > 2 ? b.p[2] & 0x7f : 0, twcc[2] = {0, (uint8_t)h.seq};
    struct rtp_write_ext ext[5] = {
        {.id = 1, .len = 1, .p = (const uint8_t *)&mid},
        {.id = 2, .len = 1, .p = &level},
        {.id = 3, .len = 2, .p = twcc},
        {.id = h.pt == 97 ? 5 : 4, .len = 1, .p = (const uint8_t *)&streams[which].rid}};
    size_t n_ext = streams[which].rid ? 4 : 3;
    if (w->codec == CODEC_AV1 && which > 0 && b.n > 3 + DEPENDENCY) { /* the payload's last bytes */
        const uint8_t *at = b.p + b.n - DEPENDENCY;
        uint8_t len = (uint8_t)(3 + at[DEPENDENCY - 1] % (DEPENDENCY - 2));
        ext[n_ext++] = (struct rtp_write_ext){.id = 6, .len = len, .p = at};
    }
    size_t n = rtp_write_header(head, sizeof(head), &h, ext, n_ext);
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

static void give_composed(struct world *w, unsigned peer, const struct wr *plain) {
    uint8_t out[400];
    struct wr o = wr_of(out, sizeof(out));
    struct bytes b = bytes_of(plain->start, wr_len(plain));
    size_t n = srtp_seal_rtcp(w->ends[peer].sealer, w->ends[peer].srtcp++, b, &o);
    if (n > 0) {
        give(w, peer, out, n);
    }
}

/* What the viewer says of its path: transport-wide feedback of what has come, of which a byte may
 * be another; or that so many bit/s are its most; or its path is another from now on. */
static void give_estimate(struct world *w, unsigned peer, struct bytes b) {
    struct end *e = &w->ends[peer];
    uint8_t plain[300], arg = b.n > 1 ? b.p[1] : 0, value = b.n > 2 ? b.p[2] : 0;
    struct wr p = wr_of(plain, sizeof(plain));
    uint32_t mine = 10 * (peer + 1), ssrcs[2] = {1000 * (peer + 1), 1000 * (peer + 1) + 1};
    rtcp_write_rr(&p, mine, NULL, 0);
    switch (b.p[0] % 4) {
    case 0:
        rtcp_write_remb(&p, mine, (uint64_t)value << arg % 40, ssrcs, arg % 3);
        break;
    case 1:
        e->slower = (us_t)value * arg * 4;
        e->lossy = arg % 32;
        return;
    default:
        (void)recv_twcc_write(&e->twcc, &p, mine, ssrcs[0]);
        break;
    }
    if (b.n > 2 && b.p[0] % 4 == 3 && arg < wr_len(&p)) {
        plain[arg] = value;
    }
    if (!p.bad) {
        give_composed(w, peer, &p);
    }
}

/* NACKs near what was heard, PLIs, BYEs: what a random packet would seldom name. */
static void give_feedback(struct world *w, unsigned peer, struct bytes b) {
    if (b.n > 0 && b.p[0] & 0x80) {
        give_estimate(w, peer, b);
        return;
    }
    uint8_t plain[300], slot = b.n > 1 ? b.p[1] % SLOTS : 0;
    struct wr p = wr_of(plain, sizeof(plain));
    uint32_t ssrc = 1000 * (peer + 1) + slot;
    uint16_t seqs[16];
    unsigned n = 0;
    for (size_t i = 2; i < b.n && n < ARRAY_LEN(seqs); i++) {
        seqs[n++] = (uint16_t)(w->ends[peer].heard[slot] + 8 - b.p[i]);
    }
    rtcp_write_rr(&p, 10 * (peer + 1), NULL, 0);
    switch (b.n > 0 ? b.p[0] % 4 : 0) {
    case 0:
        rtcp_write_pli(&p, 10 * (peer + 1), ssrc);
        break;
    case 1:
        rtcp_write_bye(&p, 10 * (peer + 1) + slot);
        break;
    default:
        if (n > 0) {
            rtcp_write_nack(&p, 10 * (peer + 1), ssrc, seqs, n);
        }
        break;
    }
    if (!p.bad) {
        give_composed(w, peer, &p);
    }
}

static void attribute(struct wr *w, uint16_t type, const void *p, size_t n) {
    wr_u16(w, type);
    wr_u16(w, (uint16_t)n);
    wr_bytes(w, p, n);
    wr_zero(w, -n & 3);
}

/* Sign what is in w (RFC 8489 section 14.5), and send it. */
static void give_signed(struct world *w, unsigned peer, struct wr *m, const char *pwd) {
    uint8_t tag[HMAC_SHA1_LEN];
    struct hmac_sha1 h;
    size_t n = wr_len(m);
    put_be16(m->start + 2, (uint16_t)(n - 20 + 4 + sizeof(tag)));
    hmac_sha1_key(&h, (const uint8_t *)pwd, strlen(pwd));
    hmac_sha1(&h, bytes_of(m->start, n), bytes_of(NULL, 0), tag);
    attribute(m, 0x0008, tag, sizeof(tag));
    give(w, peer, m->start, wr_len(m));
}

static void ufrag_of(unsigned peer, uint8_t restarts, char *out, size_t cap) {
    int n = snprintf(out, cap, "s%u", peer);
    if (restarts > 0) {
        snprintf(out + n, cap - (size_t)n, ".%u", restarts);
    }
}

/* Check connectivity from one of the client's addresses, which it then sends from, with the
 * credentials of now or of up to three restarts ago, or answer the engine's own check from where it
 * came. */
static void give_stun(struct world *w, unsigned peer, struct bytes b) {
    struct end *e = &w->ends[peer];
    uint8_t what = b.n > 0 ? b.p[0] : 0, message[200], word[4];
    struct wr m = wr_of(message, sizeof(message));
    bool answer = what & 1 && e->challenged > 0;
    char name[24], ufrag[12];
    wr_u16(&m, answer ? 0x0101 : 0x0001);
    wr_u16(&m, 0);
    wr_u32(&m, 0x2112a442);
    if (answer) {
        wr_bytes(&m, e->challenge, sizeof(e->challenge));
        e->at = e->challenged - 1;
        give_signed(w, peer, &m, "client-password");
        return;
    }
    e->at = what / 4 % ADDRESSES;
    wr_zero(&m, 12);
    ufrag_of(peer, (uint8_t)(e->restarts - (what >> 6)), ufrag, sizeof(ufrag));
    snprintf(name, sizeof(name), "%s:c%u", ufrag, peer);
    attribute(&m, 0x0006, name, strlen(name));
    put_be32(word, (uint32_t)what << 16);
    attribute(&m, 0x0024, word, sizeof(word));
    attribute(&m, 0x802a, "tiebreak", 8);
    if (what & 2) {
        attribute(&m, 0x0025, NULL, 0);
    }
    give_signed(w, peer, &m, "password");
}

static void input(struct world *w, unsigned op, unsigned peer, struct bytes b) {
    w->held++;
    if (op <= 2) {
        give_rtp(w, peer, b);
    } else if (op == 3) {
        give_rtcp(w, peer, b);
    } else if (op == 4) {
        give_feedback(w, peer, b);
    } else if (b.n < 4) {
        give_stun(w, peer, b);
    } else {
        give(w, peer, b.p, b.n);
    }
}

static void restart_ice(struct world *w, unsigned peer) {
    struct ice_credentials ice = {.local_pwd = "password", .remote_pwd = "client-password"};
    ufrag_of(peer, ++w->ends[peer].restarts, ice.local_ufrag, sizeof(ice.local_ufrag));
    snprintf(ice.remote_ufrag, sizeof(ice.remote_ufrag), "c%u", peer);
    (void)engine_peer_restart(w->engine, w->now, peer + 1, &ice);
}

static void command(struct world *w, unsigned peer, struct bytes b) {
    uint8_t what = b.n > 0 ? b.p[0] : 0, arg = b.n > 1 ? b.p[1] : 0;
    switch (what % 9) {
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
        } else if (arg & 0x80) {
            restart_ice(w, peer);
        }
        break;
    case 6:
        (void)engine_receive(w->engine, w->now, peer + 1, (enum source_kind)(arg % 8), arg & 8);
        break;
    case 7:
        (void)engine_host(w->engine, w->now, peer + 1, arg & 1);
        break;
    case 8:
        (void)engine_stage(w->engine, w->now, 1, arg % 5, arg / 5 % 5);
        (void)engine_tour_intake(w->engine, w->now, 1, arg * 1000u);
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
    static const enum codec codecs[] = {CODEC_VP8, CODEC_VP9, CODEC_AV1, CODEC_VP8};
    static struct world w;
    begin(&w,
          codecs[n > 0 ? p[n - 1] % ARRAY_LEN(codecs) : 0]); /* which no operation reads alone */
    drain(&w);
    for (unsigned ops = 0; n >= 2 && ops < OPS_MAX; ops++) {
        unsigned op = p[0] % 8, peer = (p[0] & ~HOLD) / 8 % PEERS;
        size_t len = p[1] < n - 2 ? p[1] : n - 2;
        struct bytes b = bytes_of(p + 2, len);
        bool hold = p[0] & HOLD;
        if (op <= 5) {
            input(&w, op, peer, b);
        }
        if (op > 5 || !hold || w.held == ENGINE_BATCH_MAX) {
            drain(&w);
        }
        if (op == 6) {
            command(&w, peer, b);
        } else if (op == 7) {
            pass_time(&w, b);
        }
        if (op > 5) {
            drain(&w);
        }
        p += 2 + len;
        n -= 2 + len;
    }
    drain(&w);
    finish(&w);
    return 0;
}
