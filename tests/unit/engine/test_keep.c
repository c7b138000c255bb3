/* Sessions that are kept in slots: what a process leaves behind when it is killed, or hands over.
 */
#include "base/seq.h"
#include "media/recv/nack.h"
#include "tests/unit/engine/rig.h"

static struct rig r;
static bool gaps_stay; /* what is missing of a camera is not asked for: indices jump with it */
static struct session_slot slots[RIG_CLIENTS + 1]; /* by handle */

static struct client *join_kept(uint64_t handle) {
    struct client *c = client_new(&r, handle);
    c->params.lines[CAM].nack = !gaps_stay;
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &c->params), OK);
    EXPECT_EQ(engine_peer_slot(r.engine, r.now, handle, &slots[handle]), OK);
    client_check(c, true);
    client_hello(c);
    return c;
}

static bool begin(void) {
    memset(slots, 0, sizeof(slots));
    gaps_stay = false;
    return rig_init(&r);
}

static enum err read_slot(uint64_t handle, struct session_snapshot *s) {
    return session_slot_read(&slots[handle], s);
}

/* The engine is killed; another adopts these peers, each kept in the same slot again. */
static void kill_and_adopt(unsigned n) {
    static struct session_snapshot s[RIG_CLIENTS + 1];
    rig_restart(&r);
    r.n_events = 0;
    for (unsigned i = 1; i <= n; i++) {
        REQUIRE(read_slot(i, &s[i]) == OK);
        EXPECT(!(s[i].flags & SNAPSHOT_FINAL));
    }
    for (unsigned i = 1; i <= n; i++) {
        EXPECT_EQ(engine_adopt(r.engine, r.now, &s[i]), OK);
        EXPECT_EQ(engine_peer_slot(r.engine, r.now, i, &slots[i]), OK);
        rig_pump(&r);
    }
}

/* Every index that goes out has been promised before, is new, and not far from its limit. */

#define STREAMS 64
static struct {
    uint32_t ssrc;
    struct seq_ext ext;
    uint64_t high; /* index */
    uint32_t srtcp;
    unsigned packets;
} sent[STREAMS];
static unsigned n_sent;
static bool near_zero; /* rollover counters begin there */

static unsigned stream_no(uint32_t ssrc) {
    unsigned i = 0;
    while (i < n_sent && sent[i].ssrc != ssrc) {
        i++;
    }
    CHECK(i < STREAMS);
    if (i == n_sent) {
        memset(&sent[n_sent++], 0, sizeof(sent[0]));
        sent[i].ssrc = ssrc;
    }
    return i;
}

/* The lease of this ssrc: the handle of its peer, and which of its slots it is. */
static shared_word *limit_of(uint32_t ssrc) {
    const struct client *c = r.clients[0];
    for (unsigned k = 0; k < r.n_clients; k++) {
        c = r.clients[k];
        for (unsigned i = STAGE; i < N_LINES; i++) {
            const struct session_line *l = &c->params.lines[i];
            struct session_slot *slot = &slots[c->params.peer];
            if (l->ssrc == ssrc) {
                return &slot->limits[SESSION_LIMIT_RTP(i - STAGE)];
            }
            if (l->rtx_ssrc == ssrc) {
                return &slot->limits[SESSION_LIMIT_RTX(i - STAGE)];
            }
        }
    }
    return NULL;
}

static void expect_leased(const shared_word *place, uint64_t index) {
    uint64_t limit = 0;
    EXPECT_EQ(lease_read(place, &limit), OK);
    EXPECT(limit > index && limit - index <= LEASE_STEP);
}

static void watch_rtp(const struct datagram *d) {
    uint32_t ssrc = be32(d->data + 8);
    unsigned i = stream_no(ssrc);
    uint64_t index = seq16_extend(&sent[i].ext, be16(d->data + 2)) - 0x10000;
    EXPECT(sent[i].packets == 0 || index > sent[i].high); /* these tests reorder nothing */
    sent[i].high = index;
    sent[i].packets++;
    if (near_zero) {
        expect_leased(limit_of(ssrc), index);
    }
}

