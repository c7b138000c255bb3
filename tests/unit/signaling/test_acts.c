/* What the audit log is told: who did what to whom, and who was refused. */
#include "tests/unit/signaling/people.h"

#include <stdlib.h>

#define OPS "ops||olga|Olga"

/* The last act, as "word code number who"; "" when there is none. */
static const char *act(const struct world *w) {
    static char text[600];
    const struct record *r = world_effect(w, EFFECT_ACT);
    *text = '\0';
    if (r) {
        snprintf(text, sizeof(text), "%s %s p%u %s", r->e.name,
                 r->e.code == CODE_OK ? "done" : code_name(r->e.code), r->e.number, r->who);
    }
    return text;
}

static const char *detail(const struct world *w) {
    const struct record *r = world_effect(w, EFFECT_ACT);
    return r && r->text ? r->text : "";
}

static void people(struct world *w) {
    enter(w, 1, "agent|demo|ann|Ann");
    enter(w, 2, "buyer|demo|bob|Bob");
}

#define ANN "demo ann Ann agent "
#define BOB "demo bob Bob buyer "

TEST(acts_of_hosts_are_told) {
    static const struct {
        const char *request, *act, *detail;
        bool on;
    } acts[] = {
        {"{\"type\":\"mute\",\"participant\":\"p2\",\"kind\":\"microphone\",\"muted\":true}",
         "mute done p2 " ANN "bob", "kind=microphone muted=true", false},
        {"{\"type\":\"mute_all\",\"kind\":\"camera\"}", "mute_all done p0 " ANN "-", "kind=camera",
         false},
        {"{\"type\":\"lock\",\"id\":3,\"on\":true}", "lock done p0 " ANN "-", "on=true", true},
        {"{\"type\":\"lock\",\"on\":false}", "lock done p0 " ANN "-", "on=false", false},
        {"{\"type\":\"lobby\",\"on\":true}", "lobby done p0 " ANN "-", "on=true", true},
        {"{\"type\":\"admit\"}", "admit done p0 " ANN "-", "", false},
        {"{\"type\":\"allow\",\"participants\":[\"p2\"],\"can\":{\"chat\":false}}",
         "allow done p0 " ANN "-", "can={\"chat\":false} participants=[\"p2\"]", false},
        {"{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}", "host done p2 " ANN "bob",
         "host=true", true},
        {"{\"type\":\"host\",\"participant\":\"p2\",\"host\":false}", "host done p2 " ANN "bob",
         "host=false", false},
        {"{\"type\":\"hand_over\",\"participant\":\"p2\"}", "hand_over done p2 " ANN "bob", "",
         false},
        {"{\"type\":\"spotlight\",\"participant\":\"p2\"}", "spotlight done p2 " ANN "bob", "",
         false},
        {"{\"type\":\"hand\",\"participant\":\"p2\",\"up\":false}", "hand done p2 " ANN "bob",
         "up=false", false},
        {"{\"type\":\"remove\",\"participant\":\"p2\"}", "remove done p2 " ANN "bob", "", false},
        {"{\"type\":\"end\"}", "end done p0 " ANN "-", "", false},
    };
    struct world w;
    REQUIRE(world_open(&w, NULL));
    people(&w);
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        world_send(&w, 1, acts[i].request);
        EXPECT_EQ(world_count(&w, EFFECT_ACT), 1);
        EXPECT_STR(act(&w), acts[i].act);
        EXPECT_STR(detail(&w), acts[i].detail);
        EXPECT(world_effect(&w, EFFECT_ACT) && world_effect(&w, EFFECT_ACT)->e.on == acts[i].on);
        EXPECT_EQ(world_effect(&w, EFFECT_ACT) ? world_effect(&w, EFFECT_ACT)->e.conn : 0, 1);
    }
    world_close(&w);
}

