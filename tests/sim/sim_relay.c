#include "tests/sim/sim_relay.h"

#include "tests/sim/sim_world.h"

static bool gets_through(struct world *w, const struct relay *m) {
    struct sim_relay *r = &w->relay;
    return w->now >= r->full_until[m->to] && (r->loss == 0 || world_below(w, 1000000) >= r->loss);
}

bool relay_carry(struct world *w, struct engine *from, struct engine *to) {
    struct relay m;
    unsigned n = 0;
    bool any = false;
    while (n < ENGINE_BATCH_MAX && engine_relay(from, &m)) {
        any = true;
        if (gets_through(w, &m)) {
            n++;
            w->relay.carried++;
            engine_relay_input(to, w->now, &m);
            continue;
        }
        w->relay.lost++;
        packet_unref(relay_carries(&m));
    }
    return any;
}
