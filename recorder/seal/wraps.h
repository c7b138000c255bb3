/* wraps.db: the wrapped keys, in a database file of their own (secure_delete, synchronous=FULL,
 * truncated checkpoint after a shred), so that deleting a wrap shreds what is under it at once. A
 * row belongs to a recording (subject 0) or to one participant in it. It is also the list of every
 * recording that was ever begun: a row is durable before the first object of its recording is. It
 * remembers which store the objects are in, which recordings are held, what was shredded and
 * redacted, and the public halves of the keys that manifests were signed with.
 *
 * Nothing but an order to shred deletes a row: wraps_shred and wraps_shred_person, which do not
 * touch a held recording, and in a copy that is brought back wraps_shred_again. SQLite stays
 * inside. Owner: one thread. */
#ifndef ORIEL_RECORDER_SEAL_WRAPS_H
#define ORIEL_RECORDER_SEAL_WRAPS_H

#include "base/time.h"
#include "recorder/seal/digest.h"
#include "recorder/seal/provider.h"

#include <stdbool.h>

#define WRAPS_SCHEMA 5     /* PRAGMA user_version */
#define WRAPS_TEXT_MAX 129 /* [bytes] with NUL; who and why of holds and shreds, cut to fit */

struct wraps;

/* create: make the file, or bring one of an earlier release up to date. ERR_IO, ERR_NOMEM,
 * ERR_NOSPACE; ERR_FORMAT: the file is damaged, or none of SQLite's; ERR_UNSUPPORTED: it is of a
 * later release. Without create one of an earlier release is read as it is, and not changed. */
enum err wraps_open(const char *path, bool create, struct wraps **ret);
/* A copy of this moment as a new file, without what was deleted; the caller syncs it. ERR_IO: also
 * when the file is there; ERR_NOSPACE. */
enum err wraps_copy(struct wraps *w, const char *path);
/* NULL allowed; returns NULL. */
struct wraps *wraps_close(struct wraps *w);

/* A transaction of several calls, and its end: committed if what was done came as far as OK, else
 * nothing has changed. Not nested, and not around what shreds or redacts. */
enum err wraps_batch_begin(struct wraps *w);
enum err wraps_batch_end(struct wraps *w, enum err e);
/* Durable when OK. ERR_EXISTS: there is one, or it was shredded; ERR_NOSPACE, ERR_IO. */
enum err wraps_put(struct wraps *w, const struct key_context *c, const struct key_wrap *wrap);
/* ERR_UNKNOWN (never begun, or shredded), ERR_IO, ERR_FORMAT. */
enum err wraps_get(struct wraps *w, const struct key_context *c, struct key_wrap *ret);
/* What is left of a keyset of which a part was destroyed, sealed under the wrapped key; *ret_n 0:
 * the wrapped key is the root of all. *ret is freed with mem_free. ERR_UNKNOWN, ERR_NOMEM. */
enum err wraps_keyset(struct wraps *w, const struct key_context *c, uint8_t **ret, size_t *ret_n);
/* Exchange a wrap, and its sealed keyset (empty: none), so that the old bytes are in no file of the
 * database any more; `old` is what must be there. Durable when OK. ERR_UNKNOWN: it is not; ERR_BUSY
 * when a reader kept the log from being truncated: exchanged, and wraps_purge finishes. */
struct wraps_change {
    const struct key_wrap *old, *fresh;
    struct bytes keyset;
};
enum err wraps_replace(struct wraps *w, const struct key_context *c, const struct wraps_change *x);
/* SHA-256 of all wraps of a recording: another one when something of it was shredded, redacted or
 * wrapped again. ERR_UNKNOWN: there are none; ERR_IO. */
