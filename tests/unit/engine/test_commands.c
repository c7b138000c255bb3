#include "tests/unit/engine/rig.h"

/* With nobody there each is answered by its handler, which finds no tour and no peer, or nothing
 * to add; only what is no command has none. */
TEST(every_command_has_a_handler) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        struct command c = {.type = (uint8_t)i, .tour = 999, .peer = 999};
        enum err want = i == COMMAND_TOUR_ADD   ? OK
                        : i == COMMAND_PEER_ADD ? ERR_RANGE
                                                : ERR_UNKNOWN;
        c.tour += i; /* so that the one that is added is not theirs */
        EXPECT_EQ(engine_command(r.engine, r.now, &c), want);
    }
    rig_free(&r);
}

TEST(what_is_no_command_is_refused) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct command c = {.type = COMMAND_COUNT, .tour = TOUR, .peer = 1};
    EXPECT_EQ(engine_command(r.engine, r.now, &c), ERR_UNSUPPORTED);
    c.type = UINT8_MAX;
    EXPECT_EQ(engine_command(r.engine, r.now, &c), ERR_UNSUPPORTED);
    rig_free(&r);
}

/* A restart without credentials: nothing is read that is not there. */
TEST(a_command_without_what_it_needs_is_refused) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = client_new(&r, 1);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    EXPECT_EQ(
        engine_command(r.engine, r.now, &(struct command){.type = COMMAND_PEER_RESTART, .peer = 1}),
        ERR_RANGE);
    rig_free(&r);
}
