/* Who waits to be let in, and what reaches who waits: nothing of the tour. */
#include "tests/unit/signaling/people.h"

static bool open_lobby(struct world *w) {
    if (!world_open(w, NULL)) {
        return false;
    }
    declare_shown(w, (struct signaling_tour){.lobby = true});
    enter(w, 1, "agent|shown|ann|Ann");
    return world_got(w, 1, "joined") != NULL;
}

static void resume(struct world *w, uint64_t conn, const char *secret) {
    world_sendf(w, conn, "{\"type\":\"resume\",\"id\":3,\"resume\":\"%s\"}", secret);
}

TEST(a_guest_waits_is_admitted_and_is_in) {
    struct world w;
    REQUIRE(open_lobby(&w));
    EXPECT_GOT(&w, 1, "\"speaker\":null,\"lobby\":[],\"entries\":[],\"seq\":0,\"resume\"");
    enter(&w, 2, "buyer|shown|bob|Bob");
    EXPECT_GOT(&w, 2,
               "{\"type\":\"lobby\",\"re\":7,\"participant\":{\"id\":\"p2\",\"name\":\"Bob\","
               "\"role\":\"buyer\",\"host\":false,\"link\":\"ok\",\"connected\":false,");
    EXPECT_GOT(&w, 2,
               "\"tour\":{\"name\":\"shown\",\"title\":\"shown\",\"state\":\"live\",\"codec\":"
               "\"vp8\",\"record\":\"off\",\"recording\":false,\"lobby\":true,\"led_by\":\"Ann\"},"
               "\"resume\":\"");
    EXPECT_GOT(&w, 1, "{\"type\":\"lobby_joined\",\"participant\":{\"id\":\"p2\",\"name\":\"Bob\"");
    EXPECT_EQ(world_count(&w, EFFECT_COMMAND) + world_count(&w, EFFECT_PARTICIPANT), 0);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 1);
    EXPECT_EQ(signaling_stats(w.signaling).waiting, 1);
    EXPECT_EQ(tour_of(&w, "shown").waiting, 1);
    /* Until then everything but leaving is refused. */
    enter_again(&w, 2);
    EXPECT_ERROR(&w, 2, "not_admitted");
    static const char *const others[] = {
        "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":true}",
        "{\"type\":\"pin\",\"participant\":\"p1\"}",
        "{\"type\":\"record\",\"on\":true}",
        "{\"type\":\"consent\",\"recording\":true}",
        "{\"type\":\"remove\",\"participant\":\"p1\"}",
        "{\"type\":\"end\"}",
        "{\"type\":\"admit\"}",
        "{\"type\":\"lobby\",\"on\":false}",
        "{\"type\":\"lock\",\"on\":true}",
        "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}",
        "{\"type\":\"hand_over\",\"participant\":\"p2\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        world_send(&w, 2, others[i]);
        EXPECT_ERROR(&w, 2, "not_admitted");
        EXPECT_EQ(w.n - w.mark, 1);
    }
    world_join(&w, 2, "restart", small_offer_restarted(), "");
    EXPECT_ERROR(&w, 2, "not_admitted");
    world_send(&w, 1, "{\"type\":\"admit\",\"id\":4,\"participants\":[\"p2\"]}");
    EXPECT_STR(world_got(&w, 2, "{"), "{\"type\":\"admitted\"}");
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":4}");
    EXPECT_GOT(&w, 1, "{\"type\":\"lobby_left\",\"id\":\"p2\",\"reason\":\"admitted\"}");
    EXPECT_EQ(world_count(&w, EFFECT_COMMAND), 0);
    enter_again(&w, 2);
    EXPECT_GOT(&w, 2, "\"type\":\"joined\",\"re\":7,\"participant\":{\"id\":\"p2\"");
    EXPECT_NOT(&w, 2, "\"lobby\":[");
    EXPECT_GOT(&w, 1, "{\"type\":\"participant_joined\",\"participant\":{\"id\":\"p2\"");
    EXPECT_EQ(world_commands(&w, COMMAND_PEER_ADD), 1);
    EXPECT_EQ(signaling_stats(w.signaling).participants, 2);
    EXPECT_EQ(signaling_stats(w.signaling).waiting, 0);
    /* Who was let in once may load the page again, by a token as before. */
    world_send(&w, 2, "{\"type\":\"leave\"}");
    enter(&w, 3, "buyer|shown|bob|Bob");
    EXPECT_GOT(&w, 3, "joined");
    enter_again(&w, 3);
    EXPECT_ERROR(&w, 3, "already_joined");
    world_close(&w);
}