static void watch_rtcp(const struct client *c, const struct datagram *d) {
    unsigned i = stream_no((uint32_t)c->params.peer);
    uint32_t index = be32(d->data + d->len - 4) & 0x7fffffff;
    EXPECT(sent[i].packets == 0 || index > sent[i].srtcp);
    sent[i].srtcp = index;
    sent[i].packets++;
    expect_leased(&slots[c->params.peer].limits[SESSION_LIMIT_SRTCP], index);
}

static void watch(struct rig *rig, const struct datagram *d) {
    enum wire_kind kind = wire_classify(bytes_of(d->data, d->len));
    for (unsigned i = 0; i < rig->n_clients; i++) {
        if (addr_eq(&rig->clients[i]->addr, &d->to) && kind == WIRE_RTCP) {
            watch_rtcp(rig->clients[i], d);
        }
    }
    if (kind == WIRE_RTP) {
        watch_rtp(d);
    }
}

static void begin_watch(bool rollovers_known) {
    n_sent = 0;
    near_zero = rollovers_known;
    r.watch = watch;
}

/* Long gaps of the source move indices fast, over many leases and three rollovers; the client asks
 * for some again, and the process is killed now and then. */
TEST(the_limit_is_in_the_slot_before_an_index_is_used) {
    REQUIRE(begin());
    begin_watch(true);
    gaps_stay = true;
    struct client *a = join_kept(1), *v = join_kept(2);
    client_video(a, CAM, true);
    uint64_t highest = 0;
    for (unsigned i = 1; i < 900; i++) {
        a->streams[CAM].next += NACK_MAX - 2 - i % 16; /* or the gap is closed */
        v->n_got = 0;
        client_video(a, CAM, false);
        client_audio(a, 40);
        if (client_last(v, STAGE)) {
            client_nack(v, STAGE, client_last(v, STAGE)->seq);
        }
        rig_run(&r, 33 * US_PER_MS);
        if (i % 225 == 224) {
            kill_and_adopt(2);
            client_video(a, CAM, true);
        }
        unsigned k = stream_no(v->params.lines[STAGE].ssrc);
        highest = sent[k].high > highest ? sent[k].high : highest;
    }
    EXPECT(highest > 3 * 65536);
    EXPECT(sent[stream_no(v->params.lines[STAGE].rtx_ssrc)].packets > 60);
    EXPECT(sent[stream_no(2)].packets > 7); /* SRTCP */
    EXPECT_EQ(v->lost, 0);
    EXPECT_EQ(engine_counters(r.engine)->drop_lease, 0);
    rig_free(&r);
}

/* Picture and sound go on behind the lease: the picture with a key frame that is asked for, on the
 * source's own timestamps; nothing that the viewer misses of before is sent under old numbers. */
TEST(a_killed_engine_is_followed_by_another) {
    REQUIRE(begin());
    struct client *a = join_kept(1), *v = join_kept(2);
    for (int i = 0; i < 5; i++) {
        client_video(a, CAM, i == 0);
        client_audio(a, 40);
        rig_run(&r, 33 * US_PER_MS);
    }
    struct got before = *client_last(v, STAGE), heard = *client_last(v, AUDIO0);
    unsigned plis = a->n_pli;
    kill_and_adopt(2);
    EXPECT(a->n_pli > plis);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_CONNECTED, 0), 2); /* whoever was told may be gone */
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_ON, 1), 2);
    EXPECT_EQ(rig_shows(&r, v, STAGE), 1);
    EXPECT_EQ(rig_shows(&r, v, AUDIO0), 1);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 2), 6);
    unsigned pictures = client_count(v, STAGE);
    a->streams[CAM].next += 3; /* to the engine that was killed, or to nobody */
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), pictures);
    EXPECT_EQ(a->n_nack, 0);
    client_video(a, CAM, true);
    client_audio(a, 40);
    struct got after = *client_last(v, STAGE);
    uint16_t jump = (uint16_t)(after.seq - before.seq);
    EXPECT(after.keyframe && jump > LEASE_STEP / 2 && jump <= LEASE_STEP);
    EXPECT_EQ(after.ts - before.ts, 2 * 3000);
    uint16_t ahead = (uint16_t)(after.picture_id - before.picture_id) & 0x7fff;
    EXPECT(ahead > 60 && ahead < 0x4000);
    jump = (uint16_t)(client_last(v, AUDIO0)->seq - heard.seq);
    EXPECT(jump > LEASE_STEP / 2 && jump <= LEASE_STEP);
    EXPECT_EQ(client_last(v, AUDIO0)->ts - heard.ts, 960);
    client_nack(v, STAGE, before.seq); /* of the other engine; then one that never was */
    client_nack(v, STAGE, (uint16_t)(before.seq + 100));
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 0);
    client_nack(v, STAGE, after.seq);
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 1);
    rig_run(&r, 600 * US_PER_MS);
    EXPECT_EQ(a->rr.cumulative_lost, 0); /* nobody counts what another engine has got */
    EXPECT_EQ(engine_counters(r.engine)->drop_srtp, 0);
    rig_free(&r);
}

