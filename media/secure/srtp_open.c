/* Inbound SRTP and SRTCP: which stream a packet is of, its index, whether it is a replay; then one
 * of the two ways to open it (srtp_open.h), and only what is authentic changes anything. */
#include "media/secure/srtp_open.h"
#include "base/alloc.h"
#include "media/secure/srtp.h"
#include "media/secure/srtp_streams.h"

/* [bytes] shortest packets that can hold a header and a tag of 80 bits */
#define RTP_MIN (12 + 10)
#define RTCP_MIN (8 + 4 + 10)
#define SHA1_80_TAG 10 /* stands behind the index; AES-GCM's stands before it */

struct srtp_opener {
    struct open_gcm *gcm; /* one of these two */
    struct open_cm *cm;
    struct streams streams;
};

static struct srtp_opener *opener_new(void) {
    struct srtp_opener *s = mem_zalloc(1, sizeof(*s));
    return s && !streams_init(&s->streams) ? srtp_opener_free(s) : s;
}

struct srtp_opener *srtp_opener_from_sessions(uint16_t profile, const struct srtp_session_keys *rtp,
                                              const struct srtp_session_keys *rtcp) {
    struct srtp_opener *s = srtp_profile_gcm(profile) ? opener_new() : NULL;
    if (s) {
        s->gcm = srtp_gcm_new(profile, rtp, rtcp);
    }
    return s && s->gcm ? s : srtp_opener_free(s);
}

static struct srtp_opener *gcm_new(const struct dtls_keys *k) {
    struct srtp_session_keys rtp, rtcp;
    struct srtp_opener *s = NULL;
    if (srtp_session_pair(&k->inbound, k->profile, &rtp, &rtcp)) {
        s = srtp_opener_from_sessions(k->profile, &rtp, &rtcp);
    }
    mem_wipe(&rtp, sizeof(rtp));
    mem_wipe(&rtcp, sizeof(rtcp));
    return s;
}

struct srtp_opener *srtp_opener_new(const struct dtls_keys *k) {
    if (srtp_profile_gcm(k->profile)) {
        return gcm_new(k);
    }
    struct srtp_opener *s = srtp_profile_known(k->profile) ? opener_new() : NULL;
    if (s) {
        s->cm = srtp_cm_new(k);
    }
    return s && s->cm ? s : srtp_opener_free(s);
}

struct srtp_opener *srtp_opener_free(struct srtp_opener *s) {
    if (s) {
        srtp_gcm_free(s->gcm);
        srtp_cm_free(s->cm);
        streams_free(&s->streams);
        mem_free(s);
    }
    return NULL;
}

static enum err unprotect(struct srtp_opener *s, const struct stream *k, const struct arrival *a) {
    if (s->gcm) {
        return srtp_gcm_open(s->gcm, a);
    }
    if (!a->rtcp && k->pending) {
        /* libsrtp2 itself can only be told a rollover counter, which is wrong when this packet is
         * on the other side of a wrap, so it is told anew for each packet until one is authentic.
         */
        srtp_cm_tell(s->cm, a);
    }
    return srtp_cm_open(s->cm, a);
}

static bool is_replay(const struct stream *k, const struct arrival *a) {
    return a->rtcp ? stream_had_rtcp(k, (uint32_t)a->index) : stream_had_rtp(k, a->index);
}

static void heard(struct srtp_opener *s, struct stream *k, const struct arrival *a) {
    if (a->rtcp) {
        stream_heard_rtcp(&s->streams, k, (uint32_t)a->index);
    } else {
        stream_heard_rtp(&s->streams, k, a->index);
    }
}

/* A packet of a stream that is not known: it is new, or it was let go. A new one is created by
 * libsrtp2 itself, if this is authentic. */
static enum err open_other(struct srtp_opener *s, struct arrival *a) {
    struct stream k = {.ssrc = a->ssrc};
    bool back = streams_was_let_go(&s->streams, a->ssrc, &k);
    a->index = a->rtcp ? a->index : stream_index(&k, a->seq);
    enum err e = is_replay(&k, a) ? ERR_REPLAY : streams_reserve(&s->streams, a->ssrc);
    if (e == OK && back && s->cm) {
        e = srtp_cm_introduce(s->cm, a->ssrc);
    }
    if (e != OK) {
        return e;
    }
    e = unprotect(s, &k, a);
    if (e != OK) {
        if (back && s->cm) {
            srtp_cm_forget(s->cm, a->ssrc);
        }
        return e;
    }
    heard(s, &k, a);
    uint32_t gone;
    if (streams_enter(&s->streams, &k, &gone) && s->cm) {
        srtp_cm_forget(s->cm, gone);
    }
    return OK;
}

static enum err open_arrival(struct srtp_opener *s, struct arrival *a) {
    struct stream *k = streams_find(&s->streams, a->ssrc);
    if (!k) {
        return open_other(s, a);
    }
    a->index = a->rtcp ? a->index : stream_index(k, a->seq);
    enum err e = is_replay(k, a) ? ERR_REPLAY : unprotect(s, k, a);
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
    size_t behind = SRTP_RTCP_INDEX + (s->gcm ? 0 : SHA1_80_TAG);
    struct arrival a = {.packet = packet,
                        .len = len,
                        .ssrc = be32(packet + 4),
                        .rtcp = true,
                        .index = be32(packet + *len - behind) & 0x7fffffffU};
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
    if (e == OK && s->cm) {
        e = srtp_cm_introduce(s->cm, ssrc);
    }
    if (e == OK) {
        (void)streams_enter(&s->streams, &k, &gone);
    }
    return e;
}
