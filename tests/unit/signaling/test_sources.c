#include "tests/unit/signaling/world.h"

/* How many sources may be on at once, who sends more than he may, and how often one may change what
 * others are told of. */

static void few(struct signaling_config *c) {
    c->max_sources[SOURCE_SCREEN] = 1;
    c->max_sources[SOURCE_CAMERA] = 2;
    c->excess_limit = 10 * US_PER_S;
}

struct people {
    struct world w;
    uint64_t peer[5]; /* of connections 1 to 4; 1 is an agent */
};

static bool arrive(struct people *p, void (*change)(struct signaling_config *)) {
    static const char *const who[] = {"agent|demo|ann|Ann", "buyer|demo|bob|Bob",
                                      "buyer|demo|cyd|Cyd", "buyer|demo|dan|Dan"};
    if (!world_open(&p->w, change)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        world_join(&p->w, i + 1, who[i], small_offer(), small_lines);
        p->peer[i + 1] = world_command(&p->w, COMMAND_PEER_ADD)->params->peer;
    }
    return true;
}

static void source(struct people *p, unsigned who, enum source_kind kind, bool on) {
    signaling_source(p->w.signaling, p->w.now, p->peer[who], kind, on);
    world_drain(&p->w);
}

/* Media was told that this one is off, or no more. */
static bool ordered(const struct people *p, unsigned who, bool off) {
    const struct record *r = world_command(&p->w, COMMAND_MUTE);
    return r && r->e.command.peer == p->peer[who] && r->e.command.on == off;
}

static void ask(struct people *p, unsigned who, const char *kind) {
    world_sendf(&p->w, who, "{\"type\":\"mute\",\"id\":5,\"kind\":\"%s\",\"muted\":false}", kind);
}

TEST(a_camera_too_many_is_refused_and_may_ask_again) {
    struct people p;
    REQUIRE(arrive(&p, few));
    source(&p, 2, SOURCE_CAMERA, true);
    source(&p, 3, SOURCE_CAMERA, true);
    EXPECT_EQ(world_commands(&p.w, COMMAND_MUTE), 0);
    source(&p, 4, SOURCE_CAMERA, true);
    EXPECT(ordered(&p, 4, true));
    EXPECT_GOT(&p.w, 4,
               "\"type\":\"source_refused\",\"source\":\"camera\",\"code\":\"sources_full\"");
    EXPECT_EQ(signaling_stats(p.w.signaling).refused[CODE_SOURCES_FULL], 1);
    source(&p, 4, SOURCE_CAMERA, true); /* was under way */
    EXPECT_EQ(p.w.n, p.w.mark);
    source(&p, 4, SOURCE_CAMERA, false);
    EXPECT_EQ(p.w.n, p.w.mark);
    ask(&p, 4, "camera");
    EXPECT_GOT(&p.w, 4, "\"re\":5,\"code\":\"sources_full\"");
    source(&p, 2, SOURCE_CAMERA, false);
    ask(&p, 4, "camera");
    EXPECT_GOT(&p.w, 4, "\"type\":\"ok\",\"re\":5");
    EXPECT(ordered(&p, 4, false));
    source(&p, 4, SOURCE_CAMERA, true);
    EXPECT_EQ(world_commands(&p.w, COMMAND_MUTE), 0);
    EXPECT_GOT(&p.w, 1, "\"camera\":\"on\"");
    world_close(&p.w);
}

TEST(a_host_finds_room_where_a_guest_shares) {
    struct people p;
    REQUIRE(arrive(&p, few));
    source(&p, 2, SOURCE_CAMERA, true);
    source(&p, 3, SOURCE_CAMERA, true);
    source(&p, 1, SOURCE_CAMERA, true);
    EXPECT(ordered(&p, 3, true)); /* who came last */
    EXPECT_GOT(&p.w, 3, "\"sources_full\"");
    EXPECT_GOT(&p.w, 2, "\"camera\":\"on\""); /* Ann's */
    world_send(&p.w, 4, "{\"type\":\"leave\"}");
    ask(&p, 3, "camera");
    EXPECT_GOT(&p.w, 3, "\"sources_full\"");
    world_send(&p.w, 2, "{\"type\":\"leave\"}"); /* and with her what was on */
    ask(&p, 3, "camera");
    EXPECT(ordered(&p, 3, false));
    world_close(&p.w);
}

