/* A live tour moves to another engine and no client notices. */
#include "base/seq.h"
#include "tests/unit/engine/rig.h"

static struct rig r;

/* A new engine takes the place of the old one, as after an upgrade. */
static bool replace_engine(void) {
    struct engine *fresh = engine_new(&r.config);
    if (!fresh) {
        return false;
    }
    engine_free(r.engine);
    r.engine = fresh;
    r.n_events = 0;
    return engine_tour_add(fresh, TOUR) == OK;
}

static bool save(const struct client *c, struct session_snapshot *s) {
    return engine_snapshot(r.engine, c->params.peer, s) == OK;
}

static void load(const struct session_snapshot *s) {
    EXPECT_EQ(engine_adopt(r.engine, r.now, s), OK);
    rig_pump(&r);
}

static void moment(struct client *a, struct client *b, bool keyframe) {
    client_video(a, CAM, keyframe);
    client_video(b, CAM, keyframe);
    client_video(b, SCREEN, keyframe);
    client_audio(a, 40);
    client_audio(b, 40);
    rig_run(&r, 33 * US_PER_MS);
}

/* Two cameras, a screen, voices; then everything moves, viewer first or publishers first. */
static void move_tour(bool viewer_first, uint64_t start) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    struct session_snapshot s[3];
    a->streams[CAM].next = start;
    for (int i = 0; i < 6; i++) {
        moment(a, b, i < 2);
    }
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(rig_shows(&r, v, GALLERY1), 1);
    REQUIRE(save(a, &s[0]) && save(b, &s[1]) && save(v, &s[2]));
    REQUIRE(replace_engine());
    for (unsigned i = 0; i < 3; i++) {
        load(&s[viewer_first ? 2 - i : i]);
    }
    unsigned before[] = {client_count(v, STAGE), client_count(v, GALLERY1),
                         client_count(v, AUDIO0)};
    for (int i = 0; i < 6; i++) { /* no key frame is needed */
        moment(a, b, false);
    }
    EXPECT_EQ(client_count(v, STAGE), before[0] + 6);
    EXPECT_EQ(client_count(v, GALLERY1), before[1] + 6);
    EXPECT_EQ(client_count(v, AUDIO0), before[2] + 6);
    for (uint8_t line = STAGE; line < N_LINES; line++) {
        if (client_count(v, line) > 0) {
            client_runs_on(v, line, 20000);
        }
    }
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 0), 0); /* nothing was changed */
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 0), 0);
    for (int i = 0; i < 80; i++) { /* and nothing changes when it has settled */
        moment(a, b, false);
    }
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 0), 0);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 0), 0);
    rig_free(&r);
}

/* A slot was told of somebody whose key frame had not come: who goes on says who it is now, or
 * that name would stand there for ever. */
TEST(what_was_told_ahead_is_told_again) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct session_snapshot s;
    client_video(a, CAM, false);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(v->n_got, 0);
    REQUIRE(save(v, &s));
    REQUIRE(replace_engine());
    load(&s);
    EXPECT(rig_count(&r, MEDIA_SLOT_CHANGED, 2) >= 1);
    EXPECT_EQ(r.events[0].participant, 0);
    rig_free(&r);
}

TEST(a_tour_moves_publishers_first) {
    move_tour(false, 100);
}

TEST(a_tour_moves_viewers_first) {
    move_tour(true, 100);
}

TEST(a_tour_moves_around_the_wrap) {
    static const uint64_t starts[] = {0, 32767, 65528, 65529, 65530, 65535};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        move_tour(i % 2, starts[i]);
    }
}

