/* What is done from time to time: recordings that are older than they may be are shredded, shreds
 * and redactions that could not remove everything are finished, and objects that belong to no
 * recording are named. Blocks; may run beside the server. One sweeps at a time, in all processes.
 * Owner: the library's thread. */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_SWEEP_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_SWEEP_H

#include "recorder/library/library.h"

struct library_sweep {
    wall_t before; /* what ended before this is shredded; 0: nothing is for its age */
    struct library_order order;
    bool old_only;       /* only what `before` says: the store is not listed */
    bool dry;            /* say what would be done, and do and write nothing */
    bool clock_is_right; /* a person says so; when dry, for this one */
    /* Each that something was done about (done: or would be, if it were not dry), or could not be;
     * and each object without a recording. */
    void (*say)(void *ctx, const char *what_of, const char *what, bool done);
    /* This recording is about to be shredded for its age, and nobody holds it. False: it is left,
     * and counts as failed. NULL: it is not asked. */
    bool (*may)(void *ctx, const char *recording);
    /* Asked between two steps, each of which is about one recording, or 1000 names of the store:
     * false ends the sweep. It may use the library, but not its store. NULL: it goes on. */
    bool (*go_on)(void *ctx);
    void *ctx; /* of all three */
};
struct library_swept {
    uint64_t shredded; /* for their age, also where objects are left, which failed, too */
    uint64_t held;     /* old enough, but on hold */
    uint64_t finished; /* shreds and redactions of which something was left */
    uint64_t orphans;  /* objects that belong to no recording; they stay */
    uint64_t undated; /* damaged, or the start is not known: they stay until somebody shreds them */
    uint64_t keyless; /* old enough, but without a key: nothing can be shredded */
    uint64_t failed;  /* what could not be done: sweep again */
    char why[WHY_MAX]; /* after ERR_WRONG_STATE */
};
/* OK also when some failed, which are counted: one that fails keeps no other from its turn. A
 * recording that is being made is left alone, and so is one that is held, is damaged or has no
 * known start. Errors: ERR_BUSY: another sweeps; ERR_WRONG_STATE: something would be shredded for
 * its age, and the clock (order.at) is wrong (sweep_guard.h): nothing was done; ERR_AGAIN: go_on
 * said no; of the catalogue and of listing the store; ERR_NOMEM. */
enum err library_sweep(struct library *l, const struct library_sweep *s, struct library_swept *ret);

/* Believe this time, so that a later sweep may: called every hour by whoever lives. retention: [us]
 * what ended longer ago is shredded by those sweeps: the less, the less the clock may be ahead.
 * ERR_WRONG_STATE: it is wrong, and why says more; ERR_BUSY: somebody sweeps; ERR_IO. */
enum err library_clock(struct library *l, wall_t now, us_t retention, char why[WHY_MAX]);
/* A person says that the clock is right. ERR_BUSY, ERR_IO. */
enum err library_clock_is_right(struct library *l, wall_t now);

#endif
