/* How many lines of one event may be written in a second: what a stranger can bring about a
 * thousand times must not push everything else out of the log. Thread: any, without locks. */
#ifndef ORIEL_SERVER_OS_LOG_REPEATS_H
#define ORIEL_SERVER_OS_LOG_REPEATS_H

#include "base/time.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_REPEATS_EVENTS 256 /* told apart; those beyond share one count */

struct log_repeat {
    _Atomic(const char *) event; /* told apart by its address: events are constants */
    atomic_ullong counted;       /* second << 32 | lines within it */
    atomic_ullong untold;        /* lines that were not written, and no line has said so */
};

struct log_repeats {
    struct log_repeat of[LOG_REPEATS_EVENTS + 1]; /* zeros at first */
};

/* May one more line of this event be written at `now`, with `most` in each second? If so, and lines
 * of it were left out before, *ret_untold is how many: this line says so. */
bool log_repeats_admit(struct log_repeats *r, const char *event, us_t now, uint32_t most,
                       uint64_t *ret_untold);

#endif
