/* One offer and the tour's codec in, session_params out (RFC 8829, RFC 9143, RFC 8445: we are
 * ICE-lite, and DTLS-passive unless the client is). Pure but for the randomness given. */
#ifndef ORIEL_SIGNALING_SDP_NEGOTIATE_H
#define ORIEL_SIGNALING_SDP_NEGOTIATE_H

#include "base/rng.h"
#include "signaling/sdp/plan.h"

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

/* Fresh local credentials into ret; the remote ones stay. */
void negotiate_credentials(const struct rng *rng, struct ice_credentials *ret);
/* Fill ret->ice, fingerprint and lines; the rest of ret is the caller's. SSRCs of slots are those
 * of `before` for the same mid. CODE_OK, CODE_SDP_MALFORMED (no ICE credentials),
 * CODE_SDP_UNSUPPORTED (transport we cannot do, nothing to accept), CODE_CODEC_UNSUPPORTED (nothing
 * left because of the codec). */
enum code negotiate(struct negotiation *n, struct session_params *ret);
/* May the transport `old` go on with what `fresh` says (ICE restart), or is it another peer
 * connection? */
bool negotiate_same_peer(const struct session_params *old, const struct session_params *fresh);

#endif
