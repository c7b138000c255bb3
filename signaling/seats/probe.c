#include "signaling/seats/probe.h"

#include "base/alloc.h"
#include "signaling/door/rate.h"
#include "signaling/tell/effects.h"
#include "signaling/tours/tours.h"

#include <stdio.h>
#include <string.h>

static bool has_one(const struct signaling *s, const char *sub) {
    LIST_EACH(l, &s->probes) {
        if (strcmp(LIST_ENTRY(l, struct probe, in_signaling)->sub, sub) == 0) {
            return true;
        }
    }
    return false;
}

static enum code may_begin(struct signaling *s, us_t now, const struct claims *claims) {
    if (s->n_probes >= s->config.max_probes) {
        return CODE_SERVER_FULL;
    }
    bool may = !has_one(s, claims->sub) && rate_admit_probe(s, now, claims->sub);
    return may ? CODE_OK : CODE_RATE_LIMITED;
}

static enum code may_add(struct signaling *s, us_t now, const struct conn *conn,
                         const struct claims *claims) {
    const struct probe *p = conn->probe;
    if (conn->seat) {
        return CODE_ALREADY_JOINED;
    }
    if (p && (strcmp(p->sub, claims->sub) != 0 || strcmp(p->of, claims->tour) != 0)) {
        return CODE_FORBIDDEN;
    }
    if (s->retry_after_s) {
        s->stats.overloaded++;
        return CODE_SERVER_OVERLOADED;
    }
    if (p && p->added >= PROBE_PATHS_MAX) {
        return CODE_RATE_LIMITED;
    }
    enum code code = p ? CODE_OK : may_begin(s, now, claims);
    if (code == CODE_OK && !rate_admit(s, now, claims->tour, claims->sub)) {
        code = CODE_RATE_LIMITED;
    }
    return code;
}

/* A run of a tour without a name, which is in no table but the worker's. */
static struct probe *begin(struct signaling *s, us_t now, struct conn *conn,
                           const struct claims *claims) {
    struct probe *p = mem_zalloc(1, sizeof(*p));
    if (!p) {
        return NULL;
    }
    p->conn = conn;
    memcpy(p->sub, claims->sub, sizeof(p->sub));
    memcpy(p->of, claims->tour, sizeof(p->of));
    p->end = (struct signaling_timer){.timer = {.at = US_NEVER}, .kind = TIMER_PROBE};
    p->tour.probe = true;
    list_init(&p->tour.seats);
    list_init(&p->tour.lobby);
    list_init(&p->tour.viewers);
    conn->probe = p;
    list_push(&s->probes, &p->in_signaling);
    s->n_probes++;
    tour_start_untold(s, &p->tour);
    timers_set(&s->timers, &p->end.timer, now + s->config.probe_limit);
    return p;
}

enum code probe_add(struct signaling *s, us_t now, struct conn *conn, const struct claims *claims,
                    struct offer *offer) {
    struct session *session;
    enum code code = may_add(s, now, conn, claims);
    if (code == CODE_OK && effects_reserve(s, 1) != OK) {
        code = CODE_INTERNAL;
    }
    code = code == CODE_OK ? session_make(s, CODEC_VP8, offer, &session) : code;
    if (code != CODE_OK) {
        return code;
    }
    struct probe *p = conn->probe ? conn->probe : begin(s, now, conn, claims);
    if (!p) {
        session_drop(session);
        return CODE_INTERNAL;
    }
    /* Each a person of its own, or none would see the other. */
    (void)snprintf(session->sub, sizeof(session->sub), "%u", ++p->added);
    session->params.obeys_layers = false; /* there is nobody who could be told */
    session->viewer.can = capabilities_default(STANDING_HOST);
    session_start(s, &p->tour, NULL, session);
    return CODE_OK;
}

struct session *probe_latest(const struct probe *p) {
    return LIST_ENTRY(p->tour.viewers.prev, struct session, in_viewers);
}

void probe_end(struct signaling *s, struct probe *p) {
    if (!p) {
        return;
    }
    while (!list_empty(&p->tour.viewers)) {
        session_stop(s, LIST_ENTRY(p->tour.viewers.next, struct session, in_viewers), true);
    }
    tour_remove_untold(s, &p->tour);
    timers_clear(&s->timers, &p->end.timer);
    list_remove(&p->in_signaling);
    s->n_probes--;
    p->conn->probe = NULL;
    to_trash(s, &p->trash);
}

void probes_end(struct signaling *s, bool (*is)(void *ctx, const struct probe *p), void *ctx) {
    LIST_EACH(l, &s->probes) {
        struct probe *p = LIST_ENTRY(l, struct probe, in_signaling);
        if (is(ctx, p)) {
            probe_end(s, p);
        }
    }
}

struct who {
    const char *tour, *sub;
};

static bool is_of(void *ctx, const struct probe *p) {
    const struct who *who = ctx;
    return strcmp(p->of, who->tour) == 0 && strcmp(p->sub, who->sub) == 0;
}

void probes_rid(struct signaling *s, const char *tour, const char *sub) {
    struct who who = {tour, sub};
    probes_end(s, is_of, &who);
}

void probes_free(struct signaling *s) {
    LIST_EACH(at, &s->probes) {
        struct probe *p = LIST_ENTRY(at, struct probe, in_signaling);
        LIST_EACH(l, &p->tour.viewers) {
            mem_free(LIST_ENTRY(l, struct session, in_viewers));
        }
        mem_free(p);
    }
}
