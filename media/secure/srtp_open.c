/* Inbound SRTP and SRTCP through libsrtp2: the only file that includes it. libsrtp2 keeps rollover
 * counters and replay windows, and creates a stream only after its first packet is authentic. */
#include "base/alloc.h"
#include "base/seq.h"
#include "media/secure/srtp.h"

#include <srtp2/srtp.h>

#define STREAMS_MAX 64
#define REPLAY_WINDOW 1024 /* [packets] RFC 3711 section 3.3.2 asks at least 64 */
/* [bytes] shortest packets that can hold a header and a tag of 80 bits */
#define RTP_MIN (12 + 10)
#define RTCP_MIN (8 + 4 + 10)

struct known {
    uint32_t ssrc;
    bool pending;  /* adopted, no packet opened since */
    uint64_t high; /* pending: highest index of the session before */
};

struct srtp_opener {
    srtp_t srtp;
    srtp_policy_t policy; /* its key points into this struct */
    uint8_t key[SRTP_KEY_MAX + SRTP_SALT_MAX];
    unsigned n_known;
    struct known known[STREAMS_MAX];
};

enum err srtp_library_init(void) {
    static bool done; /* libsrtp2 refuses to be started again */
    if (!done && srtp_init() != srtp_err_status_ok) {
        return ERR_CRYPTO;
    }
    done = true;
    return OK;
}

static void set_policy(srtp_policy_t *p, uint16_t profile) {
    switch (profile) {
    case SRTP_PROFILE_AEAD_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtcp);
        break;
    case SRTP_PROFILE_AEAD_AES_256_GCM:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtcp);
        break;
    default:
        srtp_crypto_policy_set_rtp_default(&p->rtp);
        srtp_crypto_policy_set_rtcp_default(&p->rtcp);
    }
}

struct srtp_opener *srtp_opener_new(const struct dtls_keys *k) {
    size_t key_len = srtp_key_len(k->profile);
    if (key_len == 0) {
        return NULL;
    }
    struct srtp_opener *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    memcpy(s->key, k->inbound.key, key_len);
    memcpy(s->key + key_len, k->inbound.salt, srtp_salt_len(k->profile));
    set_policy(&s->policy, k->profile);
    s->policy.ssrc.type = ssrc_any_inbound;
    s->policy.key = s->key;
    s->policy.window_size = REPLAY_WINDOW;
    if (srtp_create(&s->srtp, &s->policy) != srtp_err_status_ok) {
        s->srtp = NULL;
        return srtp_opener_free(s);
    }
    return s;
}

struct srtp_opener *srtp_opener_free(struct srtp_opener *s) {
    if (s) {
        if (s->srtp) {
            srtp_dealloc(s->srtp);
        }
        mem_wipe(s, sizeof(*s));
        mem_free(s);
    }
    return NULL;
}

static enum err err_of(srtp_err_status_t st) {
    switch (st) {
    case srtp_err_status_ok:
        return OK;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
        return ERR_REPLAY;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
        return ERR_FORMAT;
    case srtp_err_status_alloc_fail:
        return ERR_NOMEM;
    default:
        return ERR_AUTH;
    }
}

static struct known *find(struct srtp_opener *s, uint32_t ssrc) {
    for (unsigned i = 0; i < s->n_known; i++) {
        if (s->known[i].ssrc == ssrc) {
            return &s->known[i];
        }
    }
    return NULL;
}

static void learn(struct srtp_opener *s, uint32_t ssrc) {
    s->known[s->n_known++] = (struct known){.ssrc = ssrc};
}

/* RFC 3711 section 3.3.1: the index nearest to the highest one known. libsrtp2 itself can only be
 * told a rollover counter, which is wrong when the first packet after adoption is on the other
 * side of a wrap, so it is told anew for each packet until one is authentic. */
static void guess_roc(struct srtp_opener *s, const struct known *k, uint16_t seq) {
    int64_t index = (int64_t)k->high + seq16_diff(seq, (uint16_t)k->high);
    (void)srtp_set_stream_roc(s->srtp, k->ssrc, index < 0 ? 0 : (uint32_t)(index >> 16));
}

enum err srtp_open_rtp(struct srtp_opener *s, uint8_t *packet, size_t *len) {
    if (*len < RTP_MIN || *len > INT32_MAX) {
        return ERR_FORMAT;
    }
    uint32_t ssrc = be32(packet + 8);
    struct known *k = find(s, ssrc);
    if (!k && s->n_known == STREAMS_MAX) {
        return ERR_FULL;
    }
    if (k && k->pending) {
        guess_roc(s, k, be16(packet + 2));
    }
    int n = (int)*len;
    enum err e = err_of(srtp_unprotect(s->srtp, packet, &n));
    if (e != OK) {
        return e;
    }
    *len = (size_t)n;
    if (k) {
        k->pending = false;
    } else {
        learn(s, ssrc);
    }
    return OK;
}

enum err srtp_open_rtcp(struct srtp_opener *s, uint8_t *packet, size_t *len) {
    if (*len < RTCP_MIN || *len > INT32_MAX) {
        return ERR_FORMAT;
    }
    uint32_t ssrc = be32(packet + 4);
    struct known *k = find(s, ssrc);
    if (!k && s->n_known == STREAMS_MAX) {
        return ERR_FULL;
    }
    int n = (int)*len;
    enum err e = err_of(srtp_unprotect_rtcp(s->srtp, packet, &n));
    if (e != OK) {
        return e;
    }
    *len = (size_t)n;
    if (!k) {
        learn(s, ssrc);
    }
    return OK;
}

enum err srtp_opener_roc(struct srtp_opener *s, uint32_t ssrc, uint32_t *ret_roc) {
    const struct known *k = find(s, ssrc);
    if (!k) {
        return ERR_UNKNOWN;
    }
    if (k->pending) {
        *ret_roc = (uint32_t)(k->high >> 16);
        return OK;
    }
    return srtp_get_stream_roc(s->srtp, ssrc, ret_roc) == srtp_err_status_ok ? OK : ERR_UNKNOWN;
}

enum err srtp_opener_adopt(struct srtp_opener *s, uint32_t ssrc, uint64_t high) {
    if (find(s, ssrc)) {
        return ERR_WRONG_STATE;
    }
    if (s->n_known == STREAMS_MAX) {
        return ERR_FULL;
    }
    srtp_policy_t policy = s->policy;
    policy.ssrc.type = ssrc_specific;
    policy.ssrc.value = ssrc;
    if (srtp_add_stream(s->srtp, &policy) != srtp_err_status_ok) {
        return ERR_NOMEM;
    }
    learn(s, ssrc);
    s->known[s->n_known - 1].pending = true;
    s->known[s->n_known - 1].high = high;
    return OK;
}
