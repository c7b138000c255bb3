/* One direction of a network path in virtual time: a rate with a drop-tail queue, delay, jitter,
 * loss (random and in bursts), reordering and duplication, all from the seed given. */
#ifndef ORIEL_TESTS_SIM_LINK_H
#define ORIEL_TESTS_SIM_LINK_H

#include "base/rng.h"
#include "base/time.h"
#include "tests/sim/sim_samples.h"

#include <stdbool.h>

#define PPM 1000000 /* probabilities are in parts per million */

struct sim_link_config {
    uint64_t rate;       /* [bit/s], 0 = unlimited */
    uint32_t queue;      /* [bytes] that may wait for the rate; more are dropped */
    us_t delay;          /* [us] one way */
    us_t jitter;         /* [us] up to this much more, without reordering */
    uint32_t loss;       /* [ppm] independent losses */
    uint32_t bad_enter;  /* [ppm] per packet: the link turns bad (Gilbert model) */
    uint32_t bad_leave;  /* [ppm] per packet: it recovers; after a second in any case */
    uint32_t bad_loss;   /* [ppm] losses while bad */
    uint32_t reorder;    /* [ppm] packets held back by reorder_by */
    us_t reorder_by;     /* [us] */
    uint32_t duplicate;  /* [ppm] */
    us_t blackout;       /* [us] nothing arrives for so long, */
    us_t blackout_every; /* [us] once in so long, at a time that the seed decides; 0: never */
};

struct sim_link {
    struct sim_link_config c;
    struct rng_seeded seeded;
    bool down;      /* drops everything */
    us_t phase;     /* [us] of the blackouts */
    bool bad;       /* Gilbert state, */
    us_t bad_since; /* [us] its begin */
    us_t free_at;   /* [us] when the last bit of the queue has left */
    us_t left;      /* [us] when the newest packet has left the queue */
    us_t last;      /* [us] arrival of the newest packet in order */
    uint64_t sent, lost, duplicated;
    uint64_t bytes;        /* delivered */
    struct samples *waits; /* borrowed: how long each packet stood in the queue; NULL: unasked */
};

/* A link at rest. */
void sim_link_init(struct sim_link *l, const struct sim_link_config *c, uint64_t seed);
/* From now on it has another rate [bit/s]. What waits goes out by it, too: world_rate moves that.
 */
void sim_link_rate(struct sim_link *l, us_t now, uint64_t rate);
/* When a packet that was to leave at `left` leaves now that the rate is no more `before`. */
us_t sim_link_leaves(const struct sim_link *l, us_t now, uint64_t before, us_t left);
/* Send size bytes now. Returns how many copies arrive (0..2) and when, in at. */
unsigned sim_link_send(struct sim_link *l, us_t now, size_t size, us_t at[2]);

#endif