TEST(a_new_transport_begins_anew) {
    struct people p;
    REQUIRE(arrive(&p, few));
    source(&p, 2, SOURCE_CAMERA, true);
    source(&p, 3, SOURCE_CAMERA, true);
    source(&p, 4, SOURCE_CAMERA, true);
    EXPECT(ordered(&p, 4, true));
    world_drop(&p.w, 4);
    world_join(&p.w, 5, "buyer|demo|dan|Dan", small_offer(), small_lines);
    EXPECT_EQ(world_commands(&p.w, COMMAND_MUTE), 0);
    p.peer[4] = world_command(&p.w, COMMAND_PEER_ADD)->params->peer;
    source(&p, 4, SOURCE_CAMERA, true);
    EXPECT(ordered(&p, 4, true));
    world_close(&p.w);
}

static void excess(struct people *p, unsigned who, us_t after) {
    world_pass(&p->w, after);
    signaling_excess(p->w.signaling, p->w.now, p->peer[who], SOURCE_CAMERA);
    world_drain(&p->w);
}

TEST(a_source_that_stays_over_its_limit_is_stopped) {
    struct people p;
    REQUIRE(arrive(&p, few));
    source(&p, 2, SOURCE_CAMERA, true);
    for (int i = 0; i < 10; i++) {
        excess(&p, 2, US_PER_S);
        EXPECT_EQ(world_commands(&p.w, COMMAND_MUTE), 0);
    }
    excess(&p, 2, 6 * US_PER_S); /* it had stopped: counted anew */
    for (int i = 0; i < 9; i++) {
        excess(&p, 2, US_PER_S);
        EXPECT_EQ(world_commands(&p.w, COMMAND_MUTE), 0);
    }
    excess(&p, 2, US_PER_S);
    EXPECT(ordered(&p, 2, true));
    EXPECT_GOT(&p.w, 2, "\"source\":\"camera\",\"code\":\"source_excess\"");
    excess(&p, 2, US_PER_S);
    EXPECT_EQ(p.w.n, p.w.mark); /* once */
    ask(&p, 2, "camera");
    EXPECT(ordered(&p, 2, false));
    excess(&p, 2, US_PER_S);
    EXPECT_EQ(p.w.n, p.w.mark);
    signaling_excess(p.w.signaling, p.w.now, 4711, SOURCE_CAMERA); /* is gone */
    signaling_excess(p.w.signaling, p.w.now, p.peer[2], SOURCE_NONE);
    world_close(&p.w);
}

static void seldom(struct signaling_config *c) {
    c->changes_per_minute = 60;
    c->messages_per_second = 1000;
}

/* What a recording keeps of somebody who toggles all the time. */
static size_t toggle(struct people *p, unsigned who, const char *on, const char *off) {
    size_t mark = p->w.n, n = 0;
    for (int i = 0; i < 1000; i++) { /* in ten seconds */
        world_send(&p->w, who, i % 2 ? on : off);
        world_pass(&p->w, 10 * US_PER_MS);
    }
    for (size_t i = mark; i < p->w.n; i++) {
        uint8_t type = p->w.log[i].e.type;
        n += type == EFFECT_PARTICIPANT || type == EFFECT_MUTED || type == EFFECT_RECORD ||
             type == EFFECT_ENTRY;
    }
    return n;
}

TEST(what_a_recording_keeps_of_who_toggles_is_little) {
    struct people p;
    REQUIRE(arrive(&p, seldom));
    size_t n = toggle(&p, 2, "{\"type\":\"consent\",\"recording\":true}",
                      "{\"type\":\"consent\",\"recording\":false}");
    EXPECT(n >= 40 && n <= 2 * 31);
    world_pass(&p.w, 60 * US_PER_S);
    n = toggle(&p, 3, "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":false}",
               "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":true}");
    EXPECT(n >= 40 && n <= 2 * 31);
    n = toggle(&p, 1, "{\"type\":\"lock\",\"on\":true}", "{\"type\":\"lock\",\"on\":false}");
    EXPECT(n >= 20 && n <= 31);
    EXPECT(signaling_stats(p.w.signaling).refused[CODE_RATE_LIMITED] > 1000);
    world_close(&p.w);
}

