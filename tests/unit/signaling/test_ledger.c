/* What is said in a tour: who gets it, when, in which order, and who later. */
#include "tests/unit/signaling/people.h"

#include <string.h>

static void no_tick(struct signaling_config *c) {
    c->roster_tick = 50 * US_PER_MS;
}

/* Ann, a host, by 1; Bob and Cyd, guests, by 2 and 3. */
static bool open_with(struct world *w, void (*tweak)(struct signaling_config *c)) {
    if (!world_open(w, tweak ? tweak : no_tick)) {
        return false;
    }
    enter(w, 1, "agent|demo|ann|Ann");
    enter(w, 2, "buyer|demo|bob|Bob");
    enter(w, 3, "buyer|demo|cyd|Cyd");
    world_pass(w, US_PER_S);
    return world_got(w, 3, "{") || w->n > 0;
}

static void resume(struct world *w, uint64_t conn, const char *secret, int seen) {
    world_sendf(w, conn, "{\"type\":\"resume\",\"id\":3,\"resume\":\"%s\",\"seen\":%d}", secret,
                seen);
}

TEST(what_is_said_has_a_number_a_time_and_a_name) {
    struct world w;
    REQUIRE(open_with(&w, NULL));
    world_send(&w, 2, "{\"type\":\"chat\",\"id\":4,\"text\":\"Is it \\\"quiet\\\"?\\nAt night?\"}");
    static const char chat[] =
        "{\"type\":\"entry\",\"seq\":1,\"at\":\"2026-01-02T03:04:07.000Z\",\"kind\":\"chat\","
        "\"from\":\"p2\",\"name\":\"Bob\",\"text\":\"Is it \\\"quiet\\\"?\\nAt night?\"}";
    for (uint64_t conn = 1; conn <= 3; conn++) {
        EXPECT_GOT(&w, conn, chat);
    }
    EXPECT_GOT(&w, 2, "{\"type\":\"ok\",\"re\":4}");
    const struct record *r = world_effect(&w, EFFECT_ENTRY);
    REQUIRE(r != NULL);
    EXPECT_STR(r->e.name, "chat");
    EXPECT_EQ(r->e.seq, 1);
    EXPECT(r->e.participant != 0 && !r->e.on && !r->e.again);
    EXPECT_STR(r->text, "{}");
    world_send(&w, 3, "{\"type\":\"ask\",\"text\":\"Heating?\"}");
    EXPECT_GOT(&w, 1,
               "\"seq\":2,\"at\":\"2026-01-02T03:04:07.000Z\",\"kind\":\"question\","
               "\"from\":\"p3\",\"name\":\"Cyd\",\"text\":\"Heating?\",\"question\":\"q1\"}");
    world_send(&w, 1,
               "{\"type\":\"answer\",\"question\":\"q1\",\"state\":\"answered\","
               "\"text\":\"Gas.\"}");
    EXPECT_GOT(&w, 2,
               "\"kind\":\"answer\",\"from\":\"p1\",\"name\":\"Ann\",\"text\":\"Gas.\","
               "\"question\":\"q1\",\"state\":\"answered\"}");
    EXPECT_STR(world_effect(&w, EFFECT_ENTRY)->text,
               "{\"question\":\"q1\",\"state\":\"answered\"}");
    world_send(&w, 1, "{\"type\":\"chapter\",\"title\":\"Kitchen\"}");
    EXPECT_GOT(&w, 3,
               "\"seq\":4,\"at\":\"2026-01-02T03:04:07.000Z\",\"kind\":\"chapter\","
               "\"from\":\"p1\",\"name\":\"Ann\",\"title\":\"Kitchen\"}");
    world_send(&w, 2, "{\"type\":\"react\",\"reaction\":\"heart\"}");
    EXPECT_GOT(&w, 1,
               "\"kind\":\"reaction\",\"from\":\"p2\",\"name\":\"Bob\","
               "\"reaction\":\"heart\"}");
    world_close(&w);
}

