/* What a platform does in place of a host: by the same rules, and nobody is told who it was. */
#include "base/json_write.h"
#include "signaling/platform.h"
#include "signaling/words/said_limits.h"
#include "json/json_read.h"

#include "tests/unit/signaling/people.h"

#include <string.h>

/* Ann, a host, by 1; Bob and Cyd, guests, by 2 and 3; Otto, who observes, by 4. */
static bool meet(struct world *w) {
    if (!world_open(w, NULL)) {
        return false;
    }
    enter(w, 1, "agent|demo|ann|Ann");
    enter(w, 2, "buyer|demo|bob|Bob");
    enter(w, 3, "buyer|demo|cyd|Cyd");
    world_join(w, 4, "ops|demo|otto|Otto", small_offer(), small_lines);
    world_pass(w, US_PER_S);
    w->mark = w->n;
    return true;
}

static void changes_limited(struct signaling_config *c) {
    c->changes_per_minute = 60;
    c->chat_per_minute = 60;
}

/* A member of the document *ret, which is to be freed. */
static const struct json *read_x(const char *text, const struct json **ret) {
    struct json_error why = {0};
    const struct json_limits limits = {.bytes = 256, .depth = 4, .values = 64};
    EXPECT_EQ(json_read(text, strlen(text), &limits, ret, &why), OK);
    return json_member(*ret, "x");
}

/* An order, of which the world tells what it led to, and then the tick. */
#define ORDER(w, call)                   \
    __extension__({                      \
        (w)->mark = (w)->n;              \
        enum code code_ = (call);        \
        world_drain(w);                  \
        size_t from_ = (w)->mark;        \
        world_pass((w), 60 * US_PER_MS); \
        (w)->mark = from_;               \
        code_;                           \
    })

static enum code tour_order(struct world *w, enum signaling_tour_order o) {
    return ORDER(w, signaling_tour_order(w->signaling, w->now, "demo", o));
}

static enum code person_order(struct world *w, const char *id, enum signaling_person_order o) {
    return ORDER(w, signaling_person_order(w->signaling, w->now, "demo", id, o));
}

TEST(platform_mutes_one_and_all) {
    struct world w;
    REQUIRE(meet(&w));
    EXPECT_EQ(ORDER(&w, signaling_person_mute(w.signaling, w.now, "demo", "p2", SOURCE_CAMERA)),
              CODE_OK);
    EXPECT_GOT(&w, 2, "{\"type\":\"muted\",\"source\":\"camera\",\"by\":null}");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 1);
    EXPECT_EQ(ORDER(&w, signaling_person_mute(w.signaling, w.now, "demo", "p2", SOURCE_CAMERA)),
              CODE_OK); /* again: nothing is to be done */
    EXPECT_NOT(&w, 2, "muted");
    EXPECT_EQ(ORDER(&w, signaling_person_mute(w.signaling, w.now, "demo", "p9", SOURCE_CAMERA)),
              CODE_RESOURCE_UNKNOWN);
    const struct json *doc, *but = read_x("{\"x\":[\"p3\",\"p77\"]}", &doc);
    EXPECT_EQ(ORDER(&w, signaling_tour_mute(w.signaling, w.now, "demo", SOURCE_MICROPHONE, but)),
              CODE_OK);
    EXPECT_GOT(&w, 2, "\"source\":\"microphone\",\"by\":null");
    EXPECT_NOT(&w, 1, "\"type\":\"muted\"");
    EXPECT_NOT(&w, 3, "\"type\":\"muted\"");
    json_free(doc);
    /* Who was muted decides when to speak again. */
    world_send(&w, 2, "{\"type\":\"mute\",\"id\":1,\"kind\":\"camera\",\"muted\":false}");
    EXPECT_GOT(&w, 2, "\"re\":1");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 1);
    world_close(&w);
}

static struct capabilities_part part(const char *text) {
    struct capabilities_part p = {0};
    const struct json *doc, *can = read_x(text, &doc);
    EXPECT(capabilities_read(can, &p));
    json_free(doc);
    return p;
}

