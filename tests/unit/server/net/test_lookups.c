#include "server/net/lookups.h"

#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

static sem_t answer;      /* a resolver may */
static sem_t over;        /* one has */
static atomic_uint asked; /* resolvers */
static us_t stop_at;

static bool stops(void *ctx) {
    (void)ctx;
    return clock_now() >= stop_at;
}

/* Does not answer before it may; knows 127.0.0.9 by every name. */
static int slow(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret) {
    (void)node;
    atomic_fetch_add(&asked, 1);
    CHECK(sem_wait(&answer) == 0);
    int e = getaddrinfo("127.0.0.9", service, hints, ret);
    CHECK(sem_post(&over) == 0);
    return e;
}

static struct lookups *begin(void) {
    CHECK(sem_init(&answer, 0, 0) == 0 && sem_init(&over, 0, 0) == 0);
    atomic_store(&asked, 0);
    stop_at = US_NEVER;
    return lookups_new(slow);
}

/* So many were asked, and none of them is behind what comes after. */
static void end(struct lookups *l, unsigned n) {
    struct timespec by;
    lookups_free(l);
    CHECK(clock_gettime(CLOCK_REALTIME, &by) == 0);
    by.tv_sec += 60;
    for (unsigned i = 0; i < n; i++) {
        EXPECT_EQ(sem_timedwait(&over, &by), 0);
    }
    EXPECT_EQ(atomic_load(&asked), n);
}

/* The result, of which nothing is kept. */
static int ask(struct lookups *l, const char *name, us_t wait) {
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    const struct patience p = {clock_now() + wait, stops, NULL};
    struct addrinfo *found = NULL;
    int e = lookups_ask(l, &(struct lookups_query){name, "1", &hints}, &p, &found);
    EXPECT((found != NULL) == (e == 0));
    if (found) {
        freeaddrinfo(found);
    }
    return e;
}

TEST(a_name_is_looked_up) {
    struct lookups *l = begin();
    sem_post(&answer);
    EXPECT_EQ(ask(l, "a.example", 60 * US_PER_S), 0);
    end(l, 1);
}

TEST(an_address_needs_no_resolver) {
    struct lookups *l = begin();
    EXPECT_EQ(ask(l, "192.0.2.7", 60 * US_PER_S), 0);
    end(l, 0);
}

TEST(a_resolver_that_is_silent_keeps_nobody_for_longer_than_he_waits) {
    struct lookups *l = begin();
    us_t from = clock_now();
    EXPECT_EQ(ask(l, "a.example", 100 * US_PER_MS), EAI_AGAIN);
    stop_at = clock_now() + 100 * US_PER_MS;
    EXPECT_EQ(ask(l, "a.example", 60 * US_PER_S), EAI_AGAIN);
    EXPECT(clock_now() - from < 20 * US_PER_S);
    lookups_free(l); /* both are under way, and end behind it */
    sem_post(&answer);
    sem_post(&answer);
    end(NULL, 2);
}

TEST(those_that_were_given_up_count_until_they_end) {
    struct lookups *l = begin();
    for (unsigned i = 0; i < LOOKUPS_MOST; i++) {
        EXPECT_EQ(ask(l, "a.example", 0), EAI_AGAIN);
    }
    us_t from = clock_now();
    EXPECT_EQ(ask(l, "a.example", 60 * US_PER_S), EAI_AGAIN);
    EXPECT(clock_now() - from < 20 * US_PER_S); /* it was not waited for */
    for (unsigned i = 0; i <= LOOKUPS_MOST; i++) {
        sem_post(&answer); /* one for who comes then */
    }
    us_t by = clock_now() + 60 * US_PER_S;
    int e = EAI_AGAIN;
    while (e == EAI_AGAIN && clock_now() < by) {
        e = ask(l, "a.example", 60 * US_PER_S);
    }
    EXPECT_EQ(e, 0);
    end(l, LOOKUPS_MOST + 1);
}

TEST_ALLOC(a_look_up_without_memory_is_an_error) {
    struct lookups *l = begin();
    if (l) {
        sem_post(&answer);
        int e = ask(l, "a.example", 60 * US_PER_S);
        EXPECT(e == (mem_failed() ? EAI_MEMORY : 0));
        end(l, e == 0);
    }
}