/* However often it is killed, what was not used does not move. */
TEST(numbers_that_are_not_used_do_not_run_away) {
    REQUIRE(begin());
    struct session_snapshot first, last;
    join_kept(1);
    REQUIRE(read_slot(1, &first) == OK);
    for (unsigned i = 0; i < 20; i++) {
        kill_and_adopt(1);
    }
    REQUIRE(read_slot(1, &last) == OK);
    for (unsigned i = 0; i < first.n_slots; i++) {
        EXPECT_EQ(last.slots[i].rewrite.index, first.slots[i].rewrite.index);
        EXPECT_EQ(last.slots[i].rtx_index, first.slots[i].rtx_index);
    }
    EXPECT(last.srtcp_index > first.srtcp_index); /* reports were sent */
    rig_free(&r);
}

TEST(a_peer_that_is_handed_over_goes_on_as_if_nothing_had_been) {
    REQUIRE(begin());
    struct client *a = join_kept(1), *v = join_kept(2);
    struct session_snapshot s[2];
    for (int i = 0; i < 3; i++) {
        client_video(a, CAM, i == 0);
    }
    struct got before = *client_last(v, STAGE);
    EXPECT_EQ(engine_peer_hand_over(r.engine, r.now, 1), OK);
    EXPECT_EQ(engine_peer_hand_over(r.engine, r.now, 2), OK);
    EXPECT_EQ(engine_peer_hand_over(r.engine, r.now, 2), ERR_WRONG_STATE);
    EXPECT_EQ(engine_peer_slot(r.engine, r.now, 2, &slots[2]), ERR_WRONG_STATE);
    unsigned sdes = v->n_sdes;
    uint64_t next = a->streams[CAM].next;
    client_video(a, CAM, false); /* what still comes here goes nowhere */
    rig_run(&r, 1100 * US_PER_MS);
    EXPECT_EQ(client_last(v, STAGE)->seq, before.seq);
    EXPECT_EQ(v->n_sdes, sdes);
    EXPECT(engine_counters(r.engine)->drop_lease >= 3);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 2), OK);
    rig_pump(&r);
    EXPECT_EQ(v->n_bye, 0);
    EXPECT(!v->closed);
    rig_restart(&r);
    r.n_events = 0;
    for (unsigned i = 1; i <= 2; i++) {
        REQUIRE(read_slot(i, &s[i - 1]) == OK);
        EXPECT(s[i - 1].flags & SNAPSHOT_FINAL);
        EXPECT_EQ(engine_adopt(r.engine, r.now, &s[i - 1]), OK);
        EXPECT_EQ(engine_peer_slot(r.engine, r.now, i, &slots[i]), OK);
        rig_pump(&r);
    }
    a->streams[CAM].next = next;
    a->streams[CAM].picture_id--;
    a->streams[CAM].ts -= 3000;
    client_video(a, CAM, false);
    struct got after = *client_last(v, STAGE);
    EXPECT_EQ(after.seq, (uint16_t)(before.seq + 1));
    EXPECT_EQ(after.ts - before.ts, 3000);
    EXPECT_EQ(after.picture_id, before.picture_id + 1);
    EXPECT(v->n_sdes > sdes);
    EXPECT_EQ(rig_count(&r, MEDIA_SLOT_CHANGED, 0), 0);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_CONNECTED, 0), 0);
    rig_free(&r);
}

