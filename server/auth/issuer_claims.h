/* What a token says, judged by the rules of who signed it (RFC 7519 section 4.1). Thread: any. */
#ifndef ORIEL_SERVER_AUTH_ISSUER_CLAIMS_H
#define ORIEL_SERVER_AUTH_ISSUER_CLAIMS_H

#include "server/config/issuer_config.h"
#include "signaling/words/codes.h"

/* Of a token whose signature is good; c has no ISSUER_DEFAULT left. CODE_OK and *ret, else *ret is
 * untouched: CODE_TOKEN_EXPIRED, CODE_TOKEN_NOT_YET, CODE_TOKEN_LIFETIME (it lasts longer than
 * tokens of this issuer may), CODE_TOKEN_AUDIENCE, CODE_TOKEN_CLAIMS. */
enum code issuer_claims(const struct issuer_config *c, wall_t wall, const struct json *claims,
                        struct claims *ret);

#endif
