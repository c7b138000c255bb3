#include "signaling/seats/guests.h"

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
static bool name_list(const struct tour *t, const struct json *ids, bool named) {
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

bool guests_name(const struct tour *t, const struct json *list, const struct json *except) {
    name_all(t, false);
    bool all = name_list(t, list, true);
    (void)name_list(t, except, false);
    return all;
}

void guests_name_all(const struct tour *t, const struct json *except) {
    name_all(t, true);
    (void)name_list(t, except, false);
}

bool guests_name_one(const struct seat *seat) {
    name_all(seat->tour, false);
    name_token(seat->tour, seat->sub, true);
    return seat_is_guest(seat);
}
