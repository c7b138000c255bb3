#include "server/net/patience.h"

#include "server/os/clock.h"

bool patience_ended(const struct patience *p) {
    return clock_now() >= p->by || p->stop(p->ctx);
}

int patience_ms(const struct patience *p) {
    int ms = clock_wait_ms(clock_now(), p->by);
    return ms < PATIENCE_SLICE_MS ? ms : PATIENCE_SLICE_MS;
}