TEST(retransmission_and_rtcp_go_on_after_adoption) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct session_snapshot s[2];
    client_video(a, CAM, true);
    client_nack(v, STAGE, v->got[0].seq);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 1);
    uint16_t osn = client_send(a, &(struct packet_spec){.line = CAM, .drop = true});
    client_send_rtx(a, CAM, osn, 2);
    unsigned reports = v->n_sdes;
    REQUIRE(save(a, &s[0]) && save(v, &s[1]));
    REQUIRE(replace_engine());
    load(&s[1]);
    load(&s[0]);
    EXPECT(v->n_sdes > reports); /* opened: its SRTCP index is new */
    client_video(a, CAM, false);
    client_nack(v, STAGE, client_last(v, STAGE)->seq);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 1);
    osn = client_send(a, &(struct packet_spec){.line = CAM, .drop = true});
    client_video(a, CAM, false);
    client_send_rtx(a, CAM, osn, 4);
    EXPECT_EQ(engine_counters(r.engine)->rtx_in, 1);
    EXPECT_EQ(engine_counters(r.engine)->drop_srtp, 0);
    client_pli(v, STAGE);
    EXPECT(a->n_pli > 0);
    rig_free(&r);
}

TEST(checks_and_the_last_flight_are_answered_after_adoption) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    struct session_snapshot s;
    REQUIRE(save(a, &s));
    REQUIRE(replace_engine());
    load(&s);
    unsigned replies = a->stun_replies;
    client_check(a, true);
    EXPECT_EQ(a->stun_replies, replies + 1);
    /* A client that never saw our Finished repeats its own. */
    static const uint8_t handshake[14] = {22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 1, 0};
    rig_run(&r, 200 * US_PER_MS);
    unsigned flights = a->dtls_in;
    rig_send(&r, &a->addr, handshake, sizeof(handshake));
    EXPECT(a->dtls_in > flights);
    flights = a->dtls_in;
    rig_send(&r, &a->addr, handshake, sizeof(handshake)); /* but not each */
    EXPECT_EQ(a->dtls_in, flights);
    rig_free(&r);
}

/* What comes of it is left out up to a key frame, and so it is in the next process: a predicted
 * picture would look whole there, with a hole before it. */
TEST(a_picture_that_was_cut_is_cut_after_adoption) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct session_snapshot s[2];
    client_video(a, CAM, true);
    for (unsigned i = 0; i < 300; i++) {
        client_send(a, &(struct packet_spec){.line = CAM, .marker = true, .drop = true});
    }
    client_video(a, CAM, false);
    REQUIRE(save(a, &s[0]) && save(v, &s[1]));
    REQUIRE(replace_engine());
    load(&s[0]);
    load(&s[1]);
    unsigned before = client_count(v, STAGE), plis = a->n_pli;
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), before);
    EXPECT_EQ(a->n_pli, plis + 1);
    client_video(a, CAM, true);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), before + 2);
    client_runs_on(v, STAGE, 20000);
    rig_free(&r);
}

TEST(tap_ids_survive_an_adoption) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    struct session_snapshot s[2];
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    uint32_t first = r.taps[0].source;
    uint64_t seq = 0;
    for (unsigned i = 0; i < r.n_taps; i++) {
        seq = r.taps[i].source == first && r.taps[i].type == TAP_RTP ? r.taps[i].seq : seq;
    }
    REQUIRE(save(a, &s[0]) && save(b, &s[1]));
    REQUIRE(replace_engine());
    load(&s[1]);
    load(&s[0]);
    r.n_taps = 0;
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    rig_pump(&r);
    client_video(a, CAM, false);
    client_video(a, SCREEN, true);
    bool found = false;
    for (unsigned i = 0; i < r.n_taps; i++) {
        const struct tap *t = &r.taps[i];
        if (t->type == TAP_RTP && t->kind == SOURCE_CAMERA) {
            EXPECT_EQ(t->source, first);
            EXPECT_EQ(t->seq, seq + 1);
            found = true;
        }
        EXPECT(t->kind != SOURCE_SCREEN || t->type == TAP_STAGE || t->source > first + 1);
    }
    EXPECT(found);
    rig_free(&r);
}

