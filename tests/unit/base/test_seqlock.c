#include "base/seqlock.h"

#include "tests/unit/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAP 2000
#define WORDS SEQLOCK_WORDS(CAP)

struct value { /* every word follows from the number: a torn copy shows */
    uint64_t number;
    uint64_t words[(CAP - 8) / 8];
};

static struct value value_of(uint64_t number) {
    struct value v = {.number = number};
    for (size_t i = 0; i < ARRAY_LEN(v.words); i++) {
        v.words[i] = number * 0x9e3779b97f4a7c15U + i;
    }
    return v;
}

static bool is_whole(const struct value *v) {
    struct value whole = value_of(v->number);
    return memcmp(v, &whole, sizeof(whole)) == 0;
}

TEST(seqlock_gives_the_newest_value_of_any_length) {
    static shared_word words[WORDS];
    struct seqlock l = {words, CAP};
    uint8_t in[CAP], out[CAP];
    size_t len = 77;
    memset(words, 0, sizeof(words));
    EXPECT_EQ(seqlock_read(&l, out, &len), ERR_UNKNOWN);
    EXPECT_EQ(len, 77);
    for (size_t n = 1; n <= CAP; n += n < 20 ? 1 : 97) {
        memset(in, (int)n, n);
        seqlock_write(&l, in, n);
        REQUIRE(seqlock_read(&l, out, &len) == OK);
        EXPECT_EQ(len, n);
        EXPECT(memcmp(in, out, n) == 0);
    }
}

/* Counters are as long as the place; anything else was not written by whoever publishes them. */
TEST(seqlock_gives_a_whole_value_or_zeros) {
    static shared_word words[WORDS];
    struct seqlock l = {words, CAP};
    uint8_t in[CAP], out[CAP], zeros[CAP] = {0};
    memset(words, 0, sizeof(words));
    memset(in, 7, sizeof(in));
    memset(out, 9, sizeof(out));
    EXPECT(!seqlock_get(&l, out) && memcmp(out, zeros, CAP) == 0);
    seqlock_write(&l, in, CAP);
    EXPECT(seqlock_get(&l, out) && memcmp(out, in, CAP) == 0);
    seqlock_write(&l, in, CAP - 1);
    EXPECT(!seqlock_get(&l, out) && memcmp(out, zeros, CAP) == 0);
}

TEST(seqlock_clears_every_byte) {
    static shared_word words[WORDS];
    struct seqlock l = {words, CAP};
    uint8_t out[CAP];
    size_t len;
    struct value v = value_of(5);
    for (unsigned n = 0; n < 4; n++) {
        memset(words, 0, sizeof(words));
        for (unsigned i = 0; i < n; i++) {
            seqlock_write(&l, &v, sizeof(v));
        }
        seqlock_clear(&l);
        EXPECT_EQ(seqlock_read(&l, out, &len), ERR_UNKNOWN);
        for (size_t i = 1; i < WORDS; i++) { /* but the counter, which goes on */
            EXPECT_EQ(words[i], 0);
        }
        seqlock_write(&l, &v, sizeof(v));
        EXPECT_EQ(seqlock_read(&l, out, &len), OK);
    }
}

/* A bit of it has changed, whichever; or it is somebody else's memory. */
TEST(seqlock_knows_damage) {
    static shared_word words[WORDS];
    struct seqlock l = {words, 64};
    const size_t used = SEQLOCK_WORDS(64);
    uint8_t in[61], out[64];
    size_t len;
    memset(words, 0, sizeof(words));
    memset(in, 0x5a, sizeof(in));
    seqlock_write(&l, in, sizeof(in));
    for (size_t i = 1 + used / 2; i < used; i++) { /* the second copy: turn 1 */
        for (unsigned bit = 0; bit < 64; bit++) {
            bool beyond = i == used - 1 && bit >= 40; /* 61 bytes end within the last word */
            words[i] ^= UINT64_C(1) << bit;
            enum err err = seqlock_read(&l, out, &len);
            EXPECT(err == ERR_FORMAT || beyond);
            words[i] ^= UINT64_C(1) << bit;
        }
    }
    EXPECT_EQ(seqlock_read(&l, out, &len), OK);
    words[0] = 2; /* the counter is: nothing was written at that turn */
    EXPECT_EQ(seqlock_read(&l, out, &len), ERR_UNKNOWN);
    memset(words, 0xff, sizeof(words));
    EXPECT_EQ(seqlock_read(&l, out, &len), ERR_FORMAT);
}

static void write_too_much(void *ctx) {
    static shared_word words[SEQLOCK_WORDS(8)];
    struct seqlock l = {words, 8};
    seqlock_write(&l, ctx, 9);
}

TEST(seqlock_takes_no_more_than_it_can) {
    char nine[9] = {0};
    EXPECT(test_aborts(write_too_much, nine, "len <= l->cap"));
}

struct race {
    struct seqlock l;
    uint64_t last;
};

static void *write_on(void *ctx) {
    struct race *r = ctx;
    for (uint64_t i = 1; i <= r->last; i++) {
        struct value v = value_of(i);
        seqlock_write(&r->l, &v, sizeof(v));
    }
    return NULL;
}

/* Readers get whole values in order, or ERR_AGAIN; under ThreadSanitizer too. */
TEST(seqlock_readers_never_see_a_torn_value) {
    static shared_word words[WORDS];
    struct race r = {.l = {words, CAP}, .last = 20000};
    struct value v = {0};
    uint64_t before = 0;
    size_t len;
    pthread_t writer;
    memset(words, 0, sizeof(words));
    REQUIRE(pthread_create(&writer, NULL, write_on, &r) == 0);
    while (before < r.last) {
        enum err err = seqlock_read(&r.l, &v, &len);
        if (err == OK) {
            EXPECT(is_whole(&v) && v.number >= before && len == sizeof(v));
            before = v.number;
        } else if (err != ERR_UNKNOWN && err != ERR_AGAIN) {
            test_fail(__FILE__, __LINE__, "%s", err_name(err));
            break;
        }
    }
    pthread_join(writer, NULL);
}

/* A writer is killed wherever it is just then: what it leaves is whole, every time. */
TEST(seqlock_outlives_a_killed_writer) {
    size_t size = WORDS * sizeof(shared_word);
    shared_word *words =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(words != MAP_FAILED);
    struct race r = {.l = {words, CAP}, .last = UINT64_MAX};
    struct value v = {0};
    for (unsigned round = 1; round <= 100; round++) {
        size_t len;
        pid_t child = fork();
        if (child == 0) {
            write_on(&r);
            _exit(0);
        }
        REQUIRE(child > 0);
        uint64_t begun = words[0];
        while (words[0] < begun + 10 * round) { /* until it is in the middle of it */
        }
        kill(child, SIGKILL);
        REQUIRE(waitpid(child, NULL, 0) == child);
        EXPECT_EQ(seqlock_read(&r.l, &v, &len), OK);
        EXPECT(is_whole(&v));
    }
    munmap(words, size);
}
