/* The end of an epoch, for who follows it. */
#include "recorder/catalogue/catalogue_db.h"
#include "recorder/db/database_sqlite.h"

#include "tests/unit/recorder/bench_postgres.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

static const struct id recording = {{7}}, other = {{8}};

struct shelf {
    struct scratch scratch;
    struct catalogue *c;
};

static void shelf_begin(struct shelf *s) {
    char path[PATH_MAX];
    scratch_begin(&s->scratch);
    snprintf(path, sizeof(path), "%s/catalogue.db", s->scratch.dir);
    s->c = NULL;
    s->c = bench_catalogue(path);
}

static void shelf_end(struct shelf *s) {
    catalogue_close(s->c);
    scratch_end(&s->scratch);
}

static void put_epoch(struct shelf *s, const struct id *of, uint32_t number) {
    struct entry e = {.type = ENTRY_EPOCH};
    e.u.epoch = (struct entry_epoch){.track = ID_PROGRAMME,
                                     .number = number,
                                     .video = CODEC_VP8,
                                     .audio = CODEC_OPUS,
                                     .start = number * US_PER_S,
                                     .init_len = 3,
                                     .init = {1, 2, 3}};
    CHECK(catalogue_apply(s->c, of, &e) == OK);
}

/* width 0: sound alone */
static void put_segment(struct shelf *s, uint32_t epoch, uint32_t number, uint16_t width,
                        enum segment_sound sound) {
    struct entry e = {.type = ENTRY_SEGMENT};
    e.u.segment = (struct entry_segment){.track = ID_PROGRAMME,
                                         .epoch = epoch,
                                         .number = number,
                                         .start = number * 2 * US_PER_S,
                                         .duration = 2 * US_PER_S,
                                         .width = width,
                                         .height = width ? 65535 : 0,
                                         .sound = (uint8_t)sound,
                                         .bytes = 1000 + number,
                                         .info.size = 1106};
    CHECK(catalogue_apply(s->c, &recording, &e) == OK);
}

TEST_BOTH(catalogue_tail_says_what_an_epoch_has) {
    struct shelf s;
    struct epoch_tail t;
    shelf_begin(&s);
    EXPECT_EQ(catalogue_epoch_tail(s.c, &recording, &ID_PROGRAMME, 0, &t), ERR_UNKNOWN);
    put_epoch(&s, &recording, 0);
    put_epoch(&s, &other, 1);
    REQUIRE(catalogue_epoch_tail(s.c, &recording, &ID_PROGRAMME, 0, &t) == OK);
    EXPECT(t.segments == 0 && !t.pictures && !t.sound && !t.sound_unknown && !t.later);
    EXPECT(t.epoch.video == CODEC_VP8 && t.epoch.init_len == 3 && t.epoch.init[2] == 3);
    put_segment(&s, 0, 0, 0, SEGMENT_SOUND_SOME);
    REQUIRE(catalogue_epoch_tail(s.c, &recording, &ID_PROGRAMME, 0, &t) == OK);
    EXPECT(t.segments == 1 && !t.pictures && t.sound && !t.sound_unknown);
    /* The size stays that of the first pictures: what begins a file must not change. */
    put_segment(&s, 0, 1, 65535, SEGMENT_SOUND_NONE);
    put_segment(&s, 0, 2, 320, SEGMENT_SOUND_NONE);
    REQUIRE(catalogue_epoch_tail(s.c, &recording, &ID_PROGRAMME, 0, &t) == OK);
    EXPECT(t.segments == 3 && t.pictures && t.sound && !t.later);
    EXPECT(t.epoch.width == 65535 && t.epoch.height == 65535);
    put_epoch(&s, &recording, 3);
    put_epoch(&s, &recording, 2);
    put_segment(&s, 2, 0, 320, SEGMENT_SOUND_UNKNOWN);
    REQUIRE(catalogue_epoch_tail(s.c, &recording, &ID_PROGRAMME, 0, &t) == OK);
    EXPECT(t.segments == 3 && t.later && t.next == 2);
    REQUIRE(catalogue_epoch_tail(s.c, &recording, &ID_PROGRAMME, 2, &t) == OK);
    EXPECT(t.segments == 1 && !t.sound && t.sound_unknown && t.later && t.next == 3);
    EXPECT_EQ(t.epoch.start, 2 * US_PER_S);
    EXPECT_EQ(catalogue_epoch_tail(s.c, &recording, &ID_NONE, 0, &t), ERR_UNKNOWN);
    EXPECT_EQ(catalogue_epoch_tail(s.c, &recording, &ID_PROGRAMME, UINT32_MAX, &t), ERR_UNKNOWN);
    shelf_end(&s);
}

