/* The journal: the truth about a recording, as a hash-chained timeline of entries.
 *
 * Each entry is one line of JSON with "seq" (from 0), "t" (recording timeline [us]), "type", its
 * own fields, and "prev": the SHA-256 of the line before it, without its newline (of
 * "oriel-journal/1" | recording id for the first). Lines gather in memory and are sealed as journal
 * objects 0, 1, 2 ...: one object per flush. A message is never resumed: after a crash the next
 * object follows. Catalogue rows and "complete" are computed from the journal. Owner: one thread.
 */
#ifndef ORIEL_RECORDER_JOURNAL_JOURNAL_H
#define ORIEL_RECORDER_JOURNAL_JOURNAL_H

#include "recorder/journal/entry.h"

#define JOURNAL_PENDING_MAX (8u << 20) /* [bytes] of lines not yet flushed */
#define JOURNAL_RESERVED (4u << 20)    /* [bytes] of these, for lines that media depend on */

struct journal;

/* A journal that continues at `at` (NULL: a new one). access is borrowed. NULL without memory. */
struct journal *journal_new(const struct object_access *access, const struct id *recording,
                            const struct journal_head *at);
/* Unflushed lines are lost. NULL allowed; returns NULL. */
struct journal *journal_free(struct journal *j);
/* Append in memory. ERR_FULL (JOURNAL_PENDING_MAX; flush first), ERR_NOMEM. The last
 * JOURNAL_RESERVED bytes are for track, epoch, segment, failing and end: without these media cannot
 * be read, and whoever makes many of the other lines must not take their place. */
enum err journal_append(struct journal *j, const struct entry *e);
/* Seal and put what is pending as one object; nothing pending: OK, and ret->size 0. On an error the
 * lines stay pending and the same object number is tried again next time. After OK something is
 * still pending only if an earlier put succeeded without saying so; flush again. ret may be NULL.
 */
enum err journal_flush(struct journal *j, struct object_info *ret);
/* The lines of the object that journal_flush stored last, until it is called again. Empty also when
 * memory was out: the object has them. */
struct bytes journal_stored(const struct journal *j);
size_t journal_pending(const struct journal *j); /* [bytes] */
/* The head including pending lines; `objects` counts flushed objects. */
struct journal_head journal_head(const struct journal *j);

/* The chain's beginning for a recording. */
struct journal_head journal_begin(const struct id *recording);
/* Check and decode the lines of one journal object, advancing *head (not its `objects`); `each`
 * gets every entry, those of later releases as ENTRY_OTHER, and may be NULL; its error stops.
 * ERR_FORMAT, ERR_AUTH (chain broken), ERR_UNSUPPORTED (a later format). */
enum err journal_replay(struct bytes lines, struct journal_head *head,
                        enum err (*each)(void *ctx, const struct entry *e), void *ctx);

#endif
