#include "signaling/tours/persons.h"

#include <string.h>

#define TRIES 4 /* for one that no viewer has either */

/* What all handles of a person have in common, 0: there is none in this tour. */
static uint64_t known_person(const struct tour *t, const char *sub) {
    const struct seat *seat = seat_by_sub(t, sub);
    seat = seat ? seat : waiting_by_sub(t, sub);
    if (seat) {
        return person_of(seat->id);
    }
    LIST_EACH(l, &t->viewers) {
        const struct session *v = LIST_ENTRY(l, struct session, in_viewers);
        if (strcmp(v->sub, sub) == 0) {
            return person_of(v->params.participant);
        }
    }
    return 0;
}

static bool is_viewer(const struct tour *t, uint64_t id) {
    LIST_EACH(l, &t->viewers) {
        if (LIST_ENTRY(l, struct session, in_viewers)->params.participant == id) {
            return true;
        }
    }
    return false;
}

/* Going round slowly, so that a late report about a seat that is gone finds nobody. Of very many
 * viewers some share theirs, for nothing is found by it; a seat's is its own. */
uint64_t person_handle(struct signaling *s, const struct tour *t, const char *sub) {
    uint64_t person = known_person(t, sub), id = 0;
    person = person ? person : ++s->next_handle << PERSON_BITS;
    for (unsigned i = 0; i < TRIES; i++) {
        id = person | (1 + ++s->next_handle % PERSON_DEVICES);
        if (!map_get(s->seats, id) && !is_viewer(t, id)) {
            return id;
        }
    }
    while (map_get(s->seats, id)) {
        id = person | (1 + ++s->next_handle % PERSON_DEVICES);
    }
    return id;
}
