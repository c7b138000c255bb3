/* A tour as it is declared: its times, its length, how many it takes, and who says so. */
#include "tests/unit/signaling/people.h"

#include <stdlib.h>

#define ENDED(reason) "{\"type\":\"tour_ended\",\"reason\":\"" reason "\"}"

/* So long after the beginning of the world, by the wall. */
static wall_t wall_in(us_t d) {
    return (wall_t){WORLD_WALL + d};
}

TEST(guests_come_early_when_a_host_is_in_or_wait_in_the_lobby) {
    struct world w;
    struct claims k;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.starts_at = wall_in(1000 * US_PER_S)});
    declare_shown(&w, (struct signaling_tour){
                          .name = "shy", .lobby = true, .starts_at = wall_in(1000 * US_PER_S)});
    EXPECT_STR(tour_of(&w, "shown").state, "scheduled");
    world_send(&w, 1, "{\"type\":\"hello\",\"token\":\"buyer|shown|bob|Bob\"}");
    EXPECT_GOT(&w, 1, "\"state\":\"scheduled\"");
    EXPECT_GOT(&w, 1, "\"starts_at\":\"2026-01-02T03:20:45.000Z\"");
    enter(&w, 1, "buyer|shown|bob|Bob");
    EXPECT_ERROR(&w, 1, "tour_not_started");
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "shown", "buyer|shown|bob|Bob", &k),
              CODE_TOUR_EARLY);
    enter(&w, 2, "buyer|shy|bob|Bob");
    EXPECT_GOT(&w, 2, "\"type\":\"lobby\"");
    EXPECT_GOT(&w, 2, "\"state\":\"lobby\"");
    enter(&w, 3, "agent|shown|ann|Ann");
    EXPECT_GOT(&w, 3, "\"state\":\"live\"");
    enter(&w, 1, "buyer|shown|bob|Bob");
    EXPECT_GOT(&w, 1, "joined");
    /* Whoever is in stays, whoever is new waits again. */
    world_send(&w, 3, "{\"type\":\"leave\"}");
    enter(&w, 4, "buyer|shown|cyd|Cyd");
    EXPECT_ERROR(&w, 4, "tour_not_started");
    world_pass(&w, 1000 * US_PER_S - w.now);
    enter(&w, 4, "buyer|shown|cyd|Cyd");
    EXPECT_GOT(&w, 4, "joined");
    world_close(&w);
}

TEST(a_tour_ends_at_its_time_and_says_so_before) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.ends_at = wall_in(1000 * US_PER_S)});
    enter(&w, 1, "agent|shown|ann|Ann");
    EXPECT_GOT(&w, 1, "\"ends_at\":\"2026-01-02T03:20:45.000Z\"");
    enter(&w, 2, "buyer|shown|bob|Bob");
    world_pass(&w, 700 * US_PER_S - w.now - 1);
    EXPECT_NOT(&w, 1, "tour_ending");
    world_pass(&w, 1);
    EXPECT_GOT(
        &w, 1,
        "{\"type\":\"tour_ending\",\"at\":\"2026-01-02T03:20:45.000Z\",\"reason\":\"expired\"}");
    EXPECT_GOT(&w, 2, "tour_ending");
    world_pass(&w, 300 * US_PER_S - 1);
    EXPECT_NOT(&w, 1, "tour_");
    world_pass(&w, 1);
    EXPECT_GOT(&w, 1, ENDED("expired"));
    EXPECT_GOT(&w, 2, ENDED("expired"));
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 2);
    EXPECT_STR(tour_of(&w, "shown").state, "ended");
    /* Nobody comes in any more, whoever it is. */
    enter(&w, 3, "agent|shown|ann|Ann");
    EXPECT_ERROR(&w, 3, "tour_ended");
    world_pass(&w, 3600 * US_PER_S);
    enter(&w, 4, "buyer|shown|bob|Bob");
    EXPECT_ERROR(&w, 4, "tour_ended");
    /* Unless it is put off. */
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now,
                                    &(struct signaling_tour){.name = "shown", .codec = CODEC_VP8}),
              OK);
    enter(&w, 4, "agent|shown|ann|Ann");
    EXPECT_ERROR(&w, 4, "consent_required");
    world_close(&w);
}