TEST(platform_allows_one_and_all_but_some) {
    struct world w;
    const struct json *doc;
    REQUIRE(meet(&w));
    const struct capabilities_part quiet = part("{\"x\":{\"audio\":\"receive\"}}");
    EXPECT_EQ(ORDER(&w, signaling_person_allow(w.signaling, w.now, "demo", "p2", &quiet)), CODE_OK);
    EXPECT_GOT(&w, 3, "\"can\":{\"audio\":\"receive\"");
    EXPECT_EQ(world_commands(&w, COMMAND_MUTE), 1);
    EXPECT_EQ(ORDER(&w, signaling_person_allow(w.signaling, w.now, "demo", "p1", &quiet)),
              CODE_FORBIDDEN); /* a host may all */
    EXPECT_EQ(ORDER(&w, signaling_person_allow(w.signaling, w.now, "demo", "p8", &quiet)),
              CODE_RESOURCE_UNKNOWN);
    struct signaling_allowed all = {.can = part("{\"x\":{\"camera\":\"none\"}}"),
                                    .except = read_x("{\"x\":[\"p3\"]}", &doc)};
    EXPECT_EQ(ORDER(&w, signaling_tour_allow(w.signaling, w.now, "demo", &all)), CODE_OK);
    EXPECT_GOT(&w, 1, "\"id\":\"p2\"");
    EXPECT_NOT(&w, 1, "\"id\":\"p3\"");
    json_free(doc);
    struct signaling_allowed some = {.can = quiet, .list = read_x("{\"x\":[\"p3\",\"p9\"]}", &doc)};
    EXPECT_EQ(ORDER(&w, signaling_tour_allow(w.signaling, w.now, "demo", &some)),
              CODE_RESOURCE_UNKNOWN);
    EXPECT_EQ(w.n, w.mark);
    json_free(doc);
    some.list = read_x("{\"x\":[\"p3\"]}", &doc);
    EXPECT_EQ(ORDER(&w, signaling_tour_allow(w.signaling, w.now, "demo", &some)), CODE_OK);
    EXPECT_GOT(&w, 1, "\"id\":\"p3\"");
    json_free(doc);
    world_close(&w);
}

TEST(platform_makes_hosts_and_spotlights) {
    struct world w;
    REQUIRE(meet(&w));
    EXPECT_EQ(person_order(&w, "p2", PERSON_HOST), CODE_OK);
    EXPECT_GOT(&w, 3, "\"kind\":\"host\",\"from\":null,\"participant\":\"p2\",\"host\":true}");
    EXPECT_EQ(person_order(&w, "p1", PERSON_GUEST), CODE_OK);
    EXPECT_EQ(person_order(&w, "p2", PERSON_GUEST), CODE_OK); /* the last one, too */
    EXPECT_GOT(&w, 3, "\"participant\":\"p2\",\"host\":false}");
    EXPECT_EQ(person_order(&w, "p4", PERSON_HOST), CODE_FORBIDDEN);
    EXPECT_EQ(person_order(&w, "p4", PERSON_LEAD), CODE_FORBIDDEN);
    EXPECT_EQ(ORDER(&w, signaling_tour_spotlight(w.signaling, w.now, "demo", "p3")), CODE_OK);
    EXPECT_GOT(&w, 2, "\"kind\":\"spotlight\",\"from\":null,\"participant\":\"p3\"}");
    EXPECT_GOT(&w, 2, "\"spotlight\":\"p3\"");
    EXPECT_EQ(ORDER(&w, signaling_tour_spotlight(w.signaling, w.now, "demo", "p4")),
              CODE_FORBIDDEN);
    EXPECT_EQ(ORDER(&w, signaling_tour_spotlight(w.signaling, w.now, "demo", "p7")),
              CODE_RESOURCE_UNKNOWN);
    EXPECT_EQ(tour_order(&w, TOUR_NO_SPOTLIGHT), CODE_OK);
    EXPECT_GOT(&w, 2, "\"participant\":null}");
    EXPECT_EQ(tour_order(&w, TOUR_NO_SPOTLIGHT), CODE_OK);
    EXPECT_EQ(w.n, w.mark);
    world_close(&w);
}

