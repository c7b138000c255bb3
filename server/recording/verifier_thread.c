#include "server/recording/verifier_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"
#include "server/queue/exchange.h"
#include "server/recording/configured_library.h"
#include "server/recording/stores.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define NICE 10 /* of the thread: a recording may be hundreds of gigabytes */

struct order {
    uint64_t number;
    char recording[RECORDING_ID_LEN + 1];
};

struct verifier_thread {
    /* Constant after the start. */
    struct verifier_thread_config config;
    struct stores *stores; /* used by the thread; NULL: a local folder */
    pthread_t thread;
    /* Shared. */
    struct exchange orders; /* replies are struct verification */
    atomic_bool stop;
    _Atomic uint64_t progress; /* number of the order under way * 1024 + permille */
    /* Owned by the control thread. */
    struct verifications list;
    uint64_t ended[VERIFICATION_RESULT_COUNT];
};

/* ---- runs in the verifier thread ---- */

/* One check under way. */
struct check {
    struct verifier_thread *t;
    uint64_t number;
    struct buffer findings;
    uint16_t permille;
    uint32_t n, left_out;
};

static bool stops(void *ctx) {
    return atomic_load(&((struct verifier_thread *)ctx)->stop);
}

static void found(void *ctx, const struct library_finding *f) {
    struct check *c = ctx;
    if (c->n == VERIFIER_FINDINGS) {
        c->left_out++;
        return;
    }
    c->n++;
    verification_put_finding(&c->findings, f);
}

static void anew(void *ctx) {
    struct check *c = ctx;
    buffer_free(&c->findings);
    c->n = c->left_out = 0;
}

/* A second look begins anew; what is shown waits for it. */
static bool step(void *ctx, size_t done, size_t total) {
    struct check *c = ctx;
    uint16_t permille = (uint16_t)(total ? (uint64_t)done * 1000 / total : 0);
    c->permille = permille > c->permille ? permille : c->permille;
    atomic_store(&c->t->progress, c->number * 1024 + c->permille);
    return !stops(c->t);
}

static enum err open_library(struct verifier_thread *t, struct library **ret, char why[WHY_MAX]) {
    return configured_library_open(&(struct configured_library){.config = t->config.config,
                                                                .stores = t->stores,
                                                                .store_known = true,
                                                                .stop = stops,
                                                                .ctx = t},
                                   ret, why);
}

static struct verification_end check(struct check *c, const char *recording) {
    char why[WHY_MAX] = "";
    struct library *l = NULL;
    const struct verification_watch w = {{found, step, c}, anew};
    enum err e = open_library(c->t, &l, why);
    struct verification_end end = {VERIFICATION_FAILED, false, e};
    if (e == OK) {
        end = verification_run(l, recording, false, &w);
        end.error = library_asked(l, end.error);
        snprintf(why, sizeof(why), "%s", library_why(l));
    }
    if (c->findings.bad) {
        end = (struct verification_end){VERIFICATION_FAILED, false, ERR_NOMEM};
    }
    if (!stops(c->t)) {
        LOG(end.result == VERIFICATION_OK || end.result == VERIFICATION_SHREDDED ? LOG_LEVEL_INFO
                                                                                 : LOG_LEVEL_WARN,
            "recording_verified", "A recording was checked.", LOG_STR("recording", recording),
            LOG_STR("result", verification_result_name(end.result)),
            LOG_STR("opened", end.opened ? "true" : "false"),
            LOG_NUM("findings", c->n + c->left_out), LOG_STR("error", err_name(end.error)),
            LOG_STR("why", why));
    }
    library_close(l);
    return end;
}

static void obey(struct verifier_thread *t, const struct order *o) {
    struct verification r = {.number = o->number};
    struct check c = {.t = t, .number = o->number};
    atomic_store(&t->progress, o->number * 1024);
    r.end = check(&c, o->recording);
    size_t n = c.findings.n;
    r.findings = n && !c.findings.bad ? buffer_take(&c.findings) : NULL;
    if (r.findings) {
        r.findings_len = n;
        r.n_findings = c.n;
        r.left_out = c.left_out;
    }
    buffer_free(&c.findings);
    r.ended = clock_wall();
    exchange_answer(&t->orders, &r);
}