TEST(only_hosts_admit_and_only_who_waits) {
    struct world w;
    REQUIRE(open_lobby(&w));
    enter(&w, 2, "buyer|shown|bob|Bob");
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    enter(&w, 4, "buyer|shown|dan|Dan");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[\"p2\",\"p9\"]}");
    EXPECT_GOT(&w, 1, "\"field\":\"participants\""); /* all of them or nobody */
    EXPECT_NOT(&w, 2, "{");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[\"p1\"]}");
    EXPECT_GOT(&w, 1, "\"field\":\"participants\"");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[2]}");
    EXPECT_GOT(&w, 1, "\"field\":\"participants\"");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[]}");
    EXPECT_NOT(&w, 2, "{");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[\"p2\"]}");
    enter_again(&w, 2);
    world_send(&w, 2, "{\"type\":\"admit\"}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 1, "{\"type\":\"admit\"}");
    EXPECT_GOT(&w, 3, "admitted");
    EXPECT_GOT(&w, 4, "admitted");
    world_send(&w, 1, "{\"type\":\"admit\"}"); /* nobody is left, and nobody told twice */
    EXPECT_NOT(&w, 3, "{");
    /* A second host sees who waits from the beginning, or when she becomes one. */
    enter(&w, 5, "buyer|shown|eve|Eve");
    enter(&w, 6, "agent|shown|fay|Fay");
    EXPECT_GOT(&w, 6, "\"lobby\":[{\"id\":\"p5\",\"name\":\"Eve\"");
    EXPECT_NOT(&w, 6, "\"id\":\"p3\",\"name\":\"Cyd\""); /* let in already, if not in */
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}");
    EXPECT_GOT(&w, 2, "{\"type\":\"lobby_joined\",\"participant\":{\"id\":\"p5\"");
    world_send(&w, 2, "{\"type\":\"admit\"}");
    EXPECT_GOT(&w, 5, "admitted");
    world_close(&w);
}

TEST(who_is_no_host_any_more_sees_nobody_who_waits) {
    struct world w;
    REQUIRE(open_lobby(&w));
    enter(&w, 2, "agent|shown|bob|Bob");
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    enter(&w, 4, "buyer|shown|dan|Dan");
    EXPECT_GOT(&w, 2, "lobby_joined");
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":false}");
    EXPECT_GOT(&w, 2, "{\"type\":\"lobby_left\",\"id\":\"p3\",\"reason\":\"not_host\"}");
    EXPECT_GOT(&w, 2, "{\"type\":\"lobby_left\",\"id\":\"p4\",\"reason\":\"not_host\"}");
    EXPECT_NOT(&w, 1, "lobby_left");
    world_send(&w, 3, "{\"type\":\"leave\"}");
    EXPECT_NOT(&w, 2, "lobby_left");
    /* Made again at once: nobody who has gone meanwhile is left with him. */
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}");
    EXPECT_GOT(&w, 2, "{\"type\":\"lobby_joined\",\"participant\":{\"id\":\"p4\"");
    EXPECT_NOT(&w, 2, "{\"type\":\"lobby_joined\",\"participant\":{\"id\":\"p3\"");
    world_close(&w);
}

