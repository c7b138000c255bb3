/* Whatever arrives, the engine survives, counts it, and keeps serving the others. */
#include "tests/unit/engine/rig.h"

static struct rig r;

#define SILENCE_AFTER_BYE (1100 * US_PER_MS)

static const struct engine_counters *counters(void) {
    return engine_counters(r.engine);
}

static uint64_t drops(void) {
    const struct engine_counters *n = counters();
    return n->drop_dtls + n->drop_other + n->drop_rtcp + n->drop_rtp + n->drop_srtp + n->drop_stun +
           n->drop_unknown_address + n->drop_full;
}

TEST(random_bytes_change_nothing) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    uint8_t junk[PACKET_CAP];
    struct addr nobody = addr_v4(198, 51, 100, 1, 9);
    uint64_t before = drops();
    for (unsigned i = 0; i < 3000; i++) {
        size_t n = rng_below(&r.rng, 200);
        rng_fill(&r.rng, junk, sizeof(junk));
        if (n > 0 && i % 2) {
            static const uint8_t firsts[] = {0, 1, 20, 22, 23, 63, 64, 128, 129, 144, 191, 255};
            junk[0] = firsts[rng_below(&r.rng, sizeof(firsts))];
        }
        rig_send(&r, i % 3 ? &a->addr : &nobody, junk, n);
    }
    EXPECT_EQ(drops(), before + 3000);
    EXPECT_EQ(counters()->rtp_in, 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    rig_free(&r);
}

/* What the longest of what is taken becomes with a viewer's own extensions fits where it waits for
 * him (server/ice_tcp.h: in a struct packet); what is longer is taken from nobody. */
static size_t longest_out;

static void note_longest(struct rig *rig, const struct datagram *d) {
    (void)rig;
    longest_out = d->len > longest_out ? d->len : longest_out;
}

TEST(the_longest_packet_fits_whoever_gets_it) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = client_new(&r, 2);
    struct session_line *l = &v->params.lines[STAGE];
    snprintf(l->mid, sizeof(l->mid), "sixteen_letters_");
    l->twcc = true;
    l->ext.id[RTP_EXT_TWCC] = 3;
    client_join(v);
    client_video(a, CAM, true);
    r.watch = note_longest;
    longest_out = 0;
    for (uint16_t size = 1200; size < 1540; size++) {
        client_send(a, &(struct packet_spec){.line = CAM, .marker = true, .size = size});
    }
    EXPECT(longest_out > 1472 && longest_out <= PACKET_CAP - 64);
    EXPECT(counters()->drop_rtp > 0);
    EXPECT_EQ(client_count(v, STAGE) - 1 + counters()->drop_rtp, 340);
    rig_free(&r);
}

TEST(flipped_bits_do_not_pass) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    /* A packet of a's, sealed but changed on the way, one bit at a time. */
    uint8_t head[16] = {0x80, 96}, payload[20] = {0x90}, sealed[80];
    put_be16(head + 2, (uint16_t)a->streams[CAM].next);
    put_be32(head + 8, a->streams[CAM].ssrc);
    struct wr w = wr_of(sealed, sizeof(sealed));
    size_t n = srtp_seal_rtp(a->sealer, a->streams[CAM].next, bytes_of(head, 12),
                             bytes_of(payload, sizeof(payload)), &w);
    uint64_t rtp = counters()->rtp_in;
    for (size_t bit = 16; bit < 8 * n; bit++) { /* the first two bytes decide what it is */
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        rig_send(&r, &a->addr, sealed, n);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    EXPECT_EQ(counters()->rtp_in, rtp);
    for (size_t cut = 0; cut < n; cut++) {
        rig_send(&r, &a->addr, sealed, cut);
    }
    EXPECT_EQ(counters()->rtp_in, rtp);
    rig_send(&r, &a->addr, sealed, n);
    EXPECT_EQ(counters()->rtp_in, rtp + 1);
    rig_free(&r);
}

/* Sealed by a client that holds real keys: the plaintext is anything. */
static void send_authentic(struct client *a, bool rtcp, const uint8_t *p, size_t n) {
    uint8_t out[PACKET_CAP];
    struct wr w = wr_of(out, sizeof(out));
    size_t len = 0;
    if (rtcp) {
        len = srtp_seal_rtcp(a->sealer, a->srtcp_next++, bytes_of(p, n), &w);
    } else {
        struct rtp h;
        if (rtp_parse(bytes_of(p, n), &h) != OK) {
            return;
        }
        size_t head = h.header_len;
        len = srtp_seal_rtp(a->sealer, h.seq, bytes_of(p, head), bytes_of(p + head, n - head), &w);
    }
    if (len > 0) {
        rig_send(&r, &a->addr, out, len);
    }
}

