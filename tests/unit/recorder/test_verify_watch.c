/* A verification that somebody watches: how far it is, and that it ends when it is told to. */
#include "recorder/archive/verify.h"
#include "recorder/archive/verify_words.h"

#include "recorder/library/library_verify.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#include <stdio.h>

struct house {
    struct scratch scratch;
    struct memory_store disk;
    struct rng_seeded state;
    struct archive *archive;
    struct sample sample;
};

static void house_begin(struct house *h, uint64_t seed) {
    memset(h, 0, sizeof(*h));
    scratch_begin(&h->scratch);
    memory_store_begin(&h->disk);
    rng_seed(&h->state, seed);
    CHECK(bench_archive(&h->scratch, &h->disk.store, &h->state, &h->archive) == OK);
    CHECK(sample_record(h->archive, 0, &h->sample) == OK);
}

static void house_end(struct house *h) {
    archive_close(h->archive);
    memory_store_end(&h->disk);
    scratch_end(&h->scratch);
}

/* What was said and how far it came; stop_at 0: to the end. */
struct watcher {
    struct buffer said;
    size_t steps, done, total, stop_at;
    bool fell, changed;
};

static void say(void *ctx, const char *object, const char *what) {
    struct watcher *w = ctx;
    buffer_printf(&w->said, "%s: %s (%s)\n", object, what, verify_word(what));
}

static bool step(void *ctx, size_t done, size_t total) {
    struct watcher *w = ctx;
    w->fell |= done < w->done || (total && done > total);
    w->changed |= w->steps > 0 && total != w->total;
    w->steps++;
    w->done = done;
    w->total = total;
    return w->steps != w->stop_at;
}

typedef enum err depth(struct archive *a, const struct id *recording, const struct verify_watch *w);

static enum err watch(struct house *h, depth *verify, struct watcher *w) {
    const struct verify_watch v = {say, step, w};
    return verify(h->archive, &h->sample.id, &v);
}

static enum err just_look(struct house *h, depth *verify, struct watcher *w) {
    const struct verify_watch v = {say, NULL, w};
    return verify(h->archive, &h->sample.id, &v);
}

static depth *const depths[] = {verify_opened, verify_sealed};

TEST(verify_tells_how_far_it_is) {
    struct house h;
    house_begin(&h, 1);
    for (size_t d = 0; d < ARRAY_LEN(depths); d++) {
        struct watcher w = {0};
        EXPECT_EQ(watch(&h, depths[d], &w), OK);
        EXPECT(w.total > 5 && w.done == w.total && w.steps == w.total);
        EXPECT(!w.fell && !w.changed && w.said.n == 0);
        buffer_free(&w.said);
    }
    house_end(&h);
}

/* Whatever is damaged or gone: the same is found, and progress stays what it is. */
TEST(verify_finds_the_same_when_it_is_watched) {
    struct house h;
    house_begin(&h, 2);
    for (size_t i = 0; i < 2 * h.disk.n * ARRAY_LEN(depths); i++) {
        struct memory_object *o = &h.disk.objects[i / 2 / ARRAY_LEN(depths)];
        depth *verify = depths[i / 2 % ARRAY_LEN(depths)];
        uint8_t *byte = i % 2 ? &o->p[o->n / 2] : (uint8_t *)&o->name[0];
        struct watcher with = {0}, without = {0};
        *byte ^= 1;
        EXPECT_EQ(watch(&h, verify, &with), ERR_AUTH);
        EXPECT_EQ(just_look(&h, verify, &without), ERR_AUTH);
        EXPECT(with.said.n > 0 && with.said.n == without.said.n &&
               memcmp(with.said.p, without.said.p, with.said.n) == 0);
        EXPECT(!with.fell && !with.changed && without.steps == 0);
        *byte ^= 1;
        buffer_free(&with.said);
        buffer_free(&without.said);
    }
    house_end(&h);
}

TEST(verify_stops_wherever_it_is_told_to) {
    struct house h;
    house_begin(&h, 3);
    for (size_t d = 0; d < ARRAY_LEN(depths); d++) {
        struct watcher all = {0};
        EXPECT_EQ(watch(&h, depths[d], &all), OK);
        for (size_t at = 1; at <= all.steps; at++) {
            struct watcher w = {.stop_at = at};
            EXPECT_EQ(watch(&h, depths[d], &w), ERR_AGAIN);
            EXPECT_EQ(w.steps, at);
            EXPECT_EQ(w.said.n, 0);
        }
        EXPECT_EQ(watch(&h, depths[d], &(struct watcher){0}), OK);
    }
    house_end(&h);
}

TEST(verify_of_what_nothing_lists_yet_has_no_total) {
    struct house h;
    struct watcher w = {0};
    struct entry_start start = {.tour = "open"};
    struct ledger *l = NULL;
    house_begin(&h, 4);
    REQUIRE(ledger_begin(h.archive, &start, &l) == OK);
    REQUIRE(ledger_flush(l) == OK);
    const struct verify_watch v = {say, step, &w};
    EXPECT_EQ(verify_opened(h.archive, ledger_id(l), &v), OK);
    EXPECT(w.steps > 0 && w.total == 0 && w.done == w.steps);
    ledger_free(l);
    house_end(&h);
}

/* Shreds a participant, keys first, at a moment of the check. */
struct shredder {
    struct house *h;
    size_t steps, at;
    unsigned found;
};

static void count(void *ctx, const char *object, const char *what) {
    struct shredder *s = ctx;
    (void)object;
    (void)what;
    s->found++;
}

static void remove_camera(struct house *h) {
    const struct store *s = &h->disk.store;
    for (size_t i = 0; i < h->disk.n;) {
        char name[OBJECT_NAME_MAX];
        snprintf(name, sizeof(name), "%s", h->disk.objects[i].name);
        bool stays =
            strstr(name, "/journal/") || strstr(name, "/manifest/") || strstr(name, "/programme/");
        if (stays || !strstr(name, ".seg")) {
            i++;
        } else {
            CHECK(s->remove(s->ctx, name) == OK);
            i = 0;
        }
    }
}

static bool shred_at(void *ctx, size_t done, size_t total) {
    struct shredder *s = ctx;
    const struct key_context person = {s->h->sample.id, 42};
    const struct wraps_order by = {.who = "court", .why = "asked"};
    (void)done;
    (void)total;
    if (++s->steps == s->at) {
        CHECK(wraps_shred(s->h->archive->wraps, &person, &by) == OK);
        remove_camera(s->h);
    }
    return true;
}

/* Who orders it while somebody checks has damaged nothing. */
TEST(verify_calls_nothing_damaged_that_is_shredded_meanwhile) {
    size_t gone = 0, steps = 0;
    for (size_t i = 0; i == 0 || i / 2 < steps; i++) {
        struct house h;
        house_begin(&h, 5);
        struct shredder s = {.h = &h, .at = i / 2 + 1};
        const struct verify_watch v = {count, shred_at, &s};
        enum err e = depths[i % 2](h.archive, &h.sample.id, &v);
        EXPECT(e == OK || e == ERR_GONE);
        EXPECT(e == ERR_GONE || s.found == 0);
        gone += e == ERR_GONE;
        steps = s.steps > steps ? s.steps : steps;
        EXPECT_EQ(just_look(&h, depths[i % 2], &(struct watcher){0}), OK);
        house_end(&h);
    }
    EXPECT(gone >= 2 && steps > 5);
}
