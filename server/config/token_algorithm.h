/* The names of the ways in which a token may be signed (RFC 7518 section 3.1), as the configuration
 * and tokens have them; server/auth/algorithm.h has the ways. Thread: any. */
#ifndef ORIEL_SERVER_CONFIG_TOKEN_ALGORITHM_H
#define ORIEL_SERVER_CONFIG_TOKEN_ALGORITHM_H

enum jws_algorithm { JWS_NONE, JWS_HS256, JWS_RS256, JWS_ES256 };
#define JWS_ALGORITHMS 4 /* JWS_NONE included */

/* "HS256" and so on; "none". Never NULL. */
const char *jws_algorithm_name(enum jws_algorithm a);
/* JWS_NONE for anything else, NULL and "none" included. */
enum jws_algorithm jws_algorithm_from(const char *name);

#endif
