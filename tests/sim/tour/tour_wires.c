/* What lies between clients, signaling and engines, and time. */
#include "base/alloc.h"
#include "base/check.h"
#include "base/json_write.h"
#include "tests/sim/sim_config.h"
#include "tests/sim/sim_identities.h"
#include "tests/sim/sim_signaling.h"
#include "tests/sim/tour/tour_sim.h"

#include <stdio.h>
#include <stdlib.h>

#define WALL (INT64_C(1767323045) * US_PER_S)
#define MESSAGE_DELAY (60 * US_PER_MS) /* at most */

uint32_t tour_below(struct tour_sim *t, uint32_t n) {
    return world_below(t->w, n);
}

struct json_limits tour_limits(void) {
    return (struct json_limits){.bytes = 4 << 20, .depth = 20, .values = 100000};
}

/* ---- parcels ---- */

static struct parcel *parcel_new(enum parcel_kind kind) {
    struct parcel *p = mem_zalloc(1, sizeof(*p));
    CHECK(p);
    p->kind = kind;
    return p;
}

static void parcel_free(struct parcel *p) {
    if (p->kind == PARCEL_COMMAND) {
        command_drop(&p->command);
    }
    list_remove(&p->in);
    mem_free(p->text);
    mem_free(p);
}

static void queue(struct link *q, us_t *last, struct parcel *p, us_t at) {
    p->at = *last = us_max(*last, at);
    list_push(q, &p->in);
}

static struct parcel *head(const struct link *q) {
    return list_empty(q) ? NULL : LIST_ENTRY(q->next, struct parcel, in);
}

static void empty(struct link *q) {
    for (struct parcel *p; (p = head(q)) != NULL;) {
        parcel_free(p);
    }
}

/* ---- wires ---- */

static us_t message_delay(struct tour_sim *t) {
    return (1 + tour_below(t, 4) * tour_below(t, 15)) * US_PER_MS;
}

struct wire *wire_open(struct tour_sim *t, struct page *p) {
    struct wire *v = mem_zalloc(1, sizeof(*v));
    CHECK(v);
    list_init(&v->up);
    list_init(&v->down);
    v->conn = ++t->next_conn;
    v->page = p;
    list_push(&t->wires, &v->in_sim);
    p->wire = v;
    p->due_id = p->next_id + 1;
    return v;
}

void wire_break(struct tour_sim *t, struct wire *v) {
    us_t until = t->w->now + tour_below(t, 1 + (uint32_t)MESSAGE_DELAY);
    for (struct link *l = v->up.prev; l != &v->up && LIST_ENTRY(l, struct parcel, in)->at > until;
         l = v->up.prev) {
        parcel_free(LIST_ENTRY(l, struct parcel, in));
    }
    empty(&v->down);
    v->page->wire = NULL;
    v->page = NULL;
    queue(&v->up, &v->up_at, parcel_new(PARCEL_CLOSE),
          us_max(until, t->w->now + tour_below(t, 3) * US_PER_S));
}

static void wire_free(struct wire *v) {
    empty(&v->up);
    empty(&v->down);
    if (v->page) {
        v->page->wire = NULL;
    }
    list_remove(&v->in_sim);
    mem_free(v);
}

void wire_send(struct tour_sim *t, struct wire *v, const struct request *r, struct buffer *text) {
    struct parcel *p = parcel_new(PARCEL_TEXT);
    p->request = *r;
    p->len = text->n;
    p->text = buffer_take(text);
    CHECK(p->text);
    queue(&v->up, &v->up_at, p, t->w->now + message_delay(t));
}

static struct wire *wire_of(struct tour_sim *t, uint64_t conn) {
    LIST_EACH(l, &t->wires) {
        struct wire *v = LIST_ENTRY(l, struct wire, in_sim);
        if (v->conn == conn) {
            return v;
        }
    }
    return NULL;
}

/* ---- effects ---- */