TEST(authentic_nonsense_is_survived) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 3), *v = rig_join(&r, 2);
    v->deaf = true; /* counts are of no interest here, crashes are */
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    client_video(a, CAM, true);
    client_audio(b, 10);
    for (unsigned i = 0; i < 4000; i++) {
        uint8_t p[300];
        size_t n = 12 + rng_below(&r.rng, 200);
        rng_fill(&r.rng, p, sizeof(p));
        bool rtcp = i % 2;
        struct client *c = i % 3 ? a : v;
        p[0] = (uint8_t)(0x80 | (p[0] & (rtcp ? 0x3f : 0x3f)));
        if (rtcp) {
            p[1] = (uint8_t)(200 + p[1] % 8);
            n = n / 4 * 4;
            put_be16(p + 2, (uint16_t)(p[3] % 4 ? n / 4 - 1 : p[3]));
            put_be32(p + 4, p[4] % 2 ? v->params.lines[STAGE].ssrc : a->streams[CAM].ssrc);
            put_be32(p + 8, p[8] % 2 ? v->params.lines[STAGE].ssrc : a->streams[CAM].ssrc);
        } else {
            static const uint8_t pts[] = {96, 97, 111, 0};
            p[1] = (uint8_t)((p[1] & 0x80) | pts[p[1] % 4]);
            put_be16(p + 2, (uint16_t)(200 + i)); /* an index that is not used yet */
            put_be32(p + 8, (uint32_t)(p[9] % 4 ? a->streams[p[9] % 3].ssrc : p[8]));
            memcpy(p + 12, (uint8_t[]){0xbe, 0xde, 0, 1, 0x10, (uint8_t)('0' + p[20] % 4)}, 6);
        }
        send_authentic(c, rtcp, p, n);
        if (i % 50 == 0) {
            rig_run(&r, 20 * US_PER_MS);
            client_check(a, true);
            client_check(b, true);
            client_check(v, true);
        }
    }
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 0), 0);
    EXPECT(counters()->rtp_in > 500);
    EXPECT(counters()->drop_rtp > 0 && counters()->drop_rtcp > 0);
    struct client *late = rig_join(&r, 5), *other = rig_join(&r, 6);
    client_video(late, SCREEN, true);
    EXPECT(client_count(other, STAGE) + client_count(b, STAGE) >= 1);
    rig_free(&r);
}

TEST(ssrcs_of_a_peer_are_bounded) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    for (uint32_t i = 0; i < 200; i++) {
        client_send(a, &(struct packet_spec){.line = CAM, .ssrc = 5000 + i, .keyframe = true});
    }
    EXPECT_EQ(counters()->drop_rtp + counters()->drop_srtp, 200);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 1);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    rig_free(&r);
}

TEST(a_packet_of_full_size_still_goes_out) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    client_video(a, CAM, true);
    uint8_t p[1500] = {0x80, 96};
    put_be16(p + 2, (uint16_t)a->streams[CAM].next);
    put_be32(p + 4, a->streams[CAM].ts + 3000);
    put_be32(p + 8, a->streams[CAM].ssrc);
    p[12] = 0x10; /* VP8 without extension bytes */
    p[13] = 1;
    v->deaf = true; /* no mark is in it that the rig could read */
    unsigned sent = r.datagrams;
    send_authentic(a, false, p, 1400);
    EXPECT_EQ(r.datagrams, sent + 1);
    EXPECT_EQ(counters()->rtp_out, 2);
    rig_free(&r);
}

TEST(a_peer_that_nobody_drains_does_not_grow) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    client_video(a, CAM, true);
    for (int i = 0; i < 3000; i++) { /* commands without a look at the events */
        EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, i % 2 == 0), OK);
    }
    rig_pump(&r);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1);
    struct client *late = rig_join(&r, 2);
    client_video(a, CAM, true);
    EXPECT_EQ(client_last(late, STAGE)->number, 2);
    rig_free(&r);
}

/* Events are what has changed since somebody asked: who does not ask stops nothing and misses
 * nothing that is still so. */
TEST(nobody_takes_the_events) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *gone = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(gone, CAM, true);
    r.ignore_events = true;
    for (int i = 0; i < 600; i++) {
        client_video(a, CAM, true);
        EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, true), OK);
        EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, false), OK);
    }
    client_video(a, CAM, true);
    gone->alive = false;
    v->rtcp_gap = 0;
    rig_run(&r, 15 * US_PER_S);
    EXPECT(v->rtcp_gap > 0 && v->rtcp_gap <= 750 * US_PER_MS);
    struct peer_stats s;
    EXPECT_EQ(engine_peer_stats(r.engine, 2, &s), ERR_UNKNOWN);
    r.ignore_events = false;
    rig_pump(&r);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 2), 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 2), 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 0); /* silent again meanwhile */
    rig_free(&r);
}