enum err wraps_digest(struct wraps *w, const struct id *recording, uint8_t ret[SHA256_LEN]);
/* Media objects of which the keys were destroyed. */
struct wraps_span {
    uint64_t subject; /* whose keys; 0: the recording's */
    struct id track;
    uint32_t epoch, first, last; /* numbers, the last one included */
};
struct wraps_spans {
    struct wraps_span *p; /* mem_free it */
    size_t n;
};
struct wraps_redaction;
/* The same where a part of the keys was destroyed, and unless the recording is held (ERR_DENIED):
 * what is gone is noted in the same transaction, for ever. Purged when OK. */
enum err wraps_redact(struct wraps *w, const struct key_context *c, const struct wraps_change *x,
                      const struct wraps_redaction *r);
/* All spans of a recording that were redacted. *ret is freed by the caller; empty after an error.
 * ERR_IO, ERR_NOMEM. */
enum err wraps_redacted(struct wraps *w, const struct id *recording, struct wraps_spans *ret);
/* Whether an object is of one of the spans. */
bool wraps_spans_have(const struct wraps_spans *s, const struct id *track, uint32_t epoch,
                      uint32_t number);
/* Carry out in a copy what was redacted of these keys according to a newer database: the newer row,
 * in which the keys are destroyed, takes the place of the older one, and is noted. A copy with
 * redactions that the newer one knows nothing of keeps its row: what the notes say is refused to
 * everybody all the same. *ret_other_key: the newer row is wrapped under another key than the older
 * one was, so that whoever has the key of the copy alone cannot open it. Durable when OK; call
 * wraps_purge. ERR_UNKNOWN: it was all known. */
enum err wraps_redact_again(struct wraps *w, struct wraps *newer, const struct key_context *c,
                            bool *ret_other_key);
/* Call each for every subject of which something was redacted; it may write to this database. */
enum err wraps_each_redacted(struct wraps *w,
                             enum err (*each)(void *ctx, const struct key_context *c), void *ctx);
/* Truncate the log, in which old rows may still be. ERR_BUSY: a reader is in the way. */
enum err wraps_purge(struct wraps *w);

/* Call each for every recording, in the order they were begun; stops at its first error. */
enum err wraps_each(struct wraps *w, enum err (*each)(void *ctx, const struct id *recording),
                    void *ctx);
/* The same with the place of each, which grows with every row that is made; that of the last rows
 * is used again when they were shredded. */
enum err wraps_each_begun(struct wraps *w,
                          enum err (*each)(void *ctx, const struct id *recording, int64_t place),
                          void *ctx);
/* The place of the last row, of whomever; 0: there is none. ERR_IO. */
enum err wraps_last(struct wraps *w, int64_t *ret);
/* The same by their ids, in one pass over an index, which 10^5 of them need: `each` may not write
 * to this database. */
enum err wraps_each_by_id(struct wraps *w, enum err (*each)(void *ctx, const struct id *recording),
                          void *ctx);
/* Call each for every row, in the order they were made; it may exchange them. */
enum err wraps_each_row(struct wraps *w,
                        enum err (*each)(void *ctx, const struct key_context *c,
                                         const struct key_wrap *wrap),
                        void *ctx);
/* Note that an object of this recording is in the store: from now on its absence is a loss. */
enum err wraps_begun(struct wraps *w, const struct id *recording);
/* Take that back, in a copy that has no object of it. */
enum err wraps_not_begun(struct wraps *w, const struct id *recording);
/* *ret: whether wraps_begun was said of it. ERR_UNKNOWN, ERR_IO. */
enum err wraps_has_begun(struct wraps *w, const struct id *recording, bool *ret);

/* An order: whose, when, why. */
struct wraps_order {
    wall_t at;
    const char *who, *why;
};
struct wraps_redaction {
    struct wraps_spans gone; /* borrowed; their subject is not read: it is that of the context */
    struct wraps_order by;
};
/* Delete the wrap of a participant, or, with subject 0, all wraps of the recording, so that their
 * bytes are in no file of the database any more. What was shredded stays known and cannot be put
 * again. ERR_DENIED: the recording is held; ERR_UNKNOWN: there is no such row, shredded before or
 * never there; ERR_BUSY when a reader kept the log from being truncated: deleted, but call again to
 * finish. */
