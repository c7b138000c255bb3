/* The keeper in virtual time, on a folder with two recordings that ended at the same moment. */
#include "base/check.h"
#include "recorder/library/library_parts.h"
#include "recorder/library/library_sweep.h"
#include "recorder/library/sweep_guard.h"
#include "server/recording/keeper.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/kms_stub.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#include <stdio.h>

#define ENDED (INT64_C(1700000000123456) + 25 * US_PER_S) /* of the sample */
#define HOUR (3600 * US_PER_S)
#define DAY (24 * HOUR)

struct house {
    struct scratch scratch;
    struct memory_store disk;
    struct rng_seeded state;
    struct archive *archive;
    struct sample one, two;
    char one_id[ID_TEXT_MAX], why[WHY_MAX];
    struct kms_stub kms;
    struct library *library;
    struct keeper_config config;
    struct keeper *keeper;
    struct keeper_state seen;
    us_t now;
    wall_t wall;
    uint64_t free; /* [bytes] of the disk */
    bool ends;
    unsigned shreds;          /* sweeps that have shredded something */
    unsigned did;             /* things done about recordings */
    char did_of[ID_TEXT_MAX]; /* the last one */
    unsigned asked;           /* before a shred */
    bool may_not;
};

static us_t now(void *ctx) {
    return ((struct house *)ctx)->now;
}

static wall_t wall(void *ctx) {
    return ((struct house *)ctx)->wall;
}

static uint64_t space(void *ctx) {
    return ((struct house *)ctx)->free;
}

static bool go_on(void *ctx) {
    return !((struct house *)ctx)->ends;
}

static void publish(void *ctx, const struct keeper_state *s) {
    ((struct house *)ctx)->seen = *s;
}

static void shredded(void *ctx) {
    ((struct house *)ctx)->shreds++;
}

static void did(void *ctx, const char *of, const char *what) {
    struct house *h = ctx;
    h->did++;
    snprintf(h->did_of, sizeof(h->did_of), "%s", of);
    EXPECT(*what);
}

static bool may(void *ctx, const char *of) {
    struct house *h = ctx;
    h->asked++;
    EXPECT(strlen(of) == 32);
    return !h->may_not;
}

/* A new process at this time of day. */
static void start(struct house *h, int64_t at) {
    const struct keeper_hooks hooks = {now, wall, go_on, space, publish, shredded, h, did, may};
    h->keeper = keeper_free(h->keeper);
    h->now = 1000 * US_PER_S;
    h->wall.us = at;
    h->keeper = keeper_new(&h->config, h->library, &hooks);
    CHECK(h->keeper);
}

/* The same, and a person has said before that this is the time. */
static void start_sure(struct house *h, int64_t at) {
    CHECK(library_clock_is_right(h->library, (wall_t){at}) == OK);
    start(h, at);
}

static void house_begin(struct house *h, uint64_t seed) {
    memset(h, 0, sizeof(*h));
    scratch_begin(&h->scratch);
    memory_store_begin(&h->disk);
    rng_seed(&h->state, seed);
    kms_stub_begin(&h->kms, &h->scratch);
    CHECK(bench_archive(&h->scratch, &h->disk.store, &h->state, &h->archive) == OK);
    CHECK(sample_record(h->archive, 0, &h->one) == OK);
    CHECK(sample_record(h->archive, 0, &h->two) == OK);
    id_text(&h->one.id, h->one_id);
    struct key_config keys = {.provider = WRAPPER_FILE, .kms = kms_stub_config(&h->kms)};
    struct library_config c = {.dir = h->scratch.dir,
                               .keys = &keys,
                               .store = &h->disk.store,
                               .rng = rng_from_seeded(&h->state)};
    CHECK(library_open(&c, &h->library, h->why) == OK);
    h->config = (struct keeper_config){
        .sweep_after = 600 * US_PER_S, .sweep_every = DAY, .retention = 30 * DAY};
}

static void house_end(struct house *h) {
    keeper_free(h->keeper);
    library_close(h->library);
    archive_close(h->archive);
    memory_store_end(&h->disk);
    scratch_end(&h->scratch);
}

/* Let so much time pass, by both clocks. */
static void pass(struct house *h, us_t span) {
    us_t end = h->now + span;
    for (us_t at; (at = keeper_deadline(h->keeper)) <= end;) {
        us_t step = us_max(at - h->now, 0);
        h->now += step;
        h->wall.us += step;
        keeper_step(h->keeper);
        CHECK(keeper_deadline(h->keeper) > h->now); /* it does not spin */
    }
    h->wall.us += end - h->now;
    h->now = end;
}

