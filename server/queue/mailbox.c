#include "server/queue/mailbox.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/spsc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    struct spsc *queue;
    atomic_bool pending;
    int fd; /* eventfd, or -1 when `wake` is used */
    void (*wake)(void *ctx);
    void *ctx;
};

static struct mailbox *mailbox_create(size_t cap, size_t size) {
    struct mailbox *m = mem_zalloc(1, sizeof(*m));
    if (!m) {
        return NULL;
    }
    m->fd = -1;
    m->queue = spsc_new(cap, size);
    return m->queue ? m : mailbox_free(m);
}

struct mailbox *mailbox_new(size_t cap, size_t size) {
    struct mailbox *m = mailbox_create(cap, size);
    if (m) {
        m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    return m && m->fd < 0 ? mailbox_free(m) : m;
}

struct mailbox *mailbox_new_wake(size_t cap, size_t size, void (*wake)(void *ctx), void *ctx) {
    struct mailbox *m = mailbox_create(cap, size);
    if (m) {
        m->wake = wake;
        m->ctx = ctx;
    }
    return m;
}

struct mailbox *mailbox_free(struct mailbox *m) {
    if (m) {
        if (m->fd >= 0) {
            close(m->fd);
        }
        spsc_free(m->queue);
    }
    return mem_free(m);
}

bool mailbox_push(struct mailbox *m, const void *msg) {
    return spsc_push(m->queue, msg);
}

size_t mailbox_room(const struct mailbox *m) {
    return spsc_room(m->queue);
}

void mailbox_notify(struct mailbox *m) {
    if (atomic_exchange(&m->pending, true)) {
        return;
    }
    if (m->wake) {
        m->wake(m->ctx);
        return;
    }
    uint64_t one = 1;
    ssize_t n;
    do {
        n = write(m->fd, &one, sizeof(one));
    } while (n < 0 && errno == EINTR);
    /* EAGAIN means that the counter is full: the consumer is awake anyhow. */
    CHECK(n == sizeof(one) || errno == EAGAIN);
}

int mailbox_fd(const struct mailbox *m) {
    return m->fd;
}

void mailbox_ack(struct mailbox *m) {
    uint64_t count;
    if (m->fd >= 0) {
        ssize_t n = read(m->fd, &count, sizeof(count));
        (void)n; /* EAGAIN: nobody has written since the last time */
    }
    /* An exchange, not a store: it reads what the producer's exchange has written, so that the
     * pushes before that one are seen by the pops after this. */
    (void)atomic_exchange(&m->pending, false);
}

bool mailbox_pop(struct mailbox *m, void *ret_msg) {
    return spsc_pop(m->queue, ret_msg);
}
