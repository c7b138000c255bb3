/* Outbound SRTP and SRTCP. A sealer keeps its ciphers with their keys and sets only the IV of each
 * packet; nothing is allocated. libsrtp2 would cost twice the time of OpenSSL for AES-GCM and four
 * times for AES-CM with HMAC-SHA1, and would own the packet index. */
#include "base/alloc.h"
#include "base/prefetch.h"
#include "media/secure/hmac_sha1.h"
#include "media/secure/openssl.h"
#include "media/secure/srtp.h"
#include "media/secure/srtp_gcm.h"
#include "media/secure/srtp_kdf.h"

/* [bytes] */
#define SHA1_80_TAG 10 /* RFC 3711 section 5.2 */
#define RTP_HEADER_MIN 12
#define RTCP_HEADER 8 /* what SRTCP leaves in clear (RFC 3711 section 3.4) */
#define RTCP_INDEX 4
#define RTCP_E 0x80000000U /* E flag: encrypted */

struct cm_key { /* AES-CM with HMAC-SHA1 */
    EVP_CIPHER_CTX *ctr;
    struct hmac_sha1 auth;
};

struct half { /* RTP and RTCP have keys of their own */
    struct gcm_key *gcm;
    struct cm_key *cm;
    uint8_t salt[SRTP_SALT_MAX];
};

struct srtp_sealer {
    const struct gcm_engine *gcm; /* NULL: AES-CM */
    struct half rtp, rtcp;
};

static struct cm_key *cm_free(struct cm_key *k) {
    if (k) {
        EVP_CIPHER_CTX_free(k->ctr);
        mem_wipe(k, sizeof(*k));
        mem_free(k);
    }
    return NULL;
}

static struct cm_key *cm_new(const struct srtp_session_keys *keys) {
    struct cm_key *k = mem_zalloc(1, sizeof(*k));
    if (!k) {
        return NULL;
    }
    hmac_sha1_key(&k->auth, keys->auth, sizeof(keys->auth));
    k->ctr = EVP_CIPHER_CTX_new();
    if (!k->ctr || EVP_EncryptInit_ex(k->ctr, EVP_aes_128_ctr(), NULL, keys->key, NULL) != 1) {
        return cm_free(k);
    }
    return k;
}

static bool half_init(struct srtp_sealer *s, struct half *h, size_t key_len,
                      const struct srtp_session_keys *k) {
    memcpy(h->salt, k->salt, sizeof(h->salt));
    if (s->gcm) {
        h->gcm = s->gcm->key_new(k->key, key_len);
        return h->gcm;
    }
    h->cm = cm_new(k);
    return h->cm;
}

static void half_free(struct srtp_sealer *s, struct half *h) {
    if (s->gcm) {
        s->gcm->key_free(h->gcm);
    }
    cm_free(h->cm);
}

struct srtp_sealer *srtp_sealer_from_sessions(uint16_t profile, const struct srtp_session_keys *rtp,
                                              const struct srtp_session_keys *rtcp) {
    size_t key_len = srtp_key_len(profile);
    struct srtp_sealer *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->gcm = srtp_profile_gcm(profile) ? gcm_chosen() : NULL;
    bool ok = half_init(s, &s->rtp, key_len, rtp) && half_init(s, &s->rtcp, key_len, rtcp);
    return ok ? s : srtp_sealer_free(s);
}

struct srtp_sealer *srtp_sealer_new(const struct dtls_keys *k) {
    if (!srtp_profile_known(k->profile)) {
        return NULL;
    }
    struct srtp_session_keys rtp, rtcp;
    struct srtp_sealer *s = NULL;
    if (srtp_session_pair(&k->outbound, k->profile, &rtp, &rtcp)) {
        s = srtp_sealer_from_sessions(k->profile, &rtp, &rtcp);
    }
    mem_wipe(&rtp, sizeof(rtp));
    mem_wipe(&rtcp, sizeof(rtcp));
    return s;
}

