#include "server/config/announce_again.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/thread.h"

#include <stdatomic.h>
#include <string.h>

struct announce_again {
    struct announce_again_config c;
    pthread_t thread;
    struct announce_wait wait;
    atomic_bool stop; /* it is broken off */
    atomic_bool done; /* the rest is its maker's again */
    struct announce result;
    enum err err;
    char why[WHY_MAX];
};

static bool stops(void *ctx) {
    return atomic_load(&((struct announce_again *)ctx)->stop);
}

static void *body(void *arg) {
    struct announce_again *x = arg;
    void (*wake)(void *) = x->c.wake;
    void *ctx = x->c.ctx;
    const struct announce_resolver r = {x->c.resolve, &x->wait};
    x->err = announce_fill(&x->result, x->c.config, &x->c.bind, &r, x->why);
    atomic_store(&x->done, true);
    wake(ctx);
    return NULL;
}

static struct announce_again *again_free(struct announce_again *x) {
    lookups_free(x->wait.lookups);
    return mem_free(x);
}

enum err announce_again_new(const struct announce_again_config *c, struct announce_again **ret,
                            char why[WHY_MAX]) {
    struct announce_again *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    x->c = *c;
    x->wait.patience = (struct patience){US_NEVER, stops, x};
    x->wait.lookups = lookups_new(NULL);
    enum err e = x->wait.lookups ? OK : ERR_NOMEM;
    e = e == OK ? thread_start("oriel-announce", body, x, &x->thread, why) : e;
    if (e != OK) {
        again_free(x);
        return e;
    }
    *ret = x;
    return OK;
}

bool announce_again_done(const struct announce_again *x) {
    return atomic_load(&x->done);
}

enum err announce_again_end(struct announce_again *x, struct announce *ret, char why[WHY_MAX]) {
    if (!x) {
        return ERR_WRONG_STATE;
    }
    atomic_store(&x->stop, true);
    CHECK(pthread_join(x->thread, NULL) == 0);
    enum err e = x->err;
    *ret = e == OK ? x->result : *ret;
    memcpy(why, x->why, WHY_MAX);
    again_free(x);
    return e;
}
