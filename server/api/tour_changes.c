#include "server/api/tour_changes.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/api/body.h"
#include "server/api/call.h"
#include "server/api/keyed.h"
#include "server/api/refuse.h"
#include "server/api/tagged.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/tours/registry.h"
#include "server/tours/tours_thread.h"

#include <stdio.h>
#include <string.h>

enum kind { MAKE, UPDATE, END, FORGET };

/* The lobby of a run, which hosts may have opened or closed. */
struct lobby {
    uint64_t run; /* 0: the tour does not run */
    bool on;
};

/* What is being written. */
struct change {
    struct link in_waiting;
    uint64_t tag, req, key;
    enum kind kind;
    struct tour_record *record;       /* in the registry, and busy */
    struct tour_record *other;        /* UPDATE: as it was; END: as it will be; or NULL */
    struct idempotency_answer answer; /* MAKE */
    struct lobby lobby;               /* UPDATE: as it was */
};

void tour_changes_init(struct tour_changes *c) {
    list_init(&c->waiting);
}

static void change_free(struct change *c) {
    list_remove(&c->in_waiting);
    tour_record_free(c->other);
    mem_free(c->answer.body);
    mem_free(c);
}

void tour_changes_free(struct tour_changes *c) {
    if (c->waiting.next) {
        LIST_EACH(l, &c->waiting) {
            change_free(LIST_ENTRY(l, struct change, in_waiting));
        }
    }
}

/* As signaling is to have it. Where nothing is recorded nothing is asked for. */
static struct signaling_tour plan_of(const struct api *a, const struct tour_record *r) {
    struct signaling_tour plan = tour_record_plan(r);
    plan.record = a->config->recording_enabled ? plan.record : RECORD_OFF;
    return plan;
}

/* What one has is the other's now, but for the flag. */
static void swap(struct tour_record *a, struct tour_record *b) {
    struct tour_record old = *a;
    *a = *b;
    *b = old;
    b->busy = a->busy;
    a->busy = old.busy;
}

/* ---- orders ---- */

static void refuse_later(struct request *r) {
    if (r) {
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 503, NULL, "The change could not be written.");
    }
}

/* Order it; what is kept is `record`, or `other` where the change is yet to be made. NULL: it
 * cannot be ordered, and other is freed; so is the answer, which is kept with it (NULL: none). */
static struct change *order_with(struct api *a, enum kind kind, struct tour_record *record,
                                 struct tour_record *other, struct kept_answer *answer) {
    struct tour_changes *all = &a->tours;
    struct change *c = mem_zalloc(1, sizeof(*c));
    struct tour_record *copy = tour_record_copy(kind == END ? other : record);
    if (!c || !copy ||
        !tours_thread_order(all->thread, ++all->tags, copy, kind == FORGET, answer)) {
        tour_record_free(copy);
        mem_free(answer);
        mem_free(c);
        return NULL;
    }
    *c = (struct change){.tag = all->tags, .kind = kind, .record = record, .other = other};
    list_push(&all->waiting, &c->in_waiting);
    record->busy = true;
    return c;
}

static struct change *order(struct api *a, enum kind kind, struct tour_record *record,
                            struct tour_record *other) {
    return order_with(a, kind, record, other, NULL);
}

/* What is answered: the tour as it is now. False: memory is out. */
static bool write_answer(struct api *a, const struct tour_record *record, bool made,
                         struct idempotency_answer *ret) {
    struct signaling_tour_view view;
    struct buffer b = {0};
    char version[TOUR_VERSION];
    *ret = (struct idempotency_answer){.status = made ? 201 : 200};
    enum err e = signaling_tour_get(a->signaling, clock_now(), record->name, &view);
    tour_json(&b, record, e == OK ? &view : NULL);
    if (!b.bad) {
        tagged_etag(tour_version(record, version), bytes_of(b.p, b.n), ret->etag);
    }
    if (made) {
        snprintf(ret->location, sizeof(ret->location), "/v1/tours/%s", record->name);
    }
    ret->len = b.n;
    ret->body = buffer_take(&b);
    buffer_free(&b);
    return ret->body != NULL;
}

/* It goes with the tour into the database, so that who asks again after a restart gets it. */
static struct kept_answer *keep(struct api *a, uint64_t key, const struct idempotency_answer *x) {
    struct kept_answer *k = kept_answer_new(x->body, x->len);
    if (k) {
        k->id = key;
        k->request = idempotency_asked(a->idempotency, key);
        k->until.us = clock_wall().us + IDEMPOTENCY_KEEP;
        k->status = x->status;
        memcpy(k->etag, x->etag, sizeof(k->etag));
        memcpy(k->location, x->location, sizeof(k->location));
    }
    return k;
}