struct srtp_sealer *srtp_sealer_free(struct srtp_sealer *s) {
    if (s) {
        half_free(s, &s->rtp);
        half_free(s, &s->rtcp);
        mem_wipe(s, sizeof(*s));
        mem_free(s);
    }
    return NULL;
}

void srtp_sealer_prefetch(const struct srtp_sealer *s) {
    prefetch(s, sizeof(*s));
}

void srtp_sealer_prefetch_key(const struct srtp_sealer *s) {
    if (s->gcm && s->gcm->key_prefetch) {
        s->gcm->key_prefetch(s->rtp.gcm);
    }
}

/* RFC 3711 section 4.1.1: IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16). */
static void cm_iv(uint8_t iv[16], const uint8_t *salt, uint32_t ssrc, uint64_t index) {
    uint8_t mix[16] = {0};
    put_be32(mix + 4, ssrc);
    put_be32(mix + 8, (uint32_t)(index >> 16));
    put_be16(mix + 12, (uint16_t)index);
    for (int i = 0; i < 16; i++) {
        iv[i] = mix[i] ^ (i < SRTP_SALT_MAX ? salt[i] : 0);
    }
}

/* Who and what a packet is: with the salt, its IV. */
struct number {
    uint32_t ssrc;
    uint64_t index;
};

static bool cm_encrypt(const struct half *h, struct number who, struct bytes plain, uint8_t *out) {
    uint8_t iv[16];
    int n = 0;
    cm_iv(iv, h->salt, who.ssrc, who.index);
    return EVP_EncryptInit_ex(h->cm->ctr, NULL, NULL, NULL, iv) == 1 &&
           (plain.n == 0 || EVP_EncryptUpdate(h->cm->ctr, out, &n, plain.p, (int)plain.n) == 1);
}

/* Ciphertext and tag to out. */
static bool gcm_seal(const struct srtp_sealer *s, const struct half *h, struct number who,
                     struct gcm_job *job) {
    uint8_t iv[GCM_IV];
    gcm_iv(iv, h->salt, who.ssrc, who.index);
    job->iv = iv;
    return s->gcm->seal(h->gcm, job);
}

static size_t tag_len(const struct srtp_sealer *s) {
    return s->gcm ? GCM_TAG : SHA1_80_TAG;
}

static size_t plain_len(const struct srtp_plain *p) {
    size_t n = 0;
    for (unsigned i = 0; i < p->n; i++) {
        n += p->piece[i].n;
    }
    return n;
}

/* The plaintext in one piece: its only one, or all of them at out. */
static struct bytes in_one(const struct srtp_plain *p, uint8_t *out) {
    if (p->n == 1) {
        return p->piece[0];
    }
    struct bytes whole = {out, 0};
    for (unsigned i = 0; i < p->n; i++) {
        if (p->piece[i].n > 0) {
            memcpy(out + whole.n, p->piece[i].p, p->piece[i].n);
            whole.n += p->piece[i].n;
        }
    }
    return whole;
}

/* Ciphertext and tag behind the header, which stands at packet. */
static bool seal_rtp(const struct srtp_sealer *s, uint64_t index, struct bytes header,
                     struct bytes plain, uint8_t *packet) {
    struct number who = {be32(header.p + 8), index};
    uint8_t *out = packet + header.n;
    if (s->gcm) { /* RFC 7714 section 8.2: the header is the AAD */
        struct gcm_job job = {.aad = header, .plain = plain, .out = out};
        return gcm_seal(s, &s->rtp, who, &job);
    }
    /* RFC 3711 section 4.2: the tag covers header, ciphertext and rollover counter */
    uint8_t roc[4], mac[HMAC_SHA1_LEN];
    if (!cm_encrypt(&s->rtp, who, plain, out)) {
        return false;
    }
    put_be32(roc, (uint32_t)(index >> 16));
    hmac_sha1(&s->rtp.cm->auth, bytes_of(packet, header.n + plain.n), bytes_of(roc, 4), mac);
    memcpy(out + plain.n, mac, SHA1_80_TAG);
    return true;
}