TEST(who_leaves_the_lobby_is_told_to_hosts_alone) {
    struct world w;
    REQUIRE(open_lobby(&w));
    enter(&w, 2, "buyer|shown|bob|Bob");
    world_send(&w, 1, "{\"type\":\"admit\"}");
    enter_again(&w, 2);
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    EXPECT_EQ(texts_to(&w, 2), 0);
    world_send(&w, 3, "{\"type\":\"leave\",\"id\":1}");
    EXPECT_STR(world_got(&w, 3, "{"), "{\"type\":\"ok\",\"re\":1}");
    EXPECT_GOT(&w, 1, "{\"type\":\"lobby_left\",\"id\":\"p3\",\"reason\":\"left\"}");
    EXPECT_EQ(texts_to(&w, 2), 0);
    enter(&w, 4, "buyer|shown|dan|Dan");
    world_drop(&w, 4);
    EXPECT_GOT(&w, 1, "{\"type\":\"lobby_joined\",\"participant\":{\"id\":\"p4\"");
    EXPECT_GOT(&w, 1, "\"link\":\"lost\"");
    EXPECT_EQ(w.n, w.mark + 1);
    world_pass(&w, 16 * US_PER_S);
    EXPECT_GOT(&w, 1, "{\"type\":\"lobby_left\",\"id\":\"p4\",\"reason\":\"timeout\"}");
    EXPECT_EQ(texts_to(&w, 2), 0);
    EXPECT_EQ(signaling_stats(w.signaling).waiting, 0);
    world_close(&w);
}

TEST(the_lobby_resumes_and_is_taken_over) {
    struct world w;
    char secret[64], second[64];
    REQUIRE(open_lobby(&w));
    enter(&w, 2, "buyer|shown|bob|Bob");
    world_field(world_got(&w, 2, "\"lobby\""), "resume", secret, sizeof(secret));
    world_drop(&w, 2);
    resume(&w, 3, secret);
    EXPECT_GOT(&w, 3, "{\"type\":\"lobby\",\"re\":3,\"participant\":{\"id\":\"p2\"");
    EXPECT_NOT(&w, 3, "\"admitted\":true");
    world_field(world_got(&w, 3, "\"lobby\""), "resume", second, sizeof(second));
    EXPECT(strcmp(secret, second) != 0);
    /* Let in while away: the next resume says so. */
    world_drop(&w, 3);
    world_send(&w, 1, "{\"type\":\"admit\"}");
    resume(&w, 4, second);
    EXPECT_GOT(&w, 4, "\"admitted\":true,\"resume\":\"");
    EXPECT_EQ(world_count(&w, EFFECT_COMMAND), 0);
    enter_again(&w, 4);
    EXPECT_GOT(&w, 4, "\"type\":\"joined\",\"re\":7,\"participant\":{\"id\":\"p2\"");
    /* A second window takes the place in the lobby. */
    enter(&w, 5, "buyer|shown|cyd|Cyd");
    enter(&w, 6, "buyer|shown|cyd|Cyd");
    EXPECT_GOT(&w, 6, "{\"type\":\"lobby\",\"re\":7,\"participant\":{\"id\":\"p3\"");
    EXPECT_ERROR(&w, 5, "seat_taken_over");
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.status, 4001);
    EXPECT_EQ(tour_of(&w, "shown").waiting, 1);
    /* And an admitted one can enter by the token, from anywhere. */
    world_send(&w, 1, "{\"type\":\"admit\"}");
    enter(&w, 7, "buyer|shown|cyd|Cyd");
    EXPECT_GOT(&w, 7, "\"type\":\"joined\",\"re\":7,\"participant\":{\"id\":\"p3\"");
    EXPECT_ERROR(&w, 6, "seat_taken_over");
    EXPECT_EQ(tour_of(&w, "shown").waiting, 0);
    world_close(&w);
}

TEST(who_is_removed_from_the_lobby_cannot_come_back) {
    struct world w;
    char secret[64];
    REQUIRE(open_lobby(&w));
    enter(&w, 2, "buyer|shown|bob|Bob");
    world_field(world_got(&w, 2, "\"lobby\""), "resume", secret, sizeof(secret));
    world_send(&w, 1, "{\"type\":\"remove\",\"id\":1,\"participant\":\"p2\"}");
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":1}");
    EXPECT_GOT(&w, 1, "{\"type\":\"lobby_left\",\"id\":\"p2\",\"reason\":\"removed\"}");
    EXPECT_NOT(&w, 1, "participant_left");
    EXPECT_ERROR(&w, 2, "removed");
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.status, 4003);
    enter(&w, 3, "buyer|shown|bob|Bob");
    EXPECT_ERROR(&w, 3, "removed");
    resume(&w, 3, secret);
    EXPECT_ERROR(&w, 3, "resume_unknown");
    /* Also who was let in before. */
    enter(&w, 4, "buyer|shown|cyd|Cyd");
    world_send(&w, 1, "{\"type\":\"admit\"}");
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p3\"}");
    EXPECT_ERROR(&w, 4, "removed");
    EXPECT_NOT(&w, 1, "lobby_left"); /* told when he was let in */
    enter(&w, 5, "buyer|shown|cyd|Cyd");
    EXPECT_ERROR(&w, 5, "removed");
    world_close(&w);
}

