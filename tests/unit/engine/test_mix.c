/* What an engine has to do with a mix: it tells of its microphones, and shows what comes back to
 * who asked for it, and to nobody else. The mix is played by the test. */
#include "media/recv/clock.h"
#include "tests/unit/engine/pair.h"

static struct rig r;

/* A mix (id) that leaves out this participant flows, or not. */
static struct relay mix_state(uint32_t id, uint64_t without, bool flows) {
    struct relay m = {.type = RELAY_STATE, .from = RELAY_MIX, .id = id, .tour = TOUR};
    m.source.participant = without;
    m.source.order = id;
    m.source.kind = SOURCE_MICROPHONE;
    m.source.codec = CODEC_OPUS;
    m.source.flows = flows;
    m.source.ssrc[0] = id;
    return m;
}

static void tell(const struct relay *m) {
    engine_relay_input(r.engine, r.now, m);
    rig_pump(&r);
}

static uint64_t seq = 1 << 16;

static void mix_packet(uint32_t id) {
    struct packet *k = packet_take(r.pool);
    REQUIRE(k);
    memset(k->data, 0, 100);
    k->data[0] = 0xfc;
    k->len = 100;
    struct relay m = {.type = RELAY_PACKET, .from = RELAY_MIX, .id = id, .tour = TOUR, .on = true};
    m.packet = (struct media_packet){
        .packet = k, .seq = ++seq, .at = r.now, .ts = (uint32_t)seq * 960, .payload_len = 100};
    tell(&m);
}

/* What it has told the mix since the last question, by type. */
struct told {
    unsigned n[RELAY_TAPPED + 1];
    struct relay state; /* the last */
};

static struct told told(void) {
    struct told t = {0};
    struct relay m;
    while (engine_relay(r.engine, &m)) {
        EXPECT_EQ(m.to, RELAY_MIX);
        t.n[m.type]++;
        t.state = m.type == RELAY_STATE ? m : t.state;
        if (m.type == RELAY_PACKET) {
            packet_unref(m.packet.packet);
        }
    }
    return t;
}

/* A client that has asked for the mix. */
static struct client *listener(uint64_t handle, uint64_t without) {
    struct client *c = client_new(&r, handle);
    c->params.mix = true;
    c->params.loudest_audio = true;
    c->params.without = without;
    c->params.lines[AUDIO0].nack = true;
    c->params.lines[AUDIO0].rtx_pt = c->params.lines[STAGE].rtx_pt;
    c->params.lines[AUDIO0].rtx_ssrc = 0x77770000 + (uint32_t)handle;
    client_join(c);
    return c;
}

TEST(a_mix_is_told_of_microphones_only) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_audio(a, 40);
    client_video(a, CAM, true);
    struct told t = told();
    EXPECT_EQ(t.n[RELAY_STATE] + t.n[RELAY_PACKET], 0); /* nobody mixes */
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, true), OK);
    rig_pump(&r);
    t = told();
    EXPECT_EQ(t.n[RELAY_HELLO], 1);
    EXPECT_EQ(t.n[RELAY_STATE], 1);
    EXPECT_EQ(t.state.source.participant, 1);
    EXPECT_EQ(t.state.source.kind, SOURCE_MICROPHONE);
    client_audio(a, 40);
    client_video(a, CAM, false);
    t = told();
    EXPECT_EQ(t.n[RELAY_PACKET], 1);
    rig_run(&r, 1100 * US_PER_MS);
    client_audio(a, 40);
    EXPECT_EQ(told().n[RELAY_STATE], 1); /* again once a second */
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_MICROPHONE, true), OK);
    rig_pump(&r);
    t = told();
    EXPECT(t.n[RELAY_STATE] == 1 && t.state.source.flows == 0); /* at once */
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_MICROPHONE, false), OK);
    client_audio(a, 40);
    (void)told();
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
    EXPECT_EQ(told().n[RELAY_GONE], 1);
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, false), OK);
    struct client *b = rig_join(&r, 2);
    client_audio(b, 40);
    rig_run(&r, 2 * US_PER_S);
    t = told();
    EXPECT_EQ(t.n[RELAY_STATE] + t.n[RELAY_PACKET] + t.n[RELAY_GONE], 0);
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, 99, true), ERR_UNKNOWN);
    rig_free(&r);
}