static struct change *order_make(struct api *a, uint64_t key, struct tour_record *record) {
    struct idempotency_answer x;
    struct kept_answer *kept = NULL;
    bool ok = write_answer(a, record, true, &x);
    if (ok && key) {
        kept = keep(a, key, &x);
        ok = kept != NULL;
    }
    struct change *c = ok ? order_with(a, MAKE, record, NULL, kept) : NULL;
    if (c) {
        c->answer = x;
    } else {
        mem_free(x.body);
    }
    return c;
}

static void undo_make(struct api *a, struct tour_record *record) {
    (void)signaling_tour_undeclare(a->signaling, clock_now(), record->name);
    a->settle(a->ctx);
    registry_remove(a->tours.registry, record);
}

static struct lobby lobby_of(const struct api *a, const char *tour) {
    struct signaling_tour_view view;
    enum err e = signaling_tour_get(a->signaling, clock_now(), tour, &view);
    return e == OK ? (struct lobby){view.run, view.lobby_on} : (struct lobby){0};
}

/* The tour is as it was before, and the lobby if it is still the same run. */
static void undo_update(struct api *a, struct tour_record *record, struct tour_record *before,
                        const struct lobby *lobby) {
    swap(record, before);
    const struct signaling_tour plan = plan_of(a, record);
    if (lobby->run && lobby->run == lobby_of(a, record->name).run) {
        (void)signaling_tour_update_lobby(a->signaling, clock_now(), &plan, lobby->on);
    } else {
        (void)signaling_tour_update(a->signaling, clock_now(), &plan);
    }
    a->settle(a->ctx);
}

static void refuse_plan(struct request *r, enum err e) {
    if (e == ERR_EXISTS) {
        respond_problem(r, 409, "tour_exists", NULL);
    } else if (e == ERR_WRONG_STATE) {
        respond_problem(r, 409, "tour_running", "The codec of a tour that runs cannot change.");
    } else if (e == ERR_RANGE || e == ERR_LONG) {
        struct faults f = {0};
        fault_add(&f, "/ends_at", "too_small", "It lies before starts_at, or beyond all years.");
        body_refuse(r, &f);
    } else if (e == ERR_FULL) {
        refuse_code(r, CODE_SERVER_FULL);
    } else {
        refuse_later(r);
    }
}

void tour_changes_make(struct request *r, uint64_t key, struct tour_record *record) {
    struct api *a = api_of(r);
    const struct signaling_tour plan = plan_of(a, record);
    enum err e = registry_find(a->tours.registry, record->name)
                     ? ERR_EXISTS
                     : signaling_tour_declare(a->signaling, &plan);
    if (e == OK) {
        e = registry_add(a->tours.registry, record);
        if (e != OK) {
            (void)signaling_tour_undeclare(a->signaling, clock_now(), record->name);
        }
    }
    if (e != OK) {
        keyed_drop(a, key);
        refuse_plan(r, e);
        tour_record_free(record);
        return;
    }
    struct change *c = order_make(a, key, record);
    call_settle(r);
    if (!c) {
        undo_make(a, record);
        keyed_drop(a, key);
        refuse_later(r);
        return;
    }
    c->req = r->id;
    c->key = key;
}

void tour_changes_update(struct request *r, struct tour_record *kept, struct tour_record *next,
                         bool lobby_too) {
    struct api *a = api_of(r);
    const struct signaling_tour plan = plan_of(a, next);
    const struct lobby before = lobby_of(a, kept->name);
    enum err e = lobby_too
                     ? signaling_tour_update_lobby(a->signaling, clock_now(), &plan, plan.lobby)
                     : signaling_tour_update(a->signaling, clock_now(), &plan);
    if (e != OK) {
        tour_record_free(next);
        if (e == ERR_FULL) { /* of who waits in the lobby, and would be in */
            refuse_code(r, CODE_TOUR_FULL);
        } else {
            refuse_plan(r, e);
        }
        return;
    }
    swap(kept, next); /* next is what it was */
    struct change *c = order(a, UPDATE, kept, next);
    call_settle(r);
    if (!c) {
        undo_update(a, kept, next, &before);
        tour_record_free(next);
        refuse_later(r);
        return;
    }
    c->req = r->id;
    c->lobby = before;
}

/* A copy that has ended at this time. */
static struct tour_record *ended(const struct tour_record *kept, wall_t at) {
    struct tour_record *next = tour_record_copy(kept);
    if (next) {
        next->ended_at = at;
        next->updated_at = clock_wall();
        next->version++;
    }
    return next;
}