TEST(whip_and_whep_do_not_wait) {
    struct world w;
    struct claims k;
    REQUIRE(open_lobby(&w));
    for (int whep = 0; whep < 2; whep++) {
        EXPECT_EQ(post_shown(&w, whep, "buyer|shown|bob|Bob"), 403);
        EXPECT(strstr(world_effect(&w, EFFECT_HTTP)->text, "\"code\":\"not_admitted\""));
        EXPECT_EQ(w.n - w.mark, 1);
    }
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "shown", "buyer|shown|bob|Bob", &k),
              CODE_NOT_ADMITTED);
    enter(&w, 2, "buyer|shown|bob|Bob");
    EXPECT_EQ(post_shown(&w, true, "buyer|shown|bob|Bob"), 403); /* waiting is not enough */
    EXPECT_EQ(post_shown(&w, false, "buyer|shown|bob|Bob"), 403);
    world_send(&w, 1, "{\"type\":\"admit\"}");
    EXPECT_EQ(signaling_admits(w.signaling, w.now, "shown", "buyer|shown|bob|Bob", &k), CODE_OK);
    EXPECT_EQ(post_shown(&w, true, "buyer|shown|bob|Bob"), 201);
    EXPECT_EQ(post_shown(&w, false, "buyer|shown|bob|Bob"), 201); /* takes the seat of the lobby */
    EXPECT_ERROR(&w, 2, "seat_taken_over");
    EXPECT_EQ(tour_of(&w, "shown").waiting, 0);
    EXPECT_EQ(post_shown(&w, true, "agent|shown|obs|Obs"), 201);
    EXPECT_EQ(post_shown(&w, false, "agent|shown|cam|Cam"), 201);
    world_close(&w);
}

TEST(the_lobby_opens_and_closes) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    enter(&w, 1, "agent|demo|ann|Ann");
    enter(&w, 2, "buyer|demo|bob|Bob");
    world_send(&w, 2, "{\"type\":\"lobby\",\"on\":true}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 1, "{\"type\":\"lobby\",\"id\":1,\"on\":true}");
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":1}");
    EXPECT_GOT(&w, 2, "\"type\":\"tour_changed\"");
    EXPECT_GOT(&w, 2, "\"lobby\":true");
    enter(&w, 3, "buyer|demo|cyd|Cyd");
    EXPECT_GOT(&w, 3, "\"type\":\"lobby\"");
    /* Who was in before need not wait when he comes again. */
    world_send(&w, 2, "{\"type\":\"leave\"}");
    enter(&w, 2, "buyer|demo|bob|Bob");
    EXPECT_GOT(&w, 2, "\"type\":\"joined\"");
    /* Without a lobby nobody waits any more. */
    world_send(&w, 1, "{\"type\":\"lobby\",\"on\":false}");
    EXPECT_GOT(&w, 3, "admitted");
    enter_again(&w, 3);
    EXPECT_GOT(&w, 3, "joined");
    enter(&w, 4, "buyer|demo|dan|Dan");
    EXPECT_GOT(&w, 4, "joined");
    /* The next run is as declared. */
    world_send(&w, 1, "{\"type\":\"lobby\",\"on\":true}");
    world_send(&w, 1, "{\"type\":\"end\"}");
    enter(&w, 5, "agent|demo|ann|Ann");
    enter(&w, 6, "buyer|demo|dan|Dan");
    EXPECT_GOT(&w, 6, "joined");
    world_close(&w);
}