TEST(a_run_is_not_longer_than_it_may_be) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.lobby = true, .max_length = 400 * US_PER_S});
    enter(&w, 1, "buyer|shown|bob|Bob"); /* who waits does not use it up */
    world_pass(&w, 1000 * US_PER_S);
    EXPECT_EQ(tour_of(&w, "shown").began.us, 0);
    enter(&w, 2, "agent|shown|ann|Ann");
    EXPECT_EQ(tour_of(&w, "shown").began.us, wall_in(w.now).us);
    EXPECT_EQ(tour_of(&w, "shown").ending.us, wall_in(w.now + 400 * US_PER_S).us);
    world_pass(&w, 100 * US_PER_S);
    EXPECT_GOT(&w, 2, "\"type\":\"tour_ending\"");
    EXPECT_GOT(&w, 2, "\"reason\":\"too_long\"");
    EXPECT_EQ(texts_to(&w, 1), 0);
    world_pass(&w, 299 * US_PER_S);
    EXPECT_EQ(texts_to(&w, 2), 0);
    world_pass(&w, 1 * US_PER_S);
    EXPECT_GOT(&w, 2, ENDED("too_long"));
    EXPECT_GOT(&w, 1, ENDED("too_long"));
    enter(&w, 3, "agent|shown|ann|Ann"); /* the next run may be as long */
    EXPECT_GOT(&w, 3, "joined");
    world_close(&w);
}

TEST(a_clock_that_is_set_moves_the_end) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.ends_at = wall_in(1000 * US_PER_S)});
    enter(&w, 1, "agent|shown|ann|Ann");
    signaling_clock(w.signaling, w.now, wall_in(w.now - 500 * US_PER_S)); /* it was ahead */
    world_pass(&w, 1100 * US_PER_S);
    EXPECT_NOT(&w, 1, "tour_ending");
    world_pass(&w, 200 * US_PER_S);
    EXPECT_GOT(&w, 1, "tour_ending");
    signaling_clock(w.signaling, w.now, wall_in(1000 * US_PER_S));
    world_drain(&w);
    EXPECT_EQ(texts_to(&w, 1), 1);
    EXPECT_GOT(&w, 1, ENDED("expired"));
    world_close(&w);
}

TEST(a_tour_takes_as_many_as_it_says) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.lobby = true, .capacity = 3});
    enter(&w, 1, "agent|shown|ann|Ann");
    enter(&w, 2, "buyer|shown|bob|Bob");
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    enter(&w, 4, "buyer|shown|dan|Dan");
    world_send(&w, 1, "{\"type\":\"admit\"}");
    EXPECT_ERROR(&w, 1, "tour_full");
    EXPECT_NOT(&w, 2, "admitted");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[\"p2\",\"p3\"]}");
    EXPECT_GOT(&w, 3, "admitted");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[\"p4\"]}"); /* two are on the way */
    EXPECT_ERROR(&w, 1, "tour_full");
    enter_again(&w, 2);
    enter(&w, 5, "agent|shown|eve|Eve"); /* a host finds room */
    EXPECT_GOT(&w, 5, "joined");
    enter_again(&w, 3);
    EXPECT_ERROR(&w, 3, "tour_full");
    world_send(&w, 1, "{\"type\":\"admit\",\"id\":8,\"participants\":[]}"); /* nobody new */
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":8}");
    EXPECT_EQ(post_shown(&w, true, "buyer|shown|bob|Bob"), 503); /* who is in, once more */
    world_send(&w, 5, "{\"type\":\"leave\"}");
    enter_again(&w, 3);
    EXPECT_GOT(&w, 3, "joined");
    world_close(&w);
}

