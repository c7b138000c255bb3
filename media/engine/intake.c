#include "media/engine/intake.h"

#include "media/engine/tour.h"

#define GUESTS (POLICE_BURST / 4) /* [us] of the burst that is for hosts */

bool intake_pass(struct session *s, us_t now, size_t n, bool video) {
    struct tour *t = s->tour;
    struct engine *e = s->engine;
    us_t keep = s->host ? 0 : GUESTS;
    if (!t) {
        return true;
    }
    us_t of_tour = police_paid_at(t->taken_paid, e->c.tour_bytes, now, n);
    us_t of_all = police_paid_at(e->taken_paid, e->c.worker_bytes, now, n);
    us_t most = now + POLICE_BURST;
    if (video && us_max(of_tour, of_all) > most - keep) {
        return false;
    }
    t->taken_paid = us_min(of_tour, most);
    e->taken_paid = us_min(of_all, most);
    return true;
}

us_t intake_room_at(const struct session *s) {
    us_t paid = us_max(s->tour ? s->tour->taken_paid : 0, s->engine->taken_paid);
    return paid - POLICE_BURST + POLICE_ROOM + (s->host ? 0 : GUESTS / 2);
}