TEST(a_lobby_keeps_a_tour_that_nobody_is_in) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.lobby = true});
    enter(&w, 1, "buyer|shown|bob|Bob");
    EXPECT_GOT(&w, 1, "\"state\":\"lobby\"");
    EXPECT_STR(tour_of(&w, "shown").state, "lobby");
    world_pass(&w, 3600 * US_PER_S);
    EXPECT_EQ(texts_to(&w, 1), 0);
    EXPECT_EQ(tour_of(&w, "shown").waiting, 1);
    enter(&w, 2, "agent|shown|ann|Ann");
    EXPECT_GOT(&w, 2, "\"state\":\"live\"");
    EXPECT_GOT(&w, 2, "\"lobby\":[{\"id\":\"p1\"");
    EXPECT_EQ(texts_to(&w, 1), 0);
    /* Its end reaches who waits, in one word. */
    world_send(&w, 2, "{\"type\":\"end\"}");
    EXPECT_STR(world_got(&w, 1, "{"), "{\"type\":\"tour_ended\",\"reason\":\"ended\"}");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 2);
    EXPECT_EQ(signaling_stats(w.signaling).waiting + signaling_stats(w.signaling).tours, 0);
    world_drop(&w, 1);
    world_close(&w);
}

static void three(struct signaling_config *c) {
    c->max_participants = 3;
}

TEST(a_lobby_counts_against_the_limits) {
    struct world w;
    REQUIRE(world_open(&w, three));
    declare_shown(&w, (struct signaling_tour){.lobby = true});
    enter(&w, 1, "agent|shown|ann|Ann");
    enter(&w, 2, "buyer|shown|bob|Bob");
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    enter(&w, 4, "buyer|shown|dan|Dan");
    EXPECT_ERROR(&w, 4, "tour_full");
    world_send(&w, 1, "{\"type\":\"admit\"}");
    enter_again(&w, 2);
    EXPECT_GOT(&w, 2, "joined");
    /* Of a host who watches they take no place, as of one who joins. */
    EXPECT_EQ(post_shown(&w, true, "buyer|shown|bob|Bob"), 503);
    EXPECT_EQ(post_shown(&w, true, "agent|shown|ann|Ann"), 201);
    EXPECT_EQ(post_shown(&w, true, "agent|shown|ann|Ann"), 503);
    enter_again(&w, 3);
    EXPECT_ERROR(&w, 3, "tour_full");
    world_close(&w);
}

TEST(hosts_see_the_link_of_who_waits_lost_and_found) {
    struct world w;
    char secret[64];
    REQUIRE(open_lobby(&w));
    enter(&w, 2, "buyer|shown|bob|Bob");
    world_field(world_got(&w, 2, "\"type\":\"lobby\""), "resume", secret, sizeof(secret));
    world_drop(&w, 2);
    EXPECT_GOT(&w, 1, "\"type\":\"lobby_joined\"");
    EXPECT_GOT(&w, 1, "\"link\":\"lost\"");
    world_sendf(&w, 3, "{\"type\":\"resume\",\"id\":1,\"resume\":\"%s\"}", secret);
    EXPECT_GOT(&w, 3, "\"type\":\"lobby\"");
    EXPECT_GOT(&w, 1, "\"type\":\"lobby_joined\"");
    EXPECT_GOT(&w, 1, "\"link\":\"ok\"");
    /* Of who is let in they are told nothing any more. */
    world_send(&w, 1, "{\"type\":\"admit\"}");
    world_drop(&w, 3);
    EXPECT_NOT(&w, 1, "lobby_");
    world_close(&w);
}

/* Who is in is in the journal. */
static bool journaled(const struct world *w, uint64_t participant) {
    bool found = participant == 0;
    for (size_t i = 0; i < w->n; i++) {
        found = found ||
                (w->log[i].e.type == EFFECT_PARTICIPANT && w->log[i].e.participant == participant);
    }
    return found;
}

static size_t people_in_journal(const struct world *w) {
    uint64_t seen[16];
    size_t n = 0, at;
    for (size_t i = 0; i < w->n; i++) {
        const struct signaling_effect *e = &w->log[i].e;
        for (at = 0; at < n && seen[at] != e->participant; at++) {
        }
        if (e->type == EFFECT_PARTICIPANT && at == n && n < ARRAY_LEN(seen)) {
            seen[n++] = e->participant;
        }
    }
    return n;
}

