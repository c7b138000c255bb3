#include "recorder/library/library_verify.h"

#include "recorder/archive/recovery.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#include <jansson.h>

/* A recorder's folder with a complete recording, local files and all. */
struct place {
    struct scratch scratch;
    struct rng_seeded state;
    struct archive *archive;
    struct sample sample;
    struct library *library;
    char id[ID_TEXT_MAX];
};

static void place_begin(struct place *p, uint64_t seed) {
    char why[WHY_MAX];
    memset(p, 0, sizeof(*p));
    scratch_begin(&p->scratch);
    rng_seed(&p->state, seed);
    CHECK(bench_archive(&p->scratch, NULL, &p->state, &p->archive) == OK);
    CHECK(sample_record(p->archive, 0, &p->sample) == OK);
    CHECK(library_open(&(struct library_config){.dir = p->scratch.dir}, &p->library, why) == OK);
    id_text(&p->sample.id, p->id);
}

static void place_end(struct place *p) {
    library_close(p->library);
    archive_close(p->archive);
    scratch_end(&p->scratch);
}

static const char *text(const json_t *o, const char *key) {
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "(none)";
}

static int64_t number(const json_t *o, const char *key) {
    const json_t *v = json_object_get(o, key);
    return json_is_integer(v) ? json_integer_value(v) : -1;
}

static json_t *list(struct place *p, const struct library_query *q) {
    char *out = NULL;
    EXPECT_EQ(library_list_json(p->library, q, &out), OK);
    json_t *o = out ? json_loads(out, JSON_REJECT_DUPLICATES, NULL) : NULL;
    mem_free(out);
    return o;
}

TEST(library_lists_recordings_as_json) {
    struct place p;
    struct sample second;
    struct library_query q = {.limit = 10};
    place_begin(&p, 1);
    EXPECT_EQ(sample_record(p.archive, 0, &second), OK);
    json_t *o = list(&p, &q);
    json_t *rows = json_object_get(o, "recordings");
    EXPECT_EQ(json_array_size(rows), 2);
    EXPECT(json_is_null(json_object_get(o, "next")));
    EXPECT(json_is_null(json_object_get(o, "previous")));
    const json_t *r = json_array_get(rows, 0);
    EXPECT_STR(text(r, "tour"), "demo");
    EXPECT_STR(text(r, "title"), "House \"A\"");
    EXPECT_STR(text(r, "started"), "2023-11-14T22:13:20.123Z");
    EXPECT_STR(text(r, "ended"), "2023-11-14T22:13:45.123Z");
    EXPECT_EQ(number(r, "duration_ms"), 25000);
    EXPECT_STR(text(r, "state"), "complete");
    EXPECT_EQ(number(r, "bytes"), SAMPLE_SEGMENTS * SAMPLE_MEDIA);
    EXPECT_STR(json_string_value(json_array_get(json_object_get(r, "participants"), 0)), "Ann");
    json_decref(o);
    place_end(&p);
}

static void start_at(struct place *p, uint8_t n, int64_t seconds) {
    struct entry e = {.type = ENTRY_START};
    struct id id = {{n}};
    e.u.start.wall.us = INT64_C(1700000000000000) + seconds * US_PER_S;
    EXPECT_EQ(catalogue_apply(p->archive->catalogue, &id, &e), OK);
}

/* The first digits of the ids of a page: "05040302". */
static const char *ids_of(const json_t *o, char out[64]) {
    size_t n = 0;
    const json_t *rows = json_object_get(o, "recordings");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        n += (size_t)snprintf(out + n, 64 - n, "%.2s", text(json_array_get(rows, i), "id"));
    }
    out[n] = '\0';
    return out;
}

/* Who is told that a recording is damaged is told where to look. */
TEST(library_names_the_object_for_which_a_recording_is_damaged) {
    struct place p;
    struct library_query q = {.limit = 10};
    place_begin(&p, 1);
    json_t *all = list(&p, &q), *one = json_array_get(json_object_get(all, "recordings"), 0);
    EXPECT_STR(text(one, "damage"), "(none)");
    json_decref(all);
    EXPECT_EQ(catalogue_damaged(p.archive->catalogue, &p.sample.id, "recordings/x/journal/3"), OK);
    all = list(&p, &q);
    one = json_array_get(json_object_get(all, "recordings"), 0);
    EXPECT_STR(text(one, "state"), "damaged");
    EXPECT_STR(text(one, "damage"), "recordings/x/journal/3");
    json_decref(all);
    EXPECT_EQ(catalogue_state(p.archive->catalogue, &p.sample.id, RECORDING_COMPLETE), OK);
    all = list(&p, &q);
    one = json_array_get(json_object_get(all, "recordings"), 0);
    EXPECT_STR(text(one, "damage"), "(none)");
    json_decref(all);
    place_end(&p);
}

