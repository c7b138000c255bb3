#include "signaling/tours/sources.h"

#include "base/json_write.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/roster.h"
#include "signaling/tours/rights.h"

#define EXCESS_GAP (5 * US_PER_S) /* without one second of it: it is over */

static bool is_on(const struct session *session, enum source_kind kind) {
    return session->on & 1u << kind;
}

static void set_on(struct session *session, enum source_kind kind, bool on) {
    uint8_t bit = (uint8_t)(1u << kind);
    session->on = (uint8_t)(on ? session->on | bit : session->on & ~bit);
    session->tour->n_on[kind] += on ? 1u : -1u;
}

static void refuse(struct signaling *s, us_t now, struct session *session, enum source_kind kind,
                   enum code code) {
    struct buffer o = {0};
    if (is_on(session, kind)) {
        set_on(session, kind, false);
    }
    session->refused |= (uint8_t)(1u << kind);
    rights_tell(s, session);
    tell_changed(s, now, session->seat);
    count_error(s, code);
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "source_refused");
    json_put_string(&o, "source", source_kind_name(kind));
    json_put_string(&o, "code", code_name(code));
    json_put_string(&o, "message", code_message(code));
    json_close(&o, '}');
    send_out(s, session->seat->conn, &o);
}

/* Of hosts, or of guests, the one who came last and shows it. */
static struct session *last_of(const struct tour *t, enum source_kind kind, bool hosts) {
    struct session *last = NULL;
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->host == hosts && seat->session && is_on(seat->session, kind)) {
            last = seat->session;
        }
    }
    return last;
}

static struct session *last_guest(const struct tour *t, enum source_kind kind) {
    return last_of(t, kind, false);
}

static bool is_full(const struct signaling *s, const struct tour *t, enum source_kind kind,
                    uint32_t more) {
    uint32_t own = t->plan.quota.sources[kind], most = own ? own : s->config.max_sources[kind];
    return most && t->n_on[kind] + more > most;
}

/* It is passed on, or no more. */
static void set(struct signaling *s, us_t now, struct session *session, enum source_kind kind,
                bool on) {
    if (on == is_on(session, kind)) {
        return;
    }
    set_on(session, kind, on);
    tell_changed(s, now, session->seat);
    if (on && is_full(s, session->tour, kind, 0)) {
        struct session *guest = session->seat->host ? last_guest(session->tour, kind) : NULL;
        refuse(s, now, guest ? guest : session, kind, CODE_SOURCES_FULL);
    }
}

void sources_report(struct signaling *s, us_t now, struct session *session, enum source_kind kind,
                    bool on) {
    uint8_t bit = (uint8_t)(1u << kind);
    session->flows = (uint8_t)(on ? session->flows | bit : session->flows & ~bit);
    if (!on || !(session->refused & bit)) { /* else it was under way when it was refused */
        set(s, now, session, kind, on);
    }
}

void sources_excess(struct signaling *s, us_t now, struct session *session, enum source_kind kind) {
    struct excess *x = &session->excess[kind];
    if (!s->config.excess_limit || session->refused & 1u << kind) {
        return;
    }
    bool goes_on = x->began && now - x->last <= EXCESS_GAP;
    x->began = goes_on ? x->began : us_max(now, 1);
    x->last = now;
    if (now - x->began >= s->config.excess_limit) {
        refuse(s, now, session, kind, CODE_SOURCE_EXCESS);
    }
}

enum code sources_again(struct signaling *s, us_t now, struct session *session,
                        enum source_kind kind) {
    const struct seat *seat = session->seat;
    if (!(session->refused & 1u << kind)) {
        return CODE_OK;
    }
    if (is_full(s, session->tour, kind, 1) && !(seat->host && last_guest(session->tour, kind))) {
        return CODE_SOURCES_FULL;
    }
    session->refused &= (uint8_t) ~(1u << kind);
    session->excess[kind] = (struct excess){0};
    rights_tell(s, session);
    tell_changed(s, now, session->seat);
    /* Media says nothing when it hears of both at once: for it the source has flowed all along. */
    set(s, now, session, kind, session->flows & 1u << kind);
    return CODE_OK;
}

void sources_declared(struct signaling *s, us_t now, struct tour *t) {
    for (int k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        enum source_kind kind = (enum source_kind)k;
        while (is_full(s, t, kind, 0)) {
            struct session *guest = last_guest(t, kind);
            refuse(s, now, guest ? guest : last_of(t, kind, true), kind, CODE_SOURCES_FULL);
        }
    }
}

void sources_end(struct session *session) {
    for (int k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        if (is_on(session, (enum source_kind)k)) {
            set_on(session, (enum source_kind)k, false);
        }
    }
}