/* A TCP connection cannot go on in another process: the session is there, and nothing is sent until
 * its client has come to the new engine by itself. */
TEST(a_peer_on_tcp_is_adopted_without_its_connection) {
    REQUIRE(begin());
    struct client *a = join_kept(1), *v = join_kept(2);
    struct session_snapshot s;
    client_video(a, CAM, true);
    v->addr.via = 9;
    client_check(v, true);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    EXPECT_EQ(engine_peer_hand_over(r.engine, r.now, 1), OK);
    EXPECT_EQ(engine_peer_hand_over(r.engine, r.now, 2), OK);
    rig_restart(&r);
    REQUIRE(read_slot(1, &s) == OK);
    EXPECT(s.remote.port != 0);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s), OK);
    REQUIRE(read_slot(2, &s) == OK);
    EXPECT_EQ(s.remote.port, 0);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s), OK);
    rig_pump(&r);
    client_video(a, CAM, false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    v->addr.via = 1; /* of the new process */
    client_check(v, true);
    client_video(a, CAM, true);
    EXPECT_EQ(client_count(v, STAGE), 3);
    EXPECT_EQ(r.n_strays, 0);
    rig_free(&r);
}

/* The last numbers that there are: then nothing more is sealed, whatever comes. */
TEST(sealing_stops_where_the_numbers_end) {
    REQUIRE(begin());
    struct client *a = join_kept(1), *v = join_kept(2);
    struct session_snapshot s[2];
    client_video(a, CAM, true);
    client_video(a, CAM, false);
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE(engine_snapshot(r.engine, i + 1, &s[i]) == OK);
    }
    s[1].slots[0].rewrite.index = LEASE_END_MAX - 5;
    s[1].slots[0].rtx_index = LEASE_END_MAX - 1;
    s[1].srtcp_index = SRTCP_INDEX_END - 2;
    rig_restart(&r);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(engine_adopt(r.engine, r.now, &s[i]), OK);
        EXPECT_EQ(engine_peer_slot(r.engine, r.now, i + 1, &slots[i + 1]), OK);
    }
    v->deaf = true; /* it does not know this rollover counter */
    begin_watch(false);
    rig_pump(&r);
    for (unsigned i = 0; i < 40; i++) {
        client_video(a, CAM, i % 8 == 7);
        client_nack(v, STAGE, (uint16_t)(LEASE_END_MAX - 5 + i));
        rig_run(&r, 100 * US_PER_MS);
    }
    EXPECT_EQ(sent[stream_no(v->params.lines[STAGE].ssrc)].packets, 5);
    EXPECT_EQ(sent[stream_no(v->params.lines[STAGE].rtx_ssrc)].packets, 1);
    EXPECT_EQ(sent[stream_no(2)].srtcp, SRTCP_INDEX_END - 1);
    EXPECT_EQ(sent[stream_no(2)].packets, 2);
    EXPECT(engine_counters(r.engine)->drop_lease > 40);
    REQUIRE(engine_snapshot(r.engine, 2, &s[1]) == OK);
    s[1].slots[0].rewrite.index = LEASE_END_MAX + 1;
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 2), OK);
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[1]), ERR_FORMAT);
    s[1].slots[0].rewrite.index = 0;
    s[1].slots[1].rtx_index = LEASE_END_MAX + 1;
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[1]), ERR_FORMAT);
    s[1].slots[1].rtx_index = 0;
    s[1].srtcp_index = (uint32_t)SRTCP_INDEX_END + 1;
    EXPECT_EQ(engine_adopt(r.engine, r.now, &s[1]), ERR_FORMAT);
    rig_free(&r);
}

