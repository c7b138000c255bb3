#include "server/config/announce_again.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/thread.h"

#include <stdatomic.h>
#include <string.h>

struct announce_again {
    struct announce_again_config c;
    pthread_t thread;
    atomic_bool done; /* the rest is its maker's again */
    struct announce result;
    enum err err;
    char why[WHY_MAX];
};

static void *body(void *arg) {
    struct announce_again *x = arg;
    void (*wake)(void *) = x->c.wake;
    void *ctx = x->c.ctx;
    x->err = announce_fill(&x->result, x->c.config, &x->c.bind, x->c.resolve, x->why);
    atomic_store(&x->done, true);
    wake(ctx);
    return NULL;
}

enum err announce_again_new(const struct announce_again_config *c, struct announce_again **ret,
                            char why[WHY_MAX]) {
    struct announce_again *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    x->c = *c;
    enum err e = thread_start("oriel-names", body, x, &x->thread, why);
    if (e != OK) {
        mem_free(x);
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
    CHECK(pthread_join(x->thread, NULL) == 0);
    enum err e = x->err;
    *ret = e == OK ? x->result : *ret;
    memcpy(why, x->why, WHY_MAX);
    mem_free(x);
    return e;
}
