#include "server/auth/jwks_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/auth/jwks_fetch.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"
#include "server/queue/mailbox.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>

#define ORDERS 64
#define REPORTS 64
#define CONNECT_TIMEOUT (5 * US_PER_S)

/* A URL, as the thread knows it. */
struct source {
    char *name, *url, *ca_file;
    us_t timeout;
    struct jwks_cache cache;
    struct http http; /* opened when it is first needed */
    bool opened, failing;
    bool over;               /* the keys are too old, and control was not told yet */
    uint8_t hash[JWKS_HASH]; /* of the keys that were told last */
};

/* Heap memory that changes hands with an order. */
struct sources {
    struct source at[JWKS_SOURCES_MAX];
    size_t n;
    uint32_t generation;
    struct jwks_cache_config how;
};

struct order {
    struct sources *sources; /* NULL: source i is wanted */
    uint32_t generation, i;
};

struct report {
    struct keyset *keys;
    uint32_t generation, i;
    bool ok, expired, fresh; /* a request went well; keys are too old; keys are new */
    us_t at;
};

struct jwks_thread {
    /* Constant after the start. */
    struct jwks_thread_config c;
    struct mailbox *orders, *reports;
    pthread_t thread;
    /* Shared. */
    atomic_bool stop;
    /* Owned by the thread. */
    struct sources *sources; /* NULL: none */
    struct rng rng;
    /* Owned by control. */
    uint32_t generation;
    size_t n;
    struct jwks_state state[JWKS_SOURCES_MAX];
    bool wanted[JWKS_SOURCES_MAX]; /* it was told, and has not answered */
};

/* ---- runs in the thread ---- */

static bool stops(void *ctx) {
    return atomic_load(&((struct jwks_thread *)ctx)->stop);
}

static void source_free(struct jwks_thread *t, struct source *s) {
    if (s->opened) {
        t->c.http_close(&s->http);
    }
    mem_free(s->name);
    mem_free(s->url);
    mem_free(s->ca_file);
}

static struct sources *sources_free(struct jwks_thread *t, struct sources *l) {
    for (size_t i = 0; l && i < l->n; i++) {
        source_free(t, &l->at[i]);
    }
    return mem_free(l);
}