TEST(a_slot_is_empty_before_and_after_its_peer) {
    REQUIRE(begin());
    struct session_snapshot s;
    static struct session_slot other;
    memset(&other, 0, sizeof(other));
    EXPECT_EQ(read_slot(1, &s), ERR_UNKNOWN);
    EXPECT_EQ(engine_peer_slot(r.engine, r.now, 1, &slots[1]), ERR_UNKNOWN);
    EXPECT_EQ(engine_peer_hand_over(r.engine, r.now, 1), ERR_UNKNOWN);
    struct client *a = client_new(&r, 1);
    EXPECT_EQ(engine_peer_add(r.engine, r.now, &a->params), OK);
    EXPECT_EQ(engine_peer_hand_over(r.engine, r.now, 1), ERR_WRONG_STATE);
    EXPECT_EQ(engine_peer_slot(r.engine, r.now, 1, &slots[1]), OK);
    EXPECT_EQ(read_slot(1, &s), ERR_UNKNOWN); /* not connected yet: nothing to go on with */
    EXPECT_EQ(engine_peer_hand_over(r.engine, r.now, 1), ERR_WRONG_STATE);
    client_check(a, true);
    client_hello(a);
    EXPECT_EQ(read_slot(1, &s), OK);
    EXPECT_EQ(s.peer, 1);
    EXPECT_EQ(engine_peer_slot(r.engine, r.now, 1, &other), OK);
    EXPECT_EQ(read_slot(1, &s), ERR_UNKNOWN);
    EXPECT_EQ(session_slot_read(&other, &s), OK);
    EXPECT_EQ(engine_peer_remove(r.engine, r.now, 1), OK);
    EXPECT_EQ(session_slot_read(&other, &s), ERR_UNKNOWN);
    rig_pump(&r);
    EXPECT_EQ(a->n_bye + a->closed, 1); /* nothing was shown to it; but it is told */
    join_kept(2);
    r.clients[1]->alive = false;
    rig_run(&r, 16 * US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_PEER_GONE, 2), 1);
    EXPECT_EQ(read_slot(2, &s), ERR_UNKNOWN);
    struct client *c = join_kept(3);
    client_close(c);
    EXPECT_EQ(read_slot(3, &s), ERR_UNKNOWN);
    rig_free(&r);
}

/* What matters is written at once, the rest with the next report. */
TEST(what_has_changed_is_in_the_slot) {
    REQUIRE(begin());
    struct client *a = join_kept(1), *v = join_kept(2);
    struct session_snapshot s;
    EXPECT_EQ(engine_source_mute(r.engine, r.now, 1, SOURCE_SCREEN, true), OK);
    rig_pump(&r);
    EXPECT_EQ(read_slot(1, &s), OK);
    EXPECT(s.sources[SCREEN].line.flags & SNAPSHOT_MUTED);
    EXPECT_EQ(engine_peer_consent(r.engine, r.now, 1, false), OK);
    rig_pump(&r);
    EXPECT_EQ(read_slot(1, &s), OK);
    EXPECT(!(s.flags & SNAPSHOT_RECORD_CONSENT));
    EXPECT_EQ(engine_pin(r.engine, r.now, 2, 1), OK);
    client_video(a, CAM, true);
    EXPECT_EQ(read_slot(1, &s), OK);
    EXPECT_EQ(s.streams[CAM].ssrc, a->streams[CAM].ssrc);
    EXPECT_EQ(s.sources[CAM].live, 1);
    EXPECT_EQ(read_slot(2, &s), OK);
    EXPECT_EQ(s.pinned, 1);
    EXPECT_EQ(s.slots[0].rewrite.source, snapshot_key(1, SOURCE_CAMERA, 0, a->streams[CAM].ssrc));
    struct ice_credentials ice = v->params.ice;
    snprintf(ice.local_ufrag, sizeof(ice.local_ufrag), "another");
    EXPECT_EQ(engine_peer_restart(r.engine, r.now, 2, &ice), OK);
    v->params.ice = ice;
    v->addr.port++;
    client_check(v, true);
    EXPECT_EQ(read_slot(2, &s), OK);
    EXPECT(strcmp(s.ice.local_ufrag, "another") == 0);
    EXPECT_EQ(s.remote.port, v->addr.port);
    uint32_t packets = s.slots[0].packets;
    us_t taken = s.taken;
    client_video(a, CAM, false);
    EXPECT_EQ(read_slot(2, &s), OK);
    EXPECT_EQ(s.taken, taken);     /* never for a packet */
    rig_run(&r, 1100 * US_PER_MS); /* but with every other report */
    EXPECT_EQ(read_slot(2, &s), OK);
    EXPECT_EQ(s.slots[0].packets, packets + 1);
    EXPECT(s.taken > taken);
    rig_free(&r);
}

