/* How much one m-line may send: a limit of packets and of bytes a second, each with a burst of one
 * second (the generic cell rate algorithm of ITU-T I.371: a packet conforms while what was sent
 * before has been paid for to within the burst). A zeroed policer is ready. Owner: one worker;
 * lives where the packets arrive. */
#ifndef ORIEL_MEDIA_RECV_POLICE_H
#define ORIEL_MEDIA_RECV_POLICE_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICE_BURST (1 * US_PER_S)

struct police_limit {
    uint32_t packets; /* [1/s] 0 = no limit */
    uint32_t bytes;   /* [bytes/s] 0 = no limit */
};

struct policer {
    us_t packets_paid, bytes_paid; /* [us] until when what was sent is paid for */
    us_t over_at;                  /* [us] a packet last did not conform, 0 = never */
};

/* A packet of n bytes: true when it conforms, and it counts then. */
bool police_pass(struct policer *p, const struct police_limit *l, us_t now, size_t n);

#endif
