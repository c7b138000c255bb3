/* A share toward viewers that lose packets comes with packets that repair it (FlexFEC). */
#include "base/alloc.h"
#include "media/out/protect.h"
#include "tests/unit/engine/rig.h"

enum { PT_FEC = 49, FEC_SSRC = 4949, KEPT = 64 };

static struct rig r;
static struct session_slot slots[3]; /* by handle */

/* What a browser's receiver knows: packets of the stage as they came, by sequence number, and what
 * it put together. */
static struct {
    uint8_t data[KEPT][PACKET_CAP];
    size_t len[KEPT];
    unsigned repairs;  /* packets that repair others */
    unsigned wrong;    /* of them, put together something else than was sent */
    unsigned together; /* packets that could be put together from all others of their group */
} seen;

/* Section 6.3 of the draft: packet `lost` of those that are named, from all others. */
static bool put_together(const uint8_t *fec, size_t len, uint16_t lost) {
    uint8_t x[PACKET_CAP] = {0};
    uint16_t base = be16(fec + 16), mask = be16(fec + 18) & 0x7fff;
    uint16_t head = be16(fec), length = be16(fec + 2);
    uint32_t ts = be32(fec + 4);
    memcpy(x + RTP_FIXED_HEADER, fec + FLEXFEC_HEADER, len - FLEXFEC_HEADER);
    for (unsigned i = 0; i < FLEXFEC_SPAN; i++) {
        uint16_t seq = (uint16_t)(base + i);
        const uint8_t *p = seen.data[seq % KEPT];
        if (!(mask & 0x4000 >> i) || seq == lost) {
            continue;
        }
        size_t n = seen.len[seq % KEPT];
        if (n == 0 || be16(p + 2) != seq) {
            return false;
        }
        head ^= be16(p) & 0x3fff;
        length ^= (uint16_t)(n - RTP_FIXED_HEADER);
        ts ^= be32(p + 4);
        for (size_t k = RTP_FIXED_HEADER; k < n; k++) {
            x[k] ^= p[k];
        }
    }
    const uint8_t *sent = seen.data[lost % KEPT];
    put_be16(x, 0x8000 | head);
    put_be16(x + 2, lost);
    put_be32(x + 4, ts);
    put_be32(x + 8, be32(fec + 12));
    size_t n = RTP_FIXED_HEADER + length;
    seen.wrong += n != seen.len[lost % KEPT] || memcmp(x, sent, n) != 0;
    return true;
}

/* Browsers do so (ZeroMutableExtensions in libwebrtc). */
static void zero_twcc(uint8_t *p, size_t n) {
    struct rtp h;
    EXPECT_EQ(rtp_parse(bytes_of(p, n), &h), OK);
    struct bytes x = rtp_ext_find(&h, 3);
    memset(p + (x.p ? x.p - p : 0), 0, x.n);
}

static bool receive(struct client *c, const uint8_t *p, size_t n) {
    struct rtp h;
    if (rtp_parse(bytes_of(p, n), &h) != OK) {
        return false;
    }
    if (h.ssrc == c->params.lines[STAGE].ssrc) {
        memcpy(seen.data[h.seq % KEPT], p, n);
        seen.len[h.seq % KEPT] = n;
        zero_twcc(seen.data[h.seq % KEPT], n);
        return false;
    }
    if (h.ssrc != FEC_SSRC) {
        return false;
    }
    EXPECT_EQ(h.pt, PT_FEC);
    seen.repairs++;
    uint16_t base = be16(h.payload.p + 16), mask = be16(h.payload.p + 18);
    for (unsigned i = 0; i < FLEXFEC_SPAN; i++) {
        seen.together +=
            (mask & 0x4000 >> i) && put_together(h.payload.p, h.payload.n, (uint16_t)(base + i));
    }
    return true;
}

static struct client *join(uint64_t handle, bool fec, bool twcc) {
    struct client *c = client_new(&r, handle);
    struct session_line *l = &c->params.lines[STAGE];
    l->fec_pt = fec ? PT_FEC : 0;
    l->fec_ssrc = fec ? FEC_SSRC : 0;
    l->twcc = twcc;
    l->ext.id[RTP_EXT_TWCC] = twcc ? 3 : 0;
    c->opened = receive;
    client_join(c);
    return c;
}