static void all_have_a_lobby(struct signaling_config *c) {
    c->default_lobby = true;
    c->default_max_length = 1000 * US_PER_S;
    c->default_capacity = 7;
}

TEST(an_agents_tour_is_as_configured) {
    struct world w;
    REQUIRE(world_open(&w, all_have_a_lobby));
    world_send(&w, 1, "{\"type\":\"hello\",\"token\":\"agent|new|ann|Ann\"}");
    EXPECT_GOT(&w, 1, "\"state\":\"waiting\"");
    EXPECT_GOT(&w, 1, "\"lobby\":true");
    world_join(&w, 1, "agent|new|ann|Ann", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 1, "\"ends_at\":\"");
    enter(&w, 2, "buyer|new|bob|Bob"); /* consent is for who is in */
    EXPECT_GOT(&w, 2, "\"type\":\"lobby\"");
    world_send(&w, 1, "{\"type\":\"admit\"}");
    enter_again(&w, 2);
    EXPECT_ERROR(&w, 2, "consent_required");
    world_join(&w, 2, "", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 2, "joined");
    struct signaling_tour_view v = tour_of(&w, "new");
    EXPECT(v.tour.lobby && v.lobby_on && !v.declared && v.run);
    EXPECT_EQ(v.tour.capacity, 7);
    EXPECT_EQ(v.tour.max_length, 1000 * US_PER_S);
    EXPECT_STR(v.lead, "Ann");
    EXPECT_EQ(v.participants, 2);
    EXPECT(!v.missed);
    world_close(&w);
}

TEST(declarations_are_checked) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    char *long_text = calloc(1, TOUR_PROPERTY_MAX + 2);
    memset(long_text, ' ', TOUR_PROPERTY_MAX + 1);
    const struct {
        struct signaling_tour t;
        enum err e;
    } bad[] = {
        {{.name = "x", .codec = CODEC_OPUS}, ERR_RANGE},
        {{.name = "x y", .codec = CODEC_VP8}, ERR_RANGE},
        {{.name = "x", .codec = CODEC_VP8, .starts_at = {-1}}, ERR_RANGE},
        {{.name = "x", .codec = CODEC_VP8, .ends_at = {INT64_MAX}}, ERR_RANGE},
        {{.name = "x", .codec = CODEC_VP8, .starts_at = {5}, .ends_at = {5}}, ERR_RANGE},
        {{.name = "x", .codec = CODEC_VP8, .max_length = -1}, ERR_RANGE},
        {{.name = "x", .codec = CODEC_VP8, .max_length = INT64_MAX}, ERR_RANGE},
        {{.name = "x", .codec = CODEC_VP8, .property = long_text}, ERR_LONG},
        {{.name = "x", .codec = CODEC_VP8, .property = ""}, ERR_RANGE},
        {{.name = "demo", .codec = CODEC_VP8, .property = "{}"}, ERR_EXISTS},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        EXPECT_EQ(signaling_tour_declare(w.signaling, &bad[i].t), bad[i].e);
        if (bad[i].e != ERR_EXISTS) {
            EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &bad[i].t), bad[i].e);
        }
    }
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now,
                                    &(struct signaling_tour){.name = "x", .codec = CODEC_VP8}),
              ERR_UNKNOWN);
    EXPECT_EQ(signaling_tour_end(w.signaling, w.now, "x", false), ERR_UNKNOWN);
    struct signaling_tour_view v;
    EXPECT_EQ(signaling_tour_get(w.signaling, w.now, "x", &v), ERR_UNKNOWN);
    long_text[TOUR_PROPERTY_MAX] = '\0';
    EXPECT_EQ(signaling_tour_declare(
                  w.signaling,
                  &(struct signaling_tour){.name = "x", .codec = CODEC_VP8, .property = long_text}),
              OK);
    free(long_text);
    world_close(&w);
}

