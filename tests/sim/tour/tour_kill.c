/* The process is killed between two calls (in the middle of one it leaves what it was before it:
 * tests/unit/base/test_record_log.c), and all that was in its memory goes: connections, mailboxes,
 * engines. Another one has the bytes of its log. */
#include "base/check.h"
#include "tests/sim/sim_engine.h"
#include "tests/sim/tour/tour_sim.h"

#include <stdlib.h>

/* There is nobody who would say so to browsers. */
static void end_engines(struct tour_sim *t) {
    struct world *w = t->w;
    for (uint64_t i = 1; i <= t->last_run; i++) {
        (void)engine_tour_remove(w->engine, i);
        (void)engine_tour_remove(w->far, i);
    }
    world_drain(w);
    for (unsigned i = 0; i < w->n_browsers; i++) {
        struct browser *b = w->browsers[i];
        if (!b->removed) {
            b->removed = true;
            b->removed_at = w->now;
        }
    }
}

static void declare(struct tour_sim *t) {
    struct signaling_tour tour = {.name = TOUR_NAME,
                                  .record = RECORD_OFF,
                                  .codec = CODEC_VP8,
                                  .lobby = t->lobby,
                                  .capacity = TOUR_CAPACITY};
    CHECK(signaling_tour_declare(t->s, &tour) == OK);
}

void tour_kill(struct tour_sim *t) {
    struct world *w = t->w;
    const struct bytes log = sim_kept_log(&t->kept);
    struct signaling_rebuilt found;
    uint8_t *copy = malloc(log.n + 1);
    CHECK(copy);
    if (log.n > 0) {
        memcpy(copy, log.p, log.n);
    }
    end_engines(t);
    tour_cut(t);
    signaling_free(t->s);
    sim_kept_end(&t->kept);
    tour_signaling(t);
    declare(t);
    enum err e = signaling_rebuild(t->s, w->now, bytes_of(copy, log.n), &found);
    free(copy);
    if (e != OK && !(e == ERR_UNKNOWN && log.n == 0)) {
        world_fail(w, "what was kept is %s", err_name(e));
    }
    t->killed++;
    memset(&t->reply, 0, sizeof(t->reply));
    model_killed(t);
    tour_told(t);
    tour_known(t);
}