TEST(platform_opens_and_closes_the_lobby_and_admits) {
    struct world w;
    REQUIRE(meet(&w));
    EXPECT_EQ(tour_order(&w, TOUR_LOBBY_ON), CODE_OK);
    for (uint64_t conn = 5; conn <= 8; conn++) {
        world_sendf(&w, conn,
                    "{\"type\":\"join\",\"id\":7,\"token\":\"buyer|demo|g%d|G\",\"tour\":\"demo\"}",
                    (int)conn);
        EXPECT_GOT(&w, conn, "\"type\":\"lobby\"");
    }
    const struct json *doc, *other, *some = read_x("{\"x\":[\"p5\",\"p6\"]}", &doc);
    const struct json *wrong = read_x("{\"x\":[\"p7\",\"p1\"]}", &other);
    EXPECT_EQ(ORDER(&w, signaling_tour_admit(w.signaling, w.now, "demo", wrong)),
              CODE_RESOURCE_UNKNOWN);
    EXPECT_NOT(&w, 7, "admitted");
    EXPECT_EQ(ORDER(&w, signaling_tour_admit(w.signaling, w.now, "demo", some)), CODE_OK);
    EXPECT_GOT(&w, 5, "admitted");
    EXPECT_NOT(&w, 7, "admitted");
    EXPECT_EQ(ORDER(&w, signaling_tour_admit(w.signaling, w.now, "demo", NULL)), CODE_OK);
    EXPECT_GOT(&w, 7, "admitted");
    EXPECT_EQ(ORDER(&w, signaling_tour_admit(w.signaling, w.now, "demo", NULL)), CODE_OK);
    EXPECT_EQ(w.n, w.mark);
    EXPECT_EQ(tour_order(&w, TOUR_LOBBY_OFF), CODE_OK);
    EXPECT(!tour_of(&w, "demo").lobby_on);
    json_free(doc);
    json_free(other);
    world_close(&w);
}

TEST(platform_finds_no_room_as_a_host_does_not) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.lobby = true, .capacity = 2});
    enter(&w, 1, "agent|shown|ann|Ann");
    enter(&w, 2, "buyer|shown|bob|Bob");
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    EXPECT_EQ(ORDER(&w, signaling_tour_admit(w.signaling, w.now, "shown", NULL)), CODE_TOUR_FULL);
    EXPECT_EQ(ORDER(&w, signaling_tour_order(w.signaling, w.now, "shown", TOUR_LOBBY_OFF)),
              CODE_TOUR_FULL);
    EXPECT_EQ(ORDER(&w, signaling_person_order(w.signaling, w.now, "shown", "p2", PERSON_ADMIT)),
              CODE_OK);
    EXPECT_EQ(ORDER(&w, signaling_person_order(w.signaling, w.now, "shown", "p3", PERSON_ADMIT)),
              CODE_TOUR_FULL);
    world_close(&w);
}

