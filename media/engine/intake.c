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

/* ---- shares ---- */

#define SENDS US_PER_S     /* [us] a tour has a share so long after its last packet of a picture */
#define LOOKED (SENDS / 4) /* [us] and is looked at so often */

void intake_forget(struct tour *t) {
    t->engine->n_taking -= !list_empty(&t->taking);
    list_remove(&t->taking);
}

static struct tour *longest_silent(const struct engine *e) {
    return LIST_ENTRY(e->taking.next, struct tour, taking);
}

/* It sends, and who does not any more has no share. */
static void note_taking(struct tour *t, us_t now) {
    struct engine *e = t->engine;
    if (list_empty(&t->taking) || now - t->took_at >= LOOKED) {
        intake_forget(t);
        list_push(&e->taking, &t->taking);
        e->n_taking++;
        t->took_at = now;
    }
    while (longest_silent(e)->took_at + SENDS < now) { /* which t is not */
        intake_forget(longest_silent(e));
    }
}

/* Of what may be taken in of all, [bytes/s]; 0 = no limit. Sound alone is little: it has no part in
 * it. */
static uint32_t share_of(struct tour *t, us_t now, bool video) {
    const struct engine *e = t->engine;
    if (e->c.worker_bytes == 0) {
        return 0;
    }
    if (video) {
        note_taking(t, now);
    }
    uint32_t share = e->c.worker_bytes / (e->n_taking ? e->n_taking : 1);
    return share ? share : 1;
}

/* ---- packets ---- */

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
    int64_t of_share = paid_with(t->share_paid, share_of(t, now, video), at, n);
    bool full = of_all > most - keep && of_share > most - keep;
    if (video && (of_tour > most - keep || full)) {
        return false;
    }
    t->share_paid = at_most(of_share, most);
    t->taken_paid = at_most(of_tour, most);
    e->taken_paid = at_most(of_all, most);
    return true;
}

us_t intake_room_at(const struct session *s) {
    const struct tour *t = s->tour;
    int64_t of_all = s->engine->taken_paid;
    int64_t paid = t ? us_max(t->taken_paid, us_min(of_all, t->share_paid)) : of_all;
    return paid / NS_PER_US - POLICE_BURST + POLICE_ROOM + (s->host ? 0 : GUESTS / NS_PER_US / 2);
}