TEST(a_slot_that_is_damaged_is_not_trusted) {
    REQUIRE(begin());
    struct session_snapshot s;
    static struct session_slot good;
    join_kept(1);
    REQUIRE(read_slot(1, &s) == OK);
    memcpy(&good, &slots[1], sizeof(good));
    struct seqlock state = {slots[1].state, sizeof(s)};
    size_t len = snapshot_len(&s);
#define SPOIL(change)                                              \
    do {                                                           \
        struct session_snapshot bad = s;                           \
        memcpy(&slots[1], &good, sizeof(good));                    \
        change;                                                    \
        struct session_snapshot ret;                               \
        EXPECT_EQ(session_slot_read(&slots[1], &ret), ERR_FORMAT); \
        (void)bad;                                                 \
    } while (0)
    SPOIL(bad.version--; seqlock_write(&state, &bad, len));
    SPOIL(bad.n_slots--; seqlock_write(&state, &bad, len));
    SPOIL(bad.n_slots = 255; seqlock_write(&state, &bad, sizeof(bad)));
    SPOIL(seqlock_write(&state, &bad, 3));
    /* Limits that are below what was used: a mix of two sessions, or of two times. */
    SPOIL(bad.srtcp_index += LEASE_STEP + 1; seqlock_write(&state, &bad, len));
    SPOIL(bad.slots[0].rewrite.index += LEASE_STEP + 1; seqlock_write(&state, &bad, len));
    SPOIL(bad.slots[5].rtx_index += LEASE_STEP + 1; seqlock_write(&state, &bad, len));
    SPOIL(slots[1].limits[SESSION_LIMIT_SRTCP] ^= 1);
    SPOIL(slots[1].limits[SESSION_LIMIT_RTP(2)] = 0);
    SPOIL(slots[1].limits[SESSION_LIMIT_RTX(5)] ^= UINT64_C(1) << 63);
    uint64_t turn = good.state[0];
    size_t newest = 1 + turn % 2 * ((SEQLOCK_WORDS(sizeof(s)) - 1) / 2);
    for (size_t i = 0; i < 2 + len / 8; i++) {
        SPOIL(slots[1].state[newest + i] ^= UINT64_C(1) << i % 64);
    }
#undef SPOIL
    memcpy(&slots[1], &good, sizeof(good));
    EXPECT_EQ(read_slot(1, &s), OK);
    rig_free(&r);
}

TEST_ALLOC(rebuilding_without_memory) {
    struct session_snapshot s;
    if (!begin()) {
        EXPECT(mem_failed());
        return;
    }
    struct client *a = client_new(&r, 1);
    if (engine_peer_add(r.engine, r.now, &a->params) == OK) {
        EXPECT_EQ(engine_peer_slot(r.engine, r.now, 1, &slots[1]), OK);
        client_check(a, true);
        client_hello(a);
    }
    if (a->connected && read_slot(1, &s) == OK) {
        struct engine *fresh = engine_new(&r.config);
        enum err err = ERR_NOMEM;
        engine_free(r.engine);
        r.engine = fresh;
        if (fresh && engine_tour_add(fresh, TOUR) == OK) {
            err = engine_adopt(fresh, r.now, &s);
        }
        EXPECT(err == OK || (err == ERR_NOMEM && mem_failed()));
        EXPECT_EQ(read_slot(1, &s), OK); /* it is there for the next one to try */
    }
    rig_free(&r);
}