TEST(keeper_sweeps_some_time_after_the_start_and_every_day) {
    struct house h;
    struct library_order hold = {"ann", "court", {ENDED}};
    house_begin(&h, 1);
    EXPECT_EQ(library_hold(h.library, h.one_id, &hold), OK);
    start(&h, ENDED + DAY);
    pass(&h, 599 * US_PER_S);
    EXPECT(!h.seen.swept && h.seen.totals.recordings == 2 && h.seen.totals.bytes > 0);
    pass(&h, 2 * US_PER_S);
    EXPECT(h.seen.swept && h.seen.runs[KEEPER_OK] == 1 && h.seen.last == KEEPER_OK);
    EXPECT_EQ(h.seen.last_ok.us, ENDED + DAY + 600 * US_PER_S);
    pass(&h, 28 * DAY);
    EXPECT(h.seen.runs[KEEPER_OK] == 29 && h.seen.shredded == 0 && h.shreds == 0);
    pass(&h, 2 * DAY);
    EXPECT(h.seen.shredded == 1 && h.seen.held == 1 && h.seen.failed == 0);
    EXPECT_EQ(h.shreds, 1);
    EXPECT_EQ(h.did, 1); /* that one is held is no deed */
    char two_id[ID_TEXT_MAX];
    EXPECT_STR(h.did_of, id_text(&h.two.id, two_id));
    EXPECT_EQ(h.seen.totals.recordings, 1);
    struct wraps_note note;
    struct key_context two = {h.two.id, 0};
    REQUIRE(wraps_shredded(h.archive->wraps, &two, &note) == OK);
    EXPECT_STR(note.who, "oriel");
    EXPECT_STR(note.why, "recording.retention_days");
    EXPECT_EQ(library_release(h.library, h.one_id), OK);
    EXPECT_EQ(h.asked, 1);
    h.may_not = true; /* it cannot be recorded now */
    pass(&h, DAY);
    EXPECT(h.seen.shredded == 1 && h.seen.failed == 1 && h.seen.held == 0 && h.disk.n > 0);
    EXPECT(h.seen.last == KEEPER_FAILED && h.asked > 1 && h.did == 1);
    h.may_not = false;
    pass(&h, DAY);
    EXPECT(h.seen.shredded == 2 && h.seen.failed == 0 && h.disk.n == 0);
    house_end(&h);
}

/* A clock years ahead at the start, as after a battery has failed, until a person says it is right;
 * across a restart, too. */
TEST(keeper_shreds_nothing_by_a_clock_that_is_wrong) {
    struct house h;
    house_begin(&h, 2);
    size_t all = h.disk.n;
    start(&h, ENDED + 400 * DAY);
    pass(&h, 3 * DAY);
    EXPECT(h.seen.clock_wrong && h.seen.last == KEEPER_CLOCK && h.seen.runs[KEEPER_OK] == 0);
    EXPECT_EQ(h.disk.n, all);
    start(&h, ENDED + 404 * DAY);
    pass(&h, HOUR);
    EXPECT(h.seen.clock_wrong && h.disk.n == all);
    start(&h, ENDED - 2 * HOUR); /* behind */
    pass(&h, HOUR / 2);
    EXPECT(h.seen.clock_wrong && h.disk.n == all);
    start(&h, ENDED + 404 * DAY);
    pass(&h, HOUR);
    EXPECT_EQ(library_clock_is_right(h.library, h.wall), OK);
    pass(&h, HOUR);
    EXPECT(!h.seen.clock_wrong && h.seen.last == KEEPER_OK);
    EXPECT(h.seen.shredded == 2 && h.disk.n == 0);
    house_end(&h);
}

/* A clock that is set while the server runs: whichever way, and by less than would be refused. */
TEST(keeper_waits_for_a_day_when_the_clock_jumps) {
    static const us_t jumps[] = {9 * DAY, 2 * HOUR, -2 * HOUR};
    for (size_t i = 0; i < ARRAY_LEN(jumps); i++) {
        struct house h;
        house_begin(&h, 3);
        size_t all = h.disk.n;
        h.config.retention = 40 * DAY;
        start_sure(&h, ENDED + 40 * DAY + 4 * HOUR); /* too old from the beginning */
        pass(&h, 300 * US_PER_S);
        h.wall.us += jumps[i];
        pass(&h, 23 * HOUR);
        EXPECT(h.seen.clock_wrong && !h.seen.swept && h.disk.n == all);
        pass(&h, 2 * HOUR);
        EXPECT(!h.seen.clock_wrong && h.seen.runs[KEEPER_OK] == 1 && h.disk.n == 0);
        house_end(&h);
    }
}

