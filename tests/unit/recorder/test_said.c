/* What was said in a tour, in its recording: at its time, under its author's key, and gone with it.
 */
#include "tests/unit/recorder/bench_house.h"
#include "tests/unit/test.h"

#include "base/alloc.h"
#include "recorder/journal/personal.h"

#include <limits.h>
#include <unistd.h>

#define SECRET_TEXT "my grandmother's will"

static struct recorder_said *said_of(const char *kind, uint32_t number, const char *fields,
                                     const char *text) {
    struct recorder_said *s = mem_zalloc(1, sizeof(*s));
    CHECK(s);
    s->number = number;
    snprintf(s->kind, sizeof(s->kind), "%s", kind);
    snprintf(s->fields, sizeof(s->fields), "%s", fields);
    snprintf(s->text, sizeof(s->text), "%s", text);
    return s;
}

static void order(struct rig *g, uint64_t participant, struct recorder_said *s) {
    struct recorder_order o = {.type = ORDER_SAID, .tour = TOUR, .participant = participant};
    o.said = s;
    recorder_order(g->r, g->now, (wall_t){1700000000000000 + g->now}, &o);
    rig_pump(g);
}

static void begin(struct house *h) {
    memset(h, 0, sizeof(*h));
    rig_init(&h->rig);
    CHECK(rig_open(&h->rig) == OK);
    order(&h->rig, GONE, said_of("chat", 1, "{}", "before it")); /* nothing is recorded */
    rig_order(&h->rig, ORDER_START);                             /* and GONE is in */
    rig_order_now(&h->rig, ORDER_PARTICIPANT);
}

static char *finish(struct house *h) {
    char *out = NULL;
    rig_order(&h->rig, ORDER_STOP);
    rig_close(&h->rig);
    CHECK(id_parse(h->rig.recording, &h->id));
    id_text(&h->id, h->text);
    house_open(h);
    CHECK(library_recording_json(h->library, h->text, &out) == OK);
    return out;
}

static unsigned count(const char *text, const char *part) {
    unsigned n = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p++) {
        n++;
    }
    return n;
}

TEST(said_is_in_the_timeline_at_its_time) {
    struct house h;
    begin(&h);
    rig_wait(&h.rig, h.rig.now + 1500 * US_PER_MS);
    order(&h.rig, GONE, said_of("chat", 2, "{\"to\":\"hosts\"}", "a \"b\"\nc"));
    rig_wait(&h.rig, h.rig.now + 500 * US_PER_MS);
    order(&h.rig, STAYS, said_of("question", 3, "{\"question\":\"q1\"}", "why?"));
    order(&h.rig, STAYS, said_of("chapter", 4, "{}", "Hall"));
    order(&h.rig, 0, said_of("lock", 5, "{\"on\":true}", ""));
    order(&h.rig, STAYS, said_of("chat", 6, "{}", "never mind"));
    order(&h.rig, STAYS, said_of("retract", 7, "{\"target\":6}", ""));
    char *out = finish(&h);
    EXPECT(strstr(out, "{\"t_ms\":1500,\"type\":\"entry\",\"kind\":\"chat\",\"seq\":2,"
                       "\"participant\":\"0000000000000005\",\"text\":\"a \\\"b\\\"\\nc\","
                       "\"to\":\"hosts\"}"));
    EXPECT(strstr(out, "{\"t_ms\":2000,\"type\":\"entry\",\"kind\":\"question\",\"seq\":3,"
                       "\"participant\":\"0000000000000006\",\"text\":\"why?\","
                       "\"question\":\"q1\"}"));
    EXPECT(strstr(out, "\"kind\":\"chapter\",\"seq\":4,\"participant\":\"0000000000000006\","
                       "\"title\":\"Hall\"}"));
    EXPECT(strstr(out, "\"kind\":\"lock\",\"seq\":5,\"participant\":\"0000000000000000\","
                       "\"on\":true}"));
    EXPECT(strstr(out, "\"kind\":\"chat\",\"seq\":6,\"participant\":\"0000000000000006\","
                       "\"retracted\":true}"));
    EXPECT(strstr(out, "\"target\":6}") && !strstr(out, "never mind"));
    EXPECT(!strstr(out, "before it"));
    mem_free(out);
    house_end(&h);
}

static void joins(struct rig *g, uint64_t participant, uint32_t number, const char *name) {
    struct recorder_order o = {
        .type = ORDER_PARTICIPANT, .tour = TOUR, .participant = participant, .on = true};
    o.number = number;
    snprintf(o.name, sizeof(o.name), "%s", name);
    snprintf(o.consent_version, sizeof(o.consent_version), "1");
    recorder_order(g->r, g->now, (wall_t){1700000000000000 + g->now}, &o);
    rig_pump(g);
}

/* Entries call people as the protocol does. */
TEST(said_of_p7_is_of_who_has_this_id) {
    struct house h;
    begin(&h);
    joins(&h.rig, 77, 7, "Greta");
    order(&h.rig, 0, said_of("spotlight", 2, "{\"participant\":\"p7\"}", ""));
    char *out = finish(&h);
    EXPECT(strstr(out, "\"type\":\"participant\",\"participant\":\"000000000000004d\","
                       "\"id\":\"p7\",\"on\":true,\"name\":\"Greta\""));
    /* Of a consent it is nothing, and who has no number has no id. */
    EXPECT(strstr(out, "\"type\":\"consent\",\"participant\":\"000000000000004d\",\"source\":0,"));
    EXPECT(strstr(out, "\"type\":\"participant\",\"participant\":\"0000000000000005\",\"on\":"));
    mem_free(out);
    house_end(&h);
}