static void *verifier_main(void *arg) {
    struct verifier_thread *t = arg;
    struct pollfd fd = {.fd = exchange_fd(&t->orders), .events = POLLIN};
    struct order o;
    (void)setpriority(PRIO_PROCESS, 0, NICE); /* of this thread alone (sched(7)) */
    while (!stops(t)) {
        int n = poll(&fd, 1, -1);
        CHECK(n >= 0 || errno == EINTR);
        exchange_wake(&t->orders);
        while (!stops(t) && exchange_question(&t->orders, &o)) {
            obey(t, &o);
        }
    }
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct verifier_thread *verifier_thread_free(struct verifier_thread *t) {
    struct verification r;
    while (exchange_reply(&t->orders, &r)) {
        mem_free(r.findings);
    }
    exchange_close(&t->orders);
    stores_close(t->stores);
    verifications_clear(&t->list);
    return mem_free(t);
}

static enum err prepare(struct verifier_thread *t, char why[WHY_MAX]) {
    const struct verifier_thread_config *c = &t->config;
    const struct exchange_config x = {VERIFICATIONS_UNDER_WAY, sizeof(struct order),
                                      sizeof(struct verification), c->wake, c->wake_ctx};
    const struct stores_hooks hooks = {.stop = stops, .ctx = t};
    if (!exchange_open(&t->orders, &x)) {
        snprintf(why, WHY_MAX, "out of memory or descriptors");
        return ERR_NOMEM;
    }
    return stores_open(c->config, STORES_READ, &hooks, &t->stores, why);
}

enum err verifier_thread_start(const struct verifier_thread_config *c, struct verifier_thread **ret,
                               char why[WHY_MAX]) {
    struct verifier_thread *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    t->config = *c;
    enum err e = prepare(t, why);
    e = e == OK ? thread_start("oriel-verifier", verifier_main, t, &t->thread, why) : e;
    if (e != OK) {
        verifier_thread_free(t);
        return e;
    }
    *ret = t;
    return OK;
}

void verifier_thread_ring(struct verifier_thread *t) {
    if (t) {
        atomic_store(&t->stop, true);
        exchange_ring(&t->orders);
    }
}

struct verifier_thread *verifier_thread_stop(struct verifier_thread *t) {
    if (!t) {
        return NULL;
    }
    verifier_thread_ring(t);
    pthread_join(t->thread, NULL);
    return verifier_thread_free(t);
}

const struct verification *verifier_thread_order(struct verifier_thread *t, const char *recording,
                                                 const char *who, wall_t now) {
    bool is_new;
    const struct verification *v = verifications_order(&t->list, recording, who, now, &is_new);
    if (v && is_new) {
        struct order o = {.number = v->number};
        memcpy(o.recording, v->recording, sizeof(o.recording));
        CHECK(exchange_ask(&t->orders, &o)); /* it has a place for each that may be under way */
    }
    return v ? verifier_thread_find(t, recording) : NULL;
}

const struct verification *verifier_thread_find(struct verifier_thread *t, const char *recording) {
    uint64_t progress = atomic_load(&t->progress);
    verifications_run(&t->list, progress / 1024, (uint16_t)(progress % 1024));
    return verifications_find(&t->list, recording);
}

void verifier_thread_service(struct verifier_thread *t,
                             void (*ended)(void *ctx, const struct verification *v), void *ctx) {
    struct verification r;
    exchange_listen(&t->orders);
    while (exchange_reply(&t->orders, &r)) {
        const struct verification *v = verifications_end(&t->list, &r);
        CHECK(v); /* an entry stays until it has ended */
        t->ended[v->end.result]++;
        ended(ctx, v);
    }
}

struct verifier_counters verifier_thread_counters(const struct verifier_thread *t) {
    struct verifier_counters c = {.under_way = verifications_under_way(&t->list)};
    memcpy(c.ended, t->ended, sizeof(c.ended));
    return c;
}