TEST(platform_records) {
    struct world w;
    REQUIRE(meet(&w));
    EXPECT_EQ(tour_order(&w, TOUR_RECORD), CODE_FORBIDDEN); /* this tour never is */
    world_join(&w, 9, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    EXPECT_EQ(ORDER(&w, signaling_tour_order(w.signaling, w.now, "taped", TOUR_PAUSE)), CODE_OK);
    const struct record *r = world_effect(&w, EFFECT_RECORD_PAUSE);
    REQUIRE(r);
    EXPECT(r->e.on && r->e.participant == 0);
    EXPECT(tour_of(&w, "taped").recording_paused);
    EXPECT_EQ(ORDER(&w, signaling_tour_order(w.signaling, w.now, "taped", TOUR_RECORD)), CODE_OK);
    EXPECT(!tour_of(&w, "taped").recording_paused);
    EXPECT_EQ(ORDER(&w, signaling_tour_order(w.signaling, w.now, "taped", TOUR_STOP)), CODE_OK);
    EXPECT(world_effect(&w, EFFECT_RECORD) && !world_effect(&w, EFFECT_RECORD)->e.on);
    EXPECT_EQ(ORDER(&w, signaling_tour_order(w.signaling, w.now, "taped", TOUR_STOP)), CODE_OK);
    EXPECT_EQ(world_count(&w, EFFECT_RECORD), 0);
    world_close(&w);
}

/* ---- words ---- */

static enum code say(struct world *w, const struct signaling_said *said, uint64_t *seq) {
    *seq = 0;
    return ORDER(w, signaling_say(w->signaling, w->now, "demo", said, seq));
}

static const char *history(struct world *w, uint64_t after, char out[2048]) {
    struct buffer b = buffer_fixed(out, 2048);
    EXPECT(signaling_history(w->signaling, "demo", after, &b));
    EXPECT(!b.bad);
    return out;
}

TEST(platform_says_reads_and_takes_back) {
    struct world w;
    uint64_t seq;
    char text[2048];
    REQUIRE(meet(&w));
    EXPECT_EQ(say(&w, &(struct signaling_said){.what = SAID_CHAT, .text = "Five\nminutes"}, &seq),
              CODE_OK);
    EXPECT_EQ(seq, 1);
    EXPECT_GOT(&w, 2, "\"kind\":\"chat\",\"from\":null,\"text\":\"Five\\nminutes\"}");
    EXPECT_EQ(
        say(&w, &(struct signaling_said){.what = SAID_CHAT, .text = "x", .to_hosts = true}, &seq),
        CODE_OK);
    EXPECT_GOT(&w, 1, "\"to\":\"hosts\"");
    EXPECT_NOT(&w, 2, "\"to\":\"hosts\"");
    EXPECT_EQ(say(&w, &(struct signaling_said){.what = SAID_CHAPTER, .text = "Hall"}, &seq),
              CODE_OK);
    EXPECT_EQ(say(&w, &(struct signaling_said){.what = SAID_CHAT, .text = "\a"}, &seq),
              CODE_BAD_FIELD);
    struct signaling_said answer = {.what = SAID_ANSWER, .question = "q1", .state = "answered"};
    EXPECT_EQ(say(&w, &answer, &seq), CODE_ENTRY_UNKNOWN);
    world_send(&w, 2, "{\"type\":\"ask\",\"text\":\"Heating?\"}");
    EXPECT_EQ(say(&w, &answer, &seq), CODE_OK);
    EXPECT_EQ(seq, 5);
    EXPECT(strstr(history(&w, 0, text), "\"to\":\"hosts\"") != NULL); /* a platform sees all */
    EXPECT(strstr(text, "\"seq\":5,\"entries_lost\":false") != NULL);
    EXPECT(!strstr(history(&w, 4, text), "Heating?"));
    /* What anybody wrote; once. */
    EXPECT_EQ(ORDER(&w, signaling_retract(w.signaling, w.now, "demo", 4)), CODE_OK);
    EXPECT_GOT(&w, 3, "\"kind\":\"retract\",\"from\":null,\"target\":4}");
    EXPECT(!strstr(history(&w, 0, text), "Heating?"));
    EXPECT_EQ(ORDER(&w, signaling_retract(w.signaling, w.now, "demo", 4)), CODE_ENTRY_UNKNOWN);
    EXPECT_EQ(ORDER(&w, signaling_retract(w.signaling, w.now, "demo", 3)), CODE_ENTRY_UNKNOWN);
    world_close(&w);
}

TEST(platform_that_says_too_much_is_slowed_down) {
    struct world w;
    uint64_t seq;
    const struct signaling_said x = {.what = SAID_CHAT, .text = "x"};
    REQUIRE(meet(&w));
    enum code code = CODE_OK;
    size_t n = 0;
    while (n < 100 && (code = signaling_say(w.signaling, w.now, "demo", &x, &seq)) == CODE_OK) {
        n++;
    }
    EXPECT_EQ(code, CODE_RATE_LIMITED);
    EXPECT_EQ(n, 10);
    world_drain(&w);
    world_send(&w, 2, "{\"type\":\"chat\",\"id\":1,\"text\":\"x\"}"); /* and nobody else is */
    EXPECT_GOT(&w, 2, "\"re\":1");
    world_close(&w);
}

/* As a host: 60 changes a minute, 20 at once. To mute, let in, remove and stop is never too often.
 */
TEST(platform_that_changes_too_much_is_slowed_down) {
    struct world w;
    uint64_t seq;
    const struct signaling_said x = {.what = SAID_CHAT, .text = "x"};
    REQUIRE(world_open(&w, changes_limited));
    enter(&w, 1, "agent|demo|ann|Ann");
    enter(&w, 2, "buyer|demo|bob|Bob");
    world_join(&w, 9, "agent|taped|tom|Tom", small_offer(), yes_and_lines);
    for (int i = 0; i < 20; i++) {
        EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "demo", i & 1 ? TOUR_UNLOCK : TOUR_LOCK),
                  CODE_OK);
    }
    EXPECT_EQ(tour_order(&w, TOUR_LOCK), CODE_RATE_LIMITED);
    EXPECT(!tour_of(&w, "demo").locked);
    EXPECT_EQ(tour_order(&w, TOUR_LOBBY_ON), CODE_RATE_LIMITED);
    EXPECT_EQ(tour_order(&w, TOUR_NO_SPOTLIGHT), CODE_RATE_LIMITED);
    EXPECT_EQ(signaling_tour_change(w.signaling, w.now, "demo"), CODE_RATE_LIMITED);
    EXPECT_EQ(signaling_tour_change(w.signaling, w.now, "none"), CODE_OK); /* it does not run */
    EXPECT_EQ(person_order(&w, "p2", PERSON_HOST), CODE_RATE_LIMITED);
    EXPECT_EQ(person_order(&w, "p2", PERSON_LEAD), CODE_RATE_LIMITED);
    EXPECT_EQ(person_order(&w, "p9", PERSON_LEAD), CODE_RESOURCE_UNKNOWN);
    EXPECT_EQ(ORDER(&w, signaling_tour_spotlight(w.signaling, w.now, "demo", "p2")),
              CODE_RATE_LIMITED);
    EXPECT_EQ(ORDER(&w, signaling_person_mute(w.signaling, w.now, "demo", "p2", SOURCE_CAMERA)),
              CODE_OK);
    EXPECT_EQ(signaling_say(w.signaling, w.now, "demo", &x, &seq), CODE_OK);
    world_send(&w, 1, "{\"type\":\"lock\",\"id\":1,\"on\":true}"); /* a host has his own */
    EXPECT_GOT(&w, 1, "\"re\":1");
    /* Nor has another tour, where recording may begin so often, and end and pause always. */
    for (int i = 0; i < 20; i++) {
        EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "taped", TOUR_RECORD), CODE_OK);
    }
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "taped", TOUR_RECORD), CODE_RATE_LIMITED);
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "taped", TOUR_PAUSE), CODE_OK);
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "taped", TOUR_STOP), CODE_OK);
    world_close(&w);
}

