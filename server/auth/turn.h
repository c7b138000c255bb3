/* STUN and TURN servers that clients are told of, and passwords for them that last a while
 * (draft-uberti-behave-turn-rest-00, which coturn speaks with use-auth-secret): the user name says
 * when it ends, the password is its HMAC under a secret that we and the TURN server share. Nothing
 * is kept of what was given out. Owner: the control thread. */
#ifndef ORIEL_SERVER_AUTH_TURN_H
#define ORIEL_SERVER_AUTH_TURN_H

#include "base/time.h"
#include "server/config/config.h"
#include "signaling/signaling.h"

#define TURN_SECRET_MAX 1024 /* [bytes] */
#define TURN_LINK_MAX 384    /* [bytes] of one Link header, NUL included */

struct turn;

/* Reads turn.secret_file, if turn.urls names a TURN server. ERR_SHORT (under 16 characters),
 * ERR_DENIED (secret_file.h), ERR_IO, ERR_LONG, ERR_NOMEM; the reason in why[WHY_MAX]. */
enum err turn_new(const struct config *cfg, struct turn **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. Wipes the secret. */
struct turn *turn_free(struct turn *t);
/* For whom credentials are made, and until when that person may come in: they end then, or after
 * turn.ttl_s if that is earlier, but not before they can be used. */
struct turn_client {
    const char *sub;
    wall_t until;
};
/* The servers, with credentials made at wall. */
void turn_servers(const struct turn *t, wall_t wall, const struct turn_client *c,
                  struct signaling_ice_servers *ret);
/* Server i of them as the value of a Link header (RFC 9725 section 4.6) in out. Returns out. */
const char *turn_link(const struct signaling_ice_servers *s, size_t i, char out[TURN_LINK_MAX]);

#endif
