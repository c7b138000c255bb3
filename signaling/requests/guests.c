#include "signaling/requests/guests.h"

#include "signaling/state/standing.h"

#include <string.h>

static void name_all(const struct tour *t, bool named) {
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        seat->named = named && seat_is_guest(seat);
    }
}

static void name_token(const struct tour *t, const char *sub, bool named) {
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (strcmp(seat->sub, sub) == 0) {
            seat->named = named && seat_is_guest(seat);
        }
    }
}

/* False: one of the list is no guest, or not there. */
static bool name_list(const struct call *c, const char *list, bool named) {
    const struct tour *t = c->conn->seat->tour;
    const struct json *ids = json_member(c->msg, list);
    bool all = true;
    for (size_t i = 0; i < json_count(ids); i++) {
        const struct seat *seat = seat_by_number(t, json_get_string(json_item(ids, i), NULL));
        bool guest = seat && seat_is_guest(seat);
        if (guest) {
            name_token(t, seat->sub, named);
        }
        all = all && guest;
    }
    return all;
}

bool guests_name(struct call *c) {
    name_all(c->conn->seat->tour, false);
    bool all = name_list(c, "participants", true);
    (void)name_list(c, "except", false);
    return all;
}

void guests_name_all(struct call *c) {
    name_all(c->conn->seat->tour, true);
    (void)name_list(c, "except", false);
}