TEST(what_does_not_fit_is_refused) {
    struct world w;
    REQUIRE(open_with(&w, NULL));
    static const struct {
        uint64_t conn;
        const char *text, *code, *field;
    } all[] = {
        {2, "{\"type\":\"chat\"}", "bad_field", "text"},
        {2, "{\"type\":\"chat\",\"text\":\"\"}", "bad_field", "text"},
        {2, "{\"type\":\"chat\",\"text\":\"a\\u0007b\"}", "bad_field", "text"},
        {2, "{\"type\":\"chat\",\"text\":\"a\",\"to\":\"p1\"}", "bad_field", "to"},
        {2, "{\"type\":\"ask\",\"text\":\"\\u001b[2J\"}", "bad_field", "text"},
        {1, "{\"type\":\"answer\",\"question\":\"q1\",\"state\":\"answered\"}", "bad_field",
         "question"},
        {1, "{\"type\":\"chapter\",\"title\":\"two\\nlines\"}", "bad_field", "title"},
        {2, "{\"type\":\"chapter\",\"title\":\"Kitchen\"}", "forbidden", NULL},
        {2, "{\"type\":\"follow\",\"view\":{}}", "forbidden", NULL},
        {1, "{\"type\":\"follow\",\"view\":[]}", "bad_field", "view"},
        {2, "{\"type\":\"point\",\"x\":0.5,\"y\":0.5}", "forbidden", NULL},
        {1, "{\"type\":\"point\",\"x\":0.5}", "bad_field", "y"},
        {1, "{\"type\":\"point\",\"x\":0.5,\"y\":1.01}", "bad_field", "y"},
        {1, "{\"type\":\"point\",\"x\":-0.1,\"y\":1}", "bad_field", "x"},
        {1, "{\"type\":\"point\",\"x\":0,\"y\":1,\"source\":\"a\\nb\"}", "bad_field", "source"},
        {2, "{\"type\":\"hand\",\"up\":true,\"participant\":\"p3\"}", "forbidden", NULL},
        {1, "{\"type\":\"hand\",\"up\":true,\"participant\":\"p3\"}", "forbidden", NULL},
        {1, "{\"type\":\"hand\",\"up\":false,\"participant\":\"p9\"}", "bad_field", "participant"},
        {2, "{\"type\":\"react\",\"reaction\":\"fire\"}", "bad_field", "reaction"},
        {2, "{\"type\":\"retract\",\"seq\":1}", "entry_unknown", "seq"},
        {2, "{\"type\":\"retract\",\"seq\":-1}", "bad_field", "seq"},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        world_send(&w, all[i].conn, all[i].text);
        EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 0);
        const char *got = world_got(&w, all[i].conn, all[i].code);
        EXPECT(got && strstr(got, "\"type\":\"error\""));
        if (got && all[i].field) {
            char field[32];
            EXPECT_STR(world_field(got, "field", field, sizeof(field)), all[i].field);
        }
        world_pass(&w, US_PER_S);
    }
    char text[2600] = "{\"type\":\"chat\",\"text\":\"";
    size_t n = strlen(text);
    memset(text + n, 'x', 2001);
    memcpy(text + n + 2001, "\"}", 3);
    world_send(&w, 2, text);
    EXPECT_ERROR(&w, 2, "bad_field");
    memcpy(text + n + 2000, "\"}", 3);
    world_send(&w, 2, text);
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 1);
    world_close(&w);
}

TEST(what_is_for_hosts_reaches_hosts_and_who_says_it) {
    struct world w;
    REQUIRE(open_with(&w, NULL));
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"my offer\",\"to\":\"hosts\"}");
    EXPECT_GOT(&w, 1, "\"text\":\"my offer\",\"to\":\"hosts\"}");
    EXPECT_GOT(&w, 2, "my offer");
    EXPECT_EQ(texts_to(&w, 3), 0);
    EXPECT_STR(world_effect(&w, EFFECT_ENTRY)->text, "{\"to\":\"hosts\"}");
    enter(&w, 4, "buyer|demo|dan|Dan");
    EXPECT_GOT(&w, 4, "\"entries\":[],\"seq\":1");
    enter(&w, 5, "agent|demo|eve|Eve");
    EXPECT_GOT(&w, 5, "\"text\":\"my offer\",\"to\":\"hosts\"}],\"seq\":1");
    world_close(&w);
}

