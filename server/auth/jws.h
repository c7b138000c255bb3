/* A signed token taken apart (RFC 7515 section 7.1, RFC 7519): nothing in it is believed yet.
 * Thread: any. */
#ifndef ORIEL_SERVER_AUTH_JWS_H
#define ORIEL_SERVER_AUTH_JWS_H

#include "server/auth/algorithm.h"
#include "signaling/words/codes.h"

struct json;

/* Zero, or what jws_read made of a token; jws_free lets go of it. */
struct jws {
    const struct json *header, *claims; /* objects in which no member is there twice */
    enum jws_algorithm algorithm;       /* what the header asks for */
    const char *kid;                    /* in header; NULL: none */
    struct bytes input;                 /* what was signed; in the token */
    struct bytes signature;             /* in raw; may be empty */
    uint8_t raw[JWS_SIGNATURE_MAX + 2];
};

#define JWS_PART_MAX 8192   /* [characters] of header and claims each, in base64url */
#define JWS_DEPTH_MAX 32    /* objects and lists within each other */
#define JWS_VALUES_MAX 2048 /* in header and claims each */

/* CODE_OK; else *ret is zeroed. CODE_TOKEN_MALFORMED: not three parts of base64url with two JSON
 * objects within these limits, or the header asks for an extension (crit); CODE_TOKEN_DOUBLED: a
 * member is there twice, of which somebody else may have read the other one; CODE_TOKEN_TYPE: a typ
 * that is not a plain token's (RFC 8725 section 3.11); CODE_TOKEN_ALGORITHM: an alg that is none of
 * ours; CODE_INTERNAL: no memory. The n bytes of token, in which there is no NUL, must outlive
 * *ret.
 */
enum code jws_read(const char *token, size_t n, struct jws *ret);
/* Safe on a zeroed one. */
void jws_free(struct jws *j);

#endif
