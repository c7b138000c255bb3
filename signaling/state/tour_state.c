#include "signaling/state/tour_state.h"

const char *tour_state_name(enum tour_state state) {
#define X(sym, name) name,
    static const char *const names[] = {TOUR_STATES(X)};
#undef X
    return names[state];
}

bool tour_has_lobby(const struct tour *t) {
    return t->id ? t->lobby_on : t->plan.lobby;
}

bool tour_has_host(const struct tour *t) {
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->host && !seat->lost) {
            return true;
        }
    }
    return false;
}

uint32_t tour_people(const struct tour *t) {
    uint32_t n = 0;
    LIST_EACH(l, &t->seats) {
        n += LIST_ENTRY(l, struct seat, in_tour)->role != ROLE_OPS;
    }
    return n;
}

bool tour_has_guest(const struct tour *t) {
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (!seat->host && seat->role != ROLE_OPS) {
            return true;
        }
    }
    return t->n_lobby > 0;
}

bool tour_is_early(const struct signaling *s, us_t now, const struct tour *t) {
    return t->plan.starts_at.us && wall_at(s, now).us < t->plan.starts_at.us;
}

bool tour_is_over(const struct signaling *s, us_t now, const struct tour *t) {
    return t->plan.ends_at.us && wall_at(s, now).us >= t->plan.ends_at.us;
}

enum tour_state tour_state(const struct signaling *s, us_t now, const struct tour *t) {
    uint32_t people = tour_people(t);
    if (tour_is_over(s, now, t)) {
        return TOUR_ENDED;
    }
    if (people + t->n_lobby == 0) {
        return tour_is_early(s, now, t) ? TOUR_SCHEDULED : TOUR_WAITING;
    }
    if (tour_has_host(t)) {
        return TOUR_LIVE;
    }
    return people == 0 && !*t->missed ? TOUR_LOBBY : TOUR_WAITING;
}

const char *end_reason_name(enum end_reason why) {
#define X(sym, name) name,
    static const char *const names[] = {END_REASONS(X)};
#undef X
    return names[why];
}

us_t tour_ends_at(const struct signaling *s, const struct tour *t, enum end_reason *why) {
    bool limited = t->plan.max_length && t->began != US_NEVER;
    us_t planned = t->plan.ends_at.us ? us_at(s, t->plan.ends_at) : US_NEVER;
    us_t longest = limited ? t->began + t->plan.max_length : US_NEVER;
    us_t drained = t->id ? s->drain.at : US_NEVER;
    *why = drained < us_min(planned, longest) ? END_DRAINED
           : planned <= longest               ? END_EXPIRED
                                              : END_TOO_LONG;
    return us_min(drained, us_min(planned, longest));
}

wall_t tour_ends_by(const struct signaling *s, const struct tour *t) {
    enum end_reason why;
    (void)tour_ends_at(s, t, &why);
    return why == END_DRAINED    ? s->drain.by
           : why == END_TOO_LONG ? (wall_t){t->began_by.us + t->plan.max_length}
                                 : t->plan.ends_at;
}
