#include "server/events/events_query.h"

#include "base/alloc.h"
#include "base/json_write.h"

#include <string.h>

/* ---- lists ---- */

struct page {
    struct buffer out;
    bool dead;
};

/* An envelope stands as it is sent. False: the page is full. */
static bool put_event(void *ctx, const struct event_row *r) {
    struct page *p = ctx;
    json_open(&p->out, NULL, '{');
    json_put_int(&p->out, "number", r->n);
    if (p->dead) {
        json_put_uint(&p->out, "attempts", r->attempts);
        json_put_string(&p->out, "why", r->why);
    }
    json_put_raw(&p->out, "event", r->body);
    json_close(&p->out, '}');
    return !p->out.bad && p->out.n < EVENTS_PAGE_BYTES;
}

static enum err list(const struct events_query *x, const struct events_request *q, struct page *p) {
    int64_t next = 0;
    const struct event_page page = {
        .from = q->from + 1,
        .most = q->limit,
        .each = put_event,
        .ctx = p,
        .type = q->type < EVENT_TYPE_COUNT ? event_type_name((enum event_type)q->type) : NULL,
        .ret_next = &next};
    json_open(&p->out, NULL, '{');
    json_open(&p->out, "events", '[');
    enum err e = p->dead ? event_store_dead(x->store, q->sink, &page)
                         : event_store_list(x->store, *q->tour ? q->tour : NULL, &page);
    json_close(&p->out, ']');
    if (next) {
        json_put_int(&p->out, "next", next - 1);
    } else {
        json_put_null(&p->out, "next");
    }
    json_close(&p->out, '}');
    return e;
}

/* ---- receivers ---- */

static const struct courier_thread *receiver(const struct events_query *x, const char *name) {
    for (size_t i = 0; i < x->n_couriers; i++) {
        if (strcmp(courier_thread_name(x->couriers[i]), name) == 0) {
            return x->couriers[i];
        }
    }
    return NULL;
}

static enum err put_receiver(struct buffer *b, struct event_store *s,
                             const struct courier_thread *k) {
    const struct courier_state state = courier_thread_state(k);
    struct event_counts n;
    int64_t done = 0, last = 0;
    char why[EVENT_WHY_MAX];
    const char *name = courier_thread_name(k);
    enum err e = event_store_counts(s, name, &n);
    e = e == OK ? event_store_where(s, name, &done, &last) : e;
    if (e != OK) {
        return e;
    }
    courier_thread_why(k, why);
    json_open(b, NULL, '{');
    json_put_string(b, "name", name);
    json_put_int(b, "position", done);
    json_put_int(b, "last", last);
    json_put_uint(b, "waiting", n.waiting);
    json_put_uint(b, "held", n.held);
    json_put_uint(b, "dead", n.dead);
    json_put_uint(b, "sent", state.sent);
    json_put_uint(b, "refused", state.refused);
    json_put_bool(b, "failing", state.failing);
    json_put_string(b, "why", state.failing && *why ? why : NULL);
    json_close(b, '}');
    return OK;
}

static enum err receivers(const struct events_query *x, struct buffer *b) {
    enum err e = OK;
    json_open(b, NULL, '{');
    json_open(b, "receivers", '[');
    for (size_t i = 0; i < x->n_couriers && e == OK; i++) {
        e = put_receiver(b, x->store, x->couriers[i]);
    }
    json_close(b, ']');
    json_close(b, '}');
    return e;
}

/* ---- again ---- */

static enum err retry(const struct events_query *x, const struct events_request *q) {
    enum err e = event_store_revive(x->store, q->sink, q->from);
    return e != ERR_UNKNOWN ? e : q->from ? ERR_RANGE : OK; /* all of none is done */
}

static enum err replay(const struct events_query *x, const struct events_request *q,
                       struct buffer *b) {
    int64_t from = 1;
    enum err e = q->since.us ? event_store_first_since(x->store, q->since, &from) : OK;
    from = from < q->from ? q->from : from;
    e = e == OK ? event_store_replay(x->store, q->sink, from) : e;
    json_open(b, NULL, '{');
    json_put_int(b, "from", from);
    json_close(b, '}');
    return e;
}

/* ---- all of them ---- */

static enum err answer(const struct events_query *x, const struct events_request *q,
                       struct page *p) {
    switch ((enum events_question)q->question) {
    case EVENTS_RECEIVERS:
        return receivers(x, &p->out);
    case EVENTS_RETRY:
        return retry(x, q);
    case EVENTS_REPLAY:
        return replay(x, q, &p->out);
    case EVENTS_LIST:
    case EVENTS_DEAD:
        break;
    }
    return list(x, q, p);
}

void events_query(const struct events_query *x, const struct events_request *q,
                  struct events_reply *ret) {
    struct page p = {.dead = q->question == EVENTS_DEAD};
    bool of_one = q->question >= EVENTS_DEAD;
    const struct courier_thread *k = of_one ? receiver(x, q->sink) : NULL;
    enum err e = of_one && !k ? ERR_UNKNOWN : answer(x, q, &p);
    e = e == OK && p.out.bad ? ERR_NOMEM : e;
    *ret = (struct events_reply){.req = q->req, .error = (uint8_t)e};
    if (e == OK && p.out.n > 0) {
        ret->len = p.out.n;
        ret->data = buffer_take(&p.out);
        ret->error = ret->data ? OK : ERR_NOMEM;
    }
    buffer_free(&p.out);
}
