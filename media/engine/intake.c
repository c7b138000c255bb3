#include "media/engine/intake.h"

#include "media/engine/tour.h"

/* Nanoseconds: a small packet takes less than a microsecond of what a worker may take in. */
#define NS_PER_US INT64_C(1000)
#define BURST (POLICE_BURST * NS_PER_US)
#define GUESTS (BURST / 4) /* [ns] of the burst that is for hosts */

/* Until when it is paid for with n bytes more of what may be `per_second` (0 = no limit). */
static int64_t paid_with(int64_t paid, uint32_t per_second, int64_t now, size_t n) {
    return per_second ? (paid > now ? paid : now) + (int64_t)n * US_PER_S * NS_PER_US / per_second
                      : paid;
}

static int64_t at_most(int64_t paid, int64_t most) {
    return paid < most ? paid : most;
}

bool intake_pass(struct session *s, us_t now, size_t n, bool video) {
    struct tour *t = s->tour;
    struct engine *e = s->engine;
    int64_t keep = s->host ? 0 : GUESTS, at = now * NS_PER_US, most = at + BURST;
    if (!t) {
        return true;
    }
    uint32_t may = t->intake_bytes ? t->intake_bytes : e->c.tour_bytes;
    int64_t of_tour = paid_with(t->taken_paid, may, at, n);
    int64_t of_all = paid_with(e->taken_paid, e->c.worker_bytes, at, n);
    if (video && (of_tour > most - keep || of_all > most - keep)) {
        return false;
    }
    t->taken_paid = at_most(of_tour, most);
    e->taken_paid = at_most(of_all, most);
    return true;
}

us_t intake_room_at(const struct session *s) {
    us_t of_tour = s->tour ? s->tour->taken_paid / NS_PER_US : 0;
    us_t paid = us_max(of_tour, s->engine->taken_paid / NS_PER_US);
    return paid - POLICE_BURST + POLICE_ROOM + (s->host ? 0 : GUESTS / NS_PER_US / 2);
}
