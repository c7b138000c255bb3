/* Reading objects at random: what the store is asked, and what a wrong size gives. */
#include "recorder/seal/objects.h"

#include "base/alloc.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <stdlib.h>

/* Counts requests on their way to the objects in memory. */
struct counted {
    struct memory_store memory;
    struct store store;
    unsigned sizes, reads;
};

static enum err counted_put(void *ctx, const char *name, struct bytes object) {
    struct counted *c = ctx;
    return c->memory.store.put(c->memory.store.ctx, name, object);
}
static enum err counted_size(void *ctx, const char *name, uint64_t *ret) {
    struct counted *c = ctx;
    c->sizes++;
    return c->memory.store.size(c->memory.store.ctx, name, ret);
}
static enum err counted_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct counted *c = ctx;
    c->reads++;
    return c->memory.store.read(c->memory.store.ctx, name, at, out, n);
}

/* One media object of n bytes, sealed. */
struct shelf {
    struct counted counted;
    struct rng_seeded state;
    struct rng rng;
    uint8_t key[KEY_LEN];
    struct object_access access;
    struct object_id id;
    struct object_info info;
    uint8_t *plain;
    size_t n;
};

static void shelf_begin(struct shelf *s, size_t n) {
    memset(s, 0, sizeof(*s));
    memory_store_begin(&s->counted.memory);
    s->counted.store = (struct store){
        .ctx = &s->counted, .put = counted_put, .size = counted_size, .read = counted_read};
    rng_seed(&s->state, n);
    s->rng = rng_from_seeded(&s->state);
    rng_fill(&s->rng, s->key, sizeof(s->key));
    s->access = (struct object_access){&s->counted.store, object_keys_one(s->key), &s->rng};
    s->id = (struct object_id){.type = OBJECT_MEDIA, .track = ID_PROGRAMME};
    s->n = n;
    s->plain = malloc(n);
    CHECK(s->plain);
    rng_fill(&s->rng, s->plain, n);
    CHECK(object_put(&s->access, &s->id, bytes_of(s->plain, n), &s->info) == OK);
}

static void shelf_end(struct shelf *s) {
    memory_store_end(&s->counted.memory);
    free(s->plain);
}

static void read_all(struct shelf *s, struct object_reader *r) {
    uint8_t *out = malloc(s->n);
    CHECK(out);
    EXPECT_EQ(object_reader_size(r), s->n);
    EXPECT_EQ(object_reader_read(r, 0, out, s->n), OK);
    EXPECT(memcmp(out, s->plain, s->n) == 0);
    EXPECT_EQ(object_reader_read(r, s->n, out, 1), ERR_RANGE);
    free(out);
}

TEST(objects_of_known_size_are_read_with_one_request) {
    static const size_t sizes[] = {1, 4096, 65504, 65505, 400000, 900000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct shelf s;
        struct object_reader *r = NULL;
        shelf_begin(&s, sizes[i]);
        REQUIRE(object_reader_open(&s.access, &s.id, s.info.size, &r) == OK);
        read_all(&s, r);
        EXPECT_EQ(s.counted.sizes, 0);
        EXPECT_EQ(s.counted.reads, 1);
        object_reader_close(r);
        shelf_end(&s);
    }
}

TEST(objects_that_are_large_are_read_where_they_are_asked) {
    struct shelf s;
    struct object_reader *r = NULL;
    uint8_t out[10];
    shelf_begin(&s, 3000000);
    REQUIRE(object_reader_open(&s.access, &s.id, s.info.size, &r) == OK);
    EXPECT_EQ(object_reader_read(r, 1000000, out, sizeof(out)), OK);
    EXPECT(memcmp(out, s.plain + 1000000, sizeof(out)) == 0);
    EXPECT_EQ(s.counted.sizes, 0);
    EXPECT_EQ(s.counted.reads, 3); /* the header, the last segment, the one asked for */
    object_reader_close(r);
    shelf_end(&s);
}

TEST(objects_of_unknown_size_are_asked_for_it) {
    struct shelf s;
    struct object_reader *r = NULL;
    shelf_begin(&s, 70000);
    REQUIRE(object_reader_open(&s.access, &s.id, 0, &r) == OK);
    read_all(&s, r);
    EXPECT_EQ(s.counted.sizes, 1);
    object_reader_close(r);
    shelf_end(&s);
}

TEST(objects_with_a_wrong_size_are_not_authentic) {
    static const size_t sizes[] = {1, 400000, 3000000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct shelf s;
        struct object_reader *r = NULL;
        shelf_begin(&s, sizes[i]);
        uint64_t wrong[] = {1, 74, s.info.size - 1, s.info.size + 1, s.info.size + 65536};
        for (size_t k = 0; k < ARRAY_LEN(wrong); k++) {
            EXPECT_EQ(object_reader_open(&s.access, &s.id, wrong[k], &r), ERR_AUTH);
        }
        s.id.number = 1;
        EXPECT_EQ(object_reader_open(&s.access, &s.id, s.info.size, &r), ERR_UNKNOWN);
        EXPECT(r == NULL);
        shelf_end(&s);
    }
}

TEST(objects_reader_without_memory) {
    struct shelf s;
    shelf_begin(&s, 70000);
    bool failed = true;
    for (long at = 0; failed; at++) {
        struct object_reader *r = NULL;
        mem_fail_at(at);
        enum err e = object_reader_open(&s.access, &s.id, s.info.size, &r);
        failed = mem_failed();
        EXPECT_EQ(e, failed ? ERR_NOMEM : OK);
        object_reader_close(r);
    }
    mem_fail_at(-1);
    shelf_end(&s);
}
