#include "tests/unit/engine/pair.h"

struct pair pair;

static void carry(struct rig *to, const struct relay *m) {
    if (!(pair.lose & 1u << m->type)) {
        engine_relay_input(to->engine, to->now, m);
        rig_pump(to);
    } else {
        packet_unref(relay_carries(m));
    }
}

void pair_exchange(void) {
    bool any;
    do {
        struct relay m;
        any = false;
        rig_pump(&pair.home);
        rig_pump(&pair.other);
        while (engine_relay(pair.home.engine, &m)) {
            EXPECT_EQ(m.to, 1);
            carry(&pair.other, &m);
            any = true;
        }
        while (engine_relay(pair.other.engine, &m)) {
            EXPECT_EQ(m.to, 0);
            carry(&pair.home, &m);
            any = true;
        }
    } while (any);
}

void pair_run(us_t duration) {
    for (us_t left = duration; left > 0; left -= 10 * US_PER_MS) {
        rig_run(&pair.home, 10 * US_PER_MS);
        rig_run(&pair.other, 10 * US_PER_MS);
        pair_exchange();
    }
}

bool pair_init(void) {
    if (!rig_init(&pair.home) || !rig_init(&pair.other)) {
        return false;
    }
    pair.other.config.worker = 1;
    rig_restart(&pair.other);
    EXPECT_EQ(engine_tour_span(pair.home.engine, pair.home.now, TOUR, 0, 2), OK);
    EXPECT_EQ(engine_tour_span(pair.other.engine, pair.other.now, TOUR, 0, 1), OK);
    return true;
}

void pair_done(void) {
    engine_free(pair.home.engine); /* each holds packets of the other's pool */
    engine_free(pair.other.engine);
    pair.home.engine = pair.other.engine = NULL;
    pair.lose = 0;
    rig_free(&pair.home);
    rig_free(&pair.other);
}
