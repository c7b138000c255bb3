/* Who hosts, who of them leads, and what happens when none is there. */
#include "signaling/platform.h"
#include "tests/unit/signaling/people.h"

#define ENDED(reason) "{\"type\":\"tour_ended\",\"reason\":\"" reason "\"}"

/* The stage as media was told last since the mark. */
static const struct command *stage(const struct world *w) {
    const struct record *r = world_command(w, COMMAND_STAGE);
    return r ? &r->e.command : NULL;
}

static bool ten_seconds(struct world *w, void (*more)(struct signaling_config *c)) {
    return world_open(w, more);
}

static void short_host(struct signaling_config *c) {
    c->host_limit = 100 * US_PER_S;
}

TEST(the_first_host_leads_and_the_next_follows) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    enter(&w, 1, "buyer|demo|bob|Bob");
    EXPECT_GOT(&w, 1,
               "\"state\":\"waiting\",\"codec\":\"vp8\",\"record\":\"off\",\"recording\":false,"
               "\"lead\":null,\"spotlight\":null,");
    EXPECT(!stage(&w));
    enter(&w, 2, "agent|demo|ann|Ann");
    uint64_t ann = participant_of(&w);
    REQUIRE(stage(&w));
    EXPECT_EQ(stage(&w)->lead, ann);
    EXPECT_EQ(stage(&w)->participant, 0);
    EXPECT_GOT(&w, 1,
               "{\"type\":\"tour_changed\",\"tour\":{\"name\":\"demo\",\"title\":\"Demo tour\","
               "\"state\":\"live\",\"codec\":\"vp8\",\"record\":\"off\",\"recording\":false,"
               "\"lead\":\"p2\",\"spotlight\":null,");
    enter(&w, 3, "agent|demo|cyd|Cyd");
    uint64_t cyd = participant_of(&w);
    EXPECT(!stage(&w));
    EXPECT_NOT(&w, 1, "tour_changed"); /* nothing of it is different */
    EXPECT_GOT(&w, 3, "\"lead\":\"p2\"");
    /* Lost is not gone. */
    world_drop(&w, 2);
    EXPECT(!stage(&w));
    EXPECT_NOT(&w, 1, "tour_changed");
    world_pass(&w, 16 * US_PER_S);
    REQUIRE(stage(&w));
    EXPECT_EQ(stage(&w)->lead, cyd);
    EXPECT_GOT(&w, 1, "\"state\":\"live\"");
    EXPECT_GOT(&w, 1, "\"lead\":\"p3\"");
    world_send(&w, 3, "{\"type\":\"leave\"}");
    REQUIRE(stage(&w));
    EXPECT_EQ(stage(&w)->lead, 0);
    EXPECT_GOT(&w, 1, "\"state\":\"waiting\"");
    EXPECT_GOT(&w, 1, "\"missed\":\"Cyd\",\"lead\":null");
    world_close(&w);
}

TEST(a_host_makes_hosts) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    enter(&w, 1, "agent|demo|ann|Ann");
    enter(&w, 2, "buyer|demo|bob|Bob");
    uint64_t bob_peer = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    world_send(&w, 2, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 2, "{\"type\":\"hand_over\",\"participant\":\"p2\"}");
    EXPECT_ERROR(&w, 2, "forbidden");
    static const char *const bad[] = {
        "{\"type\":\"host\",\"participant\":\"p9\",\"host\":true}",
        "{\"type\":\"hand_over\",\"participant\":\"p9\"}",
        "{\"type\":\"host\",\"participant\":\"p1\",\"host\":false}", /* the last one */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        world_send(&w, 1, bad[i]);
        EXPECT_GOT(&w, 1, "\"code\":\"bad_field\"");
        EXPECT_GOT(&w, 1, "\"field\":\"participant\"");
    }
    world_send(&w, 1, "{\"type\":\"host\",\"id\":4,\"participant\":\"p2\",\"host\":true}");
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":4}");
    REQUIRE(world_command(&w, COMMAND_HOST));
    EXPECT(world_command(&w, COMMAND_HOST)->e.command.on);
    EXPECT_EQ(world_command(&w, COMMAND_HOST)->e.command.peer, bob_peer);
    EXPECT_GOT(&w, 1, "\"id\":\"p2\",\"name\":\"Bob\",\"role\":\"buyer\",\"host\":true");
    EXPECT(!stage(&w));
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}");
    EXPECT_EQ(w.n, w.mark + 1); /* he is one: only the audit log is told */
    EXPECT_EQ(world_count(&w, EFFECT_ACT), 1);
    /* What a host has made of him holds when he joins again, and a new transport knows it. */
    world_join(&w, 3, "buyer|demo|bob|Bob", small_offer_other_peer(), small_lines);
    EXPECT_GOT(&w, 3, "\"role\":\"buyer\",\"host\":true");
    EXPECT(world_command(&w, COMMAND_PEER_ADD)->params->host);
    world_send(&w, 3, "{\"type\":\"host\",\"participant\":\"p1\",\"host\":false}");
    EXPECT(!world_command(&w, COMMAND_HOST)->e.command.on);
    REQUIRE(stage(&w));
    EXPECT(stage(&w)->lead != 0);
    EXPECT_GOT(&w, 1, "\"lead\":\"p2\"");
    world_send(&w, 1, "{\"type\":\"end\"}");
    EXPECT_ERROR(&w, 1, "forbidden");
    world_send(&w, 3, "{\"type\":\"end\"}");
    EXPECT_GOT(&w, 1, ENDED("ended"));
    world_close(&w);
}

