#include "recorder/catalogue/catalogue_db.h"
#include "recorder/db/sql.h"

#include "tests/unit/recorder/bench_postgres.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <unistd.h>

struct shelf {
    struct scratch scratch;
    char path[PATH_MAX];
    struct catalogue *c;
};

static void shelf_begin(struct shelf *s) {
    scratch_begin(&s->scratch);
    snprintf(s->path, sizeof(s->path), "%s/catalogue.db", s->scratch.dir);
    s->c = NULL;
    s->c = bench_catalogue(s->path);
}

static void shelf_end(struct shelf *s) {
    catalogue_close(s->c);
    scratch_end(&s->scratch);
}

static struct id id_of(uint8_t n) {
    return (struct id){{n}};
}

static void start(struct shelf *s, uint8_t n, int64_t wall) {
    struct entry e = {.type = ENTRY_START};
    struct id id = id_of(n);
    snprintf(e.u.start.tour, sizeof(e.u.start.tour), "tour-%u", n);
    e.u.start.wall.us = wall;
    EXPECT_EQ(catalogue_apply(s->c, &id, &e), OK);
}

static void segment(struct shelf *s, uint8_t n, uint32_t epoch, uint32_t number) {
    struct entry e = {.type = ENTRY_SEGMENT, .t = (number + 1) * 4 * US_PER_S};
    struct id id = id_of(n);
    e.u.segment = (struct entry_segment){.track = ID_PROGRAMME,
                                         .epoch = epoch,
                                         .number = number,
                                         .start = number * 4 * US_PER_S,
                                         .duration = 4 * US_PER_S,
                                         .width = 65535,
                                         .height = 720,
                                         .first_is_key = number == 0,
                                         .sound = (uint8_t)(number % 3),
                                         .bytes = 1000,
                                         .info = {.size = 1106, .sha256 = {(uint8_t)number}},
                                         .n_keys = 2,
                                         .keys = {{0, 5}, {2000, UINT32_MAX}}};
    EXPECT_EQ(catalogue_apply(s->c, &id, &e), OK);
}

