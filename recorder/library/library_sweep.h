/* What is done from time to time: recordings that are older than they may be are shredded, shreds
 * that could not remove everything are finished, and objects that belong to no recording are named.
 * Blocks; may run beside the server. Owner: the library's thread. */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_SWEEP_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_SWEEP_H

#include "recorder/library/library.h"

struct library_sweep {
    wall_t before; /* what ended before this is shredded; 0: nothing is for its age */
    struct library_order order;
    /* Each that something was done about, or could not be; and each object without a recording. */
    void (*say)(void *ctx, const char *what_of, const char *what);
    void *ctx;
};
struct library_swept {
    uint64_t shredded; /* for their age */
    uint64_t held;     /* old enough, but on hold */
    uint64_t finished; /* shreds, of recordings or people, of which something was left */
    uint64_t orphans;  /* objects that belong to no recording; they stay */
    uint64_t failed;   /* what could not be done: sweep again */
};
/* OK also when some failed, which are counted: one that fails keeps no other from its turn. Errors
 * of the catalogue and of listing the store; ERR_NOMEM. A recording that is being made is left
 * alone, and so is one that is held. */
enum err library_sweep(struct library *l, const struct library_sweep *s, struct library_swept *ret);

#endif
