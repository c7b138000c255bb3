/* One offer and the tour's codec in, session_params and an answer out (RFC 8829, RFC 9143, RFC
 * 8445: we are ICE-lite, and DTLS-passive unless the client is). Pure but for the randomness given.
 */
#ifndef ORIEL_SIGNALING_NEGOTIATE_H
#define ORIEL_SIGNALING_NEGOTIATE_H

#include "base/addr.h"
#include "base/buffer.h"
#include "base/rng.h"
#include "signaling/sdp.h"

#define WANTS_MAX (SOURCE_KIND_COUNT - 1 + SESSION_SLOTS_MAX)

/* What a client wants an m-line to be; exactly one of source and slot is set. */
struct want {
    char mid[MID_MAX + 1];
    uint8_t source, slot; /* enum source_kind, enum slot_kind */
};

struct wants {
    uint8_t n;
    struct want at[WANTS_MAX];
};

/* The same by m-line of one offer. */
struct plan_line {
    uint8_t source, slot, index;
};
struct plan {
    struct plan_line at[SDP_MEDIA_MAX];
};

/* Wants of a join matched to the offer's lines. SIG_BAD_FIELD with *field "sources" or "slots": a
 * mid that is not offered or named twice, a kind twice, a line of the wrong medium or direction. */
enum sig_code plan_wants(const struct sdp *offer, const struct wants *w, struct plan *ret,
                         const char **field);
/* WHIP: the first audio and video lines offered for sending. */
void plan_whip(const struct sdp *offer, struct plan *ret);
/* WHEP: the first audio and video lines offered for receiving. */
void plan_whep(const struct sdp *offer, struct plan *ret);

struct negotiation {
    const struct sdp *offer;
    const struct plan *plan;
    enum codec video;
    const struct session_params *before; /* the session that is restarted, or NULL */
    const struct rng *rng;
    /* out */
    int8_t line[SDP_MEDIA_MAX]; /* m-line -> index in params.lines, -1 = rejected */
    uint8_t n_lacking;          /* m-lines that lack the tour's codec */
    uint8_t lacking[SDP_MEDIA_MAX];
    const char *why; /* the whole offer was refused: what is wrong, */
    int8_t refused;  /* and with which m-line, -1 = with none of them */
};

#define REFUSAL_MAX 128 /* [bytes] with its zero */
/* What an offer was refused for, for people: "m-line 2 (mid 1): it lacks a=rtcp-mux". n NULL: it
 * could not even be read. Empty when there is nothing to say. */
void negotiate_explain(const struct sdp *offer, const struct negotiation *n, char out[REFUSAL_MAX]);

/* Fresh local credentials into ret; the remote ones stay. */
void negotiate_credentials(const struct rng *rng, struct ice_credentials *ret);
/* Fill ret->ice, fingerprint and lines; the rest of ret is the caller's. SSRCs of slots are those
 * of `before` for the same mid. SIG_OK, SIG_SDP_MALFORMED (no ICE credentials),
 * SIG_SDP_UNSUPPORTED (transport we cannot do, nothing to accept), SIG_CODEC_UNSUPPORTED (nothing
 * left because of the codec). */
enum sig_code negotiate(struct negotiation *n, struct session_params *ret);
/* May the transport `old` go on with what `fresh` says (ICE restart), or is it another peer
 * connection? */
bool negotiate_same_peer(const struct session_params *old, const struct session_params *fresh);

struct answer {
    const struct negotiation *n; /* not of a fragment */
    const struct session_params *params;
    const struct ice_credentials *ice; /* whose local side is told */
    const uint8_t *fingerprint;        /* ours, FINGERPRINT_LEN */
    const struct addr *candidates;
    size_t n_candidates;
    bool tcp;                    /* each of them by TCP, too */
    uint32_t start_bitrate_kbps; /* 0 = leave it out */
    uint64_t id;                 /* of the session description, 63 bits */
    uint32_t version;            /* and which of them, from 1 */
};
/* Append the answer to o. */
void answer_write(struct buffer *o, const struct answer *a);
/* Append the sdpfrag that answers a WHIP restart (RFC 9725 section 4.3.3). */
void fragment_write(struct buffer *o, const struct answer *a);

#endif
