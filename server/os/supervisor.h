/* A parent that outlives the server: `oriel serve --supervise`. It starts the server as its child,
 * keeps the sockets that the child hands it (socket_store.h), gives them to the next one and starts
 * that when the child has died. So it is small: one thread, no file, nothing of the network is ever
 * read. Signals go to the child; a child that ends in good order ends it. Under systemd, which does
 * all of that, it is not needed. */
#ifndef ORIEL_SERVER_OS_SUPERVISOR_H
#define ORIEL_SERVER_OS_SUPERVISOR_H

#include "base/time.h"

#include <stdbool.h>

#define SUPERVISOR_WELL (30 * US_PER_S)      /* who lived so long is started again at once */
#define SUPERVISOR_PAUSE (100 * US_PER_MS)   /* before the second start after a death, then twice */
#define SUPERVISOR_PAUSE_MAX (10 * US_PER_S) /* as long each time, up to this */

/* How a child has come to its end. */
struct supervisor_death {
    int status;     /* of waitpid(2) */
    bool asked;     /* it was told to stop */
    bool was_ready; /* it, or one before it, has served */
    us_t lived;
};

/* What to do then. Pure. *deaths: how many in a row have not lived long; it is kept by the caller,
 * 0 at first. Returns how long to wait before the next start, or US_NEVER: *ret_status is what to
 * end with. What never served and says why by its status is not tried again: nobody watches a
 * configuration that is wrong. */
us_t supervisor_next(const struct supervisor_death *d, unsigned *deaths, int *ret_status);

/* Run this very program with these arguments (NULL-terminated) until it is to end; returns the
 * status to end with. Call it before there is any thread. */
int supervise(char *const *argv);

#endif