/* BYE and RTP in turn are one source that is on: no event, no new source for the recorder. */
TEST(a_source_that_flaps_is_on) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    for (int i = 0; i < 400; i++) {
        uint8_t buf[64];
        struct wr w = wr_of(buf, sizeof(buf));
        client_audio(a, 60);
        rtcp_write_rr(&w, a->streams[MIC].ssrc, NULL, 0);
        rtcp_write_bye(&w, a->streams[MIC].ssrc);
        client_rtcp(a, &w);
        rig_run(&r, 5 * US_PER_MS);
    }
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 1), 1);
    rig_run(&r, SILENCE_AFTER_BYE);
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 1);
    client_audio(a, 60);
    EXPECT_EQ(rig_taps(&r, TAP_SOURCE_ON, 1), 2);
    EXPECT_EQ(r.taps[0].source, r.taps[r.n_taps - 1].source); /* the same to the recorder */
    rig_free(&r);
}

/* It harms nobody, but no client does so: an operator sees who it is. */
TEST(who_flaps_is_named) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2);
    for (int i = 0; i < 900; i++) { /* in three seconds */
        uint8_t buf[64];
        struct wr w = wr_of(buf, sizeof(buf));
        client_audio(a, 60);
        rtcp_write_bye(&w, a->streams[MIC].ssrc);
        client_rtcp(a, &w);
        if (i % 3 == 2) {
            client_audio(b, 60);
            rig_run(&r, 10 * US_PER_MS);
        }
    }
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 1), 3);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 2), 0);
    rig_free(&r);
}

/* A participant sends a hundred times what its m-line may. */
TEST(a_flood_of_media_is_cut_to_the_limit) {
    REQUIRE(rig_init(&r));
    r.config.police[SOURCE_CAMERA] = (struct police_limit){.packets = 500, .bytes = 1000000};
    rig_restart(&r);
    struct client *a = rig_join(&r, 1), *b = rig_join(&r, 2), *v = rig_join(&r, 3);
    client_video(a, CAM, true);
    client_audio(b, 30);
    uint64_t before = counters()->rtp_out;
    unsigned heard = 0;
    for (int i = 0; i < 20000; i++) { /* in two seconds */
        client_send(a, &(struct packet_spec){.line = CAM, .inside = true});
        if (i % 200 == 0) {
            v->n_got = 0;
            client_audio(b, 30);
            rig_run(&r, 20 * US_PER_MS);
            heard += client_count(v, AUDIO0) + client_count(v, AUDIO1) + client_count(v, AUDIO2);
        }
    }
    EXPECT(counters()->drop_policed > 18000);
    EXPECT(counters()->rtp_out - before < 2 * (500 * 3 + 500));
    EXPECT_EQ(heard, 100); /* the others lose nothing */
    EXPECT(rig_count(&r, MEDIA_OFFENCE, 1) >= 1);
    EXPECT(rig_count(&r, MEDIA_OFFENCE, 1) <= 3);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 2), 0);
    EXPECT(a->n_remb > 0);
    EXPECT_EQ(a->n_nacked, 0); /* what was cut is not asked for again */
    EXPECT_EQ(b->n_remb, 0);
    rig_free(&r);
}

/* However many senders there are, buffers are left for what keeps everybody connected. */
TEST(caches_share_the_pool_and_leave_a_reserve) {
    REQUIRE(rig_init(&r));
    r.config.pool_packets = 512;
    r.config.pool_reserve = 64;
    packet_pool_free(r.pool);
    r.pool = packet_pool_new(512);
    rig_restart(&r);
    struct client *c[RIG_CLIENTS];
    for (unsigned i = 0; i < RIG_CLIENTS; i++) {
        c[i] = rig_join(&r, i + 1);
    }
    EXPECT_EQ(engine_tour_tap(r.engine, r.now, TOUR, true), OK);
    for (int round = 0; round < 400; round++) {
        for (unsigned i = 0; i < RIG_CLIENTS; i++) {
            client_send(c[i], &(struct packet_spec){.line = CAM, .inside = true});
            client_send(c[i], &(struct packet_spec){.line = SCREEN, .inside = true});
            client_audio(c[i], 90);
            c[i]->n_got = 0;
        }
    }
    EXPECT(packet_pool_idle(r.pool) >= 64);
    EXPECT(counters()->drop_pool_low > 0);
    for (unsigned i = 0; i < RIG_CLIENTS; i++) {
        unsigned replies = c[i]->stun_replies;
        client_check(c[i], true);
        EXPECT_EQ(c[i]->stun_replies, replies + 1);
    }
    rig_free(&r);
}