TEST(library_pages_lead_forwards_and_back) {
    struct place p;
    char ids[64], cursor[LIBRARY_CURSOR_MAX];
    struct library_query q = {.limit = 2, .from = "2023-11-15"};
    place_begin(&p, 5);
    for (uint8_t i = 1; i <= 5; i++) {
        start_at(&p, i, 86400 + i / 2); /* 2 and 3 begin at the same time, and 4 and 5 */
    }
    json_t *o = list(&p, &q);
    EXPECT_STR(ids_of(o, ids), "0504");
    EXPECT(json_is_null(json_object_get(o, "previous")));
    static const char *const pages[] = {"0302", "01"};
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        snprintf(cursor, sizeof(cursor), "%s", text(o, "next"));
        q.after = cursor;
        json_decref(o);
        o = list(&p, &q);
        EXPECT_STR(ids_of(o, ids), pages[i]);
    }
    EXPECT(json_is_null(json_object_get(o, "next")));
    static const char *const back[] = {"0302", "0504"};
    for (size_t i = 0; i < ARRAY_LEN(back); i++) {
        snprintf(cursor, sizeof(cursor), "%s", text(o, "previous"));
        json_decref(o);
        o = list(&p, &q);
        EXPECT_STR(ids_of(o, ids), back[i]);
    }
    EXPECT(json_is_null(json_object_get(o, "previous")));
    EXPECT(json_is_string(json_object_get(o, "next")));
    /* What has come since is on the page before this one. */
    start_at(&p, 6, 90000);
    json_decref(o);
    o = list(&p, &q);
    EXPECT_STR(ids_of(o, ids), "0504");
    snprintf(cursor, sizeof(cursor), "%s", text(o, "previous"));
    json_decref(o);
    o = list(&p, &q);
    EXPECT_STR(ids_of(o, ids), "06");
    json_decref(o);
    place_end(&p);
}

TEST(library_refuses_a_question_that_it_does_not_understand) {
    static const struct library_query bad[] = {
        {.after = "x"},
        {.after = "n"},
        {.after = "n00060a24181e4000000102030405060708090a0b0c0d0e0"},
        {.after = "n00060a24181e4000000102030405060708090a0b0c0d0e0g"},
        {.after = "m00060a24181e4000000102030405060708090a0b0c0d0e0f"},
        {.after = "n00060a24181e4000000102030405060708090a0b0c0d0e0f0"},
        {.state = "Complete"},
        {.from = "yesterday"},
        {.to = "2023-02-29"},
    };
    struct place p;
    char *out = NULL;
    place_begin(&p, 6);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        EXPECT_EQ(library_list_json(p.library, &bad[i], &out), ERR_RANGE);
        EXPECT(out == NULL);
    }
    struct library_query all = {.after = "n00060a24181e4000000102030405060708090a0b0c0d0e0f",
                                .limit = UINT32_MAX,
                                .tour = "",
                                .text = "..."};
    json_t *o = list(&p, &all);
    EXPECT_EQ(json_array_size(json_object_get(o, "recordings")), 0);
    json_decref(o);
    place_end(&p);
}

TEST(library_knows_whose_tour_a_recording_is) {
    struct place p;
    place_begin(&p, 7);
    EXPECT_EQ(library_allowed(p.library, p.id, ""), OK);
    EXPECT_EQ(library_allowed(p.library, p.id, "demo"), OK);
    EXPECT_EQ(library_allowed(p.library, p.id, "dem"), ERR_DENIED);
    EXPECT_EQ(library_allowed(p.library, p.id, "demo2"), ERR_DENIED);
    EXPECT_EQ(library_allowed(p.library, "00000000000000000000000000000000", "demo"), ERR_UNKNOWN);
    EXPECT_EQ(library_allowed(p.library, "nonsense", ""), ERR_UNKNOWN);
    place_end(&p);
}

