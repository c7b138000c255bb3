/* A record of the audit log: one line of JSON, and how it hangs on the one before. PURE: bytes in,
 * bytes out (docs/audit.md is the format in prose).
 *
 * DESIGN. The canonical bytes of a record are the bytes of its line: nobody has to write JSON the
 * way we do in order to check it. `prev` is the hash of the record before it, `hash`, which always
 * ends the line, that of all bytes before `,"hash":`. So the last record, on which nothing hangs
 * yet, proves itself against accidents too; against people the signature does, of all bytes before
 * `,"signature":`, which a signed record has in front of its hash. Thread: any. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_RECORD_H
#define ORIEL_SERVER_AUDIT_AUDIT_RECORD_H

#include "base/buffer.h"
#include "recorder/seal/digest.h"
#include "recorder/seal/keys.h"
#include "server/audit/audit_entry.h"

#define AUDIT_LINE_MAX 8192 /* [bytes] without its newline */

struct audit_record {
    uint64_t number; /* from 1 */
    struct audit_entry e;
    char word[AUDIT_WORD_MAX + 1]; /* what was done, also where a later release has said it */
    /* AUDIT_PRUNE, AUDIT_CUT: the last record that is not there, and its hash. AUDIT_BROKEN: of the
     * file before, the last number it may have, and the hash of all of it. */
    uint64_t upto;
    uint8_t upto_hash[SHA256_LEN];
    uint8_t prev[SHA256_LEN], hash[SHA256_LEN]; /* zeros before the first */
    bool is_signed;
    uint8_t key[KEY_LEN]; /* the public half */
    uint8_t signature[SIGNATURE_LEN];
};

/* Append its line with a newline, signed by key (NULL: not at all), and say its hash in r->hash.
 * ERR_NOMEM, ERR_CRYPTO: b is as it was. */
enum err audit_record_write(struct buffer *b, struct audit_record *r,
                            const struct signing_key *key);
/* Read a line, without its newline. ERR_LONG, ERR_FORMAT (it is none), ERR_AUTH (its hash is of
 * something else), ERR_NOMEM. *ret is undefined then. Whether its signature is good is for
 * audit_record_verify to say. */
enum err audit_record_read(struct bytes line, struct audit_record *ret);
/* Is the line, which was read as r, signed by this key? ERR_AUTH: it is not. */
enum err audit_record_verify(struct bytes line, const struct audit_record *r,
                             const uint8_t key[KEY_LEN]);
/* Append what the API and `--json` show of it: the same members, without those of the chain. */
void audit_record_show(struct buffer *b, const struct audit_record *r);

#endif