/* Pictures of three packets of other lengths, ten a second, for s seconds; the viewer says after
 * each that it lost so much [%]. */
static void share(struct client *a, struct client *v, uint8_t line, unsigned s, unsigned percent) {
    static uint32_t lost;
    for (unsigned i = 0; i < 10 * s; i++) {
        for (unsigned k = 0; k < 3; k++) {
            client_send(a, &(struct packet_spec){.line = line,
                                                 .keyframe = i == 0 && k == 0,
                                                 .inside = k > 0,
                                                 .marker = k == 2,
                                                 .ts_step = k == 0 ? 9000 : 0,
                                                 .size = (uint16_t)(900 - 200 * k - i % 50)});
        }
        rig_run(&r, 100 * US_PER_MS);
        const struct got *last = client_last(v, STAGE);
        uint16_t high = last ? last->seq : 0;
        v->n_got = 0;
        if (i % 10 == 9) {
            uint8_t buf[100];
            struct wr w = wr_of(buf, sizeof(buf));
            lost += percent * 30 / 100 + (percent > 0);
            struct rtcp_report b = {.ssrc = v->params.lines[STAGE].ssrc,
                                    .highest_seq = high,
                                    .cumulative_lost = (int32_t)lost};
            rtcp_write_rr(&w, 1, &b, 1);
            client_rtcp(v, &w);
        }
    }
}

static bool start(unsigned percent) {
    memset(&seen, 0, sizeof(seen));
    if (!rig_init(&r)) {
        return false;
    }
    r.config.repair_percent = percent;
    rig_restart(&r);
    return true;
}

static void comes_right(bool twcc) {
    REQUIRE(start(2));
    struct client *a = rig_join(&r, 1), *v = join(2, true, twcc);
    share(a, v, SCREEN, 10, 0);
    EXPECT_EQ(seen.repairs, 0);
    share(a, v, SCREEN, 10, 5);
    EXPECT(seen.repairs > 10);
    EXPECT(seen.together >= 3 * seen.repairs);
    EXPECT_EQ(seen.wrong, 0);
    EXPECT_EQ(engine_counters(r.engine)->fec_out, seen.repairs);
    share(a, v, SCREEN, 30, 0);
    unsigned before = seen.repairs;
    share(a, v, SCREEN, 5, 0);
    EXPECT_EQ(seen.repairs, before);
    rig_free(&r);
}

TEST(repair_of_a_share_comes_where_packets_are_lost) {
    comes_right(false);
}

/* The number is not known when what repairs the packet is put together. */
TEST(repair_is_right_although_packets_have_transport_wide_numbers) {
    comes_right(true);
}

/* What is sent where losses are reported. */
TEST(repair_begins_without_an_allocation) {
    REQUIRE(start(2));
    struct client *a = rig_join(&r, 1), *v = join(2, true, false);
    share(a, v, SCREEN, 10, 0);
    mem_fail_at(0);
    share(a, v, SCREEN, 10, 5);
    EXPECT(!mem_failed());
    mem_fail_at(-1);
    EXPECT(seen.repairs > 10);
    rig_free(&r);
}

static shared_word *fec_limit(unsigned handle) {
    return &slots[handle].limits[SESSION_LIMIT_FEC];
}

