/* The storage side of one recording being made: keys, journal, sealed segments, catalogue rows and
 * the closing manifest behind five verbs. What was given to ledger_segment before a successful
 * ledger_flush survives kill -9 and power loss. Every verb may be repeated after ERR_IO or
 * ERR_NOSPACE: a failed one changed nothing that matters. Owner: the recorder thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_LEDGER_H
#define ORIEL_RECORDER_ARCHIVE_LEDGER_H

#include "recorder/archive/archive.h"

struct ledger;

/* Begin a recording: durable wrap, start entry flushed. The archive is borrowed. Errors of
 * archive_create and store.put: then *ret, NULL before, may hold a ledger that has not begun; call
 * again with it (the start entry of the first call stays) until OK, or ledger_free it. */
enum err ledger_begin(struct archive *a, const struct entry_start *start, struct ledger **ret);
/* Free without ending: the next start's recovery ends it. NULL allowed; returns NULL. */
struct ledger *ledger_free(struct ledger *l);
const struct id *ledger_id(const struct ledger *l);
/* Note an entry in journal and catalogue (not ENTRY_SEGMENT, ENTRY_START, ENTRY_END). In memory
 * until the next flush; track and epoch entries are flushed before the next segment at the latest.
 * ERR_FULL, ERR_NOMEM. */
enum err ledger_add(struct ledger *l, const struct entry *e);
/* Seal media as the object (track, epoch, number) of *seg, put it, then note it; fills seg->bytes
 * and seg->info. t: recording time of the segment's end. Numbers of an epoch go 0, 1, 2 ...; after
 * an error the same segment must be tried again before a later one. A journal that is full is
 * flushed first, here and in ledger_end. ERR_NOSPACE, ERR_IO, ERR_NOMEM. */
enum err ledger_segment(struct ledger *l, us_t t, struct entry_segment *seg, struct bytes media);
/* Store the journal lines noted so far as one object. Errors: the lines stay; call again. */
enum err ledger_flush(struct ledger *l);
size_t ledger_pending(const struct ledger *l); /* [bytes] of journal not yet stored */
/* End in good order: end entry ("stopped"), flush, manifest, catalogue. OK means complete. On an
 * error call again, or ledger_free and leave it to recovery. */
enum err ledger_end(struct ledger *l, us_t t);

#endif