/* What it is told counts, and when it may again is true. */
TEST(platform_is_told_when_to_come_again) {
    struct world w;
    REQUIRE(world_open(&w, changes_limited));
    enter(&w, 1, "agent|demo|ann|Ann");
    enum code code = CODE_OK;
    for (int n = 0; n < 100 && code == CODE_OK; n++) {
        code = signaling_tour_order(w.signaling, w.now, "demo", TOUR_LOCK);
    }
    const struct signaling_stats before = signaling_stats(w.signaling);
    us_t wait = signaling_refused(w.signaling, w.now, "demo", code);
    const struct signaling_stats after = signaling_stats(w.signaling);
    EXPECT_EQ(after.refused[CODE_RATE_LIMITED], before.refused[CODE_RATE_LIMITED] + 1);
    EXPECT(wait > 0 && wait <= US_PER_S);
    world_pass(&w, wait - 1);
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "demo", TOUR_LOCK), CODE_RATE_LIMITED);
    world_pass(&w, 1);
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "demo", TOUR_LOCK), CODE_OK);
    EXPECT_EQ(signaling_refused(w.signaling, w.now, "nowhere", CODE_TOUR_UNKNOWN), 0);
    world_close(&w);
}

TEST(platform_lowers_a_hand) {
    struct world w;
    REQUIRE(meet(&w));
    world_send(&w, 2, "{\"type\":\"hand\",\"up\":true}");
    EXPECT_EQ(person_order(&w, "p2", PERSON_LOWER_HAND), CODE_OK);
    EXPECT_GOT(&w, 3, "\"kind\":\"hand\",\"from\":null,\"up\":false,\"participant\":\"p2\"}");
    EXPECT_EQ(person_order(&w, "p2", PERSON_LOWER_HAND), CODE_OK);
    EXPECT_EQ(w.n, w.mark);
    world_close(&w);
}

