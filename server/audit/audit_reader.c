#include "server/audit/audit_reader.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/thread.h"
#include "server/queue/exchange.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define ASKED_MAX 16 /* under way at once */

struct audit_reader {
    /* Constant after the start. */
    char *dir;
    struct exchange questions;
    pthread_t thread;
    atomic_bool stop;
};

/* ---- runs in the thread ---- */

static const char *any(const char *text) {
    return *text ? text : NULL;
}

static void answer(struct audit_reader *t, const struct audit_question *q) {
    struct audit_reply r = {.req = q->req};
    struct buffer b = {0};
    const struct audit_page page = {.filter = {.who = any(q->who),
                                               .what = any(q->what),
                                               .recording = any(q->recording),
                                               .tour = any(q->tour),
                                               .outcome = any(q->outcome),
                                               .since = q->since,
                                               .until = q->until},
                                    .after = q->after,
                                    .limit = q->limit,
                                    .look = q->of_one ? AUDIT_PAGE_LOOK_ONE : AUDIT_PAGE_LOOK,
                                    .newest_first = q->newest_first,
                                    .of_one = q->of_one};
    enum err e = audit_page_put(&b, t->dir, &page);
    if (e == OK) {
        r.len = b.n;
        r.data = buffer_take(&b);
        e = r.data ? OK : ERR_NOMEM;
    }
    buffer_free(&b);
    r.error = (uint8_t)e;
    exchange_answer(&t->questions, &r);
}

static void *reader_main(void *arg) {
    struct audit_reader *t = arg;
    struct pollfd fd = {.fd = exchange_fd(&t->questions), .events = POLLIN};
    while (!atomic_load(&t->stop)) {
        struct audit_question q;
        int n = poll(&fd, 1, -1);
        CHECK(n >= 0 || errno == EINTR);
        exchange_wake(&t->questions);
        while (!atomic_load(&t->stop) && exchange_question(&t->questions, &q)) {
            answer(t, &q);
        }
    }
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct audit_reader *reader_free(struct audit_reader *t) {
    struct audit_reply r;
    while (exchange_reply(&t->questions, &r)) {
        mem_free(r.data);
    }
    exchange_close(&t->questions);
    mem_free(t->dir);
    return mem_free(t);
}

enum err audit_reader_start(const char *dir, void (*wake)(void *wake_ctx), void *wake_ctx,
                            struct audit_reader **ret, char why[WHY_MAX]) {
    struct audit_reader *t = mem_zalloc(1, sizeof(*t));
    snprintf(why, WHY_MAX, "out of memory or descriptors");
    if (!t) {
        return ERR_NOMEM;
    }
    t->dir = mem_strdup(dir);
    const struct exchange_config x = {ASKED_MAX, sizeof(struct audit_question),
                                      sizeof(struct audit_reply), wake, wake_ctx};
    bool room = exchange_open(&t->questions, &x) && t->dir;
    enum err e = room ? thread_start("oriel-auditor", reader_main, t, &t->thread, why) : ERR_NOMEM;
    if (e != OK) {
        reader_free(t);
        return e;
    }
    *ret = t;
    return OK;
}

bool audit_reader_ask(struct audit_reader *t, const struct audit_question *q) {
    return exchange_ask(&t->questions, q);
}

void audit_reader_listen(struct audit_reader *t) {
    exchange_listen(&t->questions);
}

bool audit_reader_reply(struct audit_reader *t, struct audit_reply *ret) {
    return exchange_reply(&t->questions, ret);
}

struct audit_reader *audit_reader_stop(struct audit_reader *t) {
    if (!t) {
        return NULL;
    }
    atomic_store(&t->stop, true);
    exchange_ring(&t->questions);
    CHECK(pthread_join(t->thread, NULL) == 0);
    return reader_free(t);
}
