#include "bench/load/entry.h"

#include "base/check.h"
#include "server/os/clock.h"

#include <stdio.h>
#include <string.h>

#define IN_FLIGHT 16 /* joins at once */
#define JOIN_MAX (20 * US_PER_S)
#define WAIT_MAX (90 * US_PER_S)

void entry_say(const struct entry *e, const char *what) {
    fprintf(stderr, "bench: %s: %s %s\n", e->result.scenario, e->result.target, what);
}

bool entry_open(struct entry *e, const struct target_ops *ops, struct load *l,
                const struct target_config *c, unsigned viewers) {
    struct result *r = &e->result;
    r->target = ops->name;
    r->publishers = c->rooms;
    r->viewers = viewers;
    if (!target_start(&e->target, ops, l, c)) {
        snprintf(r->absent, sizeof(r->absent), "%s", e->target.why);
        return false;
    }
    crowd_open(&e->crowd, l, c->rooms, viewers);
    return true;
}

void entry_close(struct entry *e) {
    struct load *l = e->target.load;
    target_stop(&e->target);
    if (e->crowd.publishers) {
        crowd_close(&e->crowd, l);
    }
}

static bool no_publisher_waits(void *ctx) {
    const struct crowd *c = &((struct entry *)ctx)->crowd;
    for (unsigned i = 0; i < c->n_publishers; i++) {
        enum client_state s = c->publishers[i].client.state;
        if (s != CLIENT_UP && s != CLIENT_FAILED) {
            return false;
        }
    }
    return true;
}

/* False, and said, when a client has failed, one still waits, or the user wants to end. */
static bool all_well(struct entry *e, bool in_time) {
    unsigned failed = crowd_count(&e->crowd, CLIENT_FAILED);
    if (failed > 0) {
        result_invalid(&e->result, "%u clients failed: %.80s", failed, crowd_why(&e->crowd));
    } else if (load_stopped()) {
        result_invalid(&e->result, "ended by the user");
    } else if (!in_time) {
        result_invalid(
            &e->result,
            "clients waited in vain: %u for an answer, %u for a check's response, %u for "
            "a handshake, %u are connected",
            crowd_count(&e->crowd, CLIENT_NEW), crowd_count(&e->crowd, CLIENT_CHECKING),
            crowd_count(&e->crowd, CLIENT_HANDSHAKE), crowd_count(&e->crowd, CLIENT_UP));
    }
    return failed == 0 && in_time && !load_stopped();
}

bool entry_publish(struct entry *e) {
    for (unsigned i = 0; i < e->crowd.n_publishers; i++) {
        e->target.ops->publish(&e->target, &e->crowd.publishers[i], i);
    }
    bool in_time = load_wait(e->target.load, clock_now() + JOIN_MAX, no_publisher_waits, e);
    crowd_play(&e->crowd, true);
    return all_well(e, in_time);
}

void entry_ask(struct entry *e, unsigned i) {
    unsigned per_room = e->crowd.n_viewers / e->crowd.n_publishers;
    viewer_ask(&e->crowd.viewers[i]);
    e->target.ops->view(&e->target, &e->crowd.viewers[i], i / per_room % e->crowd.n_publishers);
}

unsigned entry_waiting(const struct entry *e, unsigned first, unsigned end) {
    unsigned n = 0;
    for (unsigned i = first; i < end; i++) {
        const struct viewer *v = &e->crowd.viewers[i];
        n += v->client.state != CLIENT_FAILED && v->join.picture == 0;
    }
    return n;
}

bool entry_view(struct entry *e, unsigned first, unsigned end) {
    us_t until = clock_now() + WAIT_MAX;
    unsigned asked = first;
    while (!load_stopped() && clock_now() < until && entry_waiting(e, first, end) > 0) {
        if (asked < end && entry_waiting(e, first, asked) < IN_FLIGHT) {
            entry_ask(e, asked++);
        } else {
            load_turn(e->target.load, clock_now() + US_PER_MS);
        }
    }
    return all_well(e, entry_waiting(e, first, end) == 0);
}

bool entry_memory(struct entry *e, uint64_t *ret) {
    if (measure_memory(&e->target, ret)) {
        return true;
    }
    result_invalid(&e->result, load_stopped() ? "ended by the user"
                                              : "the server's memory does not come to rest");
    return false;
}
