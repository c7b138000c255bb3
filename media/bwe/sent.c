#include "media/bwe/sent.h"

#include <stddef.h>

void sent_add(struct sent *s, us_t now, uint16_t seq, struct bwe_packet p) {
    uint64_t before = s->ext.high, next;
    bool any = s->ext.any;
    next = seq16_extend(&s->ext, seq);
    /* Numbers that were left out were not sent. */
    for (uint64_t i = before + 1; any && i < next && i < before + SENT_PACKETS; i++) {
        s->ring[i % SENT_PACKETS].state = SENT_NONE;
    }
    p.at = (uint32_t)now;
    p.state = SENT_UNKNOWN;
    s->ring[next % SENT_PACKETS] = p;
}

struct bwe_packet *sent_find(struct sent *s, uint16_t seq) {
    int16_t back = seq16_diff((uint16_t)s->ext.high, seq);
    if (!s->ext.any || back < 0 || back >= SENT_PACKETS) {
        return NULL;
    }
    struct bwe_packet *p = &s->ring[(s->ext.high - (uint64_t)back) % SENT_PACKETS];
    return p->state == SENT_NONE ? NULL : p;
}