/* Everything that can happen in a tour happens; of every effect it must be known to whom it goes
 * and what it tells. */
TEST(nothing_of_the_tour_reaches_who_waits) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.lobby = true});
    enter(&w, 2, "buyer|shown|bob|Bob");
    size_t from = w.n;
    enter(&w, 1, "agent|shown|ann|Ann");
    uint64_t ann = participant_of(&w);
    uint64_t ann_peer = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    uint64_t tour = tour_of(&w, "shown").run;
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[\"p3\"]}");
    enter_again(&w, 3);
    enter(&w, 4, "agent|shown|dan|Dan");
    signaling_peer_connected(w.signaling, w.now, ann_peer);
    signaling_source(w.signaling, w.now, ann_peer, SOURCE_CAMERA, true);
    signaling_slot(w.signaling, w.now, ann_peer,
                   &(struct signaling_bound){"2", ann, SOURCE_CAMERA, false});
    signaling_layers(w.signaling, ann_peer, SOURCE_CAMERA, 1);
    signaling_speaker(w.signaling, tour, ann);
    signaling_recording(w.signaling, tour, RECORDING_ON);
    world_drain(&w);
    static const char *const all[] = {
        "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":true}",
        "{\"type\":\"pin\",\"participant\":\"p3\"}",
        "{\"type\":\"pin\",\"participant\":\"p1\"}", /* who waits is nobody to pin */
        "{\"type\":\"host\",\"participant\":\"p3\",\"host\":true}",
        "{\"type\":\"hand_over\",\"participant\":\"p3\"}",
        "{\"type\":\"host\",\"participant\":\"p1\",\"host\":true}", /* nor to make a host */
        "{\"type\":\"hand_over\",\"participant\":\"p1\"}",
        "{\"type\":\"lock\",\"on\":true}",
        "{\"type\":\"lock\",\"on\":false}",
        "{\"type\":\"lobby\",\"on\":true}",
        "{\"type\":\"record\",\"on\":true}",
        "{\"type\":\"consent\",\"recording\":false}",
        "{\"type\":\"remove\",\"participant\":\"p4\"}",
        "{\"type\":\"leave\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        world_send(&w, 1, all[i]);
    }
    EXPECT_EQ(signaling_tour_update(w.signaling, w.now,
                                    &(struct signaling_tour){.name = "shown",
                                                             .title = "New",
                                                             .record = RECORD_OFF,
                                                             .codec = CODEC_VP8,
                                                             .lobby = true,
                                                             .max_length = 400 * US_PER_S}),
              OK);
    world_drain(&w);
    world_drop(&w, 3); /* the last host: people wait, and are told that the tour will end */
    world_pass(&w, 200 * US_PER_S);
    for (size_t i = from; i < w.n; i++) {
        const struct record *r = &w.log[i];
        EXPECT(r->e.conn != 2);
        if (r->e.type == EFFECT_COMMAND) {
            EXPECT(journaled(&w, r->e.command.participant));
            EXPECT(journaled(&w, r->e.command.lead));
            EXPECT(!r->params || journaled(&w, r->params->participant));
        }
    }
    EXPECT_EQ(people_in_journal(&w), 3);
    EXPECT_EQ(tour_of(&w, "shown").waiting, 1);
    /* What he is told when he asks is what anybody is who has a token. */
    char secret[64];
    for (size_t i = 0; i < from; i++) {
        if (w.log[i].e.type == EFFECT_SEND && w.log[i].e.conn == 2) {
            world_field(w.log[i].text, "resume", secret, sizeof(secret));
        }
    }
    world_drop(&w, 2);
    resume(&w, 5, secret);
    const char *told = world_got(&w, 5, "\"type\":\"lobby\"");
    REQUIRE(told);
    EXPECT(!strstr(told, "Ann") && !strstr(told, "Cyd") && !strstr(told, "lead") &&
           !strstr(told, "missed") && !strstr(told, "roster") && !strstr(told, "speaker") &&
           !strstr(told, "slots"));
    world_send(&w, 6, "{\"type\":\"hello\",\"token\":\"buyer|shown|bob|Bob\"}");
    told = world_got(&w, 6, "\"type\":\"welcome\"");
    REQUIRE(told);
    EXPECT(!strstr(told, "Ann") && !strstr(told, "Cyd") && !strstr(told, "lead") &&
           !strstr(told, "led_by") && !strstr(told, "missed"));
    world_close(&w);
}