TEST(slots_whose_source_does_not_come_are_bound_anew) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    struct session_snapshot s[3];
    client_video(a, CAM, true);
    client_video(b, CAM, true);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    REQUIRE(save(b, &s[1]) && save(v, &s[2]));
    REQUIRE(replace_engine());
    load(&s[2]);
    load(&s[1]);
    client_video(b, CAM, false);
    for (int i = 0; i < 30; i++) {
        rig_run(&r, 100 * US_PER_MS);
        client_video(b, CAM, i > 22);
    }
    EXPECT_EQ(rig_shows(&r, v, STAGE), 2);
    EXPECT_EQ(client_last(v, STAGE)->sender, 2);
    client_runs_on(v, STAGE, 4 * 90000);
    (void)a;
    rig_free(&r);
}

/* Who was shown before is told to be gone, though this engine never said who that was. */
TEST(a_slot_whose_source_never_comes_is_told_to_be_empty) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct session_snapshot s;
    client_video(a, CAM, true);
    REQUIRE(save(v, &s));
    REQUIRE(replace_engine());
    load(&s);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 2), 0); /* it may still come */
    rig_run(&r, 2100 * US_PER_MS);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 2), 1);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 0);
    rig_free(&r);
}

/* Reports stay on the line of the source's own clock, here 300 ms ahead of its packets. */
TEST(sender_reports_stay_on_one_line_over_an_adoption) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct session_snapshot s[2];
    client_video(a, CAM, true);
    client_sr(a, CAM, ntp_from_wall((wall_t){1800000000000000}), a->streams[CAM].ts + 27000);
    rig_run(&r, 600 * US_PER_MS);
    client_video(a, CAM, false);
    rig_run(&r, 600 * US_PER_MS);
    REQUIRE(v->n_sr > 0);
    struct rtcp_sr before = v->sr;
    us_t at = v->rtcp_at;
    REQUIRE(save(a, &s[0]) && save(v, &s[1]));
    REQUIRE(replace_engine());
    load(&s[0]);
    load(&s[1]);
    rig_run(&r, 600 * US_PER_MS);
    REQUIRE(v->rtcp_at > at);
    int64_t off = ts32_diff(v->sr.rtp_ts, before.rtp_ts) - (v->rtcp_at - at) * 9 / 100;
    EXPECT(off >= -90 && off <= 90); /* 1 ms */
    rig_free(&r);
}

/* Short ones, one of just MID_SHORT, and as many of MID_MAX as there is room for. */
TEST(long_mids_survive_an_adoption) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = client_new(&r, 2), *w = client_new(&r, 3);
    struct session_snapshot s[2];
    static const uint8_t longest[] = {MIC, CAM, STAGE, AUDIO0, AUDIO1};
    for (unsigned i = 0; i < ARRAY_LEN(longest); i++) {
        snprintf(v->params.lines[longest[i]].mid, MID_MAX + 1, "a-mid-of-line-0%u", i % 10);
    }
    snprintf(v->params.lines[GALLERY0].mid, MID_MAX + 1, "gallery0");
    w->params = v->params;
    w->params.peer = w->params.participant = 3;
    snprintf(w->params.lines[GALLERY1].mid, MID_MAX + 1, "gallery111"); /* one byte too much */
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &w->params), ERR_RANGE);
    snprintf(v->params.lines[GALLERY1].mid, MID_MAX + 1, "gallery1"); /* the last one */
    client_join(v);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 1); /* the rig looks at its mid */
    REQUIRE(save(a, &s[0]) && save(v, &s[1]));
    REQUIRE(replace_engine());
    load(&s[0]);
    load(&s[1]);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    client_video(v, CAM, true); /* which its mid says */
    EXPECT_EQ(client_count(a, STAGE), 1);
    rig_free(&r);
}

