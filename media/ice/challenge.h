/* Is there really our client at an address? A connectivity check of our own (RFC 8445
 * section 7.2.2) with a random transaction id, sent in answer to one of the client's: only who gets
 * what we send there can answer it. A lite agent need not check (RFC 8445 section 2.5), but a
 * source address is easily forged, and a participant who forges one would have us send a tour to a
 * third party. Every full agent answers checks, so nobody is left out. Stateless.
 * Thread: any. */
#ifndef ORIEL_MEDIA_ICE_CHALLENGE_H
#define ORIEL_MEDIA_ICE_CHALLENGE_H

#include "base/bytes.h"
#include "base/session.h"

#define CHALLENGE_ID_LEN 12 /* [bytes] RFC 8489 section 5 */
/* [bytes] one with the usernames that clients choose; RFC 8445 section 5.3 allows longer ones */
#define CHALLENGE_USUAL 128

/* Append the request, signed with the client's password. w turns bad without room. */
void challenge_write(struct wr *w, const struct ice_credentials *c,
                     const uint8_t id[CHALLENGE_ID_LEN]);
/* The datagram looks like an answer to a check: a binding success response. */
bool challenge_is_answer(struct bytes datagram);
/* It answers this one: the same id, authentic by the client's password. */
bool challenge_answered(struct bytes datagram, const struct ice_credentials *c,
                        const uint8_t id[CHALLENGE_ID_LEN]);

#endif
