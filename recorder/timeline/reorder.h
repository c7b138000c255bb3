/* One source's packets brought back into order before frames are made of them. A missing packet is
 * waited for, because retransmission may still bring it; then it counts as lost and what follows
 * goes on. Sequence numbers are extended already, so nothing wraps here. Owner: one thread.
 * **After every push, pop until false.** */
#ifndef ORIEL_RECORDER_TIMELINE_REORDER_H
#define ORIEL_RECORDER_TIMELINE_REORDER_H

#include "base/err.h"
#include "media/wire/tap.h"

#include <stdbool.h>

#define REORDER_MAX 512 /* packets held; one more ends the waiting */

struct reorder_packet {
    uint64_t seq;
    us_t at; /* arrival [us] */
    uint32_t rtp_ts;
    uint32_t missing; /* packets given up just before this one */
    uint16_t payload_at, payload_len;
    uint8_t level; /* as tap.audio_level */
    bool marker;
    struct packet *packet; /* a reference of whoever popped it; NULL: it carried nothing */
};

struct reorder {
    struct reorder_packet *ring;
    uint32_t head, n;
    uint64_t next;    /* sequence number that comes next */
    bool any;         /* something has been popped */
    us_t wait, since; /* since: when the hole at `next` was noticed, or the first came */
};

/* ERR_NOMEM leaves *r empty and safe to free. wait: for a missing packet [us]. */
enum err reorder_init(struct reorder *r, us_t wait);
/* Drops the references held. Safe on a zeroed struct. */
void reorder_free(struct reorder *r);
/* Takes over the tap's packet reference. False: late, duplicate or no room; dropped then. */
bool reorder_push(struct reorder *r, const struct tap *t);
/* The next packet in order; false when none is due at `now`. US_NEVER: do not wait any more. */
bool reorder_pop(struct reorder *r, us_t now, struct reorder_packet *ret);
/* When pop gives something although nothing more is pushed; US_NEVER when empty. */
us_t reorder_deadline(const struct reorder *r);

#endif
