/* Resume secrets: who lost a connection comes back to the same seat without a token, so that nobody
 * who is in a tour is thrown out by a link that has run out meanwhile. A secret is used once: each
 * resume tells a new one. The seat's end and an absolute time end it. */
#ifndef ORIEL_SIGNALING_DOOR_SECRETS_H
#define ORIEL_SIGNALING_DOOR_SECRETS_H

#include "signaling/state/state.h"

/* A new resume secret; all before it are refused. */
void secret_renew(struct signaling *s, struct seat *seat);
/* None any more. */
void secret_forget(struct signaling *s, struct seat *seat);
/* The seat that this secret resumes, or NULL: unknown, used up, or too old. */
struct seat *seat_by_resume(const struct signaling *s, us_t now, const char *secret);
/* A new secret for a seat that `secret` has resumed. The reply that tells it may be lost, so the
 * old one works until secret_confirm. */
void secret_rotate(struct signaling *s, struct seat *seat, const char *secret);
/* The owner has got the new secret: the one before it is refused from now on. */
void secret_confirm(struct signaling *s, struct seat *seat);

#endif
