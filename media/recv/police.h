/* How much one m-line may send: a limit of packets and of bytes a second, each with a burst of one
 * second (the generic cell rate algorithm of ITU-T I.371: a packet conforms while what was sent
 * before has been paid for to within the burst). Of sound each packet is judged by itself. A
 * picture from which one has been left out is of no use, so video is cut: nothing of it is passed
 * on until a key frame begins for which there is room. A zeroed policer is ready. Owner: one
 * worker; lives where the packets arrive. */
#ifndef ORIEL_MEDIA_RECV_POLICE_H
#define ORIEL_MEDIA_RECV_POLICE_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICE_BURST (1 * US_PER_S)
/* [us] of the burst that must be free before a key frame may begin: it takes many packets at once,
 * and half a second of the limit is more than any should need */
#define POLICE_ROOM (POLICE_BURST / 2)

struct police_limit {
    uint32_t packets; /* [1/s] 0 = no limit */
    uint32_t bytes;   /* [bytes/s] 0 = no limit */
};

struct police_account {
    us_t packets, bytes; /* [us] until when what was sent is paid for */
};

struct policer {
    struct police_account passed; /* what was passed on */
    struct police_account sent;   /* while it is cut: what its sender sends */
    us_t over_at;                 /* [us] a packet last did not conform, 0 = never */
    bool cut;                     /* video: nothing is passed on until a key frame begins */
};

/* One limit alone, by the same rule: n of what may be `per_second` [1/s] (0 = no limit). *paid [us]
 * is the caller's, zero at first. True when it conforms, and it counts then. */
bool police_spend(us_t *paid, uint32_t per_second, us_t now, size_t n);
/* A packet of n bytes has come: true when it conforms, and it counts then. While the m-line is cut
 * this judges its sender only, since what is left out takes no room. */
bool police_pass(struct policer *p, const struct police_limit *l, us_t now, size_t n);
/* Cut it; twice does no harm. */
void police_cut(struct policer *p);
/* A key frame begins with this packet of n bytes, and the m-line is cut: true when there is room
 * for it. The cut ends then and the packet counts. */
bool police_resume(struct policer *p, const struct police_limit *l, us_t now, size_t n);
/* When a key frame may begin: a time in the past while nothing is cut. */
us_t police_room_at(const struct policer *p);

#endif
