#include "server/queue/mailbox.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#define MESSAGES 200000

struct pair {
    struct mailbox *box;
    uint64_t sum;
    uint32_t got;
    bool in_order;
};

/* Pops until every message has come, sleeping in poll whenever the mailbox is empty: a lost wake-up
 * would leave it there until the time-out of the test program. */
static void *consume(void *arg) {
    struct pair *p = arg;
    uint32_t v, next = 0;
    p->in_order = true;
    while (p->got < MESSAGES) {
        struct pollfd fd = {.fd = mailbox_fd(p->box), .events = POLLIN};
        if (poll(&fd, 1, 10000) != 1) {
            return NULL;
        }
        mailbox_ack(p->box);
        while (mailbox_pop(p->box, &v)) {
            p->in_order = p->in_order && v == next++;
            p->sum += v;
            p->got++;
        }
    }
    return NULL;
}

TEST(mailbox_two_threads_lose_nothing) {
    struct pair p = {.box = mailbox_new(64, sizeof(uint32_t))};
    pthread_t thread;
    REQUIRE(p.box);
    REQUIRE(pthread_create(&thread, NULL, consume, &p) == 0);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        while (!mailbox_push(p.box, &i)) {
            mailbox_notify(p.box);
        }
        if (i % 7 == 0) {
            mailbox_notify(p.box);
        }
    }
    mailbox_notify(p.box);
    pthread_join(thread, NULL);
    EXPECT_EQ(p.got, MESSAGES);
    EXPECT(p.in_order);
    EXPECT_EQ(p.sum, (uint64_t)MESSAGES * (MESSAGES - 1) / 2);
    mailbox_free(p.box);
}

TEST(mailbox_refuses_when_full_and_takes_again) {
    uint32_t v = 1, got = 0;
    struct mailbox *m = mailbox_new(4, sizeof(v));
    REQUIRE(m);
    for (v = 0; v < 4; v++) {
        EXPECT(mailbox_push(m, &v));
    }
    EXPECT(!mailbox_push(m, &v));
    EXPECT(mailbox_pop(m, &got));
    EXPECT_EQ(got, 0);
    EXPECT(mailbox_push(m, &v));
    for (uint32_t i = 1; i < 5; i++) {
        EXPECT(mailbox_pop(m, &got));
        EXPECT_EQ(got, i);
    }
    EXPECT(!mailbox_pop(m, &got));
    mailbox_free(m);
}

static void count_wake(void *ctx) {
    ++*(int *)ctx;
}

TEST(mailbox_wakes_once_per_burst) {
    int wakes = 0;
    uint32_t v = 7;
    struct mailbox *m = mailbox_new_wake(16, sizeof(v), count_wake, &wakes);
    REQUIRE(m);
    EXPECT_EQ(mailbox_fd(m), -1);
    for (int i = 0; i < 5; i++) {
        EXPECT(mailbox_push(m, &v));
        mailbox_notify(m);
    }
    EXPECT_EQ(wakes, 1);
    mailbox_ack(m);
    while (mailbox_pop(m, &v)) {
    }
    EXPECT(mailbox_push(m, &v));
    mailbox_notify(m);
    EXPECT_EQ(wakes, 2);
    mailbox_free(m);
}

TEST_ALLOC(mailbox_without_memory) {
    struct mailbox *m = mailbox_new(16, 8);
    EXPECT(m || mem_failed());
    mailbox_free(m);
    EXPECT(mailbox_free(NULL) == NULL);
}