TEST(snapshots_that_are_not_valid_change_nothing) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = client_new(&r, 2);
    struct session_snapshot good, bad;
    EXPECT_EQ(engine_snapshot(r.engine, 9, &good), ERR_UNKNOWN);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &b->params), OK);
    EXPECT_EQ(engine_snapshot(r.engine, 2, &good), ERR_WRONG_STATE);
    client_video(a, CAM, true);
    REQUIRE(save(a, &good));
    EXPECT_EQ(engine_adopt(r.engine, r.now, &good), ERR_EXISTS);
    a->deaf = true; /* its BYE uses an SRTCP index that the snapshot will use again */
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    rig_pump(&r);
#define SPOIL(change)                                               \
    do {                                                            \
        bad = good;                                                 \
        change;                                                     \
        EXPECT_EQ(engine_adopt(r.engine, r.now, &bad), ERR_FORMAT); \
    } while (0)
    SPOIL(bad.version++);
    SPOIL(bad.n_slots = SESSION_SLOTS_MAX + 1);
    SPOIL(bad.n_sources = 15);
    SPOIL(bad.keys.profile = 9);
    SPOIL(bad.fec_index = LEASE_END_MAX + 1);
    SPOIL(bad.peer = 0);
    SPOIL(bad.sources[0].line.kind = SLOT_STAGE << 4);
    SPOIL(bad.slots[0].line.kind = SOURCE_CAMERA);
    SPOIL(bad.slots[0].line.pt = 200);
    SPOIL(memset(&bad.ice, 0, sizeof(bad.ice)));
    SPOIL(memset(bad.slots[0].line.mid, 'x', MID_SHORT);
          memset(bad.mid_tails, 'x', sizeof(bad.mid_tails)));
    SPOIL(memset(bad.slots[0].line.mid, 'x', MID_SHORT); memset(bad.mid_tails, 'x', MID_SHORT + 1));
#undef SPOIL
    bad = good;
    bad.tour = 5;
    EXPECT_EQ(engine_adopt(r.engine, r.now, &bad), ERR_UNKNOWN);
    load(&good);
    client_video(a, CAM, false);
    EXPECT_EQ(engine_counters(r.engine)->drop_srtp, 0);
    rig_free(&r);
}

TEST_ALLOC(adoption_without_memory) {
    static struct session_snapshot s;
    if (!rig_init(&r)) {
        EXPECT(mem_failed());
        return;
    }
    struct client *a = client_new(&r, 1);
    if (engine_peer_add(r.engine, r.now, &a->params) == OK) {
        client_check(a, true);
        client_hello(a);
    }
    if (a->connected && engine_snapshot(r.engine, 1, &s) == OK && replace_engine()) {
        enum err err = engine_adopt(r.engine, r.now, &s);
        EXPECT(err == OK || (err == ERR_NOMEM && mem_failed()));
        rig_pump(&r);
    }
    rig_free(&r);
}

/* A stream that has wrapped, was replaced, and came back: its rollover counter is still known. */
TEST(an_ssrc_that_comes_back_is_adopted_with_its_rollover) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    struct session_snapshot s[2];
    a->streams[CAM].next = 65530;
    for (int i = 0; i < 12; i++) {
        client_video(a, CAM, i == 0);
    }
    struct sent_stream first = a->streams[CAM];
    a->streams[CAM] = (struct sent_stream){.ssrc = 4711, .next = 7, .ts = 9};
    rig_run(&r, 1100 * US_PER_MS);
    client_video(a, CAM, true);
    a->streams[CAM] = first;
    rig_run(&r, 1100 * US_PER_MS);
    client_video(a, CAM, true);
    unsigned got = client_count(v, STAGE);
    EXPECT_EQ(got, 14);
    REQUIRE(save(a, &s[0]) && save(v, &s[1]));
    REQUIRE(replace_engine());
    load(&s[0]);
    load(&s[1]);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), got + 1);
    EXPECT_EQ(engine_counters(r.engine)->drop_srtp, 0);
    rig_free(&r);
}