TEST(to_be_silent_or_unrecorded_is_never_too_often) {
    struct people p;
    REQUIRE(arrive(&p, seldom));
    (void)toggle(&p, 2, "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":false}",
                 "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":true}");
    world_send(&p.w, 2, "{\"type\":\"mute\",\"id\":1,\"kind\":\"microphone\",\"muted\":true}");
    EXPECT_GOT(&p.w, 2, "\"type\":\"ok\",\"re\":1");
    world_send(&p.w, 2, "{\"type\":\"mute\",\"id\":2,\"kind\":\"microphone\",\"muted\":false}");
    EXPECT_GOT(&p.w, 2, "\"re\":2,\"code\":\"rate_limited\"");
    world_send(&p.w, 2, "{\"type\":\"consent\",\"id\":3,\"recording\":false}");
    EXPECT_GOT(&p.w, 2, "\"type\":\"ok\",\"re\":3");
    world_send(&p.w, 2, "{\"type\":\"consent\",\"id\":4,\"recording\":true}");
    EXPECT_GOT(&p.w, 2, "\"re\":4,\"code\":\"rate_limited\"");
    world_close(&p.w);
}

static void short_recordings(struct signaling_config *c) {
    c->max_recording = 3600 * US_PER_S;
    c->seat_limit = c->resume_grace = 86400 * US_PER_S;
    c->idle_limit = c->token_limit = 0;
}

/* Recordings that were ordered to begin, less those that were ordered to end; both in *n. */
static int ordered_recordings(const struct world *w, size_t mark, unsigned *n) {
    int open = 0;
    *n = 0;
    for (size_t i = mark; i < w->n; i++) {
        if (w->log[i].e.type == EFFECT_RECORD) {
            open += w->log[i].e.on ? 1 : -1;
            ++*n;
        }
    }
    return open;
}

static void pass(struct world *w, us_t d) {
    for (us_t end = w->now + d; w->now < end;) {
        world_pass(w, 60 * US_PER_S);
        signaling_clock(w->signaling, w->now, (wall_t){w->now});
    }
}

TEST(a_long_recording_goes_on_in_another) {
    struct world w;
    unsigned n;
    REQUIRE(world_open(&w, short_recordings));
    signaling_clock(w.signaling, w.now, (wall_t){w.now});
    world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    EXPECT_EQ(ordered_recordings(&w, 0, &n), 1);
    EXPECT_EQ(n, 1);
    size_t mark = w.n;
    pass(&w, 3500 * US_PER_S);
    (void)ordered_recordings(&w, mark, &n);
    EXPECT_EQ(n, 0);
    pass(&w, 3600 * US_PER_S);
    EXPECT_EQ(ordered_recordings(&w, mark, &n), 0);
    EXPECT_EQ(n, 2); /* one ends, another begins */
    mark = w.n;
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true,\"paused\":true}");
    pass(&w, 7200 * US_PER_S);
    (void)ordered_recordings(&w, mark, &n);
    EXPECT_EQ(n, 0); /* it does not grow */
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true,\"paused\":false}");
    pass(&w, 120 * US_PER_S);
    (void)ordered_recordings(&w, mark, &n);
    EXPECT_EQ(n, 2);
    world_send(&w, 1, "{\"type\":\"record\",\"on\":false}");
    mark = w.n;
    pass(&w, 7200 * US_PER_S);
    (void)ordered_recordings(&w, mark, &n);
    EXPECT_EQ(n, 0);
    world_close(&w);
}

/* A client need not wait for anything: what stops and frees its source again may reach media in one
 * batch, between two packets, and then media has nothing to say. */
