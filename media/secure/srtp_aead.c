/* Which engine seals and opens with AES-GCM: chosen once, by trying. */
#include "base/check.h"
#include "media/secure/srtp_gcm.h"

#include <string.h>

#define PACKET 1100 /* [bytes] a usual packet of video */
#define HEADER 20   /* [bytes] with two header extensions */
#define ROUNDS 9
#define PACKETS 64 /* per round: 30 us or less, shorter than a time slice */

static const struct gcm_engine *chosen = &gcm_openssl;

const struct gcm_engine *gcm_chosen(void) {
    return chosen;
}

const char *srtp_aead_name(void) {
    return chosen->name;
}

static const struct gcm_engine *other(void) {
#ifdef ORIEL_IPSEC_MB
    return gcm_ipsec_mb.usable() ? &gcm_ipsec_mb : NULL;
#else
    return NULL;
#endif
}

/* What an engine makes of n bytes; and that it opens that again, and nothing else. */
static bool sample(const struct gcm_engine *e, size_t key_len, size_t n, uint8_t *out) {
    uint8_t bytes[PACKET], back[PACKET + GCM_TAG];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 37 + n);
    }
    struct gcm_key *k = e->key_new(bytes + 100, key_len);
    struct gcm_job job = {.iv = bytes + 200,
                          .aad = bytes_of(bytes + 300, HEADER),
                          .plain = bytes_of(bytes, n),
                          .out = out};
    struct gcm_open_job open = {
        .iv = job.iv, .aad = job.aad, .text = back, .n = n, .tag = back + n};
    bool ok = k && e->seal(k, &job);
    if (ok) {
        memcpy(back, out, n + GCM_TAG);
        ok = e->open(k, &open) && memcmp(back, bytes, n) == 0;
        memcpy(back, out, n + GCM_TAG);
        back[n] ^= 1;
        ok = ok && !e->open(k, &open);
    }
    e->key_free(k);
    return ok;
}

/* A library that computes something else on this processor must not be found out by viewers. */
bool gcm_agree(const struct gcm_engine *a, const struct gcm_engine *b) {
    static const size_t lens[] = {0, 1, 61, 256, PACKET};
    uint8_t x[PACKET + GCM_TAG], y[PACKET + GCM_TAG];
    for (size_t key_len = 16; key_len <= 32; key_len += 16) {
        for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
            if (!sample(a, key_len, lens[i], x) || !sample(b, key_len, lens[i], y) ||
                memcmp(x, y, lens[i] + GCM_TAG) != 0) {
                return false;
            }
        }
    }
    return true;
}

static uint64_t round_ns(const struct gcm_engine *e, struct gcm_key *k, uint64_t (*now_ns)(void)) {
    static const uint8_t plain[PACKET], header[HEADER];
    uint8_t iv[GCM_IV] = {0}, out[PACKET + GCM_TAG];
    struct gcm_job job = {
        .iv = iv, .aad = bytes_of(header, HEADER), .plain = bytes_of(plain, PACKET), .out = out};
    uint64_t begun = now_ns();
    for (unsigned i = 0; i < PACKETS; i++) {
        put_be32(iv + 8, i);
        (void)e->seal(k, &job);
    }
    return now_ns() - begun;
}

static uint64_t median_of(uint64_t v[ROUNDS]) {
    for (unsigned i = 1; i < ROUNDS; i++) {
        for (unsigned k = i; k > 0 && v[k - 1] > v[k]; k--) {
            uint64_t t = v[k];
            v[k] = v[k - 1];
            v[k - 1] = t;
        }
    }
    return v[ROUNDS / 2];
}

/* Round by round in turn, so that what else the machine does hits both. The first round of each
 * only warms up. */
static enum err faster(const struct gcm_engine *e[2], uint64_t (*now_ns)(void),
                       const struct gcm_engine **ret) {
    static const uint8_t key[16] = {1};
    uint64_t ns[2][ROUNDS];
    struct gcm_key *k[2] = {e[0]->key_new(key, sizeof(key)), e[1]->key_new(key, sizeof(key))};
    bool ok = k[0] && k[1];
    for (unsigned i = 0; ok && i < ROUNDS + 1; i++) {
        for (unsigned j = 0; j < 2; j++) {
            ns[j][i > 0 ? i - 1 : 0] = round_ns(e[j], k[j], now_ns);
        }
    }
    e[0]->key_free(k[0]);
    e[1]->key_free(k[1]);
    if (!ok) {
        return ERR_NOMEM;
    }
    *ret = median_of(ns[1]) < median_of(ns[0]) ? e[1] : e[0];
    return OK;
}

enum err srtp_aead_choose(enum srtp_aead wanted, uint64_t (*now_ns)(void)) {
    const struct gcm_engine *e[2] = {&gcm_openssl, wanted == SRTP_AEAD_OPENSSL ? NULL : other()};
    if (e[1] && !gcm_agree(e[0], e[1])) {
        e[1] = NULL;
    }
    if (wanted == SRTP_AEAD_IPSEC_MB) {
        if (!e[1]) {
            return ERR_UNSUPPORTED;
        }
        chosen = e[1];
        return OK;
    }
    if (e[1] && now_ns) {
        return faster(e, now_ns, &chosen);
    }
    chosen = e[0];
    return OK;
}