TEST_ALLOC(a_lobby_survives_failing_allocations) {
    struct world w;
    if (world_open(&w, NULL) && !mem_failed()) {
        struct signaling_tour t = {.name = "shown",
                                   .record = RECORD_OFF,
                                   .codec = CODEC_VP8,
                                   .lobby = true,
                                   .property = "{}"};
        enum err e = signaling_tour_declare(w.signaling, &t);
        EXPECT(e == OK || (e == ERR_NOMEM && mem_failed()));
        enter(&w, 1, "agent|shown|ann|Ann");
        enter(&w, 2, "buyer|shown|bob|Bob");
        enter(&w, 3, "buyer|shown|cyd|Cyd");
        world_send(&w, 1, "{\"type\":\"admit\",\"id\":1}");
        enter_again(&w, 2);
        world_send(&w, 1, "{\"type\":\"lobby\",\"id\":1,\"on\":false}");
        world_send(&w, 1, "{\"type\":\"lobby\",\"id\":1,\"on\":true}");
        world_send(&w, 1, "{\"type\":\"hand_over\",\"id\":1,\"participant\":\"p2\"}");
        struct signaling_stats s = signaling_stats(w.signaling);
        EXPECT(mem_failed() || (s.participants == 2 && s.waiting == 1));
        struct signaling_tour_view v;
        if (e == OK) {
            EXPECT_EQ(signaling_tour_get(w.signaling, w.now, "shown", &v), OK);
            EXPECT_EQ(v.participants, s.participants);
            EXPECT_EQ(v.waiting, s.waiting);
        }
        t.property = "{\"a\":1}";
        e = signaling_tour_update(w.signaling, w.now, &t);
        EXPECT(e == OK || mem_failed());
        world_drain(&w);
        (void)signaling_tour_end(w.signaling, w.now, "shown", true);
        world_drain(&w);
        s = signaling_stats(w.signaling);
        EXPECT_EQ(s.participants + s.waiting + s.sessions + s.tours, 0);
    }
    world_close(&w);
}

static void three_places(struct signaling_config *c) {
    c->max_participants = 3;
}

TEST(a_full_lobby_keeps_no_agent_out) {
    struct world w;
    REQUIRE(world_open(&w, three_places));
    declare_shown(&w, (struct signaling_tour){.lobby = true});
    enter(&w, 2, "buyer|shown|bob|Bob");
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    enter(&w, 4, "buyer|shown|dan|Dan");
    EXPECT_GOT(&w, 4, "\"type\":\"lobby\"");
    enter(&w, 5, "buyer|shown|eve|Eve");
    EXPECT_ERROR(&w, 5, "tour_full");
    enter(&w, 1, "agent|shown|ann|Ann");
    EXPECT_GOT(&w, 1, "joined");
    world_send(&w, 1, "{\"type\":\"admit\"}");
    enter_again(&w, 2);
    EXPECT_GOT(&w, 2, "joined");
    enter_again(&w, 3);
    EXPECT_GOT(&w, 3, "joined");
    enter_again(&w, 4); /* in the tour itself are as many as there may be */
    EXPECT_ERROR(&w, 4, "tour_full");
    world_close(&w);
}

