/* Which recordings had been begun when a time was believed: between which two believed times a
 * recording was begun is known by that, whatever the clock said while it was. One mark a day is
 * kept, of the last SWEEP_MARKS_MAX days, and fewer of longer ago. Owner: one thread. */
#ifndef ORIEL_RECORDER_LIBRARY_SWEEP_MARKS_H
#define ORIEL_RECORDER_LIBRARY_SWEEP_MARKS_H

#include "base/err.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SWEEP_MARKS_MAX 512
#define SWEEP_MARK_EVERY (86400 * US_PER_S) /* [us] */

struct sweep_mark {
    int64_t last; /* place (wraps_each_begun) of the last one begun until then */
    wall_t at;
};
struct sweep_marks {
    size_t n;
    struct sweep_mark m[SWEEP_MARKS_MAX]; /* by both */
};

/* Where something was begun: not before `from`, 0: nothing is known, and before `to`, at the latest
 * `now`. */
void sweep_marks_between(const struct sweep_marks *s, int64_t place, wall_t now, wall_t *from,
                         wall_t *to);
/* A time is believed. Marks that are later are of a wrong clock, and forgotten. True: something has
 * changed. */
bool sweep_marks_add(struct sweep_marks *s, const struct sweep_mark *m);
/* From and to an open file, behind `offset`. Reading ends at the first line that is none. Writing
 * is not synced: ERR_IO. */
void sweep_marks_read(struct sweep_marks *s, int fd, off_t offset);
enum err sweep_marks_write(const struct sweep_marks *s, int fd, off_t offset);

#endif
