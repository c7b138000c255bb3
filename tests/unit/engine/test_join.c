/* Joining: ICE, DTLS, and what ends it. */
#include "tests/unit/engine/rig.h"

TEST(join_validates_and_shakes_hands) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *c = rig_join(&r, 1);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_CONNECTED, 1), 1);
    EXPECT_EQ(c->keys.profile, SRTP_PROFILE_AEAD_AES_128_GCM);
    struct peer_stats s;
    EXPECT_EQ(engine_peer_stats(r.engine, 1, &s), OK);
    EXPECT(s.connected);
    EXPECT_EQ(s.participant, 1);
    EXPECT_EQ(s.tour, TOUR);
    EXPECT_EQ(engine_counters(r.engine)->dtls_done, 1);
    EXPECT_EQ(engine_counters(r.engine)->drop_stun, 0);
    rig_free(&r);
}

TEST(publish_and_receive) {
    static struct rig r;
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    client_video(a, CAM, true);
    client_video(a, CAM, false);
    client_audio(a, 20);
    EXPECT_EQ(client_count(b, STAGE), 2);
    EXPECT_EQ(client_count(b, AUDIO0), 1);
    EXPECT_EQ(a->n_got, 0);
    EXPECT_EQ(rig_shows(&r, b, STAGE), 1);
    EXPECT_EQ(rig_shows(&r, b, AUDIO0), 1);
    const struct got *g = client_last(b, STAGE);
    REQUIRE(g);
    EXPECT_EQ(g->sender, 1);
    EXPECT_EQ(g->number, 2);
    EXPECT(g->marker);
    g = client_last(b, AUDIO0);
    EXPECT(g && g->has_level && g->level == 20);
    rig_free(&r);
}
