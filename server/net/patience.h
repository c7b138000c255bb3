/* How long somebody waits for the network. Thread: that of who waits, and of whom it is handed to:
 * `stop` may be called in any. */
#ifndef ORIEL_SERVER_NET_PATIENCE_H
#define ORIEL_SERVER_NET_PATIENCE_H

#include "base/time.h"

#include <stdbool.h>

#define PATIENCE_SLICE_MS 100 /* after so long it is looked whether it has ended */

struct patience {
    us_t by;                 /* [us] clock_now() */
    bool (*stop)(void *ctx); /* true: it has ended, whatever the time */
    void *ctx;
};

/* By its time or by its stop. */
bool patience_ended(const struct patience *p);
/* For poll, while it has not ended [ms]: until then, at most a slice. */
int patience_ms(const struct patience *p);

#endif
