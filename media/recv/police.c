#include "media/recv/police.h"

/* When the packet will be paid for, or US_NEVER when that is too far ahead. */
static us_t paid(us_t before, us_t now, us_t cost) {
    us_t at = us_max(before, now) + cost;
    return at - now <= POLICE_BURST ? at : US_NEVER;
}

bool police_pass(struct policer *p, const struct police_limit *l, us_t now, size_t n) {
    us_t packets = l->packets ? paid(p->packets_paid, now, US_PER_S / l->packets) : now;
    us_t bytes = l->bytes ? paid(p->bytes_paid, now, (us_t)n * US_PER_S / l->bytes) : now;
    if (packets == US_NEVER || bytes == US_NEVER) {
        p->over_at = now;
        return false;
    }
    p->packets_paid = packets;
    p->bytes_paid = bytes;
    return true;
}
