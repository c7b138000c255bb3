/* One visit from beginning to end, as each of three people hears it: a script of what happens and
 * the exact texts that follow. Where the other tests look at one thing, this one would notice that
 * anything else is said besides. */
#include "tests/unit/signaling/world.h"

static const char lines[] = ",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"},"
                            "{\"mid\":\"1\",\"kind\":\"camera\"}]";

struct visit {
    struct world w;
    uint64_t ann_peer, ada_peer, ann, ada, tour;
};

/* The texts to conn since the mark, one per line; answers and resume tokens are cut out. */
static const char *heard(const struct world *w, uint64_t conn) {
    static char all[16384];
    char *o = all;
    *o = '\0';
    for (size_t i = w->mark; i < w->n; i++) {
        const struct record *r = &w->log[i];
        if (r->e.type != EFFECT_SEND || r->e.conn != conn) {
            continue;
        }
        const char *cut = strstr(r->text, ",\"resume\"");
        int n = cut ? (int)(cut - r->text) : (int)strlen(r->text);
        o += snprintf(o, (size_t)(all + sizeof(all) - o), "%.*s\n", n, r->text);
    }
    return all;
}

#define P(id, name, role, host, link, connected, mic, cam)                                  \
    "{\"id\":\"" id "\",\"name\":\"" name "\",\"role\":\"" role "\",\"host\":" host         \
    ",\"link\":\"" link "\",\"connected\":" connected ",\"sources\":{\"microphone\":\"" mic \
    "\",\"camera\":\"" cam "\",\"screen\":\"off\"}}"
#define ANN(link, connected, mic, cam) P("p1", "Ann", "agent", "true", link, connected, mic, cam)
#define ADA(link, connected, mic, cam) P("p2", "Ada", "buyer", "false", link, connected, mic, cam)
#define CHANGED(p) "{\"type\":\"participant_changed\",\"participant\":" p "}\n"
#define TOUR(recording)                                                                            \
    "{\"name\":\"taped\",\"title\":\"taped\",\"state\":\"live\",\"codec\":\"vp8\","                \
    "\"record\":\"auto\",\"recording\":" recording ",\"lead\":\"p1\",\"spotlight\":null,"          \
    "\"can\":{\"host\":{\"audio\":\"both\",\"camera\":\"both\",\"screen\":\"both\",\"chat\":true," \
    "\"point\":true},\"guest\":{\"audio\":\"both\",\"camera\":\"both\",\"screen\":\"receive\","    \
    "\"chat\":true,\"point\":false}}}"
#define RECORDED "true,\"recording_since\":\"2026-01-02T03:04:06.000Z\""
#define TOUR_CHANGED(recording) "{\"type\":\"tour_changed\",\"tour\":" TOUR(recording) "}\n"

static void join(struct visit *v, uint64_t conn, const char *token) {
    char extra[512];
    snprintf(extra, sizeof(extra), "%s%s", yes, lines);
    world_join(&v->w, conn, token, small_offer(), extra);
}

static void arrive(struct visit *v) {
    join(v, 1, "agent|taped|ann|Ann");
    EXPECT_STR(heard(&v->w, 1),
               "{\"type\":\"joined\",\"re\":7,\"participant\":" ANN("ok", "false", "off", "off") //
               ",\"tour\":" TOUR("false") ",\"slots\":[],\"roster\":["                           //
               ANN("ok", "false", "off",
                   "off") "],\"speaker\":null,\"lobby\":[],\"entries\":[],\"seq\":0\n");
    v->ann_peer = world_command(&v->w, COMMAND_PEER_ADD)->params->peer;
    v->ann = world_effect(&v->w, EFFECT_PARTICIPANT)->e.participant;
    v->tour = world_command(&v->w, COMMAND_TOUR_ADD)->e.command.tour;
    signaling_recording(v->w.signaling, v->tour, RECORDING_ON);
    signaling_peer_connected(v->w.signaling, v->w.now, v->ann_peer);
    signaling_source(v->w.signaling, v->w.now, v->ann_peer, SOURCE_CAMERA, true);
    world_drain(&v->w);
    EXPECT_STR(heard(&v->w, 1), "{\"type\":\"recording\",\"state\":\"on\"}\n" TOUR_CHANGED(RECORDED)
                                    CHANGED(ANN("ok", "true", "off", "on")));
    join(v, 2, "buyer|taped|ada|Ada");
    EXPECT_STR(heard(&v->w, 2),
               "{\"type\":\"joined\",\"re\":7,\"participant\":" ADA(
                   "ok", "false", "off",
                   "off") ",\"tour\":" TOUR(RECORDED) ",\"slots\":[],\"roster\":"
                                                      "[" ANN("ok", "true", "off", "on") "," ADA(
                                                          "ok", "false", "off",
                                                          "off") "]"
                                                                 ","
                                                                 "\"speaker\":null,\"entries\":[],"
                                                                 "\"seq\":0\n");
    EXPECT_STR(heard(&v->w, 1), "{\"type\":\"participant_joined\",\"participant\":" ADA(
                                    "ok", "false", "off", "off") "}\n");
    v->ada_peer = world_command(&v->w, COMMAND_PEER_ADD)->params->peer;
    v->ada = world_effect(&v->w, EFFECT_PARTICIPANT)->e.participant;
}