/* Much was said before: to lower a hand is no message more, neither of a platform nor of a host. */
TEST(platform_and_host_lower_hands_after_many_words) {
    struct world w;
    uint64_t seq;
    REQUIRE(meet(&w));
    world_send(&w, 2, "{\"type\":\"hand\",\"up\":true}");
    world_send(&w, 3, "{\"type\":\"hand\",\"up\":true}");
    for (int i = 0; i < 10; i++) {
        const struct signaling_said x = {.what = SAID_CHAT, .text = "x"};
        EXPECT_EQ(signaling_say(w.signaling, w.now, "demo", &x, &seq), CODE_OK);
        world_drain(&w);
        world_send(&w, 1, "{\"type\":\"chat\",\"id\":1,\"text\":\"x\"}");
        EXPECT_GOT(&w, 1, "\"re\":1");
    }
    EXPECT_EQ(person_order(&w, "p2", PERSON_LOWER_HAND), CODE_OK);
    EXPECT_GOT(&w, 3, "\"kind\":\"hand\",\"from\":null,\"up\":false,\"participant\":\"p2\"}");
    world_send(&w, 1, "{\"type\":\"hand\",\"id\":2,\"up\":false,\"participant\":\"p3\"}");
    EXPECT_GOT(&w, 1, "\"re\":2");
    EXPECT_GOT(&w, 3, "\"participant\":\"p3\"}");
    world_send(&w, 1, "{\"type\":\"hand\",\"id\":3,\"up\":true}"); /* one's own is */
    EXPECT_GOT(&w, 1, "rate_limited");
    world_close(&w);
}

/* ---- what is shown ---- */

static enum code point_at(struct world *w, double x, double y, const char *source) {
    const struct signaling_place at = {x, y, source};
    return ORDER(w, signaling_point(w->signaling, w->now, "demo", &at));
}

static enum code point_no_more(struct world *w) {
    return ORDER(w, signaling_point(w->signaling, w->now, "demo", NULL));
}

static enum code show(struct world *w, const char *tour, const char *view) {
    struct buffer b = {0};
    buffer_put(&b, view, strlen(view));
    return ORDER(w, signaling_follow(w->signaling, w->now, tour, &b));
}

TEST(platform_points_and_ends_whoever_points) {
    struct world w;
    REQUIRE(meet(&w));
    EXPECT_EQ(point_no_more(&w), CODE_OK);
    EXPECT_EQ(w.n, w.mark);
    EXPECT_EQ(point_at(&w, 0.25, 1, "p1/screen"), CODE_OK);
    EXPECT_GOT(&w, 2,
               "\"kind\":\"pointer\",\"from\":null,\"x\":0.2500,\"y\":1.0000,"
               "\"source\":\"p1/screen\"}");
    enter(&w, 5, "buyer|demo|dan|Dan"); /* who comes later knows */
    EXPECT_GOT(&w, 5, "\"pointer\":{\"from\":null,\"x\":0.2500,");
    world_send(&w, 1, "{\"type\":\"point\",\"id\":1}"); /* a host ends his own only */
    EXPECT_GOT(&w, 1, "\"re\":1");
    world_pass(&w, 60 * US_PER_MS);
    EXPECT_NOT(&w, 2, "\"kind\":\"pointer\"");
    world_send(&w, 1, "{\"type\":\"point\",\"x\":0,\"y\":0}");
    world_pass(&w, 60 * US_PER_MS);
    EXPECT_EQ(point_no_more(&w), CODE_OK);
    EXPECT_GOT(&w, 2, "\"kind\":\"pointer\",\"from\":null}");
    enter(&w, 6, "buyer|demo|eve|Eve");
    EXPECT_NOT(&w, 6, "\"pointer\":");
    EXPECT_EQ(point_at(&w, 1.01, 0, NULL), CODE_BAD_FIELD);
    EXPECT_EQ(point_at(&w, 0, -0.1, NULL), CODE_BAD_FIELD);
    EXPECT_EQ(point_at(&w, 0, 0, "a\nb"), CODE_BAD_FIELD);
    EXPECT_EQ(point_at(&w, 0, 0, "123456789012345678901234567890123"), CODE_BAD_FIELD);
    EXPECT_EQ(w.n, w.mark);
    world_close(&w);
}