TEST(who_comes_later_has_what_people_read_and_what_holds) {
    struct world w;
    REQUIRE(open_with(&w, NULL));
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"one\"}");
    world_send(&w, 2, "{\"type\":\"react\",\"reaction\":\"clap\"}");
    world_send(&w, 3, "{\"type\":\"hand\",\"up\":true}");
    EXPECT_GOT(&w, 1,
               "\"kind\":\"hand\",\"from\":\"p3\",\"name\":\"Cyd\",\"up\":true,"
               "\"participant\":\"p3\"}");
    world_send(&w, 3, "{\"type\":\"hand\",\"up\":true}"); /* it is up */
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 0);
    world_send(&w, 1, "{\"type\":\"follow\",\"view\":{ \"plan\" : [1, 2.5, null, \"x\"] }}");
    world_send(&w, 1, "{\"type\":\"point\",\"x\":0.25,\"y\":1,\"source\":\"p1/screen\"}");
    world_pass(&w, US_PER_S);
    EXPECT_GOT(&w, 3,
               "\"kind\":\"follow\",\"from\":\"p1\",\"name\":\"Ann\",\"view\":"
               "{\"plan\":[1,2.5,null,\"x\"]}}");
    EXPECT_GOT(&w, 3,
               "\"kind\":\"pointer\",\"from\":\"p1\",\"name\":\"Ann\",\"x\":0.2500,"
               "\"y\":1.0000,\"source\":\"p1/screen\"}");
    EXPECT_GOT(&w, 1, "\"type\":\"participant_changed\",\"participant\":{\"id\":\"p3\"");
    enter(&w, 4, "buyer|demo|dan|Dan");
    EXPECT_GOT(&w, 4, "\"entries\":[{\"type\":\"entry\",\"seq\":1,");
    EXPECT_GOT(&w, 4, "\"text\":\"one\"}],\"seq\":5");
    EXPECT_NOT(&w, 4, "entries_lost");
    EXPECT_GOT(&w, 4,
               "\"view\":{\"plan\":[1,2.5,null,\"x\"]},\"pointer\":{\"from\":\"p1\","
               "\"x\":0.2500,\"y\":1.0000,\"source\":\"p1/screen\"}}");
    EXPECT_GOT(&w, 4, "\"hand\":\"2026-01-02T03:04:07.000Z\"");
    /* A host lowers it; the one who points stops, and is gone. */
    world_send(&w, 1, "{\"type\":\"hand\",\"up\":false,\"participant\":\"p3\"}");
    EXPECT_GOT(&w, 3,
               "\"kind\":\"hand\",\"from\":\"p1\",\"name\":\"Ann\",\"up\":false,"
               "\"participant\":\"p3\"}");
    world_send(&w, 1, "{\"type\":\"point\"}");
    world_send(&w, 1, "{\"type\":\"follow\",\"view\":null}");
    world_pass(&w, US_PER_S);
    EXPECT_GOT(&w, 3, "\"kind\":\"pointer\",\"from\":\"p1\",\"name\":\"Ann\"}");
    EXPECT_GOT(&w, 3, "\"view\":null}");
    enter(&w, 5, "buyer|demo|fay|Fay");
    EXPECT_NOT(&w, 5, "\"hand\"");
    EXPECT_NOT(&w, 5, "\"pointer\"");
    EXPECT_NOT(&w, 5, "\"view\"");
    world_close(&w);
}

TEST(who_was_away_gets_what_is_new_and_nothing_twice) {
    struct world w;
    char secret[64];
    REQUIRE(open_with(&w, NULL));
    enter(&w, 4, "buyer|demo|dan|Dan");
    world_field(world_got(&w, 4, "joined"), "resume", secret, sizeof(secret));
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"one\"}");
    EXPECT_GOT(&w, 4, "\"seq\":1");
    world_drop(&w, 4);
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"two\"}");
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"three\"}");
    world_send(&w, 2, "{\"type\":\"retract\",\"seq\":2}");
    resume(&w, 5, secret, 1);
    EXPECT_GOT(&w, 5, "\"entries\":[{\"type\":\"entry\",\"seq\":3,");
    EXPECT_NOT(&w, 5, "\"text\":\"two\"");
    EXPECT_GOT(&w, 5,
               "\"kind\":\"retract\",\"from\":\"p2\",\"name\":\"Bob\",\"target\":2}],"
               "\"seq\":4");
    EXPECT_NOT(&w, 5, "\"text\":\"one\"");
    EXPECT_NOT(&w, 5, "entries_lost");
    world_close(&w);
}

