/* An engine that gives its peers slots by itself, of memory that is there bit by bit. */
#include "media/engine/session_file.h"
#include "tests/unit/engine/rig.h"

#include <stdlib.h>

static struct rig r;
static struct session_slot *slots;
static uint32_t n_slots;

static bool begin(uint32_t there) {
    if (!rig_init(&r)) {
        return false;
    }
    n_slots = r.config.max_peers;
    slots = calloc(n_slots, sizeof(*slots));
    CHECK(slots);
    r.config.slots = slots;
    rig_restart(&r);
    engine_slots(r.engine, there);
    return true;
}

static void end(void) {
    rig_free(&r);
    free(slots);
}

static unsigned kept(void) {
    unsigned n = 0;
    for (uint32_t i = 0; i < n_slots; i++) {
        struct session_snapshot s;
        enum err e = session_slot_read(&slots[i], &s);
        EXPECT(e == OK || e == ERR_UNKNOWN);
        n += e == OK;
    }
    return n;
}

/* Of what a slot had nothing is left but its turn, and limits, which are no secret. */
static bool wiped(const struct session_slot *slot) {
    for (size_t i = 1; i < ARRAY_LEN(slot->state); i++) {
        if (slot->state[i] != 0) {
            return false;
        }
    }
    return true;
}

TEST(slots_are_given_to_peers_and_come_back) {
    REQUIRE(begin(2));
    EXPECT_EQ(engine_slots_idle(r.engine), 2);
    rig_join(&r, 1);
    rig_join(&r, 2);
    EXPECT_EQ(kept(), 2);
    EXPECT_EQ(engine_slots_idle(r.engine), 0);
    EXPECT(engine_peer_kept(r.engine, 1) == &slots[0] &&
           engine_peer_kept(r.engine, 2) == &slots[1]);
    EXPECT(engine_peer_kept(r.engine, 3) == NULL);
    EXPECT(!wiped(&slots[0]) && wiped(&slots[2]));
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
    EXPECT(wiped(&slots[0]) && !wiped(&slots[1]));
    EXPECT_EQ(engine_slots_idle(r.engine), 1);
    rig_join(&r, 3);
    EXPECT(engine_peer_kept(r.engine, 3) == &slots[0]);
    EXPECT_EQ(kept(), 2);
    EXPECT_EQ(engine_tour_remove(r.engine, TOUR), OK); /* and so do all of a tour */
    rig_pump(&r);
    EXPECT_EQ(engine_slots_idle(r.engine), 2);
    EXPECT(wiped(&slots[0]) && wiped(&slots[1]));
    EXPECT_EQ(engine_counters(r.engine)->peers_unkept, 0);
    end();
}

TEST(slots_that_are_not_there_are_not_touched) {
    REQUIRE(begin(1));
    rig_join(&r, 1);
    rig_join(&r, 2); /* goes on without */
    EXPECT(engine_peer_kept(r.engine, 2) == NULL);
    EXPECT_EQ(engine_counters(r.engine)->peers_unkept, 1);
    engine_slots(r.engine, 0);
    EXPECT_EQ(engine_slots_idle(r.engine), 0);
    engine_slots(r.engine, n_slots + 100); /* no more than there are peers */
    EXPECT_EQ(engine_slots_idle(r.engine), n_slots - 1);
    rig_join(&r, 3);
    EXPECT(engine_peer_kept(r.engine, 3) == &slots[1]);
    EXPECT_EQ(engine_counters(r.engine)->peers_unkept, 1);
    end();
}

TEST(slots_of_others_are_not_taken_in) {
    static struct session_slot own;
    REQUIRE(begin(1));
    rig_join(&r, 1);
    EXPECT_EQ(engine_peer_slot(r.engine, r.now, 1, &own), OK);
    EXPECT(wiped(&slots[0]) && engine_slots_idle(r.engine) == 1);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
    EXPECT(wiped(&own) && engine_slots_idle(r.engine) == 1);
    end();
}

TEST(slots_stay_when_the_engine_ends_or_hands_over) {
    REQUIRE(begin(4));
    rig_join(&r, 1);
    rig_join(&r, 2);
    EXPECT_EQ(engine_peer_hand_over(r.engine, r.now, 1), OK);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
    EXPECT_EQ(engine_slots_idle(r.engine), 2); /* the other process has not read it yet */
    r.engine = engine_free(r.engine);
    EXPECT_EQ(kept(), 2);
    end();
}

TEST(slots_are_given_to_whoever_is_adopted) {
    struct session_snapshot s;
    REQUIRE(begin(4));
    struct client *c = rig_join(&r, 1);
    static struct session_slot old;
    memcpy(&old, &slots[0], sizeof(old));
    memset(slots, 0, n_slots * sizeof(*slots));
    rig_restart(&r);
    engine_slots(r.engine, 4);
    REQUIRE(session_slot_read(&old, &s) == OK);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s), OK);
    EXPECT(engine_peer_kept(r.engine, 1) == &slots[0]);
    rig_pump(&r);
    EXPECT_EQ(kept(), 1);
    EXPECT_EQ(c->params.peer, 1);
    end();
}
