#include "signaling/tours/persons.h"

#include <string.h>

#define TRIES 4 /* for one that no viewer has either */

/* What all handles of a person have in common, 0: there is none in this tour. */
static uint64_t known_person(const struct tour *t, const char *sub) {
    const uint64_t common = (UINT64_C(1) << PERSON_BITS) - 1;
    const struct seat *seat = seat_by_sub(t, sub);
    seat = seat ? seat : waiting_by_sub(t, sub);
    if (seat) {
        return seat->id & common;
    }
    LIST_EACH(l, &t->viewers) {
        const struct session *v = LIST_ENTRY(l, struct session, in_viewers);
        if (strcmp(v->sub, sub) == 0) {
            return v->params.participant & common;
        }
    }
    return 0;
}

bool person_is_in(const struct tour *t, const char *sub) {
    if (seat_by_sub(t, sub)) {
        return true;
    }
    LIST_EACH(l, &t->viewers) {
        if (strcmp(LIST_ENTRY(l, struct session, in_viewers)->sub, sub) == 0) {
            return true;
        }
    }
    return false;
}

/* Going round slowly, so that a late report about a seat that is gone finds nobody. */
static uint64_t next_device(struct signaling *s, uint64_t person) {
    return person | (uint64_t)(1 + ++s->next_handle % PERSON_DEVICES) << PERSON_BITS;
}

static bool is_viewer(const struct tour *t, uint64_t id) {
    LIST_EACH(l, &t->viewers) {
        if (LIST_ENTRY(l, struct session, in_viewers)->params.participant == id) {
            return true;
        }
    }
    return false;
}

/* Of very many viewers some share theirs, for nothing is found by it; a seat's is its own. */
uint64_t person_handle(struct signaling *s, const struct tour *t, const char *sub) {
    uint64_t person = known_person(t, sub);
    person = person ? person : ++s->next_handle;
    uint64_t id = next_device(s, person);
    for (unsigned i = 1; i < TRIES && (map_get(s->seats, id) || is_viewer(t, id)); i++) {
        id = next_device(s, person);
    }
    while (map_get(s->seats, id)) {
        id = next_device(s, person);
    }
    return id;
}
