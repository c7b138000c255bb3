#include "signaling/seats/admission.h"

#include "signaling/state/tour_state.h"
#include "signaling/tours/subs.h"

bool admission_over(const struct tour *t, uint32_t more) {
    return t->plan.capacity && tour_people(t) + t->n_viewers + more > t->plan.capacity;
}

enum code admission_check(const struct signaling *s, us_t now, const struct tour *t,
                          const struct claims *c) {
    if (!t || c->role != ROLE_BUYER || seat_by_sub(t, c->sub)) {
        return CODE_OK;
    }
    const struct seat *waiting = waiting_by_sub(t, c->sub);
    bool admitted = waiting && waiting->admitted;
    if (!waiting && t->locked) {
        return CODE_TOUR_LOCKED;
    }
    if (!admitted && tour_has_lobby(t) && !subs_have(&t->admitted, c->sub)) {
        return CODE_NOT_ADMITTED;
    }
    if (!admitted && tour_is_early(s, now, t) && !tour_has_host(t)) {
        return CODE_TOUR_EARLY;
    }
    return admission_over(t, 1) ? CODE_TOUR_FULL : CODE_OK;
}
