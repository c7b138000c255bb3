#include "bench/engine/memory.h"

#include "base/check.h"
#include "bench/engine/house.h"
#include "tests/sim/sim_engine.h"

#include <malloc.h>

#define TOURS 1000

static double heap(void) {
    struct mallinfo2 m = mallinfo2();
    return (double)m.uordblks + (double)m.hblkhd;
}

static void watch(struct house *h, us_t duration) {
    us_t end = traffic_at(&h->traffic) + duration;
    while (traffic_at(&h->traffic) < end) {
        struct packet *in[BURST_MAX];
        struct burst burst = house_next(h, in);
        while (engine_deadline(h->engine) <= h->now) {
            engine_timeout(h->engine, h->now);
            house_discard(h);
        }
        for (unsigned i = 0; i < burst.n; i++) {
            engine_input(h->engine, h->now, in[i]);
            house_discard(h);
        }
    }
}

void memory_measure(unsigned viewers, struct memory_result *ret) {
    static struct house h;
    struct sink sink;
    sink_open(&sink);
    house_open(&h, &sink, viewers + 1, true);
    /* The publisher's cache fills, and one viewer warms the libraries up. */
    house_add(&h, &sink);
    watch(&h, 5 * US_PER_S);
    double before = heap();
    for (unsigned i = 0; i < viewers; i++) {
        house_add(&h, &sink);
    }
    watch(&h, 5 * US_PER_S);
    double joined = heap();
    for (unsigned i = 0; i < TOURS; i++) {
        CHECK(engine_tour_add(h.engine, HOUSE_TOUR + 1U + i) == OK);
    }
    *ret = (struct memory_result){.viewers = viewers,
                                  .tours = TOURS,
                                  .known = before > 0,
                                  .viewer = (joined - before) / viewers,
                                  .tour = (heap() - joined) / TOURS};
    house_close(&h);
    sink_close(&sink);
}
