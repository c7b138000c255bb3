/* What was sent to a viewer lately, by transport-wide sequence number, until its feedback says what
 * became of it. Owner: one worker. */
#ifndef ORIEL_MEDIA_BWE_SENT_H
#define ORIEL_MEDIA_BWE_SENT_H

#include "base/seq.h"
#include "base/time.h"

#define SENT_PACKETS 1024 /* power of two; at 1000 packets/s a round trip of a second */

enum sent_state { SENT_NONE, SENT_UNKNOWN, SENT_LOST, SENT_RECEIVED };

struct bwe_packet {
    uint32_t at;   /* [us] low half of when it was sent */
    uint16_t size; /* [bytes] of the datagram */
    uint8_t probe; /* number of the probe it is part of; 0: none */
    uint8_t state; /* enum sent_state */
};

struct sent {
    struct seq_ext ext;
    struct bwe_packet ring[SENT_PACKETS];
};

/* In zeroed memory nothing was sent. Numbers ascend. */
void sent_add(struct sent *s, us_t now, uint16_t seq, struct bwe_packet p);
/* Where the next packet is going to be noted. */
static inline const struct bwe_packet *sent_next(const struct sent *s) {
    return &s->ring[(s->ext.high + 1) % SENT_PACKETS];
}
/* The packet of this number; NULL when it was never sent or too long ago. */
struct bwe_packet *sent_find(struct sent *s, uint16_t seq);
/* When it was sent [us]: within the last hour before now. */
static inline us_t sent_at(const struct bwe_packet *p, us_t now) {
    return now - (us_t)(uint32_t)((uint32_t)now - p->at);
}

#endif