static enum err no_list(void *ctx, const char *prefix,
                        void (*each)(void *each_ctx, const char *name, uint64_t size),
                        void *each_ctx) {
    (void)ctx;
    (void)prefix;
    (void)each;
    (void)each_ctx;
    return ERR_IO;
}

/* Where nobody sweeps but by order, the alarm about a jump ends when the clock has gone well since;
 * and what an order could not do makes no sweep. */
TEST(keeper_that_does_not_sweep_watches_the_clock_all_the_same) {
    struct house h;
    struct sweep_guard other;
    house_begin(&h, 11);
    h.config.sweep_every = 0;
    h.config.retention = DAY;
    start(&h, ENDED + HOUR);
    pass(&h, 601 * US_PER_S);
    EXPECT(!h.seen.clock_wrong);
    h.wall.us += 2 * HOUR;
    pass(&h, HOUR);
    EXPECT(h.seen.clock_wrong);
    pass(&h, HOUR);
    EXPECT(!h.seen.clock_wrong);
    h.config.quota_recordings = 1;
    h.config.quota_expired = true;
    start_sure(&h, ENDED + 2 * DAY);
    REQUIRE(sweep_guard_take(&other, h.scratch.dir, false) == OK);
    pass(&h, 601 * US_PER_S);
    EXPECT(h.seen.quota_reached && h.seen.shredded == 0);
    sweep_guard_leave(&other);
    pass(&h, KEEPER_EXPIRE);
    EXPECT(h.seen.shredded == 2 && !h.seen.quota_reached);
    h.library->archive->store.list = no_list; /* a sweep of the store would fail */
    pass(&h, 2 * DAY);
    EXPECT(!h.seen.swept && h.seen.runs[KEEPER_OK] + h.seen.runs[KEEPER_FAILED] == 0);
    house_end(&h);
}

TEST(keeper_comes_back_when_somebody_else_sweeps) {
    struct house h;
    struct sweep_guard other;
    house_begin(&h, 4);
    h.config.retention = DAY;
    start_sure(&h, ENDED + 2 * DAY);
    REQUIRE(sweep_guard_take(&other, h.scratch.dir, false) == OK);
    pass(&h, 601 * US_PER_S);
    EXPECT(h.seen.last == KEEPER_BUSY && h.seen.runs[KEEPER_BUSY] == 1 && h.seen.shredded == 0);
    sweep_guard_leave(&other);
    pass(&h, HOUR);
    EXPECT(h.seen.last == KEEPER_OK && h.seen.shredded == 2);
    house_end(&h);
}

TEST(keeper_tries_again_what_could_not_be_done) {
    struct house h;
    house_begin(&h, 5);
    start(&h, ENDED + DAY);
    h.library->archive->store.list = no_list;
    pass(&h, 601 * US_PER_S);
    EXPECT(h.seen.last == KEEPER_FAILED && h.seen.last_ok.us == 0 && h.seen.last_run.us > 0);
    h.library->archive->store.list = h.disk.store.list;
    pass(&h, HOUR);
    EXPECT(h.seen.last == KEEPER_OK && h.seen.last_ok.us > 0);
    house_end(&h);
}

static unsigned lists;
static enum err no_list_counted(void *ctx, const char *prefix,
                                void (*each)(void *each_ctx, const char *name, uint64_t size),
                                void *each_ctx) {
    lists++;
    return no_list(ctx, prefix, each, each_ctx);
}

/* A bucket is not listed every hour for ever. */
TEST(keeper_tries_again_less_and_less) {
    struct house h;
    house_begin(&h, 51);
    lists = 0;
    start(&h, ENDED + DAY);
    h.library->archive->store.list = no_list_counted;
    pass(&h, 600 * US_PER_S + 23 * HOUR); /* at once, after 1, 3, 7 and 15 hours */
    EXPECT(lists == 5 && h.seen.runs[KEEPER_FAILED] == 5);
    pass(&h, 10 * DAY); /* after 31 hours, and then every day */
    EXPECT(lists >= 15 && lists <= 16);
    h.library->archive->store.list = h.disk.store.list;
    pass(&h, DAY);
    EXPECT_EQ(h.seen.last, KEEPER_OK);
    uint64_t failed = h.seen.runs[KEEPER_FAILED];
    h.library->archive->store.list = no_list_counted;
    for (int i = 0; h.seen.runs[KEEPER_FAILED] == failed && i < 100; i++) {
        pass(&h, HOUR / 4);
    }
    pass(&h, HOUR); /* it begins with an hour again */
    EXPECT_EQ(h.seen.runs[KEEPER_FAILED], failed + 2);
    house_end(&h);
}

