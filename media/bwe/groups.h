/* How delay changes from one burst of packets to the next: packets sent within 5 ms of each other
 * are one group, because they share their wait at the bottleneck
 * (draft-ietf-rmcat-gcc-02 section 5.2; the rules for bursts are those of libwebrtc's
 * InterArrivalDelta). Owner: one worker. */
#ifndef ORIEL_MEDIA_BWE_GROUPS_H
#define ORIEL_MEDIA_BWE_GROUPS_H

#include "base/time.h"

#include <stdbool.h>

#define GROUP_SPAN (5 * US_PER_MS)        /* draft section 5.2: burst_time */
#define GROUP_BURST_MAX (100 * US_PER_MS) /* libwebrtc: a burst that arrives at once, at most */
#define GROUP_STALL (3 * US_PER_S)        /* libwebrtc: the clocks have jumped, begin again */
#define GROUP_REORDERED 3                 /* libwebrtc: the same, after so many steps back */

struct packet_group {
    us_t sent_first, sent_last; /* [us] our clock */
    us_t first, last;           /* [us] arrivals, the viewer's clock */
};

struct groups {
    struct packet_group now, before;
    bool has_now, has_before;
    unsigned back; /* groups in a row that arrived before the one that was sent before them */
};

struct group_delta {
    us_t sent, arrived; /* [us] from the group before the last to the last */
    us_t at;            /* [us] its arrival */
};

/* In zeroed memory. A packet that was sent at `sent` arrived at `at`; packets come in order of
 * sending. True when it begins a new group and the one before it is compared. */
bool groups_add(struct groups *g, us_t sent, us_t at, struct group_delta *ret);

#endif