TEST(an_update_is_told_and_holds_at_once) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.title = "Old", .property = "{\"id\":1}"});
    enter(&w, 1, "agent|shown|ann|Ann");
    EXPECT_GOT(&w, 1, "\"title\":\"Old\"");
    EXPECT_GOT(&w, 1, "\"property\":{\"id\":1},\"lead\":\"p1\"");
    enter(&w, 2, "buyer|shown|bob|Bob");
    struct signaling_tour t = {.name = "shown",
                               .title = "New",
                               .record = RECORD_OFF,
                               .codec = CODEC_VP8,
                               .lobby = true,
                               .ends_at = wall_in(200 * US_PER_S),
                               .property = "{\"id\":2}"};
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    world_drain(&w);
    EXPECT_GOT(&w, 2, "\"title\":\"New\"");
    EXPECT_GOT(&w, 2, "\"property\":{\"id\":2}");
    EXPECT_GOT(&w, 2, "tour_ending"); /* less than five minutes are left */
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    EXPECT_GOT(&w, 3, "\"type\":\"lobby\"");
    t.codec = CODEC_H264;
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), ERR_WRONG_STATE);
    t.codec = CODEC_VP8;
    t.lobby = false;
    t.ends_at = wall_in(1000 * US_PER_S);
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    world_drain(&w);
    EXPECT_GOT(&w, 3, "admitted");
    world_pass(&w, 700 * US_PER_S - w.now);
    EXPECT_GOT(&w, 2, "tour_ending"); /* again, for it was put off */
    EXPECT_STR(tour_of(&w, "shown").tour.property, "{\"id\":2}");
    EXPECT_EQ(signaling_tour_end(w.signaling, w.now, "shown", false), OK);
    world_drain(&w);
    EXPECT_GOT(&w, 2, ENDED("ended"));
    EXPECT(tour_of(&w, "shown").run == 0 && tour_of(&w, "shown").declared);
    t.codec = CODEC_H264;
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK); /* it does not run */
    EXPECT_EQ(signaling_tour_end(w.signaling, w.now, "shown", true), OK);
    struct signaling_tour_view v;
    EXPECT_EQ(signaling_tour_get(w.signaling, w.now, "shown", &v), ERR_UNKNOWN);
    world_close(&w);
}

TEST(a_recording_stops_when_the_tour_is_not_to_be_recorded_any_more) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|taped|ann|Ann", small_offer(), yes_and_lines);
    EXPECT(world_effect(&w, EFFECT_RECORD)->e.on);
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now,
                                    &(struct signaling_tour){
                                        .name = "taped", .record = RECORD_OFF, .codec = CODEC_VP8}),
              OK);
    world_drain(&w);
    REQUIRE(world_effect(&w, EFFECT_RECORD));
    EXPECT(!world_effect(&w, EFFECT_RECORD)->e.on);
    world_send(&w, 1, "{\"type\":\"record\",\"on\":true}");
    EXPECT_ERROR(&w, 1, "forbidden");
    world_close(&w);
}

static void count(void *ctx, const struct signaling_tour_view *v) {
    char *names = ctx;
    strcat(names, v->tour.name);
    strcat(names, " ");
}

TEST(all_tours_are_walked) {
    struct world w;
    char names[64] = "";
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|new|ann|Ann", small_offer(), yes_and_lines);
    signaling_tour_each(w.signaling, w.now, count, names);
    EXPECT_STR(names, "demo taped new ");
    /* A run that is ended ends a tour that nobody has declared. */
    EXPECT_EQ(signaling_tour_end(w.signaling, w.now, "new", false), OK);
    names[0] = '\0';
    signaling_tour_each(w.signaling, w.now, count, names);
    EXPECT_STR(names, "demo taped ");
    world_close(&w);
}

