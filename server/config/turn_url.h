/* The URLs of STUN and TURN servers that may stand in turn.urls. Pure functions. */
#ifndef ORIEL_SERVER_CONFIG_TURN_URL_H
#define ORIEL_SERVER_CONFIG_TURN_URL_H

#include <stdbool.h>

#define TURN_URLS_MAX 6  /* in turn.urls: an answer by HTTP has a header for each */
#define TURN_URL_MAX 128 /* [bytes] */

/* A URL of RFC 7064 or RFC 7065 that may stand in turn.urls. */
bool turn_url_ok(const char *url);
/* Of one that may: a TURN server wants a user name and a password, a STUN server does not. */
bool turn_url_needs_credentials(const char *url);

#endif
