/* The answer as text (RFC 8829 section 5.3), and the fragment that answers a restart. Everything
 * repeated from the offer was checked by the parser to be a token. */
#ifndef ORIEL_SIGNALING_SDP_ANSWER_H
#define ORIEL_SIGNALING_SDP_ANSWER_H

#include "base/addr.h"
#include "base/buffer.h"
#include "signaling/sdp/negotiate.h"

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