static void down(struct tour_sim *t, const struct signaling_effect *e) {
    struct wire *v = wire_of(t, e->conn);
    if (!v) {
        return; /* the probe's, or one that is gone */
    }
    v->closing |= e->type == EFFECT_CLOSE;
    if (!v->page) {
        return;
    }
    struct parcel *p = parcel_new(e->type == EFFECT_SEND ? PARCEL_TEXT : PARCEL_CLOSE);
    p->status = e->status;
    if (e->type == EFFECT_SEND) {
        p->len = e->len;
        p->text = mem_alloc(e->len + 1);
        CHECK(p->text);
        memcpy(p->text, e->text, e->len);
        p->text[e->len] = '\0';
    }
    queue(&v->down, &v->down_at, p, t->w->now + message_delay(t));
}

static us_t mailbox_delay(struct tour_sim *t) {
    return t->slow ? tour_below(t, (uint32_t)t->slow) : 0;
}

static void post(struct tour_sim *t, const struct signaling_effect *e) {
    for (uint64_t left = e->workers; left; left &= left - 1) {
        unsigned worker = (unsigned)__builtin_ctzll(left);
        struct parcel *p = parcel_new(PARCEL_COMMAND);
        CHECK(worker < TOUR_WORKERS && command_copy(&e->command, &p->command) == OK);
        queue(&t->mailbox[worker], &t->mailbox_at[worker], p, t->w->now + mailbox_delay(t));
    }
}

void tour_fence(struct tour_sim *t, const struct fence *f, unsigned worker) {
    struct parcel *p = parcel_new(PARCEL_FENCE);
    p->fence = *f;
    queue(&t->mailbox[worker], &t->mailbox_at[worker], p, t->w->now);
}

static void drain(struct tour_sim *t) {
    struct signaling_effect e;
    while (signaling_effect(t->s, &e)) {
        t->effects++;
        check_effect(t, &e);
        if (e.type == EFFECT_SEND || e.type == EFFECT_CLOSE) {
            down(t, &e);
        } else if (e.type == EFFECT_COMMAND) {
            post(t, &e);
        }
    }
}

void tour_told(struct tour_sim *t) {
    t->told_at = t->w->now;
    drain(t);
    const char *why = sim_kept_check(&t->kept, t->s);
    if (why) {
        world_fail(t->w, "%s", why);
    }
    if (t->effects > 4000) {
        world_fail(t->w, "%u effects of one call", t->effects);
    }
    t->effects = 0;
}

/* Then the model has it, too. */
void tour_known(struct tour_sim *t) {
    check_hosts(t);
    model_settle(t);
    rights_note(t);
}

/* ---- what arrives at signaling ---- */

void tour_hear(struct tour_sim *t, uint64_t conn, const struct request *r, struct bytes text) {
    struct seat_model *me = model_conn(&t->model, conn);
    if (me) {
        me->secret[1][0] = '\0'; /* he has the newest */
    }
    struct verdict v = judge(t, conn, r);
    memset(&t->reply, 0, sizeof(t->reply));
    t->reply.conn = conn;
    t->reply.id = r->id;
    t->sizes[r->what]++;
    signaling_message(t->s, t->w->now, conn, (const char *)text.p, text.n);
    struct model *m = &t->model;
    m->ends = r->what == ASK_END;
    tour_told(t);
    check_reply(t, &v, r);
    if (t->reply.ok && !t->w->failed) {
        t->granted[r->what]++;
        model_apply(t, conn, r);
    }
    m->ends = false;
    tour_known(t);
}

void tour_probe(struct tour_sim *t) {
    static const struct page nobody = {.number = 99};
    static const char leave[] = "{\"type\":\"leave\",\"id\":2}";
    struct buffer o = {0}, sdp = {0};
    memset(&t->reply, 0, sizeof(t->reply));
    t->probe = ++t->next_conn;
    tour_offer(&sdp, t, &nobody, 1);
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "join");
    json_put_int(&o, "id", 1);
    json_put_string(&o, "token", "probe");
    json_put_string_n(&o, "offer", sdp.p, sdp.n);
    json_put_raw(&o, "slots", "[{\"mid\":\"5\",\"kind\":\"audio\"}]");
    json_close(&o, '}');
    CHECK(signaling_open(t->s, t->w->now, t->probe) == OK);
    signaling_message(t->s, t->w->now, t->probe, o.p, o.n);
    tour_told(t);
    signaling_message(t->s, t->w->now, t->probe, leave, sizeof(leave) - 1);
    tour_told(t);
    signaling_closed(t->s, t->w->now, t->probe);
    tour_told(t);
    t->probe = 0;
    buffer_free(&sdp);
    buffer_free(&o);
}