/* However many it is about, what was done to them is told. */
TEST(acts_say_so_much) {
    struct world w;
    char many[2000] = "";
    size_t n = 0;
    for (int i = 0; i < 100; i++) {
        n += (size_t)snprintf(many + n, sizeof(many) - n, "%s\"p%d\"", i ? "," : "", i + 2);
    }
    REQUIRE(world_open(&w, NULL));
    people(&w);
    world_sendf(&w, 1,
                "{\"type\":\"allow\",\"participants\":[%s],\"can\":{\"chat\":false,\"audio\":"
                "\"receive\"}}",
                many);
    EXPECT_STR(act(&w), "allow bad_field p0 " ANN "-"); /* they are not all there */
    EXPECT(strstr(detail(&w), "can={\"chat\":false,\"audio\":\"receive\"} participants=[\"p2\""));
    EXPECT_EQ(strlen(detail(&w)), ACT_SAYS_MAX);
    EXPECT_STR(detail(&w) + ACT_SAYS_MAX - 3, "...");
    world_close(&w);
}

TEST(acts_that_are_refused_are_told) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    people(&w);
    world_send(&w, 2, "{\"type\":\"remove\",\"participant\":\"p1\"}");
    EXPECT_STR(act(&w), "remove forbidden p1 " BOB "ann");
    world_send(&w, 2,
               "{\"type\":\"mute\",\"participant\":\"p1\",\"kind\":\"camera\",\"muted\":true}");
    EXPECT_STR(act(&w), "mute forbidden p1 " BOB "ann");
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p9\"}");
    EXPECT_STR(act(&w), "remove bad_field p0 " ANN "-");
    world_send(&w, 3, "{\"type\":\"resume\",\"resume\":\"0123456789abcdef0123456789abcdef\"}");
    EXPECT_STR(act(&w), "resume resume_unknown p0 - - - - -");
    EXPECT(!strstr(detail(&w), "0123456789"));
    world_close(&w);
}

TEST(what_people_do_themselves_is_no_act) {
    static const char *const own[] = {
        "{\"type\":\"mute\",\"kind\":\"microphone\",\"muted\":true}",
        "{\"type\":\"mute\",\"participant\":\"p2\",\"kind\":\"camera\",\"muted\":true}",
        "{\"type\":\"chat\",\"text\":\"hello\"}",
        "{\"type\":\"retract\",\"seq\":1}",
        "{\"type\":\"hand\",\"up\":true}",
        "{\"type\":\"ping\"}",
        "{\"type\":\"leave\"}",
    };
    struct world w;
    REQUIRE(world_open(&w, NULL));
    people(&w);
    EXPECT_EQ(world_count(&w, EFFECT_ACT), 0);
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        world_send(&w, 2, own[i]);
        EXPECT_EQ(world_count(&w, EFFECT_ACT), 0);
    }
    world_close(&w);
}

TEST(acts_of_who_comes_are_told) {
    struct world w;
    char secret[64];
    REQUIRE(world_open(&w, NULL));
    enter(&w, 1, "agent|demo|ann|Ann");
    EXPECT_STR(act(&w), "");
    world_field(world_got(&w, 1, "joined"), "resume", secret, sizeof(secret));
    world_drop(&w, 1);
    world_sendf(&w, 2, "{\"type\":\"resume\",\"resume\":\"%s\"}", secret);
    EXPECT_STR(act(&w), "resume done p0 " ANN "-");
    EXPECT_STR(detail(&w), "");
    enter(&w, 3, "agent|demo|ann|Ann"); /* takes over what there is */
    EXPECT_STR(act(&w), "take_over done p0 " ANN "-");
    char extra[400];
    snprintf(extra, sizeof(extra), "%s,\"tour\":\"demo\"", small_lines);
    world_join(&w, 4, OPS, small_offer(), extra);
    EXPECT_STR(act(&w), "observe done p0 demo olga Olga ops -");
    world_close(&w);
}

/* A host takes back what somebody else has written. */
TEST(acts_on_words_are_told) {
    struct world w;
    char seq[24];
    REQUIRE(world_open(&w, NULL));
    people(&w);
    world_send(&w, 2, "{\"type\":\"chat\",\"text\":\"hello\"}");
    const char *told = world_got(&w, 1, "\"hello\"");
    REQUIRE(told);
    const char *at = strstr(told, "\"seq\":");
    REQUIRE(at);
    snprintf(seq, sizeof(seq), "%d", atoi(at + 6));
    world_sendf(&w, 1, "{\"type\":\"retract\",\"seq\":%s}", seq);
    EXPECT_STR(act(&w), "retract done p0 " ANN "-");
    world_close(&w);
}