TEST(said_by_who_is_erased_is_in_no_file) {
    struct house h;
    char *out = NULL;
    bool forgotten = false;
    begin(&h);
    order(&h.rig, GONE, said_of("chat", 1, "{\"to\":\"hosts\"}", SECRET_TEXT));
    order(&h.rig, STAYS, said_of("chat", 2, "{}", "what stays"));
    mem_free(finish(&h));
    EXPECT(house_files_with(&h, SECRET_TEXT) > 0); /* the catalogue */
    EXPECT_EQ(library_shred_person(h.library, h.text, GONE, &house_order), OK);
    EXPECT_EQ(house_files_with(&h, SECRET_TEXT), 0);
    EXPECT_EQ(catalogue_is_forgotten(h.archive->catalogue, &h.id, GONE, &forgotten), OK);
    EXPECT(forgotten);
    REQUIRE(library_recording_json(h.library, h.text, &out) == OK);
    EXPECT(strstr(out, "\"kind\":\"chat\",\"seq\":1,\"participant\":\"0000000000000005\","
                       "\"erased\":true}"));
    EXPECT(strstr(out, "what stays") != NULL);
    mem_free(out);
    struct findings f = {0};
    EXPECT_EQ(library_verify(h.library, h.text, findings_say, &f), OK);
    EXPECT_EQ(f.n, 0);
    /* A catalogue that is made anew from the journal knows no more. */
    house_close(&h);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/catalogue.db", h.rig.dir);
    EXPECT_EQ(unlink(path), 0);
    house_open(&h);
    EXPECT_EQ(recovery_run(h.archive, NULL), OK);
    EXPECT_EQ(house_files_with(&h, SECRET_TEXT), 0);
    REQUIRE(library_recording_json(h.library, h.text, &out) == OK);
    EXPECT(strstr(out, "what stays") && strstr(out, "\"erased\":true"));
    mem_free(out);
    house_end(&h);
}

TEST(said_places_and_views_are_noted_at_a_bounded_pace_and_at_last_as_they_are) {
    struct house h;
    begin(&h);
    for (unsigned i = 0; i <= 1000; i++) {
        char fields[64];
        snprintf(fields, sizeof(fields), "{\"x\":0.%04u,\"y\":0}", i);
        order(&h.rig, GONE, said_of("pointer", i, fields, ""));
        snprintf(fields, sizeof(fields), "{\"view\":{\"a\":%u}}", i);
        order(&h.rig, GONE, said_of("follow", i, fields, ""));
        rig_wait(&h.rig, h.rig.now + US_PER_MS);
    }
    char *out = finish(&h);
    unsigned n = count(out, "\"kind\":\"pointer\""), views = count(out, "\"kind\":\"follow\"");
    EXPECT(n >= 5 && n <= 7);
    EXPECT_EQ(views, n);
    EXPECT(strstr(out, "\"x\":0.0000") && strstr(out, "\"x\":0.1000,"));
    EXPECT(strstr(out, "\"view\":{\"a\":1000}"));
    mem_free(out);
    house_end(&h);
}

TEST(said_of_any_length_comes_back_from_its_line) {
    struct house h;
    struct key_ring ring;
    char fields[1089], text[2001];
    begin(&h);
    mem_free(finish(&h));
    REQUIRE(archive_ring(h.archive, &h.id, &ring) == OK);
    static const size_t sizes[][2] = {{2, 0}, {2, 1}, {2, 250}, {2, 2000}, {1088, 0}, {1088, 2000}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        memset(fields, 'f', sizes[i][0]);
        memset(text, 't', sizes[i][1]);
        fields[sizes[i][0]] = text[sizes[i][1]] = '\0';
        struct entry e = {.type = ENTRY_SAID}, back;
        struct buffer line = {0};
        e.u.said.who = (struct entry_person){.participant = GONE, .source = 9, .role = "chat"};
        entry_say(&e.u.said, fields, text);
        size_t kept = strlen(entry_said_text(&e.u.said));
        EXPECT(kept == sizes[i][1] || kept == ENTRY_SAID_MAX - 2 - sizes[i][0]);
        REQUIRE(personal_seal(&ring, &h.archive->rng, &e) == OK);
        EXPECT_STR(entry_said_fields(&e.u.said), "");
        EXPECT_EQ((e.u.said.sealed_len - 28) % PERSONAL_SAID_STEP, 0);
        REQUIRE(entry_encode(&e, NULL, &line) == OK);
        EXPECT(!strstr(line.p, "ffff") || sizes[i][0] < 4);
        REQUIRE(entry_decode(bytes_of(line.p, line.n), &back, NULL) == OK);
        struct personal_opener o = personal_opener_of(&ring);
        struct entry other = back;
        other.u.said.bytes[0] ^= 1;
        EXPECT_EQ(o.open(o.ctx, &other), ERR_AUTH);
        REQUIRE(o.open(o.ctx, &back) == OK);
        EXPECT_STR(entry_said_fields(&back.u.said), fields);
        EXPECT_EQ(strlen(entry_said_text(&back.u.said)), kept);
        EXPECT_EQ(back.u.said.who.source, 9);
        EXPECT_STR(back.u.said.who.role, "chat");
        buffer_free(&line);
    }
    key_ring_close(&ring);
    house_end(&h);
}