static void closed(struct tour_sim *t, struct wire *v) {
    if (v->opened && !v->closed) {
        v->closed = true;
        model_lost(t, v->conn);
        signaling_closed(t->s, t->w->now, v->conn);
        tour_told(t);
        tour_known(t);
    }
}

static void arrive(struct tour_sim *t, struct wire *v, struct parcel *p) {
    if (p->kind == PARCEL_CLOSE) {
        closed(t, v);
        parcel_free(p);
        wire_free(v);
        return;
    }
    if (!v->opened) {
        v->opened = true;
        CHECK(signaling_open(t->s, t->w->now, v->conn) == OK);
        tour_told(t);
    }
    if (!v->closing) { /* else the server does not listen any more */
        tour_hear(t, v->conn, &p->request, bytes_of(p->text, p->len));
    }
    parcel_free(p);
}

static void close_page(struct tour_sim *t, struct wire *v) {
    struct page *p = v->page;
    p->phase = PAGE_OUT;
    p->wire = NULL;
    v->page = NULL;
    if (p->browser) {
        p->browser->silent = tour_below(t, 2) == 0; /* else it is one that does not give up */
        p->browser = NULL;
    }
    view_forget(&p->view);
    queue(&v->up, &v->up_at, parcel_new(PARCEL_CLOSE), t->w->now + message_delay(t));
}

static void deliver(struct tour_sim *t, struct wire *v, struct parcel *p) {
    if (p->kind == PARCEL_CLOSE) {
        close_page(t, v);
    } else {
        view_read(t, v->page, bytes_of(p->text, p->len));
    }
    parcel_free(p);
}

static void on_event(struct world *w, const struct media_event *e) {
    struct tour_sim *t = w->ctx;
    struct parcel *p = parcel_new(PARCEL_EVENT);
    p->event = *e;
    queue(&t->reports, &t->reports_at, p, w->now + mailbox_delay(t));
}

/* ---- what arrives at engines ---- */

static struct browser *browser_of(const struct world *w, uint64_t peer) {
    for (unsigned i = 0; i < w->n_browsers; i++) {
        if (w->browsers[i]->params.peer == peer) {
            return w->browsers[i];
        }
    }
    return NULL;
}

static void gone(struct world *w, const struct engine *e, const struct command *c) {
    for (unsigned i = 0; i < w->n_browsers; i++) {
        struct browser *b = w->browsers[i];
        bool is =
            c->type == COMMAND_PEER_REMOVE ? b->params.peer == c->peer : b->params.tour == c->tour;
        if (is && world_engine(w, b) == e && !b->removed) {
            b->removed = true;
            b->removed_at = w->now;
        }
    }
}

static void obey(struct tour_sim *t, unsigned worker, const struct command *c) {
    struct world *w = t->w;
    struct engine *e = worker ? w->far : w->engine;
    enum err err = engine_command(e, w->now, c);
    /* A peer may have gone by itself, of which signaling does not know yet. */
    bool may_be_unknown = c->type != COMMAND_TOUR_ADD && c->type != COMMAND_PEER_ADD;
    if (err != OK && !(err == ERR_UNKNOWN && may_be_unknown)) {
        world_fail(w, "%s is answered with %s", command_name((enum command_type)c->type),
                   err_name(err));
    }
    if (err == OK && c->type == COMMAND_PEER_ADD) {
        const struct browser *b = browser_of(w, c->params->peer);
        if (b) {
            err = engine_peer_slot(e, w->now, c->params->peer, world_slot(w, b->number));
            CHECK(err == OK);
        }
    }
    world_drain(w); /* lets the BYE out */
    if (c->type == COMMAND_PEER_REMOVE || c->type == COMMAND_TOUR_REMOVE) {
        gone(w, e, c);
    }
}