TEST(a_host_hands_over) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    enter(&w, 1, "agent|demo|ann|Ann");
    enter(&w, 2, "buyer|demo|bob|Bob");
    uint64_t bob = participant_of(&w);
    world_send(&w, 1, "{\"type\":\"hand_over\",\"id\":1,\"participant\":\"p2\"}");
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":1}");
    EXPECT_EQ(world_commands(&w, COMMAND_HOST), 1);
    EXPECT_EQ(world_commands(&w, COMMAND_STAGE), 1);
    EXPECT_EQ(stage(&w)->lead, bob);
    EXPECT_GOT(&w, 2, "\"lead\":\"p2\"");
    world_send(&w, 1, "{\"type\":\"hand_over\",\"participant\":\"p2\"}");
    EXPECT_EQ(world_count(&w, EFFECT_COMMAND), 0);
    /* The stage goes back when he goes; who was host before is one still. */
    world_send(&w, 2, "{\"type\":\"leave\"}");
    EXPECT_GOT(&w, 1, "\"lead\":\"p1\"");
    world_close(&w);
}

static void spread(struct signaling_config *c) {
    c->tour_spread = 1;
}

TEST(one_more_worker_is_told_who_leads) {
    struct world w;
    REQUIRE(world_open(&w, spread));
    enter(&w, 1, "agent|demo|ann|Ann");
    uint64_t ann = participant_of(&w);
    enter(&w, 2, "buyer|demo|bob|Bob");
    const struct record *r = world_command(&w, COMMAND_STAGE);
    REQUIRE(r && world_command(&w, COMMAND_TOUR_SPAN));
    EXPECT_EQ(r->e.workers, world_command(&w, COMMAND_TOUR_SPAN)->e.command.workers);
    EXPECT_EQ(r->e.command.lead, ann);
    EXPECT(world_command(&w, COMMAND_TOUR_SPAN) < r);
    world_close(&w);
}

TEST(guests_wait_for_their_host_and_not_for_ever) {
    struct world w;
    char secret[64];
    REQUIRE(ten_seconds(&w, short_host));
    enter(&w, 1, "agent|demo|ann|Ann");
    world_field(world_got(&w, 1, "joined"), "resume", secret, sizeof(secret));
    enter(&w, 2, "buyer|demo|bob|Bob");
    world_drop(&w, 1);
    EXPECT_GOT(&w, 2, "\"state\":\"waiting\"");
    EXPECT_GOT(&w, 2, "\"missed\":\"Ann\",\"lead\":\"p1\""); /* she still leads */
    world_pass(&w, 10 * US_PER_S);
    world_sendf(&w, 3, "{\"type\":\"resume\",\"resume\":\"%s\"}", secret);
    EXPECT_GOT(&w, 3, "\"state\":\"live\"");
    EXPECT_GOT(&w, 2, "\"state\":\"live\"");
    EXPECT_NOT(&w, 2, "missed");
    world_pass(&w, 200 * US_PER_S);
    EXPECT_NOT(&w, 2, "tour_ended");
    /* Gone for good. The time counts from then on, whoever else comes. */
    world_send(&w, 3, "{\"type\":\"leave\"}");
    world_pass(&w, 60 * US_PER_S);
    enter(&w, 4, "buyer|demo|cyd|Cyd");
    EXPECT_GOT(&w, 4, "\"missed\":\"Ann\"");
    world_pass(&w, 39 * US_PER_S);
    EXPECT_NOT(&w, 2, "tour_ended");
    world_pass(&w, 1 * US_PER_S);
    EXPECT_GOT(&w, 2, ENDED("host_gone"));
    EXPECT_GOT(&w, 4, ENDED("host_gone"));
    EXPECT_EQ(signaling_stats(w.signaling).tours, 0);
    enter(&w, 5, "buyer|demo|bob|Bob");
    EXPECT_ERROR(&w, 5, "tour_ended");
    /* The next run knows nothing of it. */
    enter(&w, 5, "agent|demo|ann|Ann");
    EXPECT_GOT(&w, 5, "\"state\":\"live\"");
    EXPECT_NOT(&w, 5, "missed");
    world_close(&w);
}

