/* Publishers without transport-wide feedback are told by REMB, and lose what they lose. */
#include "tests/unit/engine/rig.h"

static struct rig r;

/* A client that knows no transport-wide numbers; on its camera's line it has agreed on REMB. */
static struct client *join(uint64_t handle, bool remb) {
    struct client *c = client_new(&r, handle);
    for (unsigned i = MIC; i <= SCREEN; i++) {
        c->params.lines[i].twcc = false;
    }
    c->params.lines[CAM].remb = remb;
    client_join(c);
    return c;
}

/* 30 frames a second, of which one in so many is lost. */
static void film(struct client *c, us_t duration, unsigned lost) {
    static unsigned n;
    for (us_t t = 0; t < duration; t += 33 * US_PER_MS) {
        client_send(c, &(struct packet_spec){.line = CAM,
                                             .keyframe = t == 0,
                                             .marker = true,
                                             .size = 1000,
                                             .drop = lost > 0 && n++ % lost == 0});
        rig_run(&r, 33 * US_PER_MS);
    }
}

TEST(who_has_agreed_on_remb_is_told_once_a_second) {
    REQUIRE(rig_init(&r));
    struct client *c = join(1, true);
    (void)rig_join(&r, 2);
    film(c, 5 * US_PER_S, 0);
    EXPECT(c->n_remb >= 4 && c->n_remb <= 6);
    EXPECT_EQ(engine_counters(r.engine)->remb_out, c->n_remb);
    unsigned told = c->n_remb;
    rig_run(&r, 3 * US_PER_S); /* it sends nothing */
    told = c->n_remb;
    rig_run(&r, 3 * US_PER_S);
    EXPECT_EQ(c->n_remb, told);
    rig_free(&r);
}

TEST(who_has_not_agreed_on_remb_is_not_told) {
    REQUIRE(rig_init(&r));
    struct client *c = join(1, false), *twcc = rig_join(&r, 2);
    twcc->params.lines[CAM].remb = true;
    film(c, 3 * US_PER_S, 0);
    film(twcc, 3 * US_PER_S, 0);
    EXPECT_EQ(c->n_remb, 0);
    EXPECT_EQ(twcc->n_remb, 0); /* one feedback is enough */
    EXPECT(twcc->n_twcc > 0);
    rig_free(&r);
}

TEST(a_publisher_that_loses_is_told_how_much) {
    REQUIRE(rig_init(&r));
    struct client *c = join(1, true);
    (void)rig_join(&r, 2);
    film(c, 3 * US_PER_S, 5);
    EXPECT(c->rr.fraction_lost >= 256 / 10 && c->rr.fraction_lost <= 256 * 3 / 10);
    EXPECT(c->rr.cumulative_lost >= 15 && c->rr.cumulative_lost <= 20);
    film(c, 2 * US_PER_S, 0);
    EXPECT_EQ(c->rr.fraction_lost, 0);
    rig_free(&r);
}

/* Two who say different things would be obeyed in turn. */
TEST(who_is_told_what_its_path_carries_is_told_nothing_else) {
    REQUIRE(rig_init(&r));
    r.config.police[SOURCE_CAMERA].bytes = 20000;
    rig_restart(&r);
    struct client *c = join(1, true);
    (void)rig_join(&r, 2);
    film(c, 5 * US_PER_S, 0);
    EXPECT(engine_counters(r.engine)->drop_policed > 0);
    EXPECT(c->n_remb > 0);
    EXPECT_EQ(engine_counters(r.engine)->remb_out, c->n_remb);
    rig_free(&r);
}

/* It goes on in another engine. */
TEST(who_has_agreed_on_remb_is_told_after_an_adoption) {
    struct session_snapshot s;
    REQUIRE(rig_init(&r));
    struct client *c = join(1, true);
    film(c, US_PER_S, 0);
    EXPECT_EQ(engine_snapshot(r.engine, 1, &s), OK);
    EXPECT(s.sources[CAM].line.flags & SNAPSHOT_REMB);
    EXPECT(!(s.sources[MIC].line.flags & SNAPSHOT_REMB));
    rig_free(&r);
}