static void take_order(struct tour_sim *t, unsigned worker, struct parcel *p) {
    if (p->kind == PARCEL_FENCE) {
        rights_reached(t, &p->fence);
    } else {
        obey(t, worker, &p->command);
    }
    parcel_free(p);
}

/* ---- time ---- */

static us_t at_of(const struct link *q) {
    const struct parcel *p = head(q);
    return p ? p->at : US_NEVER;
}

static us_t next_at(const struct tour_sim *t) {
    us_t at = us_min(signaling_deadline(t->s), at_of(&t->reports));
    for (unsigned i = 0; i < TOUR_WORKERS; i++) {
        at = us_min(at, at_of(&t->mailbox[i]));
    }
    LIST_EACH(l, &t->wires) {
        const struct wire *v = LIST_ENTRY(l, struct wire, in_sim);
        at = us_min(at, us_min(at_of(&v->up), at_of(&v->down)));
    }
    return at;
}

static bool due(const struct tour_sim *t, const struct link *q) {
    return at_of(q) <= t->w->now;
}

static void wires_due(struct tour_sim *t) {
    LIST_EACH(l, &t->wires) {
        struct wire *v = LIST_ENTRY(l, struct wire, in_sim);
        while (due(t, &v->down)) {
            deliver(t, v, head(&v->down));
        }
        bool last = false;
        while (!last && due(t, &v->up)) {
            last = head(&v->up)->kind == PARCEL_CLOSE;
            arrive(t, v, head(&v->up)); /* the last one frees v */
        }
    }
}

static void timeouts_due(struct tour_sim *t) {
    for (unsigned i = 0; signaling_deadline(t->s) <= t->w->now; i++) {
        signaling_timeout(t->s, t->w->now);
        tour_told(t);
        if (i > 1000) {
            world_fail(t->w, "timeouts of signaling do not end");
            return;
        }
    }
    model_time(t);
    tour_known(t);
}

static void all_due(struct tour_sim *t) {
    signaling_clock(t->s, t->w->now, (wall_t){WALL + t->w->now});
    timeouts_due(t);
    wires_due(t);
    for (unsigned i = 0; i < TOUR_WORKERS; i++) {
        while (due(t, &t->mailbox[i])) {
            take_order(t, i, head(&t->mailbox[i]));
        }
    }
    while (due(t, &t->reports)) {
        struct parcel *p = head(&t->reports);
        tour_report(t, &p->event);
        parcel_free(p);
    }
}

void tour_run(struct tour_sim *t, us_t until) {
    while (!t->w->failed && t->w->now < until) {
        us_t at = us_max(t->w->now, us_min(next_at(t), until));
        world_run(t->w, at);
        if (!t->w->failed) {
            all_due(t);
        }
    }
}

bool tour_is_quiet(const struct tour_sim *t) {
    bool quiet = list_empty(&t->reports) && t->w->now > t->told_at + 4 * US_PER_S / 10;
    for (unsigned i = 0; i < TOUR_WORKERS; i++) {
        quiet = quiet && list_empty(&t->mailbox[i]);
    }
    LIST_EACH(l, &t->wires) {
        const struct wire *v = LIST_ENTRY(l, struct wire, in_sim);
        quiet = quiet && list_empty(&v->up) && list_empty(&v->down);
    }
    return quiet;
}

/* ---- life ---- */