/* The viewer opens all that comes, so no index is used twice. */
static void goes_on_with_another_engine(bool killed) {
    static struct session_snapshot s[2];
    REQUIRE(start(2));
    memset(slots, 0, sizeof(slots));
    struct client *a = rig_join(&r, 1), *v = join(2, true, false);
    EXPECT_EQ(engine_peer_slot(r.engine, r.now, 1, &slots[1]), OK);
    EXPECT_EQ(engine_peer_slot(r.engine, r.now, 2, &slots[2]), OK);
    share(a, v, SCREEN, 10, 5);
    unsigned before = seen.repairs;
    uint64_t limit = 0, used = 0;
    EXPECT(before > 10);
    EXPECT_EQ(lease_read(fec_limit(2), &limit), OK);
    for (unsigned i = 1; i <= 2; i++) {
        EXPECT(killed || engine_peer_hand_over(r.engine, r.now, i) == OK);
        REQUIRE(session_slot_read(&slots[i], &s[i - 1]) == OK);
    }
    used = s[1].fec_index;
    EXPECT(killed ? used == limit : used < limit && limit - used <= LEASE_STEP);
    rig_restart(&r);
    for (unsigned i = 1; i <= 2; i++) {
        EXPECT_EQ(engine_adopt(r.engine, r.now, &s[i - 1]), OK);
        EXPECT_EQ(engine_peer_slot(r.engine, r.now, i, &slots[i]), OK);
    }
    share(a, v, SCREEN, 10, 5);
    EXPECT(seen.repairs > before + 10);
    EXPECT_EQ(engine_counters(r.engine)->fec_out, seen.repairs - before);
    EXPECT_EQ(engine_counters(r.engine)->drop_lease, 0);
    EXPECT_EQ(seen.wrong, 0);
    EXPECT_EQ(lease_read(fec_limit(2), &limit), OK);
    EXPECT(limit >= used + seen.repairs - before && limit <= used + LEASE_STEP + seen.repairs);
    rig_free(&r);
}

TEST(repair_goes_on_when_a_session_was_handed_over) {
    goes_on_with_another_engine(false);
}

TEST(repair_goes_on_when_an_engine_was_killed) {
    goes_on_with_another_engine(true);
}

TEST(repair_of_a_camera_is_not_sent) {
    REQUIRE(start(2));
    struct client *a = rig_join(&r, 1), *v = join(2, true, false);
    share(a, v, CAM, 10, 5);
    EXPECT_EQ(seen.repairs, 0);
    rig_free(&r);
}

TEST(repair_is_not_sent_without_agreement_or_when_it_is_off) {
    REQUIRE(start(2));
    struct client *a = rig_join(&r, 1), *v = join(2, false, false);
    share(a, v, SCREEN, 10, 5);
    EXPECT_EQ(engine_counters(r.engine)->fec_out, 0);
    rig_free(&r);
    REQUIRE(start(0));
    a = rig_join(&r, 1);
    v = join(2, true, false);
    share(a, v, SCREEN, 10, 5);
    EXPECT_EQ(engine_counters(r.engine)->fec_out, 0);
    rig_free(&r);
}

TEST(repair_lines_that_make_no_sense_are_refused) {
    REQUIRE(start(2));
    struct client *c = client_new(&r, 1);
    struct session_line *l = &c->params.lines[STAGE];
    l->fec_pt = PT_FEC;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), ERR_RANGE); /* without an ssrc */
    l->fec_ssrc = l->rtx_ssrc;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), ERR_RANGE);
    l->fec_ssrc = c->params.lines[GALLERY0].ssrc;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), ERR_RANGE);
    l->fec_ssrc = FEC_SSRC;
    l->fec_pt = l->pt;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), ERR_RANGE);
    l->fec_pt = PT_FEC;
    c->params.lines[GALLERY0].slot = SLOT_STAGE; /* one stage is enough */
    c->params.lines[GALLERY0].fec_pt = PT_FEC;
    c->params.lines[GALLERY0].fec_ssrc = FEC_SSRC + 1;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), ERR_RANGE);
    c->params.lines[GALLERY0].fec_pt = 0;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    rig_free(&r);
}

TEST(repair_is_as_dense_as_the_loss_asks_for) {
    EXPECT_EQ(protect_every(0, 0.019, 2), 0);
    EXPECT_EQ(protect_every(0, 0.021, 2), PROTECT_EVERY_MAX);
    EXPECT_EQ(protect_every(12, 0.011, 2), PROTECT_EVERY_MAX);
    EXPECT_EQ(protect_every(12, 0.009, 2), 0);
    EXPECT_EQ(protect_every(12, 0.05, 2), 10);
    EXPECT_EQ(protect_every(0, 0.1, 2), 5);
    EXPECT_EQ(protect_every(0, 0.5, 2), PROTECT_EVERY_MIN);
    EXPECT_EQ(protect_every(4, 0.5, 0), 0);
}
