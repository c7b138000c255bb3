/* One person on two devices: he sees what the other one films, and does not hear what it hears. */
#include "tests/unit/engine/rig.h"

static struct rig r;

static struct client *device(uint64_t peer, uint64_t participant, bool loudest) {
    struct client *c = client_new(&r, (unsigned)peer);
    c->params.participant = participant;
    c->params.loudest_audio = loudest;
    client_join(c);
    return c;
}

static void talk(struct client *c) {
    for (int i = 0; i < 50; i++) {
        client_audio(c, 10);
        rig_run(&r, 20 * US_PER_MS);
    }
}

/* One of its audio slots is this one's. */
static bool hears(const struct client *c, const struct client *from) {
    bool any = false;
    for (uint8_t line = AUDIO0; line <= AUDIO2; line++) {
        any |= rig_shows(&r, c, line) == from->params.participant;
    }
    return any;
}

TEST(nobody_hears_himself_from_another_device) {
    REQUIRE(rig_init(&r));
    struct client *phone = device(1, 1 | UINT64_C(3) << PERSON_BITS, false);
    struct client *laptop = device(2, 1 | UINT64_C(7) << PERSON_BITS, false);
    struct client *player = device(3, 1 | UINT64_C(9) << PERSON_BITS, true); /* by WHEP */
    struct client *other = device(4, 4 | UINT64_C(3) << PERSON_BITS, false);
    client_video(phone, CAM, true);
    talk(phone);
    EXPECT_EQ(rig_shows(&r, laptop, STAGE), phone->params.participant);
    EXPECT(hears(other, phone) && !hears(laptop, phone) && !hears(player, phone));
    talk(other);
    EXPECT(hears(phone, other) && hears(laptop, other) && hears(player, other));
    talk(laptop);
    EXPECT(hears(other, laptop) && !hears(phone, laptop) && !hears(player, laptop));
    rig_free(&r);
}
