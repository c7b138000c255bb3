/* What stands before anything is shredded for its age: one sweep at a time, of whichever process,
 * and none by a clock that is wrong, since a clock years ahead would make everything old at once.
 *
 * DESIGN. DIR/sweep is locked for as long as something sweeps, and remembers the last time that was
 * believed. That is moved on by whoever lives (the server does so every hour), never by more than
 * SWEEP_CLOCK_AHEAD, or a quarter of the retention, at once: a machine that was off for longer, or
 * whose clock jumped, waits for a person who says that the clock is right. Where nothing is
 * remembered yet the end of the newest recording is, if of every recording it is known when it was
 * made. Owner: one thread. */
#ifndef ORIEL_RECORDER_LIBRARY_SWEEP_GUARD_H
#define ORIEL_RECORDER_LIBRARY_SWEEP_GUARD_H

#include "base/err.h"
#include "recorder/library/sweep_marks.h"

#define SWEEP_CLOCK_AHEAD (14 * 86400 * US_PER_S) /* [us] since the last time believed, and */
#define SWEEP_CLOCK_SHARE 4 /* so many times that it is less than the retention, but at least */
#define SWEEP_CLOCK_AHEAD_MIN (6 * 3600 * US_PER_S) /* [us] */
#define SWEEP_CLOCK_BEHIND (3600 * US_PER_S)        /* [us] before it: of two clocks that differ */

struct sweep_guard {
    int fd;          /* of DIR/sweep, locked; -1: not taken */
    wall_t believed; /* 0: none yet */
    wall_t accepted; /* recordings that end later than now were accepted up to this end */
    bool dry;        /* nothing is written */
    struct sweep_marks marks;
};

/* dry: for who only asks: the file is not made nor changed, and where there is none nothing is
 * locked. Take the lock and read what is remembered; a file that cannot be understood remembers
 * nothing. ERR_BUSY: somebody else sweeps; ERR_IO. On error nothing is taken. */
enum err sweep_guard_take(struct sweep_guard *g, const char *dir, bool dry);
/* What is known of time without the clock. */
struct sweep_known {
    wall_t newest;    /* when the newest recording ended; 0: there is none */
    uint64_t undated; /* recordings that may be newer; asked while nothing was believed yet */
    us_t retention;   /* [us] what ended longer ago would be shredded */
    int64_t last;     /* place of the last recording that was begun (wraps_last) */
};
/* Is `now` to be believed? OK: it is, and is remembered, durably (unless dry). ERR_WRONG_STATE: no,
 * and why says what to do; ERR_IO. */
enum err sweep_guard_clock(struct sweep_guard *g, wall_t now, const struct sweep_known *k,
                           char why[WHY_MAX]);
/* A person says that `now` is right, and recordings up to the newest with it. Durable (unless dry:
 * then for as long as the lock is held). ERR_IO. */
enum err sweep_guard_accept(struct sweep_guard *g, wall_t now, const struct sweep_known *k);
/* Let go of the lock. Also of one that was not taken. */
void sweep_guard_leave(struct sweep_guard *g);

#endif
