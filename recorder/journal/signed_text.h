/* What lies in clear beside a recording, its manifest and its supplement: one line of JSON, a
 * newline, the Ed25519 signature (RFC 8032) of that line in hex, a newline. Thread: any. */
#ifndef ORIEL_RECORDER_JOURNAL_SIGNED_TEXT_H
#define ORIEL_RECORDER_JOURNAL_SIGNED_TEXT_H

#include "recorder/journal/entry.h"
#include "json/json_read.h"

/* Sign the line in t, which is freed in any case, also when it is bad. *ret_text is freed with
 * mem_free, ret_n its length. ERR_NOMEM, ERR_CRYPTO. */
enum err signed_text_finish(struct buffer *t, const struct signing_key *k, char **ret_text,
                            size_t *ret_n);
/* Check the signature and read the line; *ret is freed with json_free. ERR_AUTH, ERR_FORMAT
 * (also: no JSON object), ERR_NOMEM; *ret untouched then. */
enum err signed_text_open(struct bytes text, const struct signing_key *k, const struct json **ret);

#endif
