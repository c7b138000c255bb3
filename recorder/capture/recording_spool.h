/* Segments that are closed and wait to be stored, oldest first. Owner: one thread. */
#ifndef ORIEL_RECORDER_CAPTURE_RECORDING_SPOOL_H
#define ORIEL_RECORDER_CAPTURE_RECORDING_SPOOL_H

#include "base/list.h"
#include "recorder/archive/ledger.h"
#include "recorder/journal/journal.h"

/* [bytes] of all recordings together. One may have as much as it leaves free, at most a half: so
 * there is something left for the next, and what one cannot store is no loss of another. */
#define SPOOL_MAX (128u << 20)

struct spooled {
    struct link link;
    us_t t; /* recording time of its end */
    struct entry_segment e;
    struct buffer media;
};

struct spool {
    struct link waiting;
    size_t bytes;
};

/* Make it empty. */
void spool_init(struct spool *s);
/* Nothing waits. */
static inline bool spool_empty(const struct spool *s) {
    return list_empty(&s->waiting);
}
/* Append; takes over *media (empty then). ERR_NOMEM: nothing changed. */
enum err spool_push(struct spool *s, us_t t, const struct entry_segment *e, struct buffer *media);
/* Store the oldest and forget it. *ret_bytes: media bytes. ERR_UNKNOWN when empty, errors of
 * ledger_segment: it stays. */
enum err spool_store(struct spool *s, struct ledger *l, size_t *ret_bytes);
void spool_free(struct spool *s);

#endif