/* Who asked hears the mix without himself, in one track; others are not shown it, and nobody is
 * recorded by it. */
TEST(a_mix_is_heard_by_who_asked_for_it) {
    REQUIRE(rig_init(&r));
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, true), OK);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    struct client *a = rig_join(&r, 1), *v = listener(2, 0), *w = listener(3, 9);
    client_audio(a, 40);
    EXPECT_EQ(client_count(v, AUDIO0), 0); /* not a single voice, while there is no mix */
    struct relay all = mix_state(50, 0, true), own = mix_state(51, 9, true);
    tell(&all);
    tell(&own);
    mix_packet(50);
    mix_packet(50);
    mix_packet(51);
    EXPECT_EQ(client_count(v, AUDIO0), 2);
    EXPECT_EQ(client_count(w, AUDIO0), 1);
    EXPECT_EQ(client_count(v, AUDIO1) + client_count(v, AUDIO2), 0);
    EXPECT_EQ(client_count(a, AUDIO0) + client_count(a, AUDIO1), 0);
    client_nack(v, AUDIO0, client_last(v, AUDIO0)->seq); /* answered as anybody's */
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 1);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 0), 1); /* of a's microphone */
    EXPECT_EQ(rig_speaker(&r), 0);
    /* Now w's own voice has another number. */
    EXPECT_EQ(engine_peer_without(r.engine, r.now, 3, 10), OK);
    rig_pump(&r);
    mix_packet(51);
    mix_packet(50);
    EXPECT_EQ(client_count(w, AUDIO0), 1);
    struct relay other = mix_state(52, 10, true);
    tell(&other);
    uint16_t before = client_last(w, AUDIO0)->seq;
    mix_packet(52);
    EXPECT_EQ(client_count(w, AUDIO0), 2);
    EXPECT_EQ(client_last(w, AUDIO0)->seq, (uint16_t)(before + 1)); /* one stream */
    EXPECT_EQ(engine_peer_without(r.engine, r.now, 99, 0), ERR_UNKNOWN);
    (void)told();
    rig_free(&r);
}

/* A report ties the mix to the server's clock, to which pictures are tied, too. */
TEST(a_mix_has_reports) {
    REQUIRE(rig_init(&r));
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, true), OK);
    struct client *v = listener(2, 0);
    struct relay all = mix_state(50, 0, true);
    tell(&all);
    mix_packet(50);
    uint32_t sent = client_last(v, AUDIO0)->ts, mixed = (uint32_t)seq * 960;
    struct relay m = {.type = RELAY_REPORT, .from = RELAY_MIX, .id = 50, .tour = TOUR};
    m.report.ntp = ntp_from_wall((wall_t){r.now});
    m.report.rtp_ts = mixed + 4800; /* now is 100 ms after that packet */
    struct clock_offset offset = {0};
    clock_offset_sr(&offset, r.now, m.report.ntp);
    m.report.offset = clock_offset_save(&offset);
    us_t at = r.now;
    tell(&m);
    rig_run(&r, 700 * US_PER_MS);
    EXPECT(v->n_sr > 0);
    us_t later = v->rtcp_at - at;
    int32_t off = (int32_t)(v->sr.rtp_ts - (sent + 4800)) - (int32_t)(later * 48 / US_PER_MS);
    EXPECT(off >= -1 && off <= 1);
    (void)told();
    rig_free(&r);
}

