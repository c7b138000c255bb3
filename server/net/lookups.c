#include "server/net/lookups.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/thread.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct lookups {
    lookups_resolver *resolve;
    atomic_uint refs; /* its owner, and each that is under way */
    atomic_uint under_way;
};

/* One of them. Whoever lets go of it last frees it: who asked, or its thread. */
struct lookup {
    struct lookups *of;
    char *node, *service; /* NULL: none is given */
    struct addrinfo hints;
    int bell; /* eventfd: it is done */
    atomic_uint refs;
    atomic_bool done; /* what follows is no longer the thread's */
    int result;
    struct addrinfo *found;
};

struct lookups *lookups_new(lookups_resolver *resolve) {
    struct lookups *l = mem_zalloc(1, sizeof(*l));
    if (l) {
        l->resolve = resolve ? resolve : getaddrinfo;
        atomic_init(&l->refs, 1);
    }
    return l;
}

struct lookups *lookups_free(struct lookups *l) {
    if (l && atomic_fetch_sub(&l->refs, 1) == 1) {
        mem_free(l);
    }
    return NULL;
}

static void let_go(struct lookup *x) {
    if (atomic_fetch_sub(&x->refs, 1) > 1) {
        return;
    }
    if (x->found) {
        freeaddrinfo(x->found);
    }
    if (x->bell >= 0) {
        close(x->bell);
    }
    mem_free(x->node);
    mem_free(x->service);
    mem_free(x);
}

/* ---- runs in its thread ---- */

static void *look_up(void *arg) {
    struct lookup *x = arg;
    struct lookups *l = x->of;
    uint64_t one = 1;
    x->result = l->resolve(x->node, x->service, &x->hints, &x->found);
    x->found = x->result == 0 ? x->found : NULL;
    atomic_fetch_sub(&l->under_way, 1);
    atomic_store(&x->done, true);
    CHECK(write(x->bell, &one, sizeof(one)) == sizeof(one));
    let_go(x);
    lookups_free(l);
    return NULL;
}

/* ---- runs in that of who asks ---- */

static struct lookup *lookup_new(struct lookups *l, const struct lookups_query *q) {
    struct lookup *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return NULL;
    }
    x->of = l;
    x->hints = *q->hints;
    atomic_init(&x->refs, 1);
    x->node = q->node ? mem_strdup(q->node) : NULL;
    x->service = q->service ? mem_strdup(q->service) : NULL;
    x->bell = eventfd(0, EFD_CLOEXEC);
    if ((q->node && !x->node) || (q->service && !x->service) || x->bell < 0) {
        let_go(x);
        return NULL;
    }
    return x;
}

static bool begin(struct lookup *x) {
    pthread_t thread;
    char why[WHY_MAX];
    struct lookups *l = x->of;
    atomic_fetch_add(&x->refs, 1);
    atomic_fetch_add(&l->refs, 1);
    if (thread_start("oriel-names", look_up, x, &thread, why) != OK) {
        atomic_fetch_sub(&x->refs, 1);
        lookups_free(l);
        return false;
    }
    CHECK(pthread_detach(thread) == 0);
    return true;
}

static bool await(struct lookup *x, const struct patience *p) {
    struct pollfd fd = {.fd = x->bell, .events = POLLIN};
    while (!atomic_load(&x->done) && !patience_ended(p)) {
        CHECK(poll(&fd, 1, patience_ms(p)) >= 0 || errno == EINTR);
    }
    return atomic_load(&x->done);
}

static int ask_thread(struct lookup *x, const struct patience *p, struct addrinfo **ret) {
    if (!begin(x)) {
        atomic_fetch_sub(&x->of->under_way, 1);
        return EAI_MEMORY;
    }
    if (!await(x, p)) {
        return EAI_AGAIN;
    }
    *ret = x->found;
    x->found = NULL;
    return x->result;
}

int lookups_ask(struct lookups *l, const struct lookups_query *q, const struct patience *p,
                struct addrinfo **ret) {
    struct addrinfo digits = *q->hints;
    digits.ai_flags |= AI_NUMERICHOST;
    int result = getaddrinfo(q->node, q->service, &digits, ret);
    if (result != EAI_NONAME) {
        return result;
    }
    if (atomic_fetch_add(&l->under_way, 1) >= LOOKUPS_MOST) {
        atomic_fetch_sub(&l->under_way, 1);
        return EAI_AGAIN;
    }
    struct lookup *x = lookup_new(l, q);
    if (!x) {
        atomic_fetch_sub(&l->under_way, 1);
        return EAI_MEMORY;
    }
    result = ask_thread(x, p, ret);
    let_go(x);
    return result;
}