static void check_tracks(const json_t *tracks) {
    EXPECT_EQ(json_array_size(tracks), 2);
    const json_t *programme = json_array_get(tracks, 0), *camera = json_array_get(tracks, 1);
    EXPECT_STR(text(programme, "id"), "programme");
    EXPECT_STR(text(programme, "kind"), "programme");
    EXPECT(json_is_null(json_object_get(programme, "participant")));
    EXPECT_STR(text(camera, "kind"), "camera");
    EXPECT_STR(text(camera, "codec"), "vp8");
    EXPECT_STR(text(camera, "participant"), "Ann");
    const json_t *epochs = json_object_get(programme, "epochs");
    EXPECT_EQ(json_array_size(epochs), 2);
    const json_t *e = json_array_get(epochs, 1);
    EXPECT_EQ(number(e, "number"), 1);
    EXPECT_EQ(number(e, "start_ms"), 12000);
    EXPECT_EQ(number(e, "duration_ms"), 8000);
    EXPECT_EQ(number(e, "bytes"), 2 * SAMPLE_MEDIA);
    EXPECT_STR(text(e, "audio"), "opus");
}

TEST(library_tells_a_recording_in_detail) {
    struct place p;
    char *out = NULL;
    place_begin(&p, 2);
    REQUIRE(library_recording_json(p.library, p.id, &out) == OK);
    json_t *o = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
    REQUIRE(o != NULL);
    EXPECT_STR(text(o, "id"), p.id);
    check_tracks(json_object_get(o, "tracks"));
    const json_t *events = json_object_get(o, "events");
    EXPECT_EQ(json_array_size(events), 5);
    const json_t *mark = json_array_get(events, 3);
    EXPECT_STR(text(mark, "type"), "mark");
    EXPECT_STR(text(mark, "name"), "now in the kitchen");
    EXPECT_EQ(number(mark, "t_ms"), 4000);
    EXPECT_EQ(number(json_array_get(events, 4), "duration_ms"), 40);
    json_decref(o);
    out = mem_free(out);
    EXPECT_EQ(library_recording_json(p.library, "00000000000000000000000000000000", &out),
              ERR_UNKNOWN);
    EXPECT_EQ(library_recording_json(p.library, "../catalogue", &out), ERR_UNKNOWN);
    EXPECT_EQ(library_verify(p.library, "nonsense", findings_say, NULL), ERR_UNKNOWN);
    EXPECT(out == NULL);
    place_end(&p);
}

TEST(library_dates_from_any_year) {
    static const struct {
        int64_t us;
        const char *text;
    } table[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00.000Z"},
        {INT64_C(4107542400000000), "2100-03-01T00:00:00.000Z"},
        {INT64_C(1709251199999999), "2024-02-29T23:59:59.999Z"},
    };
    struct place p;
    place_begin(&p, 3);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct entry e = {.type = ENTRY_START};
        char *out = NULL;
        e.u.start.wall.us = table[i].us;
        EXPECT_EQ(catalogue_apply(p.archive->catalogue, &p.sample.id, &e), OK);
        REQUIRE(library_recording_json(p.library, p.id, &out) == OK);
        EXPECT(strstr(out, table[i].text) != NULL);
        mem_free(out);
    }
    place_end(&p);
}

static void note_finding(void *ctx, const struct library_finding *f) {
    char *out = ctx;
    snprintf(out, 200, "%s %s %s %u %u: %s", f->word, f->kind, f->track, f->epoch, f->segment,
             f->what);
}

TEST(library_verifies_files_on_disk) {
    struct place p;
    struct findings f = {0};
    char path[PATH_MAX + 128];
    place_begin(&p, 4);
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    snprintf(path, sizeof(path), "%s/objects/recordings/%s/programme/0-1.seg", p.scratch.dir, p.id);
    FILE *file = fopen(path, "r+");
    REQUIRE(file != NULL);
    fseek(file, 1000, SEEK_SET);
    int c = fgetc(file);
    fseek(file, 1000, SEEK_SET);
    fputc(c ^ 1, file);
    fclose(file);
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "/programme/0-1.seg: not authentic") != NULL);
    EXPECT_EQ(f.n, 1);
    char found[200] = "";
    const struct library_watch w = {.found = note_finding, .ctx = found};
    EXPECT_EQ(library_verify_watched(p.library, p.id, LIBRARY_OPENED, &w), ERR_AUTH);
    EXPECT_STR(found, "changed media programme 0 1: not authentic");
    EXPECT_EQ(library_verify_watched(p.library, p.id, LIBRARY_SEALED, &w), ERR_AUTH);
    EXPECT(strstr(found, "changed media programme 0 1: not the object") != NULL);
    EXPECT_EQ(library_verify_watched(p.library, "nonsense", LIBRARY_OPENED, &w), ERR_UNKNOWN);
    EXPECT_EQ(library_ended(p.library, p.id), OK);
    EXPECT_EQ(library_ended(p.library, "nonsense"), ERR_UNKNOWN);
    place_end(&p);
}