/* A mix that is not asked for is not let in; one that is not told of any more is let go. */
TEST(a_mix_ends) {
    REQUIRE(rig_init(&r));
    struct client *v = listener(2, 0);
    struct relay all = mix_state(50, 0, true), gone = mix_state(50, 0, false);
    tell(&all);
    mix_packet(50);
    EXPECT_EQ(client_count(v, AUDIO0), 0);
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, true), OK);
    tell(&all);
    mix_packet(50);
    EXPECT_EQ(client_count(v, AUDIO0), 1);
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, false), OK);
    rig_pump(&r);
    tell(&all); /* was on its way */
    mix_packet(50);
    EXPECT_EQ(client_count(v, AUDIO0), 1);
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, true), OK);
    tell(&all);
    mix_packet(50);
    EXPECT_EQ(client_count(v, AUDIO0), 2);
    rig_run(&r, 6 * US_PER_S); /* nobody says anything */
    mix_packet(50);
    EXPECT_EQ(client_count(v, AUDIO0), 2);
    tell(&all);
    mix_packet(50);
    EXPECT_EQ(client_count(v, AUDIO0), 3);
    gone.type = RELAY_GONE;
    tell(&gone);
    mix_packet(50);
    EXPECT_EQ(client_count(v, AUDIO0), 3);
    tell(&all);
    EXPECT_EQ(engine_tour_remove(r.engine, TOUR), OK); /* with all that is in it */
    (void)told();
    rig_free(&r);
}

/* Packets of a mix are of the mix's pool: what a camera may keep for retransmission stays. */
TEST(mixes_take_nothing_of_what_cameras_keep) {
    REQUIRE(rig_init(&r));
    r.config.pool_packets = 512;
    rig_restart(&r);
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, true), OK);
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    for (uint32_t i = 0; i < 16; i++) {
        struct relay m = mix_state(50 + i, i, true);
        tell(&m);
        mix_packet(50 + i);
    }
    client_video(a, CAM, true);
    uint16_t first = client_last(v, STAGE)->seq;
    for (int i = 0; i < 150; i++) {
        client_video(a, CAM, false);
    }
    client_nack(v, STAGE, first);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 1);
    (void)told();
    rig_free(&r);
}

/* That a mix is no more was not heard of: the one that came after it is heard at once. */
TEST(a_mix_that_came_later_is_heard) {
    REQUIRE(rig_init(&r));
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, true), OK);
    struct client *v = listener(2, 0);
    struct relay was = mix_state(50, 0, true), is = mix_state(51, 0, true);
    tell(&was);
    mix_packet(50);
    EXPECT_EQ(client_count(v, AUDIO0), 1);
    tell(&is);
    mix_packet(51);
    EXPECT_EQ(client_count(v, AUDIO0), 2);
    tell(&was); /* told of late */
    mix_packet(51);
    EXPECT_EQ(client_count(v, AUDIO0), 3);
    (void)told();
    rig_free(&r);
}

/* Who hears a mix goes on to hear one, and the same, in another engine. */
TEST(a_listener_of_a_mix_moves_to_another_engine) {
    struct session_snapshot s;
    REQUIRE(rig_init(&r));
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, true), OK);
    struct client *w = listener(3, 9);
    struct relay all = mix_state(50, 0, true), own = mix_state(51, 9, true);
    tell(&all);
    tell(&own);
    mix_packet(51);
    EXPECT_EQ(client_count(w, AUDIO0), 1);
    REQUIRE(engine_snapshot(r.engine, 3, &s) == OK);
    rig_restart(&r);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s), OK);
    EXPECT_EQ(engine_tour_mix(r.engine, r.now, TOUR, true), OK);
    rig_pump(&r);
    tell(&all);
    mix_packet(50);
    EXPECT_EQ(client_count(w, AUDIO0), 1); /* has his own voice in it */
    tell(&own);
    uint16_t before = client_last(w, AUDIO0)->seq;
    mix_packet(51);
    REQUIRE(client_count(w, AUDIO0) == 2);
    EXPECT_EQ(client_last(w, AUDIO0)->seq, (uint16_t)(before + 1));
    (void)told();
    rig_free(&r);
}