TEST(who_is_let_in_and_does_not_come_waits_again) {
    struct world w;
    char secret[64];
    REQUIRE(open_lobby(&w));
    enter(&w, 2, "buyer|shown|bob|Bob");
    world_field(world_got(&w, 2, "\"type\":\"lobby\""), "resume", secret, sizeof(secret));
    world_send(&w, 1, "{\"type\":\"admit\"}");
    EXPECT_GOT(&w, 2, "admitted");
    world_pass(&w, 10 * US_PER_S);
    EXPECT_NOT(&w, 1, "lobby_joined");
    world_drop(&w, 2);
    resume(&w, 3, secret); /* he has as long again */
    EXPECT_GOT(&w, 3, "\"admitted\":true");
    world_pass(&w, 10 * US_PER_S);
    EXPECT_NOT(&w, 1, "lobby_joined");
    world_pass(&w, 10 * US_PER_S);
    EXPECT_GOT(&w, 1, "{\"type\":\"lobby_joined\",\"participant\":{\"id\":\"p2\"");
    enter_again(&w, 3);
    EXPECT_ERROR(&w, 3, "not_admitted");
    world_send(&w, 1, "{\"type\":\"admit\"}");
    EXPECT_GOT(&w, 3, "admitted");
    enter_again(&w, 3);
    EXPECT_GOT(&w, 3, "joined");
    world_pass(&w, 100 * US_PER_S); /* no timer is left of it */
    EXPECT_EQ(signaling_stats(w.signaling).participants, 2);
    world_close(&w);
}

TEST(each_who_is_admitted_counts_once) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    declare_shown(&w, (struct signaling_tour){.lobby = true, .capacity = 3});
    enter(&w, 1, "agent|shown|ann|Ann");
    enter(&w, 2, "buyer|shown|bob|Bob");
    enter(&w, 3, "buyer|shown|cyd|Cyd");
    enter(&w, 4, "buyer|shown|dan|Dan");
    world_send(&w, 1, "{\"type\":\"lobby\",\"on\":false}");
    EXPECT_ERROR(&w, 1, "tour_full");
    EXPECT(tour_of(&w, "shown").lobby_on);
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[\"p2\",\"p2\",\"p2\"]}");
    EXPECT_GOT(&w, 2, "admitted");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[\"p2\",\"p3\"]}");
    EXPECT_NOT(&w, 2, "admitted");
    EXPECT_GOT(&w, 3, "admitted");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[\"p4\"]}");
    EXPECT_ERROR(&w, 1, "tour_full");
    world_close(&w);
}

/* On another device, as long as the run lasts. */
TEST(who_was_let_in_does_not_wait_again) {
    static const char beside[] =
        ",\"seat\":\"beside\",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"}],"
        "\"slots\":[{\"mid\":\"2\",\"kind\":\"stage\"}]";
    struct world w;
    REQUIRE(open_lobby(&w));
    world_join(&w, 2, "buyer|shown|bob|Bob", small_offer(), beside);
    world_join(&w, 3, "buyer|shown|bob|Bob", small_offer(), beside);
    EXPECT_GOT(&w, 3, "\"type\":\"lobby\"");
    world_send(&w, 1, "{\"type\":\"admit\",\"participants\":[\"p2\"]}");
    EXPECT_GOT(&w, 2, "admitted");
    EXPECT_GOT(&w, 3, "admitted");
    EXPECT_GOT(&w, 1, "{\"type\":\"lobby_left\",\"id\":\"p3\",\"reason\":\"admitted\"}");
    world_join(&w, 2, "", small_offer(), beside);
    EXPECT_GOT(&w, 2, "joined");
    /* The other one was slow, and is shown to hosts; but his person is in. */
    world_pass(&w, 16 * US_PER_S);
    EXPECT_EQ(signaling_stats(w.signaling).waiting, 1);
    world_join(&w, 3, "", small_offer(), beside);
    EXPECT_GOT(&w, 3, "joined");
    EXPECT_GOT(&w, 1, "{\"type\":\"lobby_left\",\"id\":\"p3\",\"reason\":\"admitted\"}");
    world_send(&w, 2, "{\"type\":\"leave\"}");
    world_send(&w, 3, "{\"type\":\"leave\"}");
    world_join(&w, 4, "buyer|shown|bob|Bob", small_offer(), beside);
    EXPECT_GOT(&w, 4, "joined");
    world_send(&w, 1, "{\"type\":\"remove\",\"participant\":\"p4\"}");
    world_join(&w, 5, "buyer|shown|bob|Bob", small_offer(), beside);
    EXPECT_ERROR(&w, 5, "removed");
    world_close(&w);
}
