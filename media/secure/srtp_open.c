/* Inbound SRTP and SRTCP through libsrtp2: the only file that includes it. libsrtp2 keeps rollover
 * counters and replay windows, and creates a stream only after its first packet is authentic. */
#include "base/alloc.h"
#include "media/secure/srtp.h"
#include "media/secure/srtp_streams.h"

#include <srtp2/srtp.h>

#define REPLAY_WINDOW 1024 /* [packets] RFC 3711 section 3.3.2 asks at least 64 */
/* [bytes] shortest packets that can hold a header and a tag of 80 bits */
#define RTP_MIN (12 + 10)
#define RTCP_MIN (8 + 4 + 10)
#define RTCP_INDEX 4   /* E flag and index (RFC 3711 section 3.4) */
#define SHA1_80_TAG 10 /* stands behind the index; AES-GCM's stands before it */

struct srtp_opener {
    srtp_t srtp;
    srtp_policy_t policy; /* its key points into this struct */
    uint8_t key[SRTP_KEY_MAX + SRTP_SALT_MAX];
    bool gcm;
    struct streams streams; /* what libsrtp2 knows, and knew */
};

/* An inbound packet and what its header says. */
struct arrival {
    uint8_t *packet;
    size_t *len;
    uint32_t ssrc;
    bool rtcp;
    uint16_t seq;        /* RTP */
    uint32_t rtcp_index; /* SRTCP */
};

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

/* Debian's libsrtp2 is built on NSS and ends it with the last cipher: the next session would load
 * its modules from disk again, half a millisecond or more of a worker's time. One session of ours
 * that never ends keeps them. */
static srtp_t keeper;

static bool keep_library(void) {
    static unsigned char key[SRTP_KEY_MAX + SRTP_SALT_MAX];
    srtp_policy_t policy = {.ssrc = {.type = ssrc_any_inbound}, .key = key};
    set_policy(&policy, SRTP_PROFILE_AEAD_AES_128_GCM);
    return srtp_create(&keeper, &policy) == srtp_err_status_ok;
}