TEST(a_tour_that_is_planned_anew_has_not_ended) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    struct signaling_tour t = {.name = "shown",
                               .record = RECORD_OFF,
                               .codec = CODEC_VP8,
                               .ends_at = wall_in(100 * US_PER_S)};
    EXPECT_EQ(signaling_tour_declare(w.signaling, &t), OK);
    enter(&w, 1, "agent|shown|ann|Ann");
    world_send(&w, 1, "{\"type\":\"end\"}");
    enter(&w, 2, "buyer|shown|bob|Bob");
    EXPECT_ERROR(&w, 2, "tour_ended");
    t.title = "Another title"; /* does not begin it again */
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    enter(&w, 2, "buyer|shown|bob|Bob");
    EXPECT_ERROR(&w, 2, "tour_ended");
    t.ends_at = wall_in(200 * US_PER_S);
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    enter(&w, 2, "buyer|shown|bob|Bob");
    EXPECT_GOT(&w, 2, "joined");
    /* Forgotten, and declared again. */
    EXPECT_EQ(signaling_tour_end(w.signaling, w.now, "shown", true), OK);
    world_drain(&w);
    enter(&w, 3, "buyer|shown|bob|Bob");
    EXPECT_ERROR(&w, 3, "tour_ended");
    EXPECT_EQ(signaling_tour_declare(w.signaling, &t), OK);
    enter(&w, 3, "buyer|shown|bob|Bob");
    EXPECT_GOT(&w, 3, "joined");
    world_close(&w);
}

TEST(a_declaration_that_is_taken_back_leaves_no_end) {
    struct world w;
    struct signaling_tour_view v;
    REQUIRE(world_open(&w, NULL));
    EXPECT_EQ(signaling_tour_undeclare(w.signaling, w.now, "shown"), ERR_UNKNOWN);
    declare_shown(&w, (struct signaling_tour){0});
    EXPECT_EQ(signaling_tour_undeclare(w.signaling, w.now, "shown"), OK);
    EXPECT_EQ(signaling_tour_get(w.signaling, w.now, "shown", &v), ERR_UNKNOWN);
    enter(&w, 2, "buyer|shown|bob|Bob");
    EXPECT_ERROR(&w, 2, "tour_unknown");
    /* One that runs is ended. */
    declare_shown(&w, (struct signaling_tour){0});
    enter(&w, 2, "buyer|shown|bob|Bob");
    EXPECT_EQ(signaling_tour_undeclare(w.signaling, w.now, "shown"), OK);
    world_drain(&w);
    EXPECT_GOT(&w, 2, ENDED("ended"));
    world_close(&w);
}

TEST(a_tour_keeps_its_title_when_it_is_updated_from_its_own_view) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.title = "By the lake", .property = "{\"id\":1}"});
    struct signaling_tour t = tour_of(&w, "shown").tour;
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    EXPECT_STR(tour_of(&w, "shown").tour.title, "By the lake");
    EXPECT_STR(tour_of(&w, "shown").tour.property, "{\"id\":1}");
    world_close(&w);
}

TEST(the_last_place_is_taken_and_its_token_still_good) {
    struct world w;
    struct claims k;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.capacity = 2});
    enter(&w, 1, "agent|shown|ann|Ann");
    EXPECT_EQ(post_shown(&w, true, "buyer|shown|bob|Bob"), 201);
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "shown", "buyer|shown|bob|Bob", &k),
              CODE_TOUR_FULL);
    EXPECT_EQ(signaling_token(w.signaling, "shown", "buyer|shown|bob|Bob", &k), CODE_OK);
    EXPECT_STR(k.sub, "bob");
    EXPECT_EQ(signaling_token(w.signaling, "demo", "buyer|shown|bob|Bob", &k), CODE_FORBIDDEN);
    EXPECT_EQ(signaling_token(w.signaling, "shown", "token_expired", &k), CODE_TOKEN_EXPIRED);
    world_close(&w);
}

TEST(the_property_is_told_when_it_is_another) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.property = "{\"id\":1}"});
    enter(&w, 1, "agent|shown|ann|Ann");
    EXPECT_GOT(&w, 1, "\"property\":{\"id\":1}");
    world_send(&w, 1, "{\"type\":\"lock\",\"on\":true}");
    EXPECT_GOT(&w, 1, "tour_changed");
    EXPECT_NOT(&w, 1, "property");
    struct signaling_tour t = tour_of(&w, "shown").tour;
    t.property = NULL;
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    world_drain(&w);
    EXPECT_GOT(&w, 1, "\"property\":null");
    t.title = "Another";
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    world_drain(&w);
    EXPECT_GOT(&w, 1, "\"title\":\"Another\"");
    world_close(&w);
}