static void talk(struct visit *v) {
    signaling_peer_connected(v->w.signaling, v->w.now, v->ada_peer);
    signaling_source(v->w.signaling, v->w.now, v->ada_peer, SOURCE_MICROPHONE, true);
    signaling_speaker(v->w.signaling, v->tour, v->ada);
    world_drain(&v->w);
    static const char both[] =
        "{\"type\":\"speaker\",\"participant\":\"p2\"}\n" CHANGED(ADA("ok", "true", "on", "off"));
    EXPECT_STR(heard(&v->w, 1), both);
    EXPECT_STR(heard(&v->w, 2), both);
    world_send(&v->w, 2, "{\"type\":\"mute\",\"id\":8,\"kind\":\"microphone\",\"muted\":true}");
    EXPECT_STR(heard(&v->w, 2),
               "{\"type\":\"ok\",\"re\":8}\n" CHANGED(ADA("ok", "true", "muted", "off")));
    EXPECT_STR(heard(&v->w, 1), CHANGED(ADA("ok", "true", "muted", "off")));
    /* Media reports that nothing is routed any more: muted stays muted. */
    signaling_source(v->w.signaling, v->w.now, v->ada_peer, SOURCE_MICROPHONE, false);
    signaling_speaker(v->w.signaling, v->tour, 0);
    world_drain(&v->w);
    EXPECT_STR(heard(&v->w, 1), "{\"type\":\"speaker\",\"participant\":null}\n");
}

static void lose_and_end(struct visit *v) {
    world_drop(&v->w, 2);
    EXPECT_STR(heard(&v->w, 1), CHANGED(ADA("lost", "true", "muted", "off")));
    EXPECT_STR(heard(&v->w, 2), "");
    signaling_peer_gone(v->w.signaling, v->w.now, v->ada_peer);
    world_drain(&v->w);
    EXPECT_STR(heard(&v->w, 1), CHANGED(ADA("lost", "false", "off", "off")));
    world_pass(&v->w, 15 * US_PER_S);
    EXPECT_STR(heard(&v->w, 1),
               "{\"type\":\"participant_left\",\"id\":\"p2\",\"reason\":\"timeout\"}\n");
    EXPECT_EQ(world_commands(&v->w, COMMAND_PEER_REMOVE), 0); /* media had removed it */
    world_send(&v->w, 1, "{\"type\":\"end\",\"id\":9}");
    EXPECT_STR(heard(&v->w, 1),
               "{\"type\":\"ok\",\"re\":9}\n{\"type\":\"tour_ended\",\"reason\":\"ended\"}\n");
    EXPECT(!world_effect(&v->w, EFFECT_RECORD)->e.on);
    signaling_recording(v->w.signaling, v->tour, RECORDING_OFF);
    world_drain(&v->w);
    EXPECT_EQ(v->w.n, v->w.mark);
}

TEST(a_visit_word_for_word) {
    struct visit v = {0};
    REQUIRE(world_open(&v.w, NULL));
    arrive(&v);
    talk(&v);
    lose_and_end(&v);
    world_close(&v.w);
}

TEST(undrained_effects_are_kept_in_order_and_freed) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    REQUIRE(signaling_open(w.signaling, w.now, 1) == OK);
    char text[64];
    for (int i = 0; i < 500; i++) {
        int n = snprintf(text, sizeof(text), "{\"type\":\"ping\",\"id\":%d}", i);
        signaling_message(w.signaling, w.now, 1, text, (size_t)n);
    }
    world_drain(&w);
    REQUIRE(w.n == 500);
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof(text), "{\"type\":\"pong\",\"re\":%d}", i);
        EXPECT_STR(w.log[i].text, text);
    }
    /* Closing the engine with effects still queued frees them (the sanitizer looks). */
    signaling_message(w.signaling, w.now, 1, "{\"type\":\"ping\"}", 15);
    signaling_closed(w.signaling, w.now, 1);
    world_close(&w);
}

/* What an effect points to stays until the next call, though its owner is gone already. */
TEST(effects_outlive_what_they_tell_of) {
    struct world w;
    struct signaling_effect e;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), lines);
    static const char leave[] = "{\"type\":\"leave\"}";
    signaling_message(w.signaling, w.now, 1, leave, sizeof(leave) - 1);
    bool told = false;
    while (signaling_effect(w.signaling, &e)) {
        if (e.type == EFFECT_PARTICIPANT) {
            told = true;
            EXPECT_STR(e.name, "Ann");
            EXPECT_STR(e.role, "agent");
        }
    }
    EXPECT(told);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 0);
    world_close(&w);
}