static enum code verify(void *ctx, const char *token, size_t n, struct claims *ret) {
    const struct tour_sim *t = ctx;
    if (n == 5 && memcmp(token, "probe", n) == 0) {
        *ret = (struct claims){.role = ROLE_OPS, .tour = TOUR_NAME, .sub = "probe"};
        return CODE_OK;
    }
    for (unsigned i = 0; i < TOUR_PEOPLE; i++) {
        const struct person *p = &t->people[i];
        if (strlen(p->sub) != n || memcmp(p->sub, token, n) != 0) {
            continue;
        }
        *ret = (struct claims){.role = p->role, .tour = TOUR_NAME};
        snprintf(ret->sub, sizeof(ret->sub), "%s", p->sub);
        snprintf(ret->name, sizeof(ret->name), "%s", p->name);
        for (unsigned k = 0; k < 3; k++) {
            if (p->withheld.of[k] >= 0) {
                capabilities_set(&ret->can, SOURCE_MICROPHONE + k,
                                 (enum direction)p->withheld.of[k]);
            }
        }
        ret->can.has_chat = p->withheld.of[3] >= 0;
        ret->can.has_point = p->withheld.of[4] >= 0;
        return CODE_OK;
    }
    return CODE_TOKEN_SIGNATURE;
}

static size_t candidates(void *ctx, uint32_t worker, struct addr *out, size_t cap) {
    (void)ctx;
    (void)cap;
    out[0] = addr_v4(10, 255, 0, 1, (uint16_t)(3478 + worker));
    return 1;
}

static struct signaling_config config_of(struct tour_sim *t) {
    struct signaling_config c = signaling_config_of(rng_from_seeded(&t->seeded));
    c.max_connections = 1000;
    c.max_participants = 64;
    c.max_seats_per_token = TOUR_SEATS_PER_TOKEN;
    c.messages_per_second = 0;
    c.messages_per_second = 100000;
    c.chat_per_minute = c.changes_per_minute = 0;
    c.roster_per_second = 4;
    c.roster_tick = TOUR_TICK;
    c.resume_grace = TOUR_RESUME_GRACE;
    c.empty_tour_grace = TOUR_EMPTY_GRACE;
    c.host_limit = TOUR_HOST_LIMIT;
    c.tour_spread = 3;
    c.candidates = candidates;
    c.verify = verify;
    c.ctx = t;
    memcpy(c.fingerprint, dtls_identity_fingerprint(sim_identity(0)), FINGERPRINT_LEN);
    return c;
}

static void engines(struct tour_sim *t) {
    struct world *w = t->w;
    struct engine_config c = w->config;
    CHECK(engine_tour_remove(w->engine, SIM_TOUR) ==
          OK); /* it is to have those of signaling only */
    rng_seed(&w->far_seeded, w->seed + 2000003);
    c.worker = 1;
    c.rng = rng_from_seeded(&w->far_seeded);
    w->far = engine_new(&c);
    CHECK(w->far);
}

void tour_signaling(struct tour_sim *t) {
    struct signaling_config c = config_of(t);
    sim_kept_begin(&t->kept, &c);
    t->s = signaling_new(&c);
    CHECK(t->s);
    signaling_clock(t->s, t->w->now, (wall_t){WALL + t->w->now});
}

struct tour_sim *tour_sim_new(struct world *w) {
    struct tour_sim *t = mem_zalloc(1, sizeof(*t));
    CHECK(t);
    t->w = w;
    w->ctx = t;
    w->on_event = on_event;
    rng_seed(&t->seeded, w->seed + 3000003);
    list_init(&t->wires);
    list_init(&t->reports);
    for (unsigned i = 0; i < TOUR_WORKERS; i++) {
        list_init(&t->mailbox[i]);
    }
    tour_signaling(t);
    engines(t);
    return t;
}

void tour_cut(struct tour_sim *t) {
    for (unsigned i = 0; i < TOUR_WORKERS; i++) {
        empty(&t->mailbox[i]);
    }
    empty(&t->reports);
    while (!list_empty(&t->wires)) {
        wire_free(LIST_ENTRY(t->wires.next, struct wire, in_sim));
    }
}

void tour_sim_free(struct tour_sim *t) {
    tour_cut(t);
    for (unsigned i = 0; i < TOUR_PAGES; i++) {
        view_forget(&t->pages[i].view);
    }
    signaling_free(t->s);
    sim_kept_end(&t->kept);
    t->w->ctx = NULL;
    t->w->on_event = NULL;
    mem_free(t);
}