size_t srtp_seal_pieces(struct srtp_sealer *s, uint64_t index, struct bytes header,
                        const struct srtp_plain *plain, struct wr *out) {
    if (plain->n > SRTP_PIECES_MAX || header.n < RTP_HEADER_MIN || out->bad || index >> 48 != 0 ||
        be16(header.p + 2) != (uint16_t)index) {
        return 0;
    }
    size_t n = header.n + plain_len(plain) + tag_len(s);
    if (wr_left(out) < n) {
        return 0;
    }
    memcpy(out->p, header.p, header.n);
    if (!seal_rtp(s, index, header, in_one(plain, out->p + header.n), out->p)) {
        return 0;
    }
    out->p += n;
    return n;
}

size_t srtp_seal_rtp(struct srtp_sealer *s, uint64_t index, struct bytes header,
                     struct bytes payload, struct wr *out) {
    struct srtp_plain plain = {.piece = {payload}, .n = 1};
    return srtp_seal_pieces(s, index, header, &plain, out);
}

void srtp_seal_batch(struct srtp_job *jobs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct srtp_job *j = &jobs[i];
        struct wr out = wr_of(j->out, j->cap);
        j->len = srtp_seal_pieces(j->sealer, j->index, j->header, &j->plain, &out);
    }
}

/* RFC 7714 section 9.2: header | ciphertext | tag | E and index, which is AAD like the header. */
static bool gcm_seal_rtcp(const struct srtp_sealer *s, struct number who, struct bytes packet,
                          uint8_t *out) {
    uint8_t aad[RTCP_HEADER + RTCP_INDEX];
    memcpy(aad, packet.p, RTCP_HEADER);
    put_be32(aad + RTCP_HEADER, RTCP_E | (uint32_t)who.index);
    struct gcm_job job = {.aad = bytes_of(aad, sizeof(aad)),
                          .plain = bytes_of(packet.p + RTCP_HEADER, packet.n - RTCP_HEADER),
                          .out = out + RTCP_HEADER};
    memcpy(out + packet.n + GCM_TAG, aad + RTCP_HEADER, RTCP_INDEX);
    return gcm_seal(s, &s->rtcp, who, &job);
}

/* RFC 3711 section 3.4: header | ciphertext | E and index | tag. */
static bool cm_seal_rtcp(const struct srtp_sealer *s, struct number who, struct bytes packet,
                         uint8_t *out) {
    uint8_t mac[HMAC_SHA1_LEN];
    struct bytes plain = bytes_of(packet.p + RTCP_HEADER, packet.n - RTCP_HEADER);
    if (!cm_encrypt(&s->rtcp, who, plain, out + RTCP_HEADER)) {
        return false;
    }
    put_be32(out + packet.n, RTCP_E | (uint32_t)who.index);
    hmac_sha1(&s->rtcp.cm->auth, bytes_of(out, packet.n + RTCP_INDEX), bytes_of(NULL, 0), mac);
    memcpy(out + packet.n + RTCP_INDEX, mac, SHA1_80_TAG);
    return true;
}

size_t srtp_seal_rtcp(struct srtp_sealer *s, uint32_t index, struct bytes packet, struct wr *out) {
    size_t n = packet.n + RTCP_INDEX + tag_len(s);
    if (packet.n < RTCP_HEADER || out->bad || wr_left(out) < n || (index & RTCP_E) != 0) {
        return 0;
    }
    struct number who = {be32(packet.p + 4), index};
    memcpy(out->p, packet.p, RTCP_HEADER);
    if (!(s->gcm ? gcm_seal_rtcp : cm_seal_rtcp)(s, who, packet, out->p)) {
        return 0;
    }
    out->p += n;
    return n;
}