TEST(one_takes_back_what_one_said_and_a_host_what_anybody_did) {
    struct world w;
    REQUIRE(open_with(&w, NULL));
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"one\"}");
    world_send(&w, 2, "{\"type\":\"ask\",\"text\":\"two\"}");
    world_send(&w, 3, "{\"type\":\"retract\",\"seq\":1}");
    EXPECT_ERROR(&w, 3, "forbidden");
    world_send(&w, 2, "{\"type\":\"retract\",\"seq\":1}");
    EXPECT_GOT(&w, 3, "\"kind\":\"retract\",\"from\":\"p2\",\"name\":\"Bob\",\"target\":1}");
    world_send(&w, 1, "{\"type\":\"retract\",\"seq\":2}");
    EXPECT_GOT(&w, 3, "\"from\":\"p1\",\"name\":\"Ann\",\"target\":2}");
    world_send(&w, 1, "{\"type\":\"retract\",\"seq\":2}"); /* it is gone */
    EXPECT_ERROR(&w, 1, "entry_unknown");
    world_send(&w, 1, "{\"type\":\"retract\",\"seq\":3}"); /* that was no text */
    EXPECT_ERROR(&w, 1, "entry_unknown");
    enter(&w, 4, "buyer|demo|dan|Dan");
    EXPECT_NOT(&w, 4, "\"text\":");
    world_close(&w);
}

/* Nor is it told that there was one. */
TEST(what_was_for_hosts_nobody_else_takes_back) {
    struct world w;
    REQUIRE(open_with(&w, NULL));
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"one\",\"to\":\"hosts\"}");
    world_send(&w, 3, "{\"type\":\"retract\",\"seq\":1}");
    EXPECT_ERROR(&w, 3, "entry_unknown");
    world_send(&w, 2, "{\"type\":\"retract\",\"seq\":1,\"id\":1}");
    EXPECT_GOT(&w, 2, "\"re\":1");
    world_close(&w);
}

static void short_history(struct signaling_config *c) {
    no_tick(c);
    c->history = 3;
    c->chat_per_minute = 0;
}

static void small_history(struct signaling_config *c) {
    no_tick(c);
    c->history_bytes = 2500;
    c->chat_per_minute = 0;
}

TEST(the_history_forgets_the_oldest_and_says_so) {
    struct world w;
    char secret[64], text[2100];
    REQUIRE(open_with(&w, short_history));
    enter(&w, 4, "buyer|demo|dan|Dan");
    world_field(world_got(&w, 4, "joined"), "resume", secret, sizeof(secret));
    world_drop(&w, 4);
    for (int i = 1; i <= 5; i++) {
        world_sendf(&w, 2, "{\"type\":\"chat\",\"text\":\"n%d\"}", i);
    }
    resume(&w, 5, secret, 1);
    EXPECT_GOT(&w, 5, "\"entries_lost\":true");
    EXPECT_GOT(&w, 5, "\"entries\":[{\"type\":\"entry\",\"seq\":3,");
    world_field(world_got(&w, 5, "resumed"), "resume", secret, sizeof(secret));
    enter(&w, 6, "buyer|demo|eve|Eve");
    EXPECT_GOT(&w, 6, "\"entries_lost\":true");
    world_drop(&w, 5);
    resume(&w, 7, secret, 2);
    EXPECT_GOT(&w, 7, "resumed");
    EXPECT_NOT(&w, 7, "entries_lost");
    world_close(&w);
    REQUIRE(open_with(&w, small_history));
    memset(text, 'x', 1500);
    text[1500] = '\0';
    for (int i = 1; i <= 3; i++) {
        world_sendf(&w, 2, "{\"type\":\"chat\",\"text\":\"%s\"}", text);
    }
    enter(&w, 6, "buyer|demo|eve|Eve");
    EXPECT_GOT(&w, 6, "\"entries\":[{\"type\":\"entry\",\"seq\":3,");
    EXPECT_GOT(&w, 6, "\"seq\":3,\"entries_lost\":true");
    world_close(&w);
}

TEST(who_says_too_much_is_slowed_down) {
    struct world w;
    REQUIRE(open_with(&w, NULL));
    for (int i = 0; i < 10; i++) {
        world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"x\"}");
        EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 1);
    }
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"x\"}");
    EXPECT_ERROR(&w, 2, "rate_limited");
    world_send(&w, 2, "{\"type\":\"react\",\"reaction\":\"wow\"}"); /* it is one budget */
    EXPECT_ERROR(&w, 2, "rate_limited");
    world_send(&w, 3, "{\"type\":\"chat\",\"text\":\"x\"}"); /* and each has his own */
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 1);
    world_pass(&w, US_PER_S);
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"x\"}");
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 1);
    world_close(&w);
}

