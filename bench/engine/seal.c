#include "bench/engine/seal.h"

#include "base/alloc.h"
#include "base/check.h"
#include "bench/clock.h"
#include "media/secure/srtp.h"

#define VIEWERS 200
#define BATCH 64
#define HEADER 20 /* [bytes] with two header extensions */
#define DATAGRAM_MAX 1600
#define ROUNDS_MAX 999
/* [bytes] As our own client's RTX of VP8 is put together: original sequence number, descriptor. */
#define OSN 2
#define DESCRIPTOR 4

struct contender {
    uint16_t profile;
    enum srtp_aead library;
    const char *profile_name;
};

static const struct contender contenders[] = {
    {SRTP_PROFILE_AEAD_AES_128_GCM, SRTP_AEAD_OPENSSL, "AEAD_AES_128_GCM"},
    {SRTP_PROFILE_AEAD_AES_128_GCM, SRTP_AEAD_IPSEC_MB, "AEAD_AES_128_GCM"},
    {SRTP_PROFILE_AEAD_AES_256_GCM, SRTP_AEAD_OPENSSL, "AEAD_AES_256_GCM"},
    {SRTP_PROFILE_AEAD_AES_256_GCM, SRTP_AEAD_IPSEC_MB, "AEAD_AES_256_GCM"},
    {SRTP_PROFILE_AES128_CM_SHA1_80, SRTP_AEAD_OPENSSL, "AES128_CM_SHA1_80"}};
static const unsigned payloads[] = {120, 1100};

struct hall { /* the viewers of one contender */
    const struct contender *who;
    const char *library;
    struct srtp_sealer *viewers[VIEWERS];
    uint64_t index;
};

struct rig {
    struct hall halls[ARRAY_LEN(contenders)];
    size_t n;
    uint8_t header[HEADER], plain[DATAGRAM_MAX];
    uint8_t out[BATCH][DATAGRAM_MAX];
    struct srtp_job jobs[BATCH];
    double whole[SEAL_FIGURES_MAX][ROUNDS_MAX], pieces[SEAL_FIGURES_MAX][ROUNDS_MAX];
};

static bool hall_open(struct hall *h, const struct contender *who) {
    if (srtp_aead_choose(who->library, NULL) != OK) {
        return false;
    }
    *h = (struct hall){.who = who, .library = srtp_aead_name(), .index = 65000};
    for (unsigned i = 0; i < VIEWERS; i++) {
        struct dtls_keys k = {.profile = who->profile};
        put_be32(k.outbound.key, i + 1);
        h->viewers[i] = srtp_sealer_new(&k);
        CHECK(h->viewers[i]);
    }
    return true;
}

/* The packet for viewers from..from+n-1. */
static void fill_jobs(struct rig *r, const struct hall *h, unsigned from, unsigned n,
                      const struct srtp_plain *plain) {
    for (unsigned i = 0; i < n; i++) {
        r->jobs[i] = (struct srtp_job){.sealer = h->viewers[from + i],
                                       .index = h->index,
                                       .header = bytes_of(r->header, HEADER),
                                       .plain = *plain,
                                       .out = r->out[i],
                                       .cap = DATAGRAM_MAX};
    }
}

/* [ns] per packet, of one packet to all viewers. */
static double seal_round(struct rig *r, struct hall *h, const struct srtp_plain *plain) {
    uint64_t ns = 0;
    r->header[0] = 0x90;
    put_be16(r->header + 2, (uint16_t)++h->index);
    for (unsigned from = 0; from < VIEWERS; from += BATCH) {
        unsigned n = VIEWERS - from < BATCH ? VIEWERS - from : BATCH;
        fill_jobs(r, h, from, n, plain);
        uint64_t begun = cpu_ns();
        srtp_seal_batch(r->jobs, n);
        ns += cpu_ns() - begun;
        CHECK(r->jobs[0].len > HEADER && r->jobs[n - 1].len > HEADER);
    }
    return (double)ns / VIEWERS;
}

static struct srtp_plain plain_of(const struct rig *r, unsigned payload, bool pieces) {
    const uint8_t *p = r->plain;
    if (!pieces) {
        return (struct srtp_plain){.piece = {bytes_of(p, payload)}, .n = 1};
    }
    return (struct srtp_plain){.piece = {bytes_of(p, OSN), bytes_of(p + 100, DESCRIPTOR),
                                         bytes_of(p + 200, payload - OSN - DESCRIPTOR)},
                               .n = 3};
}

/* Each hall's turn comes after all others', so that its keys are as far away as the next viewer's
 * always are. */
static void measure(struct rig *r, unsigned round) {
    for (unsigned turn = 0; turn < 2 * ARRAY_LEN(payloads); turn++) {
        unsigned k = turn % ARRAY_LEN(payloads);
        bool pieces = turn >= ARRAY_LEN(payloads);
        struct srtp_plain plain = plain_of(r, payloads[k], pieces);
        for (size_t i = 0; i < r->n; i++) {
            double *to = (pieces ? r->pieces : r->whole)[i * ARRAY_LEN(payloads) + k];
            to[round] = seal_round(r, &r->halls[i], &plain);
        }
    }
}

size_t seal_measure(unsigned rounds, struct seal_figure ret[SEAL_FIGURES_MAX]) {
    struct rig *r = mem_zalloc(1, sizeof(*r));
    CHECK(r && rounds > 0 && rounds <= ROUNDS_MAX);
    for (size_t i = 0; i < ARRAY_LEN(contenders); i++) {
        r->n += hall_open(&r->halls[r->n], &contenders[i]);
    }
    CHECK(srtp_aead_choose(SRTP_AEAD_OPENSSL, NULL) == OK);
    for (unsigned i = 0; i < rounds; i++) {
        measure(r, i);
    }
    size_t n = r->n * ARRAY_LEN(payloads);
    for (size_t i = 0; i < n; i++) {
        const struct hall *h = &r->halls[i / ARRAY_LEN(payloads)];
        ret[i] = (struct seal_figure){.profile = h->who->profile_name,
                                      .library = h->library,
                                      .payload = payloads[i % ARRAY_LEN(payloads)],
                                      .whole = median(r->whole[i], rounds),
                                      .pieces = median(r->pieces[i], rounds)};
    }
    for (size_t i = 0; i < r->n; i++) {
        for (unsigned k = 0; k < VIEWERS; k++) {
            srtp_sealer_free(r->halls[i].viewers[k]);
        }
    }
    mem_free(r);
    return n;
}