TEST(catalogue_the_schema_is_made_once_and_a_newer_one_refused) {
    struct shelf s;
    struct catalogue *reader = NULL;
    sqlite3 *db = NULL;
    shelf_begin(&s);
    EXPECT_EQ(catalogue_open(s.path, true, &reader), OK);
    reader = catalogue_close(reader);
    EXPECT_EQ(catalogue_open(s.path, false, &reader), OK);
    catalogue_close(reader);
    s.c = catalogue_close(s.c);
    REQUIRE(sqlite3_open(s.path, &db) == SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, "PRAGMA user_version=999", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    reader = NULL;
    EXPECT_EQ(catalogue_open(s.path, true, &reader), ERR_UNSUPPORTED);
    EXPECT_EQ(catalogue_open(s.path, false, &reader), ERR_UNSUPPORTED);
    EXPECT_EQ(catalogue_open("/proc/none/c.db", true, &reader), ERR_IO);
    EXPECT_EQ(catalogue_open("/proc/none/c.db", false, &reader), ERR_UNKNOWN);
    EXPECT(reader == NULL);
    shelf_end(&s);
}

struct seen {
    unsigned n;
    struct entry_segment segments[16];
    struct epoch_row epochs[8];
    struct track_row tracks[8];
    struct participant_row people[8];
    struct event_row events[16];
};

static enum err see_segment(void *ctx, const struct entry_segment *r) {
    struct seen *s = ctx;
    s->segments[s->n++] = *r;
    return s->n == 16 ? ERR_FULL : OK;
}
static enum err see_epoch(void *ctx, const struct epoch_row *r) {
    struct seen *s = ctx;
    s->epochs[s->n++] = *r;
    return OK;
}
static enum err see_track(void *ctx, const struct track_row *r) {
    struct seen *s = ctx;
    s->tracks[s->n++] = *r;
    return OK;
}
static enum err see_person(void *ctx, const struct participant_row *r) {
    struct seen *s = ctx;
    s->people[s->n++] = *r;
    return OK;
}
static enum err see_event(void *ctx, const struct event_row *r) {
    struct seen *s = ctx;
    s->events[s->n++] = *r;
    return OK;
}
static enum err see_journal(void *ctx, uint32_t number, const struct object_info *info) {
    struct seen *s = ctx;
    EXPECT_EQ(number, s->n);
    EXPECT_EQ(info->size, 100 + number);
    s->n++;
    return OK;
}

TEST_BOTH(catalogue_sums_segments_once_each) {
    struct shelf s;
    static struct seen seen;
    struct recording_row row;
    struct id id = id_of(1);
    memset(&seen, 0, sizeof(seen));
    shelf_begin(&s);
    start(&s, 1, 1000);
    struct entry e = {.type = ENTRY_EPOCH};
    e.u.epoch = (struct entry_epoch){.track = ID_PROGRAMME,
                                     .video = CODEC_VP8,
                                     .audio = CODEC_OPUS,
                                     .width = 640,
                                     .height = 360,
                                     .start = 7,
                                     .init_len = 2,
                                     .init = {8, 9}};
    EXPECT_EQ(catalogue_apply(s.c, &id, &e), OK);
    for (uint32_t i = 0; i < 3; i++) {
        segment(&s, 1, 0, 2 - i);
        segment(&s, 1, 0, 2 - i); /* the journal may be applied again */
    }
    EXPECT_EQ(catalogue_recording(s.c, &id, &row), OK);
    EXPECT_EQ(row.bytes, 3000);
    EXPECT_EQ(row.duration, 12 * US_PER_S);
    struct segment_query q = {.recording = id, .track = &ID_PROGRAMME, .epoch = 0};
    EXPECT_EQ(catalogue_segments(s.c, &q, see_segment, &seen), OK);
    REQUIRE(seen.n == 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct entry_segment *x = &seen.segments[i];
        EXPECT_EQ(x->number, i);
        EXPECT_EQ(x->width, 65535);
        EXPECT_EQ(x->first_is_key, i == 0);
        EXPECT_EQ(x->sound, i);
        EXPECT_EQ(x->n_keys, 2);
        EXPECT_EQ(x->keys[1].at_ms, 2000);
        EXPECT_EQ(x->keys[1].offset, UINT32_MAX);
        EXPECT_EQ(x->info.sha256[0], i);
    }
    seen.n = 0;
    q.epoch = 1;
    EXPECT_EQ(catalogue_segments(s.c, &q, see_segment, &seen), OK);
    EXPECT_EQ(seen.n, 0);
    EXPECT_EQ(catalogue_epochs(s.c, &id, NULL, see_epoch, &seen), OK);
    REQUIRE(seen.n == 1);
    EXPECT_EQ(seen.epochs[0].bytes, 3000);
    EXPECT_EQ(seen.epochs[0].segments, 3);
    EXPECT_EQ(seen.epochs[0].duration, 12 * US_PER_S);
    EXPECT_EQ(seen.epochs[0].epoch.video, CODEC_VP8);
    EXPECT_EQ(seen.epochs[0].epoch.audio, CODEC_OPUS);
    EXPECT_EQ(seen.epochs[0].epoch.init_len, 2);
    EXPECT_EQ(seen.epochs[0].epoch.init[1], 9);
    EXPECT_EQ(seen.epochs[0].epoch.start, 7);
    /* Of the largest segment. */
    EXPECT_EQ(seen.epochs[0].epoch.width, 65535);
    EXPECT_EQ(seen.epochs[0].epoch.height, 720);
    shelf_end(&s);
}

static void person(struct shelf *s, enum entry_type type, uint64_t who, const char *name) {
    struct entry e = {.type = (uint8_t)type, .t = 1000 + type};
    struct id id = id_of(1);
    e.u.person.participant = who;
    e.u.person.on = true;
    snprintf(e.u.person.name, sizeof(e.u.person.name), "%s", name);
    snprintf(e.u.person.role, sizeof(e.u.person.role), "buyer");
    EXPECT_EQ(catalogue_apply(s->c, &id, &e), OK);
}

/* As the first release made it, with a recording of that time. */
static const char first_schema[] =
    "CREATE TABLE recordings(id BLOB PRIMARY KEY, tour TEXT NOT NULL DEFAULT '',"
    " title TEXT NOT NULL DEFAULT '', started INTEGER NOT NULL DEFAULT 0,"
    " duration INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
    " state TEXT NOT NULL DEFAULT 'recording', reason TEXT NOT NULL DEFAULT '',"
    " manifest_version INTEGER NOT NULL DEFAULT 0, manifest_size INTEGER NOT NULL DEFAULT 0,"
    " manifest_sha256 BLOB);"
    "CREATE INDEX recordings_by_start ON recordings(started);"
    "CREATE TABLE participants(recording BLOB, participant INTEGER, name TEXT NOT NULL DEFAULT '',"
    " role TEXT NOT NULL DEFAULT '', consent TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY(recording, participant)) WITHOUT ROWID;"
    "CREATE TABLE tracks(recording BLOB, track BLOB, kind TEXT, codec TEXT, source INTEGER,"
    " participant INTEGER, PRIMARY KEY(recording, track)) WITHOUT ROWID;"
    "CREATE TABLE epochs(recording BLOB, track BLOB, number INTEGER, video TEXT, audio TEXT,"
    " width INTEGER, height INTEGER, start INTEGER, init BLOB,"
    " PRIMARY KEY(recording, track, number)) WITHOUT ROWID;"
    "CREATE TABLE segments(recording BLOB, track BLOB, epoch INTEGER, number INTEGER,"
    " start INTEGER, duration INTEGER, width INTEGER, height INTEGER, first_is_key INTEGER,"
    " adopted INTEGER, bytes INTEGER, size INTEGER, sha256 BLOB, keys BLOB,"
    " PRIMARY KEY(recording, track, epoch, number)) WITHOUT ROWID;"
    "CREATE TABLE journals(recording BLOB, number INTEGER, size INTEGER, sha256 BLOB,"
    " PRIMARY KEY(recording, number)) WITHOUT ROWID;"
    "CREATE TABLE events(recording BLOB, t INTEGER, type TEXT, participant INTEGER,"
    " source INTEGER, on_off INTEGER, duration INTEGER, name TEXT, role TEXT,"
    " PRIMARY KEY(recording, t, type, participant, source, on_off)) WITHOUT ROWID;"
    "INSERT INTO recordings(id,tour,title,started,state) VALUES"
    "(x'00000000000000000000000000000009','demo','Haus am See',1000,'complete');"
    "INSERT INTO participants VALUES(x'00000000000000000000000000000009',7,'Ann','agent','');"
    "INSERT INTO events VALUES(x'00000000000000000000000000000009', 5, 'gap', 0, 0, 0, 40000,"
    " 'loss', '');"
    "INSERT INTO segments VALUES(x'00000000000000000000000000000009', zeroblob(16), 0, 0, 0, 4000,"
    " 320, 180, 1, 0, 1000, 1106, zeroblob(32), x'');"
    "PRAGMA user_version=1;";

static unsigned count(struct shelf *s, const char *select) {
    struct db_rows *st = db_query(s->c->db, select, "");
    CHECK(st && db_next(st) == OK);
    unsigned n = (unsigned)db_int(st, 0);
    db_done(st);
    return n;
}

TEST(catalogue_of_the_first_schema_is_taken_over) {
    struct shelf s;
    struct seen seen = {0};
    struct id nine = {{[15] = 9}};
    struct journal_head at;
    sqlite3 *db = NULL;
    shelf_begin(&s);
    s.c = catalogue_close(s.c);
    REQUIRE(unlink(s.path) == 0);
    REQUIRE(sqlite3_open(s.path, &db) == SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, first_schema, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    EXPECT_EQ(catalogue_open(s.path, false, &s.c), ERR_UNSUPPORTED); /* not while only reading */
    REQUIRE(catalogue_open(s.path, true, &s.c) == OK);
    EXPECT_EQ(catalogue_events(s.c, &nine, see_event, &seen), OK);
    REQUIRE(seen.n == 1);
    EXPECT_EQ(seen.events[0].duration, 40000);
    EXPECT_STR(seen.events[0].person.name, "loss");
    EXPECT(id_eq(&seen.events[0].track, &ID_NONE));
    seen.n = 0;
    EXPECT_EQ(
        catalogue_segments(s.c, &(struct segment_query){.recording = nine}, see_segment, &seen),
        OK);
    REQUIRE(seen.n == 1);
    EXPECT_EQ(seen.segments[0].sound, SEGMENT_SOUND_UNKNOWN);
    EXPECT_EQ(count(&s, "SELECT COUNT(*) FROM words"), 5);
    EXPECT_EQ(count(&s, "SELECT participant FROM words WHERE word='ann' AND kind=1"), 7);
    EXPECT_EQ(catalogue_position(s.c, &nine, &at), OK);
    EXPECT_EQ(at.entries, 0);
    shelf_end(&s);
}

TEST_BOTH(catalogue_gaps_of_two_tracks_at_one_time_are_two) {
    struct shelf s;
    struct seen seen = {0};
    struct id id = {{1}};
    shelf_begin(&s);
    for (unsigned i = 0; i < 4; i++) {
        struct entry e = {.type = ENTRY_GAP, .t = 7};
        e.u.gap = (struct entry_gap){.track = i % 2 ? ID_PROGRAMME : ID_NONE, .cause = "loss"};
        EXPECT_EQ(catalogue_apply(s.c, &id, &e), OK);
    }
    EXPECT_EQ(catalogue_events(s.c, &id, see_event, &seen), OK);
    EXPECT_EQ(seen.n, 2);
    EXPECT(id_eq(&seen.events[0].track, &ID_NONE));
    EXPECT(id_eq(&seen.events[1].track, &ID_PROGRAMME));
    shelf_end(&s);
}

/* Two voices of the programme lose something at once: two lines of the journal are two events, and
 * the same line applied again is none. */
TEST_BOTH(catalogue_each_line_is_an_event) {
    struct shelf s;
    struct seen seen = {0};
    struct id id = {{1}};
    shelf_begin(&s);
    for (unsigned i = 0; i < 6; i++) {
        struct entry e = {.type = ENTRY_GAP, .t = 7, .seq = 20 - i % 3};
        e.u.gap = (struct entry_gap){.track = ID_PROGRAMME, .cause = "loss"};
        e.u.gap.duration = 20000 * (i % 3 + 1);
        EXPECT_EQ(catalogue_apply(s.c, &id, &e), OK);
    }
    EXPECT_EQ(catalogue_events(s.c, &id, see_event, &seen), OK);
    REQUIRE(seen.n == 3);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(seen.events[i].duration, 20000 * (3 - i)); /* in the journal's order */
    }
    shelf_end(&s);
}

TEST_BOTH(catalogue_knows_people_tracks_and_events) {
    struct shelf s;
    static struct seen seen;
    struct id id = id_of(1);
    memset(&seen, 0, sizeof(seen));
    shelf_begin(&s);
    start(&s, 1, 1000);
    person(&s, ENTRY_CONSENT, 7, "2024-1"); /* may come before the name */
    person(&s, ENTRY_PARTICIPANT, 7, "Ann");
    person(&s, ENTRY_PARTICIPANT, 7, ""); /* left: no name given */
    person(&s, ENTRY_PARTICIPANT, UINT64_MAX, "Bob");
    person(&s, ENTRY_MARK, 0, "now in the kitchen");
    EXPECT_EQ(catalogue_participants(s.c, &id, see_person, &seen), OK);
    REQUIRE(seen.n == 2);
    const struct participant_row *ann = &seen.people[seen.people[0].participant == 7 ? 0 : 1];
    EXPECT_STR(ann->name, "Ann");
    EXPECT_STR(ann->consent, "2024-1");
    EXPECT_STR(ann->role, "buyer");
    struct entry e = {.type = ENTRY_TRACK};
    e.u.track = (struct entry_track){{{1}}, SOURCE_SCREEN, CODEC_AV1, 3, UINT64_MAX, 1};
    EXPECT_EQ(catalogue_apply(s.c, &id, &e), OK);
    e.u.track = (struct entry_track){ID_PROGRAMME, SOURCE_NONE, CODEC_VP8, 0, 0, 0};
    EXPECT_EQ(catalogue_apply(s.c, &id, &e), OK);
    seen.n = 0;
    EXPECT_EQ(catalogue_tracks(s.c, &id, see_track, &seen), OK);
    REQUIRE(seen.n == 2);
    EXPECT(id_eq(&seen.tracks[0].track.track, &ID_PROGRAMME));
    EXPECT_STR(seen.tracks[0].participant_name, "");
    EXPECT_EQ(seen.tracks[1].track.kind, SOURCE_SCREEN);
    EXPECT_EQ(seen.tracks[1].track.codec, CODEC_AV1);
    EXPECT_STR(seen.tracks[1].participant_name, "Bob");
    e = (struct entry){.type = ENTRY_GAP, .t = 1};
    e.u.gap.duration = 40000;
    EXPECT_EQ(catalogue_apply(s.c, &id, &e), OK);
    e = (struct entry){.type = ENTRY_SR};
    EXPECT_EQ(catalogue_apply(s.c, &id, &e), OK);
    seen.n = 0;
    EXPECT_EQ(catalogue_events(s.c, &id, see_event, &seen), OK);
    EXPECT_EQ(seen.n, 5);
    EXPECT_EQ(seen.events[0].type, ENTRY_GAP);
    EXPECT_EQ(seen.events[0].duration, 40000);
    EXPECT_EQ(seen.events[4].type, ENTRY_MARK);
    EXPECT_STR(seen.events[4].person.name, "now in the kitchen");
    shelf_end(&s);
}

TEST_BOTH(catalogue_a_manifest_closes_a_recording) {
    struct shelf s;
    struct recording_row row;
    struct id id = id_of(1), other = id_of(2);
    struct object_info info = {.size = 77, .sha256 = {1, 2, 3}};
    shelf_begin(&s);
    start(&s, 1, 1000);
    start(&s, 2, 1000);
    struct entry e = {.type = ENTRY_END, .t = 5};
    snprintf(e.u.end.reason, sizeof(e.u.end.reason), "stopped");
    EXPECT_EQ(catalogue_apply(s.c, &id, &e), OK);
    EXPECT_EQ(catalogue_recording(s.c, &id, &row), OK);
    EXPECT_EQ(row.state, RECORDING_OPEN);
    EXPECT_EQ(catalogue_manifest(s.c, &id, 3, &info), OK);
    EXPECT_EQ(catalogue_manifest(s.c, &other, 1, &info), OK);
    EXPECT_EQ(catalogue_recording(s.c, &id, &row), OK);
    EXPECT_EQ(row.state, RECORDING_COMPLETE);
    EXPECT_EQ(row.manifest_version, 3);
    EXPECT(memcmp(&row.manifest, &info, sizeof(info)) == 0);
    EXPECT_STR(row.reason, "stopped");
    EXPECT_EQ(catalogue_recording(s.c, &other, &row), OK);
    EXPECT_EQ(row.state, RECORDING_INTERRUPTED);
    EXPECT_EQ(catalogue_state(s.c, &other, RECORDING_DAMAGED), OK);
    struct id third = id_of(3);
    EXPECT_EQ(catalogue_state(s.c, &third, RECORDING_SHREDDED), OK);
    EXPECT_EQ(catalogue_recording(s.c, &third, &row), OK);
    EXPECT_STR(recording_state_name(row.state), "shredded");
    shelf_end(&s);
}

TEST_BOTH(catalogue_transactions_and_forgetting) {
    static const uint8_t hash[SHA256_LEN];
    struct shelf s;
    struct seen seen = {0};
    struct recording_row row;
    struct id id = id_of(1), other = id_of(2);
    shelf_begin(&s);
    EXPECT_EQ(catalogue_begin(s.c), OK);
    start(&s, 1, 1000);
    catalogue_rollback(s.c);
    catalogue_rollback(s.c); /* none open: nothing happens */
    EXPECT_EQ(catalogue_recording(s.c, &id, &row), ERR_UNKNOWN);
    EXPECT_EQ(catalogue_begin(s.c), OK);
    start(&s, 1, 1000);
    start(&s, 2, 1000);
    EXPECT_EQ(catalogue_commit(s.c), OK);
    for (uint32_t i = 0; i < 3; i++) {
        EXPECT_EQ(db_run(s.c->db, "INSERT INTO journals VALUES(?,?,?,?)", "diib", &id, (int64_t)i,
                         (int64_t)(100 + i), hash, sizeof(hash)),
                  OK);
    }
    segment(&s, 1, 0, 0);
    EXPECT_EQ(catalogue_journal_objects(s.c, &id, see_journal, &seen), OK);
    EXPECT_EQ(seen.n, 3);
    EXPECT_EQ(catalogue_forget(s.c, &id), OK);
    EXPECT_EQ(catalogue_recording(s.c, &id, &row), ERR_UNKNOWN);
    EXPECT_EQ(catalogue_recording(s.c, &other, &row), OK);
    seen.n = 0;
    EXPECT_EQ(catalogue_journal_objects(s.c, &id, see_journal, &seen), OK);
    EXPECT_EQ(seen.n, 0);
    shelf_end(&s);
}

TEST_BOTH(catalogue_a_reader_sees_what_the_writer_commits) {
    struct shelf s;
    struct catalogue *reader = NULL;
    struct recording_row row;
    struct id id = id_of(1);
    shelf_begin(&s);
    reader = bench_catalogue_reader(s.path);
    EXPECT_EQ(catalogue_begin(s.c), OK);
    start(&s, 1, 1000);
    EXPECT_EQ(catalogue_recording(reader, &id, &row), ERR_UNKNOWN);
    EXPECT_EQ(catalogue_commit(s.c), OK);
    EXPECT_EQ(catalogue_recording(reader, &id, &row), OK);
    catalogue_close(reader);
    shelf_end(&s);
}

TEST_BOTH(catalogue_an_error_of_the_caller_stops_a_query) {
    struct shelf s;
    static struct seen seen;
    struct id id = id_of(1);
    memset(&seen, 0, sizeof(seen));
    shelf_begin(&s);
    start(&s, 1, 1000);
    for (uint32_t i = 0; i < 20; i++) {
        segment(&s, 1, 0, i);
    }
    struct segment_query q = {.recording = id};
    EXPECT_EQ(catalogue_segments(s.c, &q, see_segment, &seen), ERR_FULL);
    EXPECT_EQ(seen.n, 16);
    shelf_end(&s);
}