TEST(platform_points_many_times_and_is_told_once_in_a_tick) {
    struct world w;
    REQUIRE(meet(&w));
    for (int i = 0; i <= 100; i++) {
        const struct signaling_place at = {i / 100.0, 0.5, NULL};
        EXPECT_EQ(signaling_point(w.signaling, w.now, "demo", &at), CODE_OK);
    }
    world_drain(&w);
    world_pass(&w, 60 * US_PER_MS);
    w.mark = 0;
    EXPECT_GOT(&w, 2, "\"kind\":\"pointer\",\"from\":null,\"x\":1.0000,\"y\":0.5000}");
    EXPECT_NOT(&w, 2, "\"x\":0.9900");
    world_close(&w);
}

TEST(platform_shows_what_all_see) {
    struct world w;
    REQUIRE(meet(&w));
    EXPECT_EQ(show(&w, "demo", "{\"plan\":2}"), CODE_OK);
    EXPECT_GOT(&w, 2, "\"kind\":\"follow\",\"from\":null,\"view\":{\"plan\":2}}");
    enter(&w, 5, "buyer|demo|dan|Dan");
    EXPECT_GOT(&w, 5, "\"view\":{\"plan\":2}");
    char large[VIEW_MAX + 2] = "";
    EXPECT_EQ(show(&w, "demo", memset(large, ' ', VIEW_MAX + 1)), CODE_BAD_FIELD);
    EXPECT_EQ(w.n, w.mark);
    EXPECT_EQ(show(&w, "demo", ""), CODE_OK);
    EXPECT_GOT(&w, 2, "\"kind\":\"follow\",\"from\":null,\"view\":null}");
    EXPECT_EQ(show(&w, "nowhere", "{}"), CODE_TOUR_UNKNOWN);
    world_close(&w);
}

