/* libs: media */
/* A session that was written by who knows what: the fuzzer changes bytes of two good snapshots,
 * which come back whole through a slot, or changes the slot itself. Promises checked: what is not
 * valid is refused, what is adopted lives and ends without harm, and says how to go on. */
#include "base/check.h"
#include "tests/sim/sim_config.h"
#include "tests/sim/sim_engine.h"

#include <stdio.h>
#include <string.h>

#define PEERS 2
#define TIMEOUTS 200

static void good(struct session_snapshot *s, unsigned i) {
    memset(s, 0, sizeof(*s));
    *s = (struct session_snapshot){.version = SNAPSHOT_VERSION,
                                   .n_sources = 1,
                                   .n_slots = 2,
                                   .receives = 15,
                                   .flags = SNAPSHOT_RECORD_CONSENT,
                                   .taken = US_PER_S / 2,
                                   .peer = i + 1,
                                   .participant = i + 1,
                                   .tour = 1,
                                   .remote = addr_v4(192, 0, 2, (uint8_t)i, 4000),
                                   .keys = {.profile = SRTP_PROFILE_AEAD_AES_128_GCM},
                                   .srtcp_index = 9};
    snprintf(s->ice.local_ufrag, sizeof(s->ice.local_ufrag), "s%u", i);
    snprintf(s->ice.local_pwd, sizeof(s->ice.local_pwd), "password");
    snprintf(s->ice.remote_ufrag, sizeof(s->ice.remote_ufrag), "c%u", i);
    snprintf(s->ice.remote_pwd, sizeof(s->ice.remote_pwd), "client-password");
    s->sources[0] = (struct snapshot_source){
        .line = {.mid = "0", .kind = SOURCE_CAMERA, .codec = CODEC_VP8, .pt = 96, .flags = 7},
        .live = 1};
    s->streams[0] = (struct snapshot_stream){.ssrc = 10 + i, .high = 70000};
    s->fec_ssrc = 900 + i;
    s->fec_index = 11;
    for (unsigned k = 0; k < 2; k++) {
        s->slots[k] = (struct snapshot_slot){
            .line = {.mid = {(char)('1' + k)},
                     .kind = (k ? SLOT_GALLERY : SLOT_STAGE) << 2,
                     .codec = CODEC_VP8,
                     .pt = 96,
                     .rtx_pt = 97,
                     .more_pt = k ? 0 : 49, /* FlexFEC */
                     .flags = 3},
            .ssrc = 100 * (i + 1) + k,
            .rtx_ssrc = 100 * (i + 1) + 50 + k,
            .rewrite = {.index = 5000,
                        .source_seq = 70000,
                        .source = k ? 0 : snapshot_key(2 - i, SOURCE_CAMERA, 0, 11 - i)},
            .rtx_index = 7};
    }
}

/* Three bytes of input change one: where, and to what. */
static const uint8_t *spoil(void *p, size_t size, const uint8_t *in, const uint8_t *end) {
    for (unsigned n = end > in ? *in++ % 32 : 0; n > 0 && end - in >= 3; n--, in += 3) {
        ((uint8_t *)p)[(in[0] | in[1] << 8) % size] = in[2];
    }
    return in;
}

static void keep(struct session_slot *slot, const struct session_snapshot *s) {
    struct seqlock state = {slot->state, sizeof(*s)};
    size_t len = snapshot_len(s);
    struct lease l;
    memset(slot, 0, sizeof(*slot));
    lease_init(&l, LEASE_END_MAX);
    lease_keep(&l, &slot->limits[SESSION_LIMIT_SRTCP], s->srtcp_index);
    for (unsigned i = 0; i < SESSION_SLOTS_MAX; i++) {
        lease_keep(&l, &slot->limits[SESSION_LIMIT_RTP(i)], s->slots[i].rewrite.index);
        lease_keep(&l, &slot->limits[SESSION_LIMIT_RTX(i)], s->slots[i].rtx_index);
    }
    lease_keep(&l, &slot->limits[SESSION_LIMIT_FEC], s->fec_index);
    seqlock_write(&state, s, len <= sizeof(*s) ? len : sizeof(*s));
}

static void drain(struct engine *e, us_t now) {
    static struct train train;
    struct media_event event;
    struct tap tap;
    unsigned n = 0;
    while (engine_output(e, now, &train)) {
        CHECK(n++ < 1000);
    }
    while (engine_event(e, &event)) {
        CHECK(n++ < 10000);
    }
    while (engine_tap(e, &tap)) {
        packet_unref(tap.packet);
    }
}

static void live(struct engine *e, us_t now) {
    for (unsigned i = 0; i < TIMEOUTS && engine_deadline(e) != US_NEVER; i++) {
        now = us_max(now, engine_deadline(e));
        engine_timeout(e, now);
        drain(e, now);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static struct dtls_identity *identity;
    static struct session_slot slots[PEERS];
    static struct rng_seeded seed;
    const uint8_t *end = p + n;
    if (!identity) {
        identity = dtls_identity_new((wall_t){1790000000000000});
    }
    rng_seed(&seed, 1);
    struct engine_config c = sim_config(identity, rng_from_seeded(&seed));
    struct engine *e = engine_new(&c);
    CHECK(e && engine_tour_add(e, 1) == OK && engine_tour_tap(e, US_PER_S, 1, true) == OK);
    bool spoilt = false;
    for (unsigned i = 0; i < PEERS; i++) {
        struct session_snapshot s, again;
        const uint8_t *from = p;
        good(&s, i);
        p = spoil(&s, sizeof(s), p, end);
        keep(&slots[i], &s);
        p = spoil(&slots[i], sizeof(slots[i]), p, end);
        bool adopted =
            session_slot_read(&slots[i], &s) == OK && engine_adopt(e, US_PER_S, &s) == OK;
        spoilt = spoilt || p - from > 2;
        CHECK(adopted || spoilt); /* so too by what was done to another one */
        if (adopted) {
            CHECK(engine_peer_slot(e, US_PER_S, s.peer, &slots[i]) == OK);
            CHECK(session_slot_read(&slots[i], &again) == OK && again.peer == s.peer);
            drain(e, US_PER_S);
        }
    }
    live(e, US_PER_S);
    engine_free(e);
    return 0;
}