static struct change *end(struct api *a, struct tour_record *kept, bool forget, wall_t at) {
    struct tour_record *next = forget ? NULL : ended(kept, at);
    struct change *c = forget || next ? order(a, forget ? FORGET : END, kept, next) : NULL;
    if (!c) {
        tour_record_free(next);
    }
    return c;
}

void tour_changes_end(struct request *r, struct tour_record *kept, bool forget) {
    struct change *c = end(api_of(r), kept, forget, clock_wall());
    if (c) {
        c->req = r->id;
    } else {
        refuse_later(r);
    }
}

/* ---- replies ---- */

static void answer_tour(struct api *a, struct request *r, struct change *c) {
    if (c->kind == UPDATE) {
        (void)write_answer(a, c->record, false, &c->answer);
    }
    keyed_answer(a, r, c->key, &c->answer); /* and has its body */
}

/* It is durable. */
static void done(struct api *a, struct request *r, struct change *c) {
    static const char *const events[] = {"tour_made", "tour_changed", "tour_ended_for_good",
                                         "tour_forgotten"};
    LOG(LOG_LEVEL_INFO, events[c->kind], "A tour of the API.", LOG_STR("tour", c->record->name),
        LOG_STR("by", r ? call_of(r)->claims.sub : "-"), LOG_STR("trace", r ? r->trace.id : "-"));
    c->record->busy = false;
    if (c->kind == MAKE || c->kind == UPDATE) {
        answer_tour(a, r, c);
        return;
    }
    if (!c->record->ended_at.us) {
        (void)signaling_tour_end(a->signaling, clock_now(), c->record->name, true);
    }
    if (c->kind == END) {
        swap(c->record, c->other);
    } else {
        registry_remove(a->tours.registry, c->record);
    }
    if (r) {
        call_settle(r);
        respond_status(r, 204);
    } else {
        a->settle(a->ctx);
    }
}

static void failed(struct api *a, struct request *r, struct change *c) {
    c->record->busy = false;
    if (c->kind == MAKE) {
        undo_make(a, c->record);
    } else if (c->kind == UPDATE) {
        undo_update(a, c->record, c->other, &c->lobby);
    }
    keyed_drop(a, c->key);
    refuse_later(r);
}

static struct change *find(struct tour_changes *all, uint64_t tag) {
    LIST_EACH(l, &all->waiting) {
        struct change *c = LIST_ENTRY(l, struct change, in_waiting);
        if (c->tag == tag) {
            return c;
        }
    }
    return NULL;
}

void tour_changes_service(struct api *a) {
    struct tours_reply reply;
    if (!a->tours.thread) {
        return;
    }
    tours_thread_listen(a->tours.thread);
    while (tours_thread_reply(a->tours.thread, &reply)) {
        struct change *c = find(&a->tours, reply.tag);
        CHECK(c);
        struct request *r = c->req ? request_find(a->loop, c->req) : NULL;
        (reply.error == OK ? done : failed)(a, r, c);
        change_free(c);
    }
}

/* ---- by itself ---- */

void tour_changes_declare(struct api *a) {
    for (struct tour_record *r = registry_before(a->tours.registry, ""); r;
         r = registry_before(a->tours.registry, r->id)) {
        const struct signaling_tour plan = plan_of(a, r);
        enum err e = r->ended_at.us ? OK : signaling_tour_declare(a->signaling, &plan);
        if (e != OK) {
            LOG(LOG_LEVEL_ERROR, "tour_not_declared",
                "A tour of the API cannot be: the configuration has one of its name, or there are "
                "too many (limits.tours).",
                LOG_STR("tour", r->name), LOG_STR("error", err_name(e)));
        }
    }
}

#define SWEEP_ORDERS 16

static bool is_over(const struct api *a, const struct tour_record *r) {
    struct signaling_tour_view view;
    return !r->ended_at.us && !r->busy && r->ends_at.us && r->ends_at.us <= clock_wall().us &&
           (signaling_tour_get(a->signaling, clock_now(), r->name, &view) != OK || !view.run);
}

void tour_changes_sweep(struct api *a) {
    struct registry *all = a->tours.registry;
    int left = SWEEP_ORDERS;
    for (struct tour_record *r = registry_before(all, ""); r && left > 0;
         r = registry_before(all, r->id)) {
        if (is_over(a, r)) {
            left = end(a, r, false, r->ends_at) ? left - 1 : 0;
        }
    }
    size_t most = a->tours.most_ended, n = registry_ended(all);
    for (; n > most && left > 0; n--, left--) {
        struct tour_record *r = registry_oldest_ended(all);
        if (!r || !end(a, r, true, r->ended_at)) {
            return;
        }
    }
}