/* A rush of joins: the media of those who are in goes out first, and everybody gets in. */
TEST(a_rush_of_joins_does_not_delay_media) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2), *c[8];
    client_video(a, CAM, true);
    for (unsigned i = 0; i < 8; i++) {
        c[i] = client_new(&r, i + 3);
        EXPECT_EQ(engine_peer_add(r.engine, r.now, &c[i]->params), OK);
        client_check(c[i], true);
    }
    r.hold = true;
    for (unsigned i = 0; i < 8; i++) {
        uint8_t hello[PACKET_CAP];
        c[i]->dtls =
            dtls_new(rig_identity(true), dtls_identity_fingerprint(rig_identity(false)), true);
        REQUIRE(c[i]->dtls);
        dtls_start(c[i]->dtls, r.now);
        size_t n = dtls_output(c[i]->dtls, hello, sizeof(hello));
        REQUIRE(n > 0);
        rig_send(&r, &c[i]->addr, hello, n);
    }
    client_video(a, CAM, false);
    EXPECT(counters()->dtls_deferred >= 6);
    unsigned got = client_count(v, STAGE);
    r.hold = false;
    rig_pump(&r);
    EXPECT_EQ(client_count(v, STAGE), got + 1);
    EXPECT(engine_deadline(r.engine) <= r.now);
    rig_run(&r, 200 * US_PER_MS);
    for (unsigned i = 0; i < 8; i++) {
        EXPECT(c[i]->connected);
    }
    rig_free(&r);
}

/* Two ssrcs in turn, of what nobody sees: an m-line is not taken over with each packet, which would
 * begin everything anew each time. */
TEST(a_line_is_not_taken_over_in_turns) {
    REQUIRE(rig_init(&r));
    struct client *a = rig_join(&r, 1);
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_CAMERA, true), OK);
    client_video(a, CAM, true);
    struct sent_stream one = a->streams[CAM], two = {.ssrc = 4711, .next = 7, .ts = 9};
    for (unsigned i = 0; i < 10; i++) {
        a->streams[CAM] = two;
        client_video(a, CAM, true);
        client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
        two = a->streams[CAM];
        a->streams[CAM] = one;
        client_video(a, CAM, true);
        client_send(a, &(struct packet_spec){.line = CAM, .padding = true});
        one = a->streams[CAM];
    }
    EXPECT_EQ(counters()->drop_rtp, 20);
    rig_run(&r, 1100 * US_PER_MS);
    a->streams[CAM] = two;
    client_video(a, CAM, true); /* the first one has stopped */
    EXPECT_EQ(counters()->drop_rtp, 20);
    rig_free(&r);
}

/* Who has sent once and is silent now takes nothing from those who send. */
TEST(what_does_not_flow_has_no_share) {
    REQUIRE(rig_init(&r));
    r.config.pool_packets = 512;
    rig_restart(&r);
    struct client *c[RIG_CLIENTS];
    for (unsigned i = 0; i < RIG_CLIENTS; i++) {
        c[i] = rig_join(&r, i + 1);
        client_video(c[i], CAM, true);
        client_video(c[i], SCREEN, true);
        client_audio(c[i], 90);
    }
    rig_run(&r, 6 * US_PER_S);
    client_video(c[0], CAM, true);
    for (unsigned i = 0; i < 100; i++) {
        client_video(c[0], CAM, false);
    }
    const struct got *last = client_last(c[1], STAGE);
    REQUIRE(last);
    client_nack(c[1], STAGE, (uint16_t)(last->seq - 90));
    EXPECT_EQ(counters()->rtx_out, 1);
    EXPECT_EQ(counters()->nack_missed, 0);
    rig_free(&r);
}

/* One client floods its handshake: it gets its share of the steps, and others get theirs. */
TEST(one_handshake_does_not_delay_the_others) {
    REQUIRE(rig_init(&r));
    struct client *flood = client_new(&r, 1), *c = client_new(&r, 2);
    uint8_t junk[60] = {22, 0xfe, 0xfd}, hello[PACKET_CAP];
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &flood->params), OK);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    client_check(flood, true);
    client_check(c, true);
    for (unsigned i = 0; i < 6; i++) {
        r.hold = true;
        for (unsigned j = 0; j + 1 < ENGINE_BATCH_MAX; j++) {
            rig_send(&r, &flood->addr, junk, sizeof(junk));
        }
        r.hold = i == 5;
        rig_pump(&r);
    }
    r.hold = true;
    for (unsigned j = 0; j < 4; j++) {
        rig_send(&r, &flood->addr, junk, sizeof(junk));
    }
    c->dtls = dtls_new(rig_identity(true), dtls_identity_fingerprint(rig_identity(false)), true);
    REQUIRE(c->dtls);
    dtls_start(c->dtls, r.now);
    size_t n = dtls_output(c->dtls, hello, sizeof(hello));
    REQUIRE(n > 0);
    rig_send(&r, &c->addr, hello, n);
    r.hold = false;
    rig_pump(&r);
    rig_run(&r, 100 * US_PER_MS);
    EXPECT(c->connected);
    rig_free(&r);
}