static bool same(const char *a, const char *b) {
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* What is known of a URL goes with it to the new list, and it is asked at once. Control, which has
 * kept its keys, may have missed that they were too old: it is told again. */
static void inherit(struct jwks_thread *t, struct source *s, us_t now) {
    struct sources *old = t->sources;
    for (size_t i = 0; old && i < old->n; i++) {
        struct source *o = &old->at[i];
        if (same(o->name, s->name) && same(o->url, s->url) && same(o->ca_file, s->ca_file)) {
            struct jwks_cache_config c = s->cache.c;
            s->cache = o->cache;
            s->cache.c = c;
            s->failing = o->failing;
            s->over = !o->cache.have;
            memcpy(s->hash, o->hash, sizeof(s->hash));
            jwks_cache_ask(&s->cache, now);
        }
    }
}

static void obey(struct jwks_thread *t, const struct order *o, us_t now) {
    if (!o->sources) {
        if (t->sources && o->generation == t->sources->generation) {
            jwks_cache_want(&t->sources->at[o->i].cache);
        }
        return;
    }
    for (size_t i = 0; i < o->sources->n; i++) {
        jwks_cache_init(&o->sources->at[i].cache, &o->sources->how, now);
        inherit(t, &o->sources->at[i], now);
    }
    sources_free(t, t->sources);
    t->sources = o->sources;
}

/* False, and the keys are freed, when control takes nothing: then it did not come. */
static bool tell(struct jwks_thread *t, const struct report *r) {
    bool ok = mailbox_push(t->reports, r);
    mailbox_notify(t->reports);
    if (!ok) {
        keyset_free(r->keys);
    }
    return ok;
}

static enum err fetch(struct jwks_thread *t, struct source *s, struct jwks_fetched *ret,
                      char why[WHY_MAX]) {
    struct http_config c = {.connect_timeout = us_min(CONNECT_TIMEOUT, s->timeout),
                            .timeout = s->timeout,
                            .stall_timeout = s->timeout,
                            .stall_rate = 1,
                            .ca_file = s->ca_file,
                            .stop = stops,
                            .stop_ctx = t};
    enum err e = s->opened ? OK : t->c.http_open(&c, &s->http);
    s->opened = e == OK;
    return e == OK ? jwks_fetch(&s->http, s->url, ret, why) : e;
}

/* One line when it begins to fail, and one when that is over. */
static void note(struct source *s, enum err e, const char *why) {
    if (e != OK && !s->failing) {
        LOG(LOG_LEVEL_WARN, "keys_fetch_failed",
            s->cache.have ? "The keys of an issuer of tokens cannot be fetched: those that are "
                            "known go on to serve."
                          : "The keys of an issuer of tokens cannot be fetched: its tokens are "
                            "refused.",
            LOG_STR("issuer", s->name), LOG_STR("url", s->url), LOG_STR("error", err_name(e)),
            LOG_STR("why", why));
    } else if (e == OK && s->failing) {
        LOG(LOG_LEVEL_INFO, "keys_fetch_recovered", "The keys of an issuer can be fetched again.",
            LOG_STR("issuer", s->name));
    }
    s->failing = e != OK;
}

static void work_on(struct jwks_thread *t, uint32_t i, us_t now) {
    struct source *s = &t->sources->at[i];
    struct jwks_fetched x = {.keys = NULL};
    char why[WHY_MAX] = "";
    if (!jwks_cache_fetch(&s->cache, now)) {
        return;
    }
    enum err e = fetch(t, s, &x, why);
    if (stops(t)) {
        keyset_free(x.keys);
        return;
    }
    now = clock_now();
    bool changed = e == OK && (!s->cache.have || memcmp(x.hash, s->hash, JWKS_HASH) != 0);
    size_t n = x.keys ? keyset_len(x.keys) : 0, over = x.keys ? keyset_passed_over(x.keys) : 0;
    note(s, e, why);
    struct report r = {.keys = x.keys,
                       .generation = t->sources->generation,
                       .i = i,
                       .ok = e == OK,
                       .fresh = e == OK,
                       .at = now};
    e = tell(t, &r) ? e : ERR_BUSY;
    jwks_cache_done(&s->cache, now,
                    e != OK   ? JWKS_FAILED
                    : changed ? JWKS_CHANGED
                              : JWKS_SAME,
                    x.fresh_for, &t->rng);
    s->over = s->over && e != OK;
    if (e == OK && changed) {
        memcpy(s->hash, x.hash, JWKS_HASH);
        LOG(LOG_LEVEL_INFO, "keys_fetched", "An issuer of tokens has these keys from now on.",
            LOG_STR("issuer", s->name), LOG_NUM("keys", n), LOG_NUM("passed_over", over));
    }
}

static void look_for_old(struct jwks_thread *t, uint32_t i, us_t now) {
    struct source *s = &t->sources->at[i];
    if (jwks_cache_expired(&s->cache, now)) {
        s->over = true;
        LOG(LOG_LEVEL_ERROR, "keys_expired",
            "The keys of an issuer could not be fetched for so long that they serve no more: its "
            "tokens are refused.",
            LOG_STR("issuer", s->name), LOG_STR("url", s->url));
    }
    const struct report r = {.generation = t->sources->generation, .i = i, .expired = true};
    s->over = s->over && !tell(t, &r);
}

static us_t next_deadline(const struct jwks_thread *t) {
    us_t at = US_NEVER;
    for (size_t i = 0; t->sources && i < t->sources->n; i++) {
        at = us_min(at, jwks_cache_deadline(&t->sources->at[i].cache));
    }
    return at;
}

static void take_orders(struct jwks_thread *t) {
    struct order o;
    mailbox_ack(t->orders);
    while (mailbox_pop(t->orders, &o)) {
        obey(t, &o, clock_now());
    }
}

static void *jwks_main(void *arg) {
    struct jwks_thread *t = arg;
    while (!stops(t)) {
        take_orders(t);
        for (uint32_t i = 0; t->sources && i < t->sources->n && !stops(t); i++) {
            look_for_old(t, i, clock_now());
            work_on(t, i, clock_now());
        }
        struct pollfd fd = {.fd = mailbox_fd(t->orders), .events = POLLIN};
        int n = poll(&fd, 1, clock_wait_ms(clock_now(), next_deadline(t)));
        CHECK(n >= 0 || errno == EINTR);
    }
    t->sources = sources_free(t, t->sources);
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct jwks_thread *thread_free(struct jwks_thread *t) {
    struct order o;
    struct report r;
    while (t->orders && mailbox_pop(t->orders, &o)) {
        sources_free(t, o.sources);
    }
    while (t->reports && mailbox_pop(t->reports, &r)) {
        keyset_free(r.keys);
    }
    mailbox_free(t->orders);
    mailbox_free(t->reports);
    return mem_free(t);
}

enum err jwks_thread_start(const struct jwks_thread_config *c, struct jwks_thread **ret,
                           char why[WHY_MAX]) {
    struct jwks_thread *t = mem_zalloc(1, sizeof(*t));
    snprintf(why, WHY_MAX, "out of memory or descriptors");
    if (!t) {
        return ERR_NOMEM;
    }
    t->c = *c;
    t->c.http_open = c->http_open ? c->http_open : http_curl_open;
    t->c.http_close = c->http_close ? c->http_close : http_curl_close;
    t->rng = clock_rng();
    t->orders = mailbox_new(ORDERS, sizeof(struct order));
    t->reports = mailbox_new_wake(REPORTS, sizeof(struct report), c->wake, c->wake_ctx);
    enum err e = t->orders && t->reports ? http_library_init() : ERR_NOMEM;
    e = e == OK ? thread_start("oriel-jwks", jwks_main, t, &t->thread, why) : e;
    if (e != OK) {
        thread_free(t);
        return e;
    }
    *ret = t;
    return OK;
}

void jwks_thread_ring(struct jwks_thread *t) {
    if (t) {
        atomic_store(&t->stop, true);
        mailbox_notify(t->orders);
    }
}

struct jwks_thread *jwks_thread_stop(struct jwks_thread *t) {
    if (!t) {
        return NULL;
    }
    jwks_thread_ring(t);
    CHECK(pthread_join(t->thread, NULL) == 0);
    return thread_free(t);
}

static bool copy_source(const struct jwks_source *from, struct source *to) {
    to->timeout = from->timeout;
    to->name = mem_strdup(from->name);
    to->url = mem_strdup(from->url);
    to->ca_file = from->ca_file ? mem_strdup(from->ca_file) : NULL;
    return to->name && to->url && (!from->ca_file || to->ca_file);
}

enum err jwks_thread_sources(struct jwks_thread *t, const struct jwks_source *list, size_t n,
                             const struct jwks_cache_config *how) {
    struct sources *l = mem_zalloc(1, sizeof(*l));
    enum err e = l ? OK : ERR_NOMEM;
    CHECK(n <= JWKS_SOURCES_MAX);
    for (size_t i = 0; i < n && e == OK; i++) {
        e = copy_source(&list[i], &l->at[l->n++]) ? OK : ERR_NOMEM;
    }
    if (e == OK) {
        l->generation = t->generation + 1;
        l->how = *how;
        e = mailbox_push(t->orders, &(struct order){.sources = l}) ? OK : ERR_BUSY;
    }
    if (e != OK) {
        sources_free(t, l);
        return e;
    }
    t->generation++;
    t->n = n;
    memset(t->state, 0, sizeof(t->state));
    memset(t->wanted, 0, sizeof(t->wanted));
    mailbox_notify(t->orders);
    return OK;
}

void jwks_thread_want(struct jwks_thread *t, size_t i) {
    CHECK(i < t->n);
    if (t->wanted[i]) {
        return;
    }
    const struct order o = {.generation = t->generation, .i = (uint32_t)i};
    t->wanted[i] = mailbox_push(t->orders, &o);
    mailbox_notify(t->orders);
}

void jwks_thread_listen(struct jwks_thread *t) {
    mailbox_ack(t->reports);
}

/* True: it changes the keys. */
static bool take_in(struct jwks_thread *t, const struct report *r) {
    if (r->generation != t->generation) {
        keyset_free(r->keys);
        return false;
    }
    struct jwks_state *s = &t->state[r->i];
    if (r->expired) {
        return true;
    }
    s->fetches++;
    s->failures += !r->ok;
    s->good = r->ok ? r->at : s->good;
    s->failing = r->ok ? 0 : s->failing ? s->failing : r->at;
    t->wanted[r->i] = false;
    return r->fresh;
}

bool jwks_thread_take(struct jwks_thread *t, size_t *ret_i, struct keyset **ret_keys) {
    struct report r;
    while (mailbox_pop(t->reports, &r)) {
        if (take_in(t, &r)) {
            *ret_i = r.i;
            *ret_keys = r.keys;
            return true;
        }
    }
    return false;
}

const struct jwks_state *jwks_thread_state(const struct jwks_thread *t, size_t i) {
    CHECK(i < t->n);
    return &t->state[i];
}