TEST(what_media_has_not_noticed_counts_all_the_same) {
    struct people p;
    REQUIRE(arrive(&p, few));
    source(&p, 2, SOURCE_CAMERA, true);
    source(&p, 3, SOURCE_CAMERA, true);
    source(&p, 4, SOURCE_CAMERA, true); /* refused */
    source(&p, 3, SOURCE_CAMERA, false);
    ask(&p, 4, "camera");
    EXPECT_GOT(&p.w, 4, "\"ok\"");
    source(&p, 3, SOURCE_CAMERA, true); /* there is no room: 4 is on */
    EXPECT(ordered(&p, 3, true));
    EXPECT_GOT(&p.w, 3, "\"sources_full\"");
    world_pass(&p.w, US_PER_S);
    world_send(&p.w, 1, "{\"type\":\"roster\",\"id\":9}");
    EXPECT_GOT(&p.w, 1, "\"name\":\"Dan\"");
    source(&p, 4, SOURCE_CAMERA, false);
    ask(&p, 3, "camera"); /* and its own has flowed all the time */
    EXPECT_GOT(&p.w, 3, "\"ok\"");
    world_close(&p.w);
}

static void few_and_seldom(struct signaling_config *c) {
    few(c);
    c->changes_per_minute = 60;
}

/* Nor is it free to ask again and again. */
TEST(asking_again_counts_as_a_change) {
    struct people p;
    REQUIRE(arrive(&p, few_and_seldom));
    source(&p, 2, SOURCE_CAMERA, true);
    source(&p, 3, SOURCE_CAMERA, true);
    source(&p, 4, SOURCE_CAMERA, true);
    for (int i = 0; i < 20; i++) {
        ask(&p, 4, "camera");
        EXPECT_GOT(&p.w, 4, "\"sources_full\"");
    }
    ask(&p, 4, "camera");
    EXPECT_GOT(&p.w, 4, "\"rate_limited\"");
    world_close(&p.w);
}

static struct signaling_tour declared(uint32_t cameras, uint32_t kbps) {
    return (struct signaling_tour){.name = "demo",
                                   .codec = CODEC_VP8,
                                   .quota = {.sources = {[SOURCE_CAMERA] = cameras}, .kbps = kbps}};
}

/* The API may say otherwise of a tour, more or less, also while it runs. */
TEST(a_tour_may_have_limits_of_its_own) {
    struct people p;
    REQUIRE(arrive(&p, few));
    struct world *w = &p.w;
    struct signaling_tour t = declared(3, 8000);
    REQUIRE(signaling_tour_update(w->signaling, w->now, &t) == OK);
    w->mark = w->n;
    world_drain(w);
    const struct record *r = world_command(w, COMMAND_TOUR_INTAKE);
    REQUIRE(r);
    EXPECT_EQ(r->e.command.bytes, 1000000);
    for (unsigned i = 1; i <= 3; i++) {
        source(&p, i, SOURCE_CAMERA, true);
        EXPECT_EQ(world_commands(w, COMMAND_MUTE), 0);
    }
    source(&p, 4, SOURCE_CAMERA, true);
    EXPECT(ordered(&p, 4, true));
    t = declared(1, 8000); /* who came last is stopped, hosts after guests */
    w->mark = w->n;
    REQUIRE(signaling_tour_update(w->signaling, w->now, &t) == OK);
    world_drain(w);
    EXPECT_EQ(world_commands(w, COMMAND_MUTE), 2);
    EXPECT_EQ(world_commands(w, COMMAND_TOUR_INTAKE), 0);
    EXPECT_GOT(w, 2, "\"sources_full\"");
    EXPECT_GOT(w, 3, "\"sources_full\"");
    t = declared(0, 0); /* as all */
    w->mark = w->n;
    REQUIRE(signaling_tour_update(w->signaling, w->now, &t) == OK);
    world_drain(w);
    r = world_command(w, COMMAND_TOUR_INTAKE);
    REQUIRE(r);
    EXPECT_EQ(r->e.command.bytes, 0);
    ask(&p, 4, "camera");
    EXPECT_GOT(w, 4, "\"ok\"");
    ask(&p, 3, "camera");
    EXPECT_GOT(w, 3, "\"sources_full\"");
    world_close(w);
}
