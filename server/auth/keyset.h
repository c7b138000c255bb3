/* The keys of one issuer of tokens, as they were read at one moment. Immutable: a change is another
 * set, so any thread may use one as long as its owner keeps it. */
#ifndef ORIEL_SERVER_AUTH_KEYSET_H
#define ORIEL_SERVER_AUTH_KEYSET_H

#include "server/auth/algorithm.h"

#define KEYSET_KEYS_MAX 32           /* in one set; a longer one is refused */
#define KEYSET_TEXT_MAX (256 * 1024) /* [bytes] of a file or an answer */
#define KEYSET_DEPTH_MAX 16          /* of JSON: objects and lists within each other */
#define KEYSET_VALUES_MAX 16384      /* of JSON */
#define KEYSET_KID_MAX 256           /* [bytes] a longer kid names no key of ours */
#define KEYSET_TRIES 4               /* keys that one token is tried with */

struct keyset;

/* What a text may hold. */
enum keyset_source {
    KEYSET_PUBLIC, /* public keys only: what comes from the web */
    KEYSET_PRIVATE /* secrets too: a file of the operator's */
};

/* A JWK Set, one JWK, or PEM (PUBLIC KEY, CERTIFICATE) of n bytes. As RFC 7517 section 5 says, what
 * is no key for us is passed over, and a set in which nothing is left is an error. In a file
 * (KEYSET_PRIVATE) so is a key that is damaged, weak or private, for somebody can mend it; what is
 * for another use is passed over there, too. ERR_FORMAT, ERR_UNKNOWN (no usable key),
 * ERR_FULL, ERR_LONG, ERR_DENIED (a private key), ERR_NOMEM, and why[WHY_MAX] says more; *ret is
 * untouched then. */
enum err keyset_read(const char *text, size_t n, enum keyset_source from, struct keyset **ret,
                     char why[WHY_MAX]);
/* One secret for HS256, without a kid. What jws_key_secret says. */
enum err keyset_of_secret(const char *secret, struct keyset **ret);
/* NULL allowed; returns NULL. Wipes secrets. */
struct keyset *keyset_free(struct keyset *s);

/* Keys in it, and those that were passed over. */
size_t keyset_len(const struct keyset *s);
size_t keyset_passed_over(const struct keyset *s);
/* The algorithms of its keys: bit 1 << enum jws_algorithm for each. */
unsigned keyset_algorithms(const struct keyset *s);
/* The first key, for signing with a set of one secret. */
const struct jws_key *keyset_first(const struct keyset *s);

enum keyset_verdict {
    KEYSET_OK,
    KEYSET_NO_KEY, /* none of this algorithm and kid */
    KEYSET_WRONG   /* there is one, and the signature is not its own */
};
/* Which keys may have made a signature: those for this algorithm that have this kid, and those
 * without a kid, which fit any; for a token without kid (NULL) all of the algorithm. Of these the
 * first KEYSET_TRIES are tried. */
enum keyset_verdict keyset_verify(const struct keyset *s, enum jws_algorithm a, const char *kid,
                                  struct bytes input, struct bytes signature);

#endif