TEST(keeper_that_ends_breaks_off_and_does_not_count) {
    struct house h;
    house_begin(&h, 6);
    h.config.retention = DAY;
    size_t all = h.disk.n;
    start_sure(&h, ENDED + 2 * DAY);
    h.ends = true;
    h.now += 600 * US_PER_S;
    h.wall.us += 600 * US_PER_S;
    keeper_step(h.keeper);
    EXPECT(!h.seen.swept && h.disk.n == all);
    h.ends = false;
    start(&h, h.wall.us); /* the next process begins anew */
    pass(&h, 601 * US_PER_S);
    EXPECT(h.seen.runs[KEEPER_OK] == 1 && h.seen.shredded == 2);
    house_end(&h);
}

TEST(keeper_quota_refuses_and_removes_nothing_that_is_not_too_old) {
    struct house h;
    house_begin(&h, 7);
    size_t all = h.disk.n;
    h.config.quota_recordings = 2;
    h.config.quota_expired = true;
    start(&h, ENDED + 2 * DAY);
    keeper_step(h.keeper);
    EXPECT(h.seen.quota_reached); /* at once: nothing may begin before it is known */
    pass(&h, 2 * DAY);
    EXPECT(h.seen.quota_reached && h.disk.n == all && h.seen.shredded == 0);
    h.config.quota_recordings = 3;
    start(&h, ENDED + 3 * DAY);
    pass(&h, US_PER_S);
    EXPECT(!h.seen.quota_reached);
    h.config.quota_recordings = 0;
    h.config.quota_bytes = h.seen.totals.bytes;
    start(&h, ENDED + 3 * DAY);
    pass(&h, US_PER_S);
    EXPECT(h.seen.quota_reached);
    h.config.quota_bytes++;
    start(&h, ENDED + 3 * DAY);
    pass(&h, US_PER_S);
    EXPECT(!h.seen.quota_reached);
    /* What goes elsewhere is seen within seconds. */
    h.config.quota_bytes--;
    struct library_order order = {"ann", "asked to", {ENDED}};
    start(&h, ENDED + 3 * DAY);
    pass(&h, US_PER_S);
    EXPECT(h.seen.quota_reached);
    EXPECT_EQ(library_shred(h.library, h.one_id, &order), OK);
    pass(&h, KEEPER_TOTALS_QUOTA);
    EXPECT(!h.seen.quota_reached && h.seen.totals.recordings == 1);
    house_end(&h);
}

TEST(keeper_quota_leaves_some_of_the_disk_free) {
    struct house h;
    house_begin(&h, 7);
    h.config.quota_free = 1000;
    h.free = 1000;
    start(&h, ENDED + 2 * DAY);
    pass(&h, US_PER_S);
    EXPECT(!h.seen.quota_reached && h.seen.free == 1000);
    h.free = 999;
    pass(&h, KEEPER_TOTALS_QUOTA);
    EXPECT(h.seen.quota_reached);
    h.free = UINT64_MAX; /* it cannot be said: nobody is refused for that */
    pass(&h, KEEPER_TOTALS_QUOTA);
    EXPECT(!h.seen.quota_reached);
    house_end(&h);
}

TEST(keeper_quota_may_shred_what_is_too_old_at_once) {
    struct house h;
    struct library_order hold = {"ann", "court", {ENDED}};
    house_begin(&h, 8);
    h.config.quota_recordings = 1;
    h.config.quota_expired = true;
    h.config.retention = DAY;
    EXPECT_EQ(library_hold(h.library, h.one_id, &hold), OK);
    start_sure(&h, ENDED + DAY - HOUR);
    pass(&h, 601 * US_PER_S); /* the first sweep: too early by some minutes */
    EXPECT(h.seen.runs[KEEPER_OK] == 1 && h.seen.shredded == 0 && h.seen.quota_reached);
    pass(&h, HOUR);
    EXPECT(h.seen.shredded == 1 && h.seen.quota_reached); /* the other one is held, and stays */
    EXPECT_EQ(library_release(h.library, h.one_id), OK);
    pass(&h, KEEPER_EXPIRE);
    EXPECT(h.seen.shredded == 2 && !h.seen.quota_reached);
    uint64_t runs = h.seen.runs[KEEPER_OK];
    pass(&h, 3 * HOUR);
    EXPECT_EQ(h.seen.runs[KEEPER_OK], runs); /* there is nothing to make room for any more */
    house_end(&h);
}