enum err wraps_shred(struct wraps *w, const struct key_context *c, const struct wraps_order *o);
/* The same of a participant who is known to have been there, with a wrap or without: who only
 * listened has none, and is to be forgotten all the same. Ordered before: OK. */
enum err wraps_shred_person(struct wraps *w, const struct key_context *c,
                            const struct wraps_order *o);

struct wraps_note {
    struct key_context what; /* of a hold: subject 0 */
    wall_t at;
    char who[WRAPS_TEXT_MAX], why[WRAPS_TEXT_MAX];
    int64_t place; /* among all that was shredded, from 1; 0: not asked for */
};
/* Whether, when and by whom this was shredded: the participant, or the whole recording. ret may be
 * NULL. ERR_UNKNOWN: it was not. */
enum err wraps_shredded(struct wraps *w, const struct key_context *c, struct wraps_note *ret);
/* Everything that was shredded, in the order it was noted; `each` may write to this database. */
enum err wraps_each_shredded(struct wraps *w,
                             enum err (*each)(void *ctx, const struct wraps_note *n), void *ctx);
/* The same of those behind this place only. */
enum err wraps_each_shredded_behind(struct wraps *w, int64_t place,
                                    enum err (*each)(void *ctx, const struct wraps_note *n),
                                    void *ctx);
/* The same of participants only, of whom there are few: one pass, whatever else was shredded. */
enum err wraps_each_shredded_person(struct wraps *w,
                                    enum err (*each)(void *ctx, const struct wraps_note *n),
                                    void *ctx);
/* Carry out in a copy what was shredded, here or where the copy was made of, without asking about
 * holds: the order was good when it was given. The hold of a recording of which a person was
 * shredded stays; that of one that is shredded whole goes with it. Durable when OK; call
 * wraps_purge. ERR_UNKNOWN: there was no row; it is noted. */
enum err wraps_shred_again(struct wraps *w, const struct wraps_note *n);
/* Note what was shredded elsewhere, of which there is no row here. Noted already: OK. */
enum err wraps_note_shredded(struct wraps *w, const struct wraps_note *n);
/* Keep a recording from being shredded or redacted until it is released. A second hold replaces
 * who, why and when. ERR_UNKNOWN: no such recording. */
enum err wraps_hold(struct wraps *w, const struct id *recording, const struct wraps_order *o);
/* ERR_UNKNOWN: it is not held. */
enum err wraps_release(struct wraps *w, const struct id *recording);
/* ERR_UNKNOWN: it is not held. ret may be NULL. */
enum err wraps_held(struct wraps *w, const struct id *recording, struct wraps_note *ret);

/* Whether anything here is wrapped by this provider. */
enum err wraps_uses(struct wraps *w, const char *provider, bool *ret);

/* The public half of the key that signs. ERR_UNKNOWN: none is remembered. */
enum err wraps_signer(struct wraps *w, uint8_t ret[KEY_LEN]);
/* It is this one from now on; those of before stay known. Durable when OK. */
enum err wraps_set_signer(struct wraps *w, const uint8_t verifying[KEY_LEN]);
/* Call each for every one that ever was, the present one first; stops at its first error. It may
 * not write to this database. */
enum err wraps_each_signer(struct wraps *w,
                           enum err (*each)(void *ctx, const uint8_t verifying[KEY_LEN]),
                           void *ctx);

/* The store that holds the objects of these recordings. */
struct wraps_store {
    struct id id;
    bool placed;          /* the identity was seen in the store; false: about to be put there */
    struct key_wrap wrap; /* of a random key, for the id and subject 0: tells a wrong KEK */
};
/* ERR_UNKNOWN (none is remembered), ERR_IO. */
enum err wraps_store(struct wraps *w, struct wraps_store *ret);
/* Remember this one instead. Durable when OK. ERR_NOSPACE, ERR_IO. */
enum err wraps_set_store(struct wraps *w, const struct wraps_store *s);

#endif
