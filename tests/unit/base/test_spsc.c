#include "base/spsc.h"

#include "tests/unit/test.h"

#include <pthread.h>
#include <sched.h>

struct message {
    uint64_t number;
    uint64_t check; /* ~number: a torn copy shows */
    uint8_t rest[9];
};

TEST(first_in_first_out_and_full) {
    struct spsc *q = spsc_new(3, sizeof(int)); /* rounded up to 4 */
    REQUIRE(q);
    int v = -1;
    EXPECT(!spsc_pop(q, &v));
    EXPECT_EQ(v, -1);
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 4; i++) {
            int sent = round * 4 + i;
            EXPECT(spsc_push(q, &sent));
        }
        EXPECT_EQ(spsc_len(q), 4);
        EXPECT_EQ(spsc_room(q), 0);
        EXPECT(!spsc_push(q, &v));
        for (int i = 0; i < 4; i++) {
            EXPECT(spsc_pop(q, &v));
            EXPECT_EQ(v, round * 4 + i);
        }
        EXPECT(!spsc_pop(q, &v));
        EXPECT_EQ(spsc_len(q), 0);
        EXPECT_EQ(spsc_room(q), 4);
    }
    EXPECT(spsc_free(q) == NULL);
    EXPECT(spsc_free(NULL) == NULL);
}

TEST(one_place_is_enough) {
    struct spsc *q = spsc_new(1, 1);
    REQUIRE(q);
    char c = 'a';
    for (int i = 0; i < 5; i++) {
        EXPECT(spsc_push(q, &c));
        EXPECT(!spsc_push(q, &c));
        c = 0;
        EXPECT(spsc_pop(q, &c) && c == 'a');
    }
    spsc_free(q);
}

TEST_ALLOC(spsc_without_memory) {
    struct spsc *q = spsc_new(8, 8);
    EXPECT((q == NULL) == mem_failed());
    spsc_free(q);
}

TEST(spsc_of_absurd_size_is_refused) {
    EXPECT(spsc_new(SIZE_MAX, 8) == NULL);
    EXPECT(spsc_new(SIZE_MAX / 8, 64) == NULL);
}

#define MESSAGES 200000

static void *produce(void *arg) {
    struct spsc *q = arg;
    for (uint64_t n = 0; n < MESSAGES;) {
        struct message m = {n, ~n, {(uint8_t)n}};
        if (spsc_push(q, &m)) {
            n++;
        } else {
            sched_yield();
        }
    }
    return NULL;
}

TEST(two_threads_lose_and_tear_nothing) {
    struct spsc *q = spsc_new(64, sizeof(struct message));
    REQUIRE(q);
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, produce, q) == 0);
    uint64_t wrong = 0;
    for (uint64_t n = 0; n < MESSAGES;) {
        struct message m;
        if (!spsc_pop(q, &m)) {
            sched_yield();
            continue;
        }
        wrong += m.number != n || m.check != ~n || m.rest[0] != (uint8_t)n;
        n++;
    }
    pthread_join(thread, NULL);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(spsc_len(q), 0);
    spsc_free(q);
}