/* What a platform points at and shows is told to a recording that begins later, as of nobody. */
TEST(platform_shows_what_a_recording_hears) {
    struct world w;
    const struct signaling_place at = {0.5, 0.5, NULL};
    REQUIRE(meet(&w));
    world_join(&w, 9, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    EXPECT_EQ(show(&w, "taped", "{\"plan\":2}"), CODE_OK);
    EXPECT_EQ(signaling_point(w.signaling, w.now, "taped", &at), CODE_OK);
    world_pass(&w, 60 * US_PER_MS);
    world_send(&w, 9, "{\"type\":\"record\",\"on\":true,\"paused\":true}");
    world_send(&w, 9, "{\"type\":\"record\",\"on\":true}");
    size_t found = 0;
    for (size_t i = w.mark; i < w.n; i++) {
        const struct record *r = &w.log[i];
        found += r->e.type == EFFECT_ENTRY && r->e.again && r->e.participant == 0 &&
                 (strcmp(r->e.name, "follow") == 0 || strcmp(r->e.name, "pointer") == 0);
    }
    EXPECT_EQ(found, 2);
    world_close(&w);
}

/* The chapter that a platform began holds as any. */
TEST(platform_begins_a_chapter_that_a_recording_hears) {
    struct world w;
    uint64_t seq;
    REQUIRE(meet(&w));
    world_join(&w, 9, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    EXPECT_EQ(signaling_say(w.signaling, w.now, "taped",
                            &(struct signaling_said){.what = SAID_CHAPTER, .text = "Hall"}, &seq),
              CODE_OK);
    world_send(&w, 9, "{\"type\":\"record\",\"on\":true,\"paused\":true}");
    world_send(&w, 9, "{\"type\":\"record\",\"on\":true}");
    const struct record *r = world_effect(&w, EFFECT_ENTRY);
    REQUIRE(r);
    EXPECT_STR(r->e.name, "chapter");
    EXPECT(r->e.again && r->e.on && r->e.participant == 0);
    world_close(&w);
}

/* Of a tour that does not run nothing is to be had but an empty history. */
TEST(platform_finds_nothing_in_a_tour_that_does_not_run) {
    struct world w;
    struct buffer b = {0};
    uint64_t seq;
    REQUIRE(world_open(&w, NULL));
    const struct signaling_said x = {.what = SAID_CHAT, .text = "x"};
    const struct signaling_allowed all = {0};
    EXPECT_EQ(signaling_say(w.signaling, w.now, "demo", &x, &seq), CODE_TOUR_UNKNOWN);
    EXPECT_EQ(signaling_retract(w.signaling, w.now, "demo", 1), CODE_TOUR_UNKNOWN);
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "demo", TOUR_RECORD), CODE_TOUR_UNKNOWN);
    EXPECT_EQ(signaling_tour_admit(w.signaling, w.now, "demo", NULL), CODE_TOUR_UNKNOWN);
    EXPECT_EQ(signaling_tour_mute(w.signaling, w.now, "demo", SOURCE_CAMERA, NULL),
              CODE_TOUR_UNKNOWN);
    EXPECT_EQ(signaling_tour_allow(w.signaling, w.now, "demo", &all), CODE_TOUR_UNKNOWN);
    EXPECT_EQ(signaling_tour_spotlight(w.signaling, w.now, "demo", "p1"), CODE_TOUR_UNKNOWN);
    EXPECT_EQ(signaling_person_mute(w.signaling, w.now, "demo", "p1", SOURCE_CAMERA),
              CODE_TOUR_UNKNOWN);
    EXPECT_EQ(signaling_person_allow(w.signaling, w.now, "demo", "p1", &all.can),
              CODE_TOUR_UNKNOWN);
    world_drain(&w);
    EXPECT_EQ(w.n, 0);
    json_open(&b, NULL, '{');
    EXPECT(signaling_history(w.signaling, "demo", 0, &b));
    EXPECT(!signaling_history(w.signaling, "nowhere", 0, &b));
    json_close(&b, '}');
    EXPECT_STR(b.p, "{\"entries\":[],\"seq\":0,\"entries_lost\":false}");
    buffer_free(&b);
    world_close(&w);
}

/* Each order is done or not at all. */
TEST_ALLOC(platform_orders_without_memory) {
    struct world w;
    if (world_open(&w, NULL)) {
        enter(&w, 1, "agent|demo|ann|Ann");
        enter(&w, 2, "buyer|demo|bob|Bob");
        uint64_t seq;
        const struct signaling_said x = {.what = SAID_CHAPTER, .text = "Hall"};
        enum code code = signaling_say(w.signaling, w.now, "demo", &x, &seq);
        EXPECT(code == CODE_OK || mem_failed());
        code = person_order(&w, "p2", PERSON_HOST);
        EXPECT(code == CODE_OK || mem_failed());
        code = tour_order(&w, TOUR_LOBBY_ON);
        EXPECT(code == CODE_OK || mem_failed());
        code = signaling_person_mute(w.signaling, w.now, "demo", "p1", SOURCE_CAMERA);
        EXPECT(code == CODE_OK || mem_failed());
        const struct signaling_place at = {0, 0, NULL};
        code = signaling_point(w.signaling, w.now, "demo", &at);
        EXPECT(code == CODE_OK || mem_failed());
        code = show(&w, "demo", "{}");
        EXPECT(code == CODE_OK || mem_failed());
        world_drain(&w);
    }
    world_close(&w);
}