TEST(a_pointer_is_told_once_in_a_tick_where_it_was_last) {
    struct world w;
    REQUIRE(open_with(&w, NULL));
    world_send(&w, 1, "{\"type\":\"point\",\"x\":0,\"y\":0}");
    world_send(&w, 1, "{\"type\":\"point\",\"x\":0.5,\"y\":0.12344}");
    world_send(&w, 1, "{\"type\":\"point\",\"x\":0.7,\"y\":0.12346}");
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 0);
    size_t before = w.n;
    world_pass(&w, 60 * US_PER_MS);
    w.mark = before;
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 1);
    EXPECT_GOT(&w, 2, "\"x\":0.7000,\"y\":0.1235}");
    /* Who goes points no more. */
    before = w.n;
    enter(&w, 4, "agent|demo|eve|Eve");
    world_send(&w, 1, "{\"type\":\"leave\"}");
    world_pass(&w, 60 * US_PER_MS);
    w.mark = before;
    EXPECT_GOT(&w, 2, "\"kind\":\"pointer\",\"from\":null}");
    enter(&w, 5, "buyer|demo|dan|Dan");
    EXPECT_NOT(&w, 5, "\"pointer\"");
    world_close(&w);
}

TEST(who_is_host_no_more_points_no_more) {
    struct world w;
    REQUIRE(open_with(&w, NULL));
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}");
    world_send(&w, 2, "{\"type\":\"point\",\"x\":0,\"y\":0}");
    world_pass(&w, US_PER_S);
    size_t before = w.n;
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":false}");
    world_pass(&w, US_PER_S);
    w.mark = before;
    EXPECT_GOT(&w, 3, "\"kind\":\"pointer\",\"from\":\"p2\",\"name\":\"Bob\"}");
    enter(&w, 4, "buyer|demo|dan|Dan");
    EXPECT_NOT(&w, 4, "\"pointer\"");
    world_close(&w);
}

TEST(a_recording_that_begins_hears_what_holds) {
    struct world w;
    REQUIRE(world_open(&w, no_tick));
    world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 0);
    world_send(&w, 1, "{\"type\":\"chat\",\"text\":\"x\"}");
    EXPECT(world_effect(&w, EFFECT_ENTRY)->e.on);
    world_send(&w, 1, "{\"type\":\"chapter\",\"title\":\"Hall\"}");
    world_send(&w, 1, "{\"type\":\"hand\",\"up\":true}");
    world_send(&w, 1, "{\"type\":\"point\",\"x\":0,\"y\":0}");
    world_send(&w, 1, "{\"type\":\"follow\",\"view\":{\"a\":1}}");
    world_pass(&w, US_PER_S);
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true,\"paused\":true}");
    world_send(&w, 1, "{\"type\":\"chat\",\"text\":\"y\"}");
    EXPECT(world_effect(&w, EFFECT_ENTRY) && !world_effect(&w, EFFECT_ENTRY)->e.on);
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true,\"paused\":false}");
    static const char *const names[] = {"chapter", "hand", "follow", "pointer"};
    size_t n = 0;
    for (size_t i = w.mark; i < w.n; i++) {
        const struct signaling_effect *e = &w.log[i].e;
        if (e->type == EFFECT_ENTRY) {
            REQUIRE(n < ARRAY_LEN(names));
            EXPECT_STR(e->name, names[n++]);
            EXPECT(e->on && e->again && e->participant);
        }
    }
    EXPECT_EQ(n, ARRAY_LEN(names));
    world_close(&w);
}

/* Entries of this kind since the mark, and what the last one says. */
static size_t told(const struct world *w, const char *kind, const struct record **ret) {
    size_t n = 0;
    for (size_t i = w->mark; i < w->n; i++) {
        const struct record *r = &w->log[i];
        if (r->e.type == EFFECT_ENTRY && strcmp(r->e.name, kind) == 0) {
            *ret = r;
            n++;
        }
    }
    return n;
}