/* What an epoch was said not to have it has not, whatever its segments say. */
TEST_BOTH(catalogue_tail_of_one_kind_alone) {
    struct shelf s;
    struct epoch_tail t;
    shelf_begin(&s);
    for (unsigned video = 0; video < 2; video++) {
        struct entry e = {.type = ENTRY_EPOCH};
        e.u.epoch = (struct entry_epoch){.track = ID_PROGRAMME,
                                         .number = video,
                                         .video = video ? CODEC_VP8 : CODEC_NONE,
                                         .audio = video ? CODEC_NONE : CODEC_OPUS};
        CHECK(catalogue_apply(s.c, &recording, &e) == OK);
        put_segment(&s, video, 0, 320, SEGMENT_SOUND_SOME);
        REQUIRE(catalogue_epoch_tail(s.c, &recording, &ID_PROGRAMME, video, &t) == OK);
        EXPECT(t.segments == 1 && t.pictures == (video == 1) && t.sound == (video == 0));
    }
    shelf_end(&s);
}

static int count_step(void *steps) {
    ++*(unsigned *)steps;
    return 0;
}

struct cost {
    unsigned tail, heard; /* steps of the database's machine */
};
static struct cost cost_of(struct shelf *s) {
    struct cost n = {0};
    struct epoch_tail t;
    bool heard = true;
    sqlite3_progress_handler(db_file(s->c->db), 1, count_step, &n.tail);
    CHECK(catalogue_epoch_tail(s->c, &recording, &ID_PROGRAMME, 0, &t) == OK);
    sqlite3_progress_handler(db_file(s->c->db), 1, count_step, &n.heard);
    CHECK(catalogue_heard(s->c, &recording, &heard) == OK);
    sqlite3_progress_handler(db_file(s->c->db), 0, NULL, NULL);
    EXPECT(!t.pictures && !t.sound && !heard);
    return n;
}

/* What is not there must not be looked for in every segment: no camera, or nobody who speaks. */
TEST(catalogue_tail_costs_the_same_however_long_the_recording_is) {
    struct shelf s;
    shelf_begin(&s);
    struct entry start = {.type = ENTRY_START};
    CHECK(catalogue_begin(s.c) == OK);
    CHECK(catalogue_apply(s.c, &recording, &start) == OK);
    put_epoch(&s, &recording, 0);
    struct cost cost[2];
    for (uint32_t n = 0, i = 0; i < 2; i++) {
        for (; n < (i ? 2000 : 4); n++) {
            struct entry e = {.type = ENTRY_STAGE, .t = n, .seq = n};
            put_segment(&s, 0, n, 0, SEGMENT_SOUND_NONE);
            CHECK(catalogue_apply(s.c, &recording, &e) == OK);
        }
        cost[i] = cost_of(&s);
    }
    EXPECT(cost[0].tail > 0 && cost[0].heard > 0);
    EXPECT_EQ(cost[1].tail, cost[0].tail);
    EXPECT_EQ(cost[1].heard, cost[0].heard);
    CHECK(catalogue_commit(s.c) == OK);
    shelf_end(&s);
}

static void say_voice(struct shelf *s, uint32_t source) {
    struct entry e = {.type = ENTRY_VOICE};
    e.u.person.source = source;
    CHECK(catalogue_apply(s->c, &recording, &e) == OK);
}

