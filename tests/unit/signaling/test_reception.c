/* Hosts are told who does not receive well: all of them, no more than once a second, and nobody
 * else. */
#include "tests/unit/signaling/people.h"

static struct world w;

static void ticks(struct signaling_config *c) {
    c->roster_tick = 50 * US_PER_MS;
}

/* Ann leads, Bob and Cyd look; their peers. */
static void arrive(uint64_t *bob, uint64_t *cyd) {
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    world_join(&w, 2, "buyer|demo|bob|Bob", small_offer(), small_lines);
    *bob = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    world_join(&w, 3, "buyer|demo|cyd|Cyd", small_offer(), small_lines);
    *cyd = world_command(&w, COMMAND_PEER_ADD)->params->peer;
    world_pass(&w, US_PER_S);
}

static void report(uint64_t peer, enum reception is) {
    signaling_reception(w.signaling, w.now, peer, is);
    world_drain(&w);
}

static size_t told(uint64_t conn) {
    size_t n = 0;
    for (size_t i = w.mark; i < w.n; i++) {
        const struct record *r = &w.log[i];
        n += r->e.type == EFFECT_SEND && r->e.conn == conn && strstr(r->text, "\"reception\"");
    }
    return n;
}

TEST(hosts_are_told_who_receives_badly_once_a_second) {
    uint64_t bob, cyd;
    REQUIRE(world_open(&w, ticks));
    arrive(&bob, &cyd);
    report(bob, RECEPTION_POOR);
    world_pass(&w, 100 * US_PER_MS);
    EXPECT_STR(world_got(&w, 1, "\"reception\""),
               "{\"type\":\"reception\",\"weak\":[{\"participant\":\"p2\",\"quality\":\"poor\"}]}");
    EXPECT_EQ(told(2) + told(3), 0);
    w.mark = w.n;
    for (int i = 0; i < 8; i++) { /* within the second: once more, with what is so in the end */
        report(cyd, i % 2 ? RECEPTION_FAIR : RECEPTION_GOOD);
    }
    size_t mark = w.n;
    world_pass(&w, 800 * US_PER_MS);
    EXPECT_EQ(told(1), 0);
    world_pass(&w, 300 * US_PER_MS);
    EXPECT_STR(world_got(&w, 1, "\"reception\""),
               "{\"type\":\"reception\",\"weak\":[{\"participant\":\"p2\",\"quality\":\"poor\"},"
               "{\"participant\":\"p3\",\"quality\":\"fair\"}]}");
    EXPECT(w.n > mark);
    report(bob, RECEPTION_GOOD);
    report(cyd, RECEPTION_GOOD);
    world_pass(&w, 1200 * US_PER_MS);
    EXPECT_STR(world_got(&w, 1, "\"reception\""), "{\"type\":\"reception\",\"weak\":[]}");
    world_close(&w);
}

TEST(who_comes_to_be_a_host_is_told_and_who_has_gone_is_not_named) {
    uint64_t bob, cyd;
    REQUIRE(world_open(&w, ticks));
    arrive(&bob, &cyd);
    report(bob, RECEPTION_FAIR);
    world_pass(&w, 2 * US_PER_S);
    EXPECT_EQ(told(3), 0);
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p3\",\"host\":true}");
    world_pass(&w, US_PER_S);
    EXPECT_GOT(&w, 3, "\"weak\":[{\"participant\":\"p2\",\"quality\":\"fair\"}]");
    world_join(&w, 4, "agent|demo|dan|Dan", small_offer(), small_lines);
    world_pass(&w, 2 * US_PER_S);
    EXPECT_GOT(&w, 4, "\"weak\":[{\"participant\":\"p2\",\"quality\":\"fair\"}]");
    world_send(&w, 2, "{\"type\":\"leave\"}");
    world_pass(&w, 2 * US_PER_S);
    EXPECT_GOT(&w, 1, "\"weak\":[]");
    world_close(&w);
}

/* Where all is well nothing is said, and of what nobody knows neither. */
TEST(no_word_where_all_receive_well) {
    uint64_t bob, cyd;
    REQUIRE(world_open(&w, ticks));
    arrive(&bob, &cyd);
    report(bob, RECEPTION_GOOD);
    report(999, RECEPTION_POOR);
    report(cyd, RECEPTION_COUNT);
    world_join(&w, 4, "agent|demo|dan|Dan", small_offer(), small_lines);
    world_pass(&w, 2 * US_PER_S);
    EXPECT_EQ(told(1) + told(4), 0);
    world_close(&w);
}