/* It was refused when it was ordered: what was said then, it has not heard. */
TEST(a_recording_that_begins_later_hears_what_holds_by_then) {
    struct world w;
    const struct record *r = NULL;
    REQUIRE(world_open(&w, no_tick));
    world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    uint64_t tour = world_effect(&w, EFFECT_RECORD)->e.tour;
    signaling_recording(w.signaling, tour, RECORDING_FAILING);
    world_join(&w, 2, "buyer|taped|bob|Bob", small_offer(), yes_and_lines);
    world_send(&w, 1, "{\"type\":\"chapter\",\"title\":\"Hall\"}");
    world_send(&w, 1, "{\"type\":\"chapter\",\"title\":\"Garden\"}");
    world_send(&w, 1, "{\"type\":\"spotlight\",\"participant\":\"p2\"}");
    world_send(&w, 1, "{\"type\":\"follow\",\"view\":{\"a\":1}}");
    world_pass(&w, US_PER_S);
    w.mark = w.n;
    signaling_recording_begins(w.signaling, tour);
    world_drain(&w);
    EXPECT_EQ(told(&w, "chapter", &r), 1);
    REQUIRE(r);
    EXPECT(r->e.on && r->e.again);
    EXPECT_EQ(told(&w, "follow", &r), 1);
    EXPECT_EQ(told(&w, "spotlight", &r), 1);
    EXPECT_STR(r->text, "{\"participant\":\"p2\"}");
    EXPECT_EQ(world_count(&w, EFFECT_SEND), 0); /* people have heard of it */
    /* One that was stopped meanwhile, or whose tour is gone, is told nothing. */
    world_send(&w, 1, "{\"type\":\"record\",\"on\":false}");
    w.mark = w.n;
    signaling_recording_begins(w.signaling, tour);
    signaling_recording_begins(w.signaling, 999);
    world_drain(&w);
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 0);
    world_close(&w);
}

/* It stands in the recording, and must not stay there. */
TEST(what_is_taken_back_during_a_pause_is_taken_out_of_the_recording) {
    struct world w;
    const struct record *r = NULL;
    REQUIRE(world_open(&w, no_tick));
    world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    world_send(&w, 1, "{\"type\":\"chat\",\"text\":\"x\"}");
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true,\"paused\":true}");
    world_send(&w, 1, "{\"type\":\"retract\",\"seq\":1}");
    EXPECT_EQ(told(&w, "retract", &r), 1);
    EXPECT(r && r->e.on);
    world_close(&w);
}

TEST(what_the_history_has_forgotten_cannot_be_taken_back) {
    struct world w;
    REQUIRE(open_with(&w, short_history));
    for (int i = 1; i <= 4; i++) {
        world_sendf(&w, 2, "{\"type\":\"chat\",\"text\":\"n%d\"}", i);
    }
    world_send(&w, 2, "{\"type\":\"retract\",\"seq\":1}");
    EXPECT_ERROR(&w, 2, "entry_unknown");
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 0); /* nor does the recording say so */
    /* The oldest goes out by the entry that takes it back. */
    world_send(&w, 2, "{\"type\":\"retract\",\"seq\":2}");
    EXPECT_EQ(world_count(&w, EFFECT_ENTRY), 1);
    enter(&w, 4, "buyer|demo|dan|Dan");
    EXPECT_GOT(&w, 4, "\"entries\":[{\"type\":\"entry\",\"seq\":3,");
    EXPECT_GOT(&w, 4, "\"target\":2}],\"seq\":5");
    world_close(&w);
}

TEST(another_run_begins_with_an_empty_ledger) {
    struct world w;
    REQUIRE(open_with(&w, NULL));
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"one\"}");
    world_send(&w, 2, "{\"type\":\"ask\",\"text\":\"two\"}");
    world_send(&w, 1, "{\"type\":\"follow\",\"view\":{}}");
    world_send(&w, 1, "{\"type\":\"end\"}");
    enter(&w, 5, "agent|demo|ann|Ann");
    EXPECT_GOT(&w, 5, "\"entries\":[],\"seq\":0");
    EXPECT_NOT(&w, 5, "\"view\"");
    world_send(&w, 5, "{\"type\":\"ask\",\"text\":\"two\"}");
    EXPECT_GOT(&w, 5, "\"seq\":1,");
    EXPECT_GOT(&w, 5, "\"question\":\"q1\"");
    world_close(&w);
}
