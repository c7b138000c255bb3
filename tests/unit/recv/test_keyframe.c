#include "media/recv/keyframe.h"

#include "tests/unit/test.h"

#define S US_PER_S

TEST(keyframe_asks_for_nothing_by_itself) {
    struct recv_keyframe k = {0};
    EXPECT_EQ(recv_keyframe_deadline(&k), US_NEVER);
    EXPECT(!recv_keyframe_poll(&k, 100 * S));
}

TEST(keyframe_asks_at_once_then_each_second_until_it_comes) {
    struct recv_keyframe k = {0};
    recv_keyframe_need(&k);
    EXPECT(recv_keyframe_deadline(&k) <= 5 * S);
    EXPECT(recv_keyframe_poll(&k, 5 * S));
    EXPECT(!recv_keyframe_poll(&k, 5 * S));
    for (us_t t = 6; t < 10; t++) {
        EXPECT_EQ(recv_keyframe_deadline(&k), t * S);
        EXPECT(!recv_keyframe_poll(&k, t * S - 1));
        EXPECT(recv_keyframe_poll(&k, t * S));
    }
    recv_keyframe_arrived(&k, 9 * S + 100);
    EXPECT_EQ(recv_keyframe_deadline(&k), US_NEVER);
}

TEST(keyframe_requests_are_throttled_across_needs) {
    struct recv_keyframe k = {0};
    unsigned sent = 0;
    for (us_t t = 0; t < 10 * S; t += S / 100) { /* a viewer that sends PLI without end */
        recv_keyframe_need(&k);
        if (recv_keyframe_poll(&k, t)) {
            sent++;
            recv_keyframe_arrived(&k, t + S / 200);
        }
    }
    EXPECT_EQ(sent, 10);
}

/* A viewer lost the key frame that another one had asked for. */
TEST(keyframe_is_not_waited_for_a_second_when_the_last_one_got_lost) {
    struct recv_keyframe k = {0};
    recv_keyframe_need(&k);
    EXPECT(recv_keyframe_poll(&k, 50 * S));
    recv_keyframe_arrived(&k, 50 * S + S / 20);
    recv_keyframe_need(&k); /* a switch */
    EXPECT_EQ(recv_keyframe_deadline(&k), 51 * S);
    recv_keyframe_lost(&k);
    EXPECT_EQ(recv_keyframe_deadline(&k), 50 * S + KEYFRAME_GAP);
    EXPECT(recv_keyframe_poll(&k, 50 * S + KEYFRAME_GAP));
    recv_keyframe_arrived(&k, 50 * S + S / 2);
    recv_keyframe_lost(&k); /* which does not become a habit */
    EXPECT_EQ(recv_keyframe_deadline(&k), 52 * S);
    EXPECT(recv_keyframe_poll(&k, 52 * S));
    EXPECT_EQ(recv_keyframe_deadline(&k), 53 * S);
}

TEST(keyframe_commands_are_repeated_once_under_their_number) {
    struct recv_keyframe k = {.command = 254};
    static const struct {
        us_t at;
        uint8_t command;
        bool answered; /* before that */
    } asked[] = {{1 * S, 255, false}, {2 * S, 255, false}, {3 * S, 0, false}, {4 * S, 0, false},
                 {5 * S, 1, false},   {8 * S, 2, true},    {9 * S, 2, false}, {20 * S, 3, true}};
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        if (asked[i].answered) {
            recv_keyframe_arrived(&k, asked[i].at - S);
        }
        recv_keyframe_need(&k);
        REQUIRE(recv_keyframe_poll(&k, asked[i].at));
        EXPECT_EQ(recv_keyframe_command(&k), asked[i].command);
    }
}

struct event {
    us_t at;
    bool key; /* a key frame came by itself; else expect a request */
};

TEST(keyframe_periodic_counts_from_the_last_key_frame) {
    static const struct event table[] = {{103, false}, {104, true}, {110, true}, {120, false},
                                         {121, false}, {122, true}, {132, false}};
    struct recv_keyframe k = {0};
    recv_keyframe_arrived(&k, 93 * S);
    recv_keyframe_periodic(&k, 95 * S, 10 * S);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        us_t at = table[i].at * S;
        if (table[i].key) {
            EXPECT(recv_keyframe_deadline(&k) > at || k.needed);
            recv_keyframe_arrived(&k, at);
        } else {
            EXPECT_EQ(recv_keyframe_deadline(&k), at);
            EXPECT(!recv_keyframe_poll(&k, at - 1));
            EXPECT(recv_keyframe_poll(&k, at));
        }
    }
    recv_keyframe_arrived(&k, 133 * S);
    recv_keyframe_periodic(&k, 133 * S, 0);
    EXPECT_EQ(recv_keyframe_deadline(&k), US_NEVER);
}

TEST(keyframe_periodic_starts_when_tapped_without_any) {
    struct recv_keyframe k = {0};
    recv_keyframe_periodic(&k, 50 * S, 10 * S);
    EXPECT_EQ(recv_keyframe_deadline(&k), 60 * S);
    recv_keyframe_need(&k);
    EXPECT(recv_keyframe_poll(&k, 51 * S));
    recv_keyframe_arrived(&k, 51 * S);
    EXPECT_EQ(recv_keyframe_deadline(&k), 61 * S);
}

/* Whoever passes needs on tells one at a time: the next when it was answered, or may be lost. */
TEST(keyframe_needs_are_passed_on_once) {
    struct recv_keyframe k = {0};
    recv_keyframe_need(&k);
    EXPECT(recv_keyframe_pass_on(&k, 50 * S));
    EXPECT(!recv_keyframe_pass_on(&k, 50 * S + 1));
    recv_keyframe_arrived(&k, 50 * S + 2);
    EXPECT(recv_keyframe_pass_on(&k, 50 * S + 3));
    EXPECT(!recv_keyframe_pass_on(&k, 51 * S + 2));
    EXPECT(recv_keyframe_pass_on(&k, 51 * S + 3));
    recv_keyframe_arrived(&k, 51 * S); /* elsewhere, before that; it came here after it */
    EXPECT(recv_keyframe_pass_on(&k, 51 * S + 4));
}
