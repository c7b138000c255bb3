#include "signaling/seats/devices.h"

#include "base/check.h"
#include "signaling/tell/roster.h"

#include <stdio.h>
#include <string.h>

bool seat_choice_read(const char *word, enum seat_choice *ret) {
#define X(sym, name) name,
    static const char *const names[] = {SEAT_CHOICES(X)};
#undef X
    *ret = SEAT_ASK;
    for (size_t i = 0; word && i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], word) == 0) {
            *ret = (enum seat_choice)i;
            return true;
        }
    }
    return !word;
}

/* What a person has in a tour and its lobby; of each kind the first to come. */
struct own {
    struct seat *first, *lost, *page, *whip;
    unsigned n;
};

static void look(struct own *o, const struct link *seats, const char *sub) {
    LIST_EACH(l, seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (strcmp(seat->sub, sub) != 0) {
            continue;
        }
        struct seat **kind = seat_is_whip(seat) ? &o->whip : seat->lost ? &o->lost : &o->page;
        *kind = *kind ? *kind : seat;
        o->first = o->first ? o->first : seat;
        o->n++;
    }
}

static struct own own_seats(const struct tour *t, const char *sub) {
    struct own o = {0};
    if (t) {
        look(&o, &t->seats, sub);
        look(&o, &t->lobby, sub);
    }
    return o;
}

/* A seat whose owner has lost it is his at once: he comes back with another page. */
static enum code ask(const struct own *o, struct admission *e, struct seat **ret) {
    *ret = o->lost;
    if (o->lost || o->n == 0) {
        return CODE_OK;
    }
    (void)snprintf(e->offer.why, sizeof(e->offer.why), "In the tour on %u device%s.", o->n,
                   o->n == 1 ? "" : "s");
    return CODE_SEAT_TAKEN;
}

static enum code beside(const struct signaling *s, const struct own *o, struct seat **ret) {
    *ret = o->n >= s->config.max_seats_per_token ? o->lost : NULL;
    return *ret || o->n < s->config.max_seats_per_token ? CODE_OK : CODE_SEATS_FULL;
}

enum code devices_choose(const struct signaling *s, const struct tour *t, struct admission *e,
                         struct seat **ret) {
    struct own o = own_seats(t, e->claims->sub);
    *ret = e->conn ? e->conn->seat : o.whip ? o.whip : o.first;
    if (*ret) { /* it waits and was let in: the choice was made before */
        e->choice = SEAT_BESIDE;
    }
    if (*ret || !e->conn) { /* WHIP does not ask */
        return CODE_OK;
    }
    switch (e->choice) {
    case SEAT_BESIDE:
        return beside(s, &o, ret);
    case SEAT_TAKE_OVER:
        *ret = o.page ? o.page : o.lost ? o.lost : o.whip;
        return CODE_OK;
    case SEAT_ASK:
        break;
    }
    return ask(&o, e, ret);
}

/* ---- numbers ---- */

/* Everybody is told who has several, and who has no more. */
static unsigned recount(struct signaling *s, us_t now, struct tour *t, const char *sub) {
    unsigned n = 0, taken = 0;
    LIST_EACH(l, &t->seats) {
        n += strcmp(LIST_ENTRY(l, struct seat, in_tour)->sub, sub) == 0;
    }
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (strcmp(seat->sub, sub) != 0) {
            continue;
        }
        taken |= 1u << seat->device;
        if (seat->several != (n > 1)) {
            seat->several = n > 1;
            tell_changed(s, now, seat);
        }
    }
    return taken;
}

void devices_came(struct signaling *s, us_t now, struct seat *seat) {
    seat->device = 0;
    unsigned taken = recount(s, now, seat->tour, seat->sub) | 1u; /* 0 is nobody's number */
    while (taken & 1u << seat->device) {
        seat->device++;
    }
}

void devices_left(struct signaling *s, us_t now, struct tour *t, const char *sub) {
    (void)recount(s, now, t, sub);
}