TEST(a_tour_without_guests_or_without_a_limit_does_not_end_for_want_of_a_host) {
    struct world w;
    REQUIRE(world_open(&w, NULL)); /* no limit */
    enter(&w, 1, "agent|demo|ann|Ann");
    enter(&w, 2, "buyer|demo|bob|Bob");
    world_send(&w, 1, "{\"type\":\"leave\"}");
    world_pass(&w, 86400 * US_PER_S);
    EXPECT_NOT(&w, 2, "tour_ended");
    world_close(&w);
    REQUIRE(ten_seconds(&w, short_host));
    enter(&w, 2, "buyer|demo|bob|Bob"); /* a tour that never had a host has none to miss */
    world_pass(&w, 1000 * US_PER_S);
    EXPECT_NOT(&w, 2, "tour_ended");
    enter(&w, 1, "agent|demo|ann|Ann");
    world_send(&w, 2, "{\"type\":\"leave\"}");
    world_drop(&w, 1);
    world_pass(&w, 14 * US_PER_S);
    enter(&w, 3, "agent|demo|ann|Ann"); /* her own seat, and nobody had waited */
    EXPECT_GOT(&w, 3, "joined");
    world_close(&w);
}

TEST(a_locked_tour_refuses_who_is_new) {
    struct world w;
    char secret[64];
    REQUIRE(world_open(&w, NULL));
    enter(&w, 1, "agent|demo|ann|Ann");
    enter(&w, 2, "buyer|demo|bob|Bob");
    world_field(world_got(&w, 2, "joined"), "resume", secret, sizeof(secret));
    world_send(&w, 2, "{\"type\":\"lock\",\"on\":true}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 1, "{\"type\":\"lock\",\"id\":1,\"on\":true}");
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":1}");
    EXPECT_GOT(&w, 2, "\"locked\":true");
    enter(&w, 3, "buyer|demo|cyd|Cyd");
    EXPECT_ERROR(&w, 3, "tour_locked");
    for (int whep = 0; whep < 2; whep++) {
        EXPECT_EQ(world_post(&w, whep, "buyer|demo|cyd|Cyd"), 403);
        EXPECT(strstr(world_effect(&w, EFFECT_HTTP)->text, "\"code\":\"tour_locked\""));
    }
    /* Not who has a seat, by whatever door; nor agents. */
    EXPECT_EQ(world_post(&w, true, "buyer|demo|bob|Bob"), 201);
    world_drop(&w, 2);
    world_sendf(&w, 4, "{\"type\":\"resume\",\"resume\":\"%s\"}", secret);
    EXPECT_GOT(&w, 4, "resumed");
    world_join(&w, 5, "buyer|demo|bob|Bob", small_offer_other_peer(), small_lines);
    EXPECT_GOT(&w, 5, "joined");
    enter(&w, 6, "agent|demo|dan|Dan");
    EXPECT_GOT(&w, 6, "joined");
    world_send(&w, 1, "{\"type\":\"lock\",\"on\":false}");
    EXPECT_GOT(&w, 5, "tour_changed");
    EXPECT_NOT(&w, 5, "locked");
    enter(&w, 3, "buyer|demo|cyd|Cyd");
    EXPECT_GOT(&w, 3, "joined");
    world_close(&w);
}

static void tick(struct signaling_config *c) {
    c->roster_tick = 50 * US_PER_MS;
}

