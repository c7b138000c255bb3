/* The log in which signaling keeps its tours (docs/survival.md), in the runtime folder: tours-0.log
 * and tours-1.log, of which one is written while the other one is not true any more. What a process
 * that was killed has left is read by the next one at its start. Owner: the control thread. */
#ifndef ORIEL_SERVER_TOURS_TOURS_LOG_H
#define ORIEL_SERVER_TOURS_TOURS_LOG_H

#include "server/os/runtime_dir.h"
#include "signaling/signaling.h"

struct tours_log;

/* Is there a log that a process before this one has left, whatever it is worth? */
bool tours_log_is_left(const struct runtime_dir *d);

/* What was left, and what of it is of no use. */
struct tours_left {
    struct signaling_rebuilt rebuilt; /* the caller's to fill */
    uint64_t damaged, version, older, full, unreadable;
};

/* Look for what was left there, and remove what is not whole. No log has more than `most` bytes.
 * d is borrowed and outlives it. NULL: no memory. */
struct tours_log *tours_log_open(const struct runtime_dir *d, size_t most, struct tours_left *left);
/* Where signaling may keep its tours; until tours_log_end. */
struct signaling_keeper tours_log_keeper(struct tours_log *l);
/* Have a signaling go on with what was left, if anything was, and count it in `left`: what cannot
 * be gone on with is wiped and removed. To be called once; effects are to be drained after it. */
void tours_log_rebuild(struct tours_log *l, struct signaling *s, us_t now, struct tours_left *left);
/* Signaling keeps nothing any more, and nothing is left there: wiped and removed. NULL allowed;
 * returns NULL. */
struct tours_log *tours_log_end(struct tours_log *l);

#endif
