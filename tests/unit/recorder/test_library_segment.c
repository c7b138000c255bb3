/* One segment for who follows: what it costs of a store that is far away. */
#include "base/alloc.h"
#include "recorder/archive/ledger.h"
#include "recorder/library/library.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#define LARGE (3u << 20)   /* [bytes] 4 s of 6 Mbit/s */
#define PIECE (128u << 10) /* [bytes] as the server reads them */

struct desk {
    struct machine m;
    struct library *l;
    char id[ID_TEXT_MAX];
    uint8_t *media, *out;
};

static void put(struct ledger *l, uint8_t type) {
    struct entry e = {.type = type};
    if (type == ENTRY_TRACK) {
        e.u.track =
            (struct entry_track){.track = ID_PROGRAMME, .kind = SOURCE_NONE, .codec = CODEC_VP8};
    } else {
        e.u.epoch =
            (struct entry_epoch){.track = ID_PROGRAMME, .video = CODEC_VP8, .audio = CODEC_OPUS};
    }
    CHECK(ledger_add(l, &e) == OK);
}

/* A recording of one segment. */
static void desk_begin(struct desk *d) {
    struct ledger *l = NULL;
    struct entry_start start = {.wall = {1}};
    struct entry_segment s = {
        .track = ID_PROGRAMME, .duration = 4 * US_PER_S, .width = 64, .height = 64, .bytes = LARGE};
    char why[WHY_MAX];
    machine_begin(&d->m, 78);
    d->media = mem_alloc(LARGE);
    d->out = mem_zalloc(1, LARGE);
    CHECK(d->media && d->out);
    for (size_t i = 0; i < LARGE; i++) {
        d->media[i] = (uint8_t)(i * 31 >> 8);
    }
    CHECK(ledger_begin(d->m.archive, &start, &l) == OK);
    put(l, ENTRY_TRACK);
    put(l, ENTRY_EPOCH);
    CHECK(ledger_segment(l, 1, &s, bytes_of(d->media, LARGE)) == OK);
    CHECK(ledger_end(l, 5 * US_PER_S) == OK);
    id_text(ledger_id(l), d->id);
    ledger_free(l);
    d->m.archive = archive_close(d->m.archive);
    struct library_config c = {.dir = d->m.scratch.dir, .store = &d->m.fault.store};
    CHECK(library_open(&c, &d->l, why) == OK);
    d->m.fault.asks = 0;
}

static void desk_end(struct desk *d) {
    library_close(d->l);
    mem_free(d->media);
    mem_free(d->out);
    power_on(&d->m);
    machine_end(&d->m);
}

static enum err open_it(struct desk *d, uint64_t snapshot, struct library_media **ret) {
    struct library_file f = {d->id, PROGRAMME_TRACK, 0, snapshot};
    return library_media_open_segment(d->l, &f, 0, ret);
}

static uint8_t *stored(struct desk *d, size_t at) {
    struct object_id o = {.type = OBJECT_MEDIA, .track = ID_PROGRAMME};
    char name[OBJECT_NAME_MAX];
    CHECK(id_parse(d->id, &o.recording));
    struct memory_object *x = memory_store_find(&d->m.disk, object_name(&o, name));
    CHECK(x && at < x->n);
    return x->p + at;
}

/* A store that does not answer is waited for once, by the writer, and not again by each reader. */
TEST(library_of_a_store_that_is_known_does_not_ask_it) {
    struct desk d;
    char why[WHY_MAX];
    desk_begin(&d);
    for (unsigned known = 0; known < 2; known++) {
        struct library_config c = {
            .dir = d.m.scratch.dir, .store = &d.m.fault.store, .store_known = known};
        library_close(d.l);
        d.m.fault.asks = 0;
        REQUIRE(library_open(&c, &d.l, why) == OK);
        EXPECT_EQ(d.m.fault.asks == 0, known == 1);
    }
    desk_end(&d);
}

TEST(library_segment_is_one_request_and_looked_at_before_its_first_byte) {
    struct desk d;
    struct library_media *m = NULL;
    desk_begin(&d);
    REQUIRE(open_it(&d, 0, &m) == OK);
    EXPECT_EQ(library_media_read(m, 0, d.out, 1), OK);
    EXPECT_EQ(d.m.fault.asks, 1);
    for (size_t at = 0; at < LARGE; at += PIECE) {
        EXPECT_EQ(library_media_read(m, at, d.out + at, PIECE), OK);
    }
    EXPECT_EQ(d.m.fault.asks, 1);
    EXPECT(memcmp(d.out, d.media, LARGE) == 0);
    EXPECT(library_media_held(m) > LARGE);
    library_media_close(m);
    *stored(&d, LARGE / 2) ^= 1;
    EXPECT_EQ(open_it(&d, 0, &m), ERR_AUTH);
    EXPECT_EQ(d.m.fault.asks, 2);
    desk_end(&d);
}

/* Its file was closed meanwhile, for there were others. */
TEST(library_segment_that_was_begun_is_gone_on_with) {
    struct desk d;
    struct library_media *m = NULL;
    desk_begin(&d);
    REQUIRE(open_it(&d, 0, &m) == OK);
    uint64_t snapshot = library_media_snapshot(m);
    library_media_close(m);
    d.m.fault.asks = 0;
    *stored(&d, 1000) ^= 1;
    REQUIRE(open_it(&d, snapshot, &m) == OK);
    EXPECT_EQ(library_media_size(m), LARGE);
    EXPECT_EQ(library_media_snapshot(m), snapshot);
    EXPECT_EQ(library_media_read(m, LARGE - PIECE, d.out, PIECE), OK);
    EXPECT(memcmp(d.out, d.media + LARGE - PIECE, PIECE) == 0);
    EXPECT(d.m.fault.asks <= 6); /* what is read, and the object's two ends */
    EXPECT(!library_media_current(m));
    EXPECT_EQ(library_media_held(m), 0);
    /* What is given is authentic all the same. */
    EXPECT_EQ(library_media_read(m, 0, d.out, 2000), ERR_AUTH);
    library_media_close(m);
    desk_end(&d);
}
