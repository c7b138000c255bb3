/* Why an offer was refused, in words that name its line: who writes a client by hand, or by a
 * library that he cannot look into, has nothing else to go by. */
#ifndef ORIEL_SIGNALING_SDP_REFUSAL_H
#define ORIEL_SIGNALING_SDP_REFUSAL_H

#include "signaling/sdp/negotiate.h"

#define REFUSAL_MAX 128 /* [bytes] with its zero */
/* What an offer was refused for, for people: "m-line 2 (mid 1): it lacks a=rtcp-mux". n NULL: it
 * could not even be read. Empty when there is nothing to say. */
void negotiate_explain(const struct sdp *offer, const struct negotiation *n, char out[REFUSAL_MAX]);

#endif
