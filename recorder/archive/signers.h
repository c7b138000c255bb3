/* Whose signature counts: the key that signs here and those that did, or, when somebody says which
 * keys they trust, those and no other. Owner: the archive's thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_SIGNERS_H
#define ORIEL_RECORDER_ARCHIVE_SIGNERS_H

#include "recorder/archive/archive.h"

/* Only these public keys count from now on; n > 0, copied. ERR_NOMEM: nothing has changed. */
enum err signers_trust(struct archive *a, const uint8_t (*keys)[KEY_LEN], size_t n);
/* Does a key check a signature? OK; ERR_AUTH: it is none of this key's; any other error of what was
 * signed ends the search. */
typedef enum err signers_try(void *ctx, const struct signing_key *k);
/* Try the keys that count, the present one first. OK, and *ret_earlier (may be NULL) says whether
 * it was one that does not sign any more; ERR_AUTH: it is none's; ERR_DENIED: there is no public
 * key here; else what `try` said, or ERR_IO. */
enum err signers_find(struct archive *a, signers_try *attempt, void *ctx, bool *ret_earlier);

#endif
