#include "base/packet.h"

#include "base/spsc.h"
#include "tests/unit/test.h"

#include <pthread.h>
#include <sched.h>

TEST(pool_gives_all_and_takes_them_back) {
    struct packet *k[5];
    struct packet_pool *p = packet_pool_new(5);
    REQUIRE(p);
    for (int round = 0; round < 3; round++) {
        EXPECT_EQ(packet_pool_idle(p), 5);
        for (int i = 0; i < 5; i++) {
            k[i] = packet_take(p);
            REQUIRE(k[i]);
            EXPECT_EQ(k[i]->len, 0);
            k[i]->len = PACKET_CAP;
            memset(k[i]->data, i, PACKET_CAP);
        }
        EXPECT(packet_take(p) == NULL);
        EXPECT_EQ(packet_pool_idle(p), 0);
        for (int i = 0; i < 5; i++) {
            EXPECT(k[i]->data[0] == i && k[i]->data[PACKET_CAP - 1] == i);
            EXPECT(packet_unref(k[i]) == NULL);
        }
    }
    EXPECT(packet_pool_free(p) == NULL);
    EXPECT(packet_pool_free(NULL) == NULL);
    EXPECT(packet_unref(NULL) == NULL);
}

TEST(the_last_reference_sends_it_home) {
    struct packet_pool *p = packet_pool_new(1);
    REQUIRE(p);
    struct packet *k = packet_take(p);
    REQUIRE(k);
    EXPECT(packet_ref(k) == k);
    packet_ref(k);
    packet_unref(k);
    packet_unref(k);
    EXPECT(packet_take(p) == NULL);
    packet_unref(k);
    EXPECT(packet_take(p) == k);
    packet_unref(k);
    packet_pool_free(p);
}

TEST_ALLOC(pool_without_memory) {
    struct packet_pool *p = packet_pool_new(2);
    EXPECT((p == NULL) == mem_failed());
    packet_pool_free(p);
}

TEST(pool_of_absurd_size_is_refused) {
    EXPECT(packet_pool_new(SIZE_MAX / 1000) == NULL);
}

#define ROUNDS 20000
#define READERS 2

/* Drops packets that the owner shared, after reading them. */
struct reader {
    pthread_t thread;
    struct spsc *in;
    uint64_t sum;
};

static void *read_and_drop(void *arg) {
    struct reader *r = arg;
    for (int n = 0; n < ROUNDS;) {
        struct packet *k;
        if (!spsc_pop(r->in, &k)) {
            sched_yield();
            continue;
        }
        r->sum += k->data[0] + k->data[k->len - 1];
        packet_unref(k);
        n++;
    }
    return NULL;
}

static struct packet *take_waiting(struct packet_pool *p) {
    struct packet *k;
    while (!(k = packet_take(p))) {
        sched_yield();
    }
    return k;
}

static void push_waiting(struct spsc *q, struct packet *k) {
    while (!spsc_push(q, &k)) {
        sched_yield();
    }
}

TEST(foreign_releases_come_home) {
    struct reader readers[READERS] = {{0}};
    struct packet_pool *p = packet_pool_new(16);
    REQUIRE(p);
    for (int i = 0; i < READERS; i++) {
        readers[i].in = spsc_new(8, sizeof(struct packet *));
        REQUIRE(readers[i].in);
        REQUIRE(pthread_create(&readers[i].thread, NULL, read_and_drop, &readers[i]) == 0);
    }
    uint64_t want = 0;
    for (int n = 0; n < ROUNDS; n++) {
        struct packet *k = take_waiting(p);
        k->len = (uint16_t)(2 + n % 100);
        k->data[0] = (uint8_t)n;
        k->data[k->len - 1] = (uint8_t)(n >> 8);
        want += k->data[0] + k->data[k->len - 1];
        for (int i = 0; i < READERS; i++) {
            push_waiting(readers[i].in, packet_ref(k));
        }
        packet_unref(k);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        EXPECT_EQ(readers[i].sum, want);
        spsc_free(readers[i].in);
    }
    EXPECT_EQ(packet_pool_idle(p), 16);
    packet_pool_free(p);
}
