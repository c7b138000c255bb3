/* What lies in clear beside a recording, its manifest and its supplement: one line of JSON, a
 * newline, the Ed25519 signature (RFC 8032) of that line in hex, a newline. Thread: any. */
#ifndef ORIEL_RECORDER_JOURNAL_SIGNED_TEXT_H
#define ORIEL_RECORDER_JOURNAL_SIGNED_TEXT_H

#include "recorder/journal/entry.h"

#include <jansson.h>

/* Sign the line in t, which is freed in any case, also when it is bad. *ret_text is freed with
 * mem_free, ret_n its length. ERR_NOMEM, ERR_CRYPTO. */
enum err signed_text_finish(struct buffer *t, const struct signing_key *k, char **ret_text,
                            size_t *ret_n);
/* Check the signature and parse the line; *ret is freed with json_decref. ERR_AUTH, ERR_FORMAT
 * (also: no JSON object); *ret untouched then. */
enum err signed_text_open(struct bytes text, const struct signing_key *k, json_t **ret);

/* Members of such a line. A whole number of at most max; *ret is undefined when it is none. */
bool signed_text_count(const json_t *v, uint64_t max, uint64_t *ret);
/* A SHA-256 in hex. */
bool signed_text_hash(const json_t *v, uint8_t out[SHA256_LEN]);

#endif