TEST(library_shows_a_recording_while_it_is_made) {
    struct place p;
    struct ledger *l = NULL;
    struct entry_start start = {.tour = "live"};
    const struct library_query everything = {0};
    char id[ID_TEXT_MAX], failing[2 * ID_TEXT_MAX], *out = NULL;
    place_begin(&p, 5);
    REQUIRE(ledger_begin(p.archive, &start, &l) == OK);
    id_text(ledger_id(l), id);
    REQUIRE(library_recording_json(p.library, id, &out) == OK);
    EXPECT(strstr(out, "\"state\":\"recording\"") != NULL);
    EXPECT(strstr(out, "\"ended\":null") != NULL);
    EXPECT(strstr(out, "failing") == NULL);
    mem_free(out);
    snprintf(failing, sizeof(failing), "%032d%s", 7, id);
    library_failing(p.library, failing);
    REQUIRE(library_list_json(p.library, &everything, &out) == OK);
    EXPECT(strstr(out, "\"state\":\"recording\",\"failing\":true,") != NULL);
    mem_free(out);
    EXPECT_EQ(ledger_end(l, 3 * US_PER_S), OK);
    EXPECT_EQ(ledger_end(l, 4 * US_PER_S), OK); /* ended once, said twice */
    out = NULL;
    REQUIRE(library_recording_json(p.library, id, &out) == OK);
    EXPECT(strstr(out, "\"state\":\"complete\"") != NULL);
    EXPECT(strstr(out, "failing") == NULL); /* it has ended, whoever still says so */
    EXPECT(strstr(out, "\"duration_ms\":3000") != NULL);
    mem_free(out);
    struct findings f = {0};
    EXPECT_EQ(library_verify(p.library, id, findings_say, &f), OK);
    ledger_free(l);
    place_end(&p);
}

TEST(library_needs_a_folder_and_its_key) {
    struct scratch s;
    struct library *l = NULL;
    char why[WHY_MAX];
    scratch_begin(&s);
    EXPECT(library_open(&(struct library_config){.dir = "/proc/none"}, &l, why) != OK);
    EXPECT(strstr(why, "/proc/none") != NULL);
    EXPECT_EQ(
        library_open(&(struct library_config){.dir = s.dir, .kek_file = "/proc/none/kek"}, &l, why),
        ERR_UNKNOWN);
    EXPECT(strstr(why, "/proc/none/kek") != NULL);
    EXPECT(l == NULL);
    scratch_end(&s);
}

static const struct library_order order = {"ann", "asked to", {1700000000000000}};

TEST(library_shredding_leaves_nothing_to_read) {
    struct place p;
    struct findings f = {0};
    char *out = NULL;
    place_begin(&p, 6);
    EXPECT_EQ(library_shred(p.library, p.id, &order), OK);
    EXPECT_EQ(library_verify(p.library, p.id, findings_say, &f), ERR_WRONG_STATE);
    EXPECT_EQ(f.n, 0); /* by order, which is no damage */
    struct library_query q = {.person = "ann"};
    json_t *none = list(&p, &q);
    EXPECT_EQ(json_array_size(json_object_get(none, "recordings")), 0);
    json_decref(none);
    REQUIRE(library_recording_json(p.library, p.id, &out) == OK);
    EXPECT(strstr(out, "\"state\":\"shredded\"") != NULL);
    EXPECT(strstr(out, "Ann") == NULL);
    EXPECT(strstr(out, "House") == NULL);
    mem_free(out);
    struct key_ring ring;
    EXPECT_EQ(archive_ring(p.archive, &p.sample.id, &ring), ERR_UNKNOWN);
    uint64_t size;
    char name[OBJECT_NAME_MAX];
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = p.sample.id};
    EXPECT_EQ(p.archive->store.size(p.archive->store.ctx, object_name(&o, name), &size),
              ERR_UNKNOWN);
    /* Said twice it is still gone; a recording that never was is unknown. */
    EXPECT_EQ(library_shred(p.library, p.id, &order), OK);
    EXPECT_EQ(library_shred(p.library, "00000000000000000000000000000001", &order), ERR_UNKNOWN);
    EXPECT_EQ(recovery_run(p.archive, NULL), OK);
    place_end(&p);
}