TEST(the_end_by_length_follows_the_wall) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.max_length = 1000 * US_PER_S});
    enter(&w, 1, "agent|shown|ann|Ann");
    EXPECT_EQ(tour_of(&w, "shown").ending.us, wall_in(w.now + 1000 * US_PER_S).us);
    signaling_clock(w.signaling, w.now, wall_in(w.now + 3600 * US_PER_S)); /* it was behind */
    EXPECT_EQ(tour_of(&w, "shown").ending.us, wall_in(w.now + 4600 * US_PER_S).us);
    world_pass(&w, US_PER_S);
    EXPECT_GOT(&w, 1, "tour_changed");
    world_close(&w);
}

/* What is not said of the lobby leaves it as hosts have made it. */
TEST(a_lobby_that_a_host_has_opened_is_closed_by_who_says_so) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.capacity = 2});
    enter(&w, 1, "agent|shown|ann|Ann");
    world_send(&w, 1, "{\"type\":\"lobby\",\"on\":true}");
    enter(&w, 2, "buyer|shown|bob|Bob");
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    struct signaling_tour t = tour_of(&w, "shown").tour;
    t.title = "New";
    w.mark = w.n;
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    world_drain(&w);
    EXPECT(tour_of(&w, "shown").lobby_on && !tour_of(&w, "shown").tour.lobby);
    EXPECT_NOT(&w, 2, "admitted");
    t = tour_of(&w, "shown").tour;
    EXPECT_EQ(signaling_tour_update_lobby(w.signaling, w.now, &t, false), ERR_FULL);
    EXPECT(tour_of(&w, "shown").lobby_on);
    t.capacity = 3;
    EXPECT_EQ(signaling_tour_update_lobby(w.signaling, w.now, &t, false), OK);
    world_drain(&w);
    EXPECT_GOT(&w, 2, "admitted");
    EXPECT_GOT(&w, 3, "admitted");
    EXPECT(!tour_of(&w, "shown").lobby_on);
    t = tour_of(&w, "shown").tour; /* that could not be written: it is as it was */
    EXPECT_EQ(signaling_tour_update_lobby(w.signaling, w.now, &t, true), OK);
    EXPECT(tour_of(&w, "shown").lobby_on && !tour_of(&w, "shown").tour.lobby);
    t = tour_of(&w, "shown").tour;
    t.lobby = true;
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK); /* it is open */
    EXPECT(tour_of(&w, "shown").lobby_on && tour_of(&w, "shown").tour.lobby);
    world_close(&w);
}

/* By the capacity that the tour has from then on. */
TEST(a_lobby_is_not_closed_when_who_waits_finds_no_room) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.lobby = true, .capacity = 2});
    enter(&w, 1, "agent|shown|ann|Ann");
    enter(&w, 2, "buyer|shown|bob|Bob");
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    struct signaling_tour t = tour_of(&w, "shown").tour;
    t.lobby = false;
    t.title = "Open";
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), ERR_FULL);
    world_drain(&w);
    EXPECT_NOT(&w, 2, "admitted");
    EXPECT_STR(tour_of(&w, "shown").tour.title, "shown");
    EXPECT(tour_of(&w, "shown").lobby_on);
    t = tour_of(&w, "shown").tour;
    t.lobby = false;
    t.capacity = 3;
    w.mark = w.n;
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now, &t), OK);
    world_drain(&w);
    EXPECT_GOT(&w, 2, "admitted");
    EXPECT_GOT(&w, 3, "admitted");
    EXPECT_EQ(tour_of(&w, "shown").tour.capacity, 3);
    world_close(&w);
}