TEST(the_tour_object_is_told_once_per_tick_if_it_is_different_then) {
    struct world w;
    REQUIRE(world_open(&w, tick));
    enter(&w, 1, "agent|demo|ann|Ann");
    enter(&w, 2, "buyer|demo|bob|Bob");
    world_pass(&w, US_PER_S);
    EXPECT_NOT(&w, 2, "tour_changed");
    world_send(&w, 1, "{\"type\":\"lock\",\"on\":true}");
    world_send(&w, 1, "{\"type\":\"lobby\",\"on\":true}");
    world_send(&w, 1, "{\"type\":\"hand_over\",\"participant\":\"p2\"}");
    EXPECT_NOT(&w, 2, "tour_changed");
    world_pass(&w, US_PER_S);
    size_t told = 0;
    for (size_t i = w.mark; i < w.n; i++) {
        const struct record *r = &w.log[i];
        told += r->e.type == EFFECT_SEND && r->e.conn == 2 && strstr(r->text, "tour_changed");
    }
    EXPECT_EQ(told, 1);
    EXPECT_GOT(&w, 2, "\"lobby\":true,\"locked\":true,\"lead\":\"p2\"");
    /* There and back again is not told, unless somebody has seen what was between. */
    world_send(&w, 1, "{\"type\":\"lock\",\"on\":false}");
    world_send(&w, 1, "{\"type\":\"lock\",\"on\":true}");
    world_pass(&w, US_PER_S);
    EXPECT_NOT(&w, 2, "tour_changed");
    world_send(&w, 1, "{\"type\":\"lock\",\"on\":false}");
    enter(&w, 3, "agent|demo|dan|Dan");
    EXPECT_NOT(&w, 3, "locked");
    world_send(&w, 1, "{\"type\":\"lock\",\"on\":true}");
    world_pass(&w, US_PER_S);
    EXPECT_GOT(&w, 3, "\"locked\":true");
    world_close(&w);
}

TEST(a_host_puts_somebody_on_the_stage_of_all) {
    struct world w;
    REQUIRE(world_open(&w, tick));
    enter(&w, 1, "agent|demo|ann|Ann");
    enter(&w, 2, "buyer|demo|bob|Bob");
    uint64_t bob = participant_of(&w);
    world_send(&w, 2, "{\"type\":\"spotlight\",\"participant\":\"p2\"}");
    EXPECT_ERROR(&w, 2, "forbidden");
    world_send(&w, 1, "{\"type\":\"spotlight\",\"participant\":\"p9\"}");
    EXPECT_ERROR(&w, 1, "bad_field");
    world_send(&w, 1, "{\"type\":\"spotlight\",\"id\":1,\"participant\":\"p2\"}");
    EXPECT_GOT(&w, 1, "{\"type\":\"ok\",\"re\":1}");
    EXPECT_GOT(&w, 2,
               "\"kind\":\"spotlight\",\"from\":\"p1\",\"name\":\"Ann\","
               "\"participant\":\"p2\"}");
    REQUIRE(stage(&w));
    EXPECT_EQ(stage(&w)->participant, bob);
    world_pass(&w, US_PER_S);
    EXPECT_GOT(&w, 2, "\"spotlight\":\"p2\"");
    world_send(&w, 1, "{\"type\":\"spotlight\",\"participant\":\"p2\"}"); /* as it is */
    EXPECT_NOT(&w, 2, "entry");
    EXPECT_EQ(world_commands(&w, COMMAND_STAGE), 0);
    world_send(&w, 1, "{\"type\":\"spotlight\",\"participant\":null}");
    EXPECT_GOT(&w, 2, "\"participant\":null}");
    EXPECT_EQ(stage(&w)->participant, 0);
    /* Whose seat is gone is on no stage. */
    world_send(&w, 1, "{\"type\":\"spotlight\",\"participant\":\"p2\"}");
    world_send(&w, 2, "{\"type\":\"leave\"}");
    REQUIRE(stage(&w));
    EXPECT_EQ(stage(&w)->participant, 0);
    world_close(&w);
}

TEST(what_hosts_decide_is_in_the_ledger) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    enter(&w, 1, "agent|demo|ann|Ann");
    enter(&w, 2, "buyer|demo|bob|Bob");
    world_send(&w, 1, "{\"type\":\"lock\",\"on\":true}");
    EXPECT_GOT(&w, 2, "\"kind\":\"lock\",\"from\":\"p1\",\"name\":\"Ann\",\"on\":true}");
    world_send(&w, 1, "{\"type\":\"lock\",\"on\":true}");
    EXPECT_NOT(&w, 2, "entry");
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "demo", TOUR_UNLOCK), CODE_OK);
    world_drain(&w);
    EXPECT_GOT(&w, 2, "\"kind\":\"lock\",\"from\":null,\"on\":false}");
    world_send(&w, 1, "{\"type\":\"hand_over\",\"participant\":\"p2\"}");
    EXPECT_GOT(&w, 2,
               "\"kind\":\"host\",\"from\":\"p1\",\"name\":\"Ann\","
               "\"participant\":\"p2\",\"host\":true}");
    world_send(&w, 2, "{\"type\":\"host\",\"participant\":\"p1\",\"host\":false}");
    EXPECT_GOT(&w, 1, "\"participant\":\"p1\",\"host\":false}");
    world_close(&w);
}
