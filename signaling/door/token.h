/* Who holds a token: the rim verifies it, here its claims must make sense. */
#ifndef ORIEL_SIGNALING_DOOR_TOKEN_H
#define ORIEL_SIGNALING_DOOR_TOKEN_H

#include "signaling/state/state.h"

/* CODE_OK and *ret filled, or what is wrong with the token. token may be NULL. */
enum code verify_token(struct signaling *s, const char *token, size_t n, struct claims *ret);

#endif