enum err srtp_library_init(void) {
    static bool started; /* libsrtp2 refuses to be started again */
    if (!started && srtp_init() != srtp_err_status_ok) {
        return ERR_CRYPTO;
    }
    started = true;
    return keeper || keep_library() ? OK : ERR_CRYPTO;
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
    s->gcm = srtp_profile_gcm(k->profile);
    set_policy(&s->policy, k->profile);
    s->policy.ssrc.type = ssrc_any_inbound;
    s->policy.key = s->key;
    s->policy.window_size = REPLAY_WINDOW;
    if (!streams_init(&s->streams) || srtp_create(&s->srtp, &s->policy) != srtp_err_status_ok) {
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
        streams_free(&s->streams);
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

/* libsrtp2 2.5 takes host order everywhere but here. */
static void forget(struct srtp_opener *s, uint32_t ssrc) {
    uint8_t wire[4];
    put_be32(wire, ssrc);
    memcpy(&ssrc, wire, sizeof(ssrc));
    (void)srtp_remove_stream(s->srtp, ssrc);
}

/* Make a stream known to libsrtp2 before it has sent a packet. */
static enum err introduce(struct srtp_opener *s, uint32_t ssrc) {
    srtp_policy_t policy = s->policy;
    policy.ssrc.type = ssrc_specific;
    policy.ssrc.value = ssrc;
    return srtp_add_stream(s->srtp, &policy) == srtp_err_status_ok ? OK : ERR_NOMEM;
}

static bool is_old(const struct stream *k, const struct arrival *a) {
    return a->rtcp ? a->rtcp_index < k->rtcp_floor : stream_index(k, a->seq) < k->rtp_floor;
}

static enum err unprotect(struct srtp_opener *s, const struct stream *k, const struct arrival *a) {
    int n = (int)*a->len;
    if (!a->rtcp && k->pending) {
        /* libsrtp2 itself can only be told a rollover counter, which is wrong when this packet is
         * on the other side of a wrap, so it is told anew for each packet until one is authentic.
         */
        uint32_t roc = (uint32_t)(stream_index(k, a->seq) >> 16);
        (void)srtp_set_stream_roc(s->srtp, k->ssrc, roc);
    }
    srtp_err_status_t st = a->rtcp ? srtp_unprotect_rtcp(s->srtp, a->packet, &n)
                                   : srtp_unprotect(s->srtp, a->packet, &n);
    if (st == srtp_err_status_ok) {
        *a->len = (size_t)n;
    }
    return err_of(st);
}

static void heard(struct srtp_opener *s, struct stream *k, const struct arrival *a) {
    if (a->rtcp) {
        stream_heard_rtcp(&s->streams, k, a->rtcp_index);
    } else {
        stream_heard_rtp(&s->streams, k, stream_index(k, a->seq));
    }
}

/* A packet of a stream that libsrtp2 does not know: it is new, or it was let go. */
static enum err open_other(struct srtp_opener *s, const struct arrival *a) {
    struct stream k = {.ssrc = a->ssrc};
    bool back = streams_was_let_go(&s->streams, a->ssrc, &k);
    enum err e = is_old(&k, a) ? ERR_REPLAY : streams_reserve(&s->streams, a->ssrc);
    if (e == OK && back) {
        e = introduce(s, a->ssrc);
    }
    if (e != OK) {
        return e;
    }
    e = unprotect(s, &k, a); /* a new stream is created by libsrtp2, if this is authentic */
    if (e != OK) {
        if (back) {
            forget(s, a->ssrc);
        }
        return e;
    }
    heard(s, &k, a);
    uint32_t gone;
    if (streams_enter(&s->streams, &k, &gone)) {
        forget(s, gone);
    }
    return OK;
}

static enum err open_arrival(struct srtp_opener *s, const struct arrival *a) {
    struct stream *k = streams_find(&s->streams, a->ssrc);
    if (!k) {
        return open_other(s, a);
    }
    enum err e = is_old(k, a) ? ERR_REPLAY : unprotect(s, k, a);
    if (e == OK) {
        heard(s, k, a);
    }
    return e;
}

enum err srtp_open_rtp(struct srtp_opener *s, uint8_t *packet, size_t *len) {
    if (*len < RTP_MIN || *len > INT32_MAX) {
        return ERR_FORMAT;
    }
    struct arrival a = {
        .packet = packet, .len = len, .ssrc = be32(packet + 8), .seq = be16(packet + 2)};
    return open_arrival(s, &a);
}

enum err srtp_open_rtcp(struct srtp_opener *s, uint8_t *packet, size_t *len) {
    if (*len < RTCP_MIN || *len > INT32_MAX) {
        return ERR_FORMAT;
    }
    size_t behind = RTCP_INDEX + (s->gcm ? 0 : SHA1_80_TAG);
    struct arrival a = {.packet = packet,
                        .len = len,
                        .ssrc = be32(packet + 4),
                        .rtcp = true,
                        .rtcp_index = be32(packet + *len - behind) & 0x7fffffffU};
    return open_arrival(s, &a);
}

enum err srtp_opener_roc(struct srtp_opener *s, uint32_t ssrc, uint32_t *ret_roc) {
    const struct stream *k = streams_find(&s->streams, ssrc);
    if (!k) {
        return ERR_UNKNOWN;
    }
    *ret_roc = k->rtp_next ? (uint32_t)((k->rtp_next - 1) >> 16) : 0;
    return OK;
}

enum err srtp_opener_adopt(struct srtp_opener *s, uint32_t ssrc, uint64_t high) {
    struct stream k = {.ssrc = ssrc, .rtp_next = high + 1, .pending = true}, was;
    uint32_t gone;
    if (streams_find(&s->streams, ssrc) || streams_was_let_go(&s->streams, ssrc, &was)) {
        return ERR_WRONG_STATE;
    }
    if (s->streams.n_live == SRTP_STREAMS_MAX) {
        return ERR_FULL;
    }
    enum err e = streams_reserve(&s->streams, ssrc);
    if (e == OK) {
        e = introduce(s, ssrc);
    }
    if (e == OK) {
        (void)streams_enter(&s->streams, &k, &gone);
    }
    return e;
}