/* Applied twice is as once; rows of the release before say the same when they are taken over. */
TEST(catalogue_tail_of_rows_of_earlier_releases) {
    static const char before[] =
        "ALTER TABLE epochs DROP COLUMN picture; ALTER TABLE epochs DROP COLUMN sound;"
        "ALTER TABLE recordings DROP COLUMN heard;ALTER TABLE recordings DROP COLUMN damage;"
        "ALTER TABLE events DROP COLUMN said;"
        "PRAGMA user_version=6;";
    char path[PATH_MAX];
    struct shelf s;
    struct epoch_tail t;
    bool heard = true;
    shelf_begin(&s);
    snprintf(path, sizeof(path), "%s/catalogue.db", s.scratch.dir);
    struct entry start = {.type = ENTRY_START};
    CHECK(catalogue_apply(s.c, &recording, &start) == OK);
    EXPECT_EQ(catalogue_heard(s.c, &other, &heard), ERR_UNKNOWN);
    say_voice(&s, 0); /* nobody */
    EXPECT(catalogue_heard(s.c, &recording, &heard) == OK && !heard);
    say_voice(&s, 3);
    put_epoch(&s, &recording, 0);
    put_epoch(&s, &recording, 1);
    put_segment(&s, 0, 0, 0, SEGMENT_SOUND_NONE);
    put_segment(&s, 0, 1, 320, SEGMENT_SOUND_SOME);
    put_segment(&s, 0, 2, 640, SEGMENT_SOUND_SOME);
    put_segment(&s, 1, 0, 0, SEGMENT_SOUND_NONE);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(catalogue_heard(s.c, &recording, &heard) == OK && heard);
        REQUIRE(catalogue_epoch_tail(s.c, &recording, &ID_PROGRAMME, 0, &t) == OK);
        EXPECT(t.pictures && t.sound && t.epoch.width == 320 && t.epoch.height == 65535);
        REQUIRE(catalogue_epoch_tail(s.c, &recording, &ID_PROGRAMME, 1, &t) == OK);
        EXPECT(!t.pictures && !t.sound && !t.sound_unknown);
        if (i == 0) {
            put_epoch(&s, &recording, 0);
            put_segment(&s, 0, 2, 640, SEGMENT_SOUND_SOME);
        } else if (i == 1) {
            CHECK(db_script(s.c->db, before) == OK);
            catalogue_close(s.c);
            REQUIRE(catalogue_open(path, true, &s.c) == OK);
        }
    }
    shelf_end(&s);
}

struct seen {
    uint32_t n, first, last;
    enum err stop;
};
static enum err see(void *ctx, const struct entry_segment *s) {
    struct seen *x = ctx;
    x->first = x->n++ ? x->first : s->number;
    x->last = s->number;
    EXPECT_EQ(s->bytes, 1000 + s->number);
    return x->stop;
}

static struct seen page(struct shelf *s, uint32_t epoch, uint32_t from, uint32_t limit) {
    struct segment_page p = {recording, ID_PROGRAMME, epoch, from, limit};
    struct seen x = {0};
    EXPECT_EQ(catalogue_segment_page(s->c, &p, see, &x), OK);
    return x;
}

TEST_BOTH(catalogue_tail_pages_are_bounded) {
    struct shelf s;
    shelf_begin(&s);
    for (uint32_t i = 0; i < 20; i++) {
        put_segment(&s, 0, i, 320, SEGMENT_SOUND_SOME);
        put_segment(&s, 1, i, 320, SEGMENT_SOUND_SOME);
    }
    struct seen x = page(&s, 0, 0, 5);
    EXPECT(x.n == 5 && x.first == 0 && x.last == 4);
    x = page(&s, 0, 17, 5);
    EXPECT(x.n == 3 && x.first == 17 && x.last == 19);
    EXPECT_EQ(page(&s, 0, 20, 5).n, 0);
    EXPECT_EQ(page(&s, 0, UINT32_MAX, UINT32_MAX).n, 0);
    EXPECT_EQ(page(&s, 2, 0, 5).n, 0);
    /* An error of the caller's is his, whatever it is called. */
    struct segment_page p = {recording, ID_PROGRAMME, 0, 0, 5};
    x = (struct seen){.stop = ERR_UNKNOWN};
    EXPECT_EQ(catalogue_segment_page(s.c, &p, see, &x), ERR_UNKNOWN);
    EXPECT_EQ(x.n, 1);
    shelf_end(&s);
}