static const struct keeper_provider *provider(const struct house *h, const char *name) {
    for (uint32_t i = 0; i < h->seen.n_providers; i++) {
        if (strcmp(h->seen.providers[i].name, name) == 0) {
            return &h->seen.providers[i];
        }
    }
    return NULL;
}

TEST(keeper_says_which_key_provider_fails_and_for_how_long) {
    struct house h;
    house_begin(&h, 9);
    h.config.keys_every = 60 * US_PER_S;
    start(&h, ENDED + DAY);
    keeper_step(h.keeper);
    const struct keeper_provider *file = provider(&h, PROVIDER_FILE);
    const struct keeper_provider *kms = provider(&h, PROVIDER_KMS);
    REQUIRE(h.seen.n_providers == 2 && file && kms);
    EXPECT(!*file->reason && !*kms->reason && kms->failures == 0);
    h.kms.dead = true;
    pass(&h, 61 * US_PER_S);
    us_t since = kms->since;
    EXPECT_STR(kms->reason, "gone");
    EXPECT(!*file->reason && kms->failures == 1 && since > 0 && since <= h.now);
    h.kms.dead = false;
    h.kms.status = 400;
    h.kms.type = "AccessDeniedException";
    pass(&h, 60 * US_PER_S);
    EXPECT_STR(kms->reason, "denied");
    EXPECT(kms->failures == 2 && kms->since == since); /* it has not worked meanwhile */
    h.kms.status = 0;
    h.kms.type = NULL;
    pass(&h, 60 * US_PER_S);
    EXPECT(!*kms->reason && kms->failures == 2);
    h.kms.dead = true;
    pass(&h, 60 * US_PER_S);
    EXPECT(kms->failures == 3 && kms->since > since);
    house_end(&h);
}

TEST(keeper_without_orders_does_nothing_but_count) {
    struct house h;
    house_begin(&h, 10);
    size_t all = h.disk.n;
    h.config = (struct keeper_config){.sweep_after = 1};
    start(&h, ENDED + 4000 * DAY);
    pass(&h, 30 * DAY);
    EXPECT(!h.seen.swept && !h.seen.clock_wrong && !h.seen.quota_reached && h.disk.n == all);
    EXPECT(h.seen.totals.recordings == 2 && h.seen.n_providers == 0);
    house_end(&h);
}

static enum err no_remove(void *ctx, const char *name) {
    (void)ctx;
    (void)name;
    return ERR_IO;
}

/* The whole cannot be listed; that room is made for the quota says nothing of that. */
TEST(keeper_quota_sweep_hides_no_sweep_that_failed) {
    struct house h;
    house_begin(&h, 106);
    h.config.retention = DAY;
    h.config.quota_recordings = 2;
    h.config.quota_expired = true;
    start_sure(&h, ENDED + DAY - HOUR + 600 * US_PER_S);
    h.library->archive->store.list = no_list;
    pass(&h, 601 * US_PER_S);
    EXPECT(h.seen.last == KEEPER_FAILED && h.seen.last_ok.us == 0);
    pass(&h, 45 * 60 * US_PER_S);
    uint64_t shredded = h.seen.shredded;
    pass(&h, 5 * 60 * US_PER_S);
    EXPECT(shredded + h.seen.shredded > 0 && h.seen.last == KEEPER_FAILED);
    EXPECT(h.seen.last_ok.us == 0 && h.seen.runs[KEEPER_OK] == 0);
    house_end(&h);
}

TEST(keeper_counts_what_it_shredded_although_the_store_removes_nothing) {
    struct house h;
    struct wraps_note note;
    house_begin(&h, 108);
    h.config.retention = DAY;
    start_sure(&h, ENDED + 2 * DAY);
    h.library->archive->store.remove = no_remove;
    pass(&h, 601 * US_PER_S);
    struct key_context two = {h.two.id, 0};
    EXPECT_EQ(wraps_shredded(h.archive->wraps, &two, &note), OK);
    EXPECT(h.seen.shredded == 2 && h.seen.last == KEEPER_FAILED);
    h.library->archive->store.remove = h.disk.store.remove;
    pass(&h, 2 * HOUR);
    EXPECT(h.seen.shredded == 2 && h.seen.finished == 2 && h.seen.last == KEEPER_OK);
    EXPECT_EQ(h.disk.n, 0);
    house_end(&h);
}

TEST(keeper_says_whether_it_has_counted) {
    struct house h;
    house_begin(&h, 109);
    h.config.keys_every = 60 * US_PER_S;
    start(&h, ENDED + DAY);
    EXPECT(!h.seen.counted && h.seen.n_providers == 0);
    keeper_step(h.keeper);
    EXPECT(h.seen.counted && h.seen.n_providers == 2);
    house_end(&h);
}
