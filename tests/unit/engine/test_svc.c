/* Layers within one stream: VP9 in three sizes and three frame rates, each size on its own between
 * key frames (L3T3_KEY) or not (L3T3), to viewers of whom each gets what its path carries. */
#include "tests/unit/engine/rig.h"

static struct rig r;

static const uint16_t sizes[3] = {100, 420, 1050}; /* [bytes] of a frame, one packet */

struct film {
    struct client *c;
    bool full;         /* sizes refer to the smaller ones in each picture, not only in key ones */
    uint8_t top;       /* largest size that is sent */
    unsigned pictures; /* since the last key frame */
    uint16_t id;
    unsigned keys;
};

/* RFC 9628 section 4.2, as Chromium 156 writes it: with references, without TL0PICIDX. */
static void frame(struct film *f, uint8_t spatial, bool key) {
    static const uint8_t tids[] = {0, 2, 1, 2}, back[] = {4, 2, 1};
    uint8_t raw[8], tid = tids[f->pictures % 4];
    bool upper = (key || f->full) && spatial < f->top;
    struct wr w = wr_of(raw, sizeof(raw));
    bool structure = key && spatial == 0;
    wr_u8(&w,
          (uint8_t)(0xbc | (key ? 0 : 0x40) | (structure ? 2 : 0) | !upper)); /* I P L F B E V Z */
    wr_u16(&w, 0x8000 | f->id);
    wr_u8(&w, (uint8_t)(tid << 5 | 0x10 | spatial << 1 | (spatial > 0 && (key || f->full))));
    if (!key) {
        wr_u8(&w, (uint8_t)(back[tid] << 1));
    }
    if (structure) {
        wr_u8(&w, (uint8_t)(f->top << 5)); /* N_S */
    }
    client_send(f->c, &(struct packet_spec){.line = CAM,
                                            .inside = spatial > 0,
                                            .marker = spatial == f->top,
                                            .raw = bytes_of(raw, wr_len(&w)),
                                            .size = sizes[f->top == 0 ? 2 : spatial]});
}

/* 30 pictures a second: 40, 115 and 270 kbit/s of each size alone. Key frames where they are asked
 * for. */
static void film(struct film *f, us_t duration) {
    for (us_t t = 0; t < duration; t += 33 * US_PER_MS) {
        bool key = f->keys == 0 || f->c->n_pli > 0;
        f->c->n_pli = 0;
        f->keys += key;
        f->pictures = key ? 0 : f->pictures + 1;
        f->id = (uint16_t)((f->id + 1) & 0x7fff);
        for (uint8_t s = 0; s <= f->top; s++) {
            frame(f, s, key);
        }
        rig_run(&r, 33 * US_PER_MS);
    }
}

static void films_in(struct client *c, enum codec codec) {
    for (unsigned i = 0; i < c->params.n_lines; i++) {
        struct session_line *l = &c->params.lines[i];
        l->codec = l->codec == CODEC_VP8 ? (uint8_t)codec : l->codec;
    }
}

static struct client *join(uint64_t handle) {
    struct client *c = client_new(&r, handle);
    films_in(c, CODEC_VP9);
    client_join(c);
    return c;
}

/* What a viewer has got on its stage since its log was emptied. */
struct view {
    unsigned pictures, shown[3];
    uint8_t spatial; /* of the last one */
};

/* Every frame has what it refers to, numbers run on, and each picture has one end. */
static struct view look(const struct client *v, bool full) {
    static const uint8_t back[] = {4, 2, 1};
    static bool have[1 << 15][3];
    struct view ret = {0};
    const struct got *last = NULL;
    bool begun = false;
    memset(have, 0, sizeof(have));
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        if (g->line != STAGE || g->rtx) {
            continue;
        }
        EXPECT(!last || g->seq == (uint16_t)(last->seq + 1));
        EXPECT(!last || last->marker == (last->ts != g->ts));
        bool of_key =
            g->keyframe || (last && last->ts == g->ts && begun && have[g->picture_id][0] &&
                            !have[(g->picture_id - back[g->temporal]) & 0x7fff][g->spatial]);
        begun = begun || g->keyframe;
        bool refers = have[(g->picture_id - back[g->temporal]) & 0x7fff][g->spatial];
        bool lower = g->spatial == 0 || have[g->picture_id][g->spatial - 1];
        EXPECT(!begun || (of_key ? lower : refers && (!full || lower)));
        have[g->picture_id][g->spatial] = true;
        ret.shown[g->spatial]++;
        ret.pictures += g->marker;
        ret.spatial = g->spatial;
        last = g;
    }
    return ret;
}

/* The first client films in three sizes. */
static bool begin(struct film *f, bool full) {
    if (!rig_init(&r)) {
        return false;
    }
    *f = (struct film){.c = join(1), .full = full, .top = 2};
    return true;
}

/* A packet of the largest size is lost on its way to us while v gets a smaller one, and repaired
 * after the next pictures have been sent. The number of the last packet before those is returned.
 */
static uint16_t repair_of_other_size(struct film *f, struct client *v) {
    uint8_t raw[] = {0xfd, 0x80 | (uint8_t)(f->id >> 8), (uint8_t)f->id, 0x50 | 2 << 1, 2};
    struct packet_spec lost = {
        .line = CAM, .inside = true, .raw = bytes_of(raw, sizeof(raw)), .size = 100, .drop = true};
    uint16_t osn = client_send(f->c, &lost);
    v->n_got = 0;
    film(f, 200 * US_PER_MS);
    unsigned before = client_count(v, STAGE);
    uint16_t missing = (uint16_t)(v->got[0].seq - 1);
    client_send_layer_rtx(f->c, &lost, osn, 7);
    EXPECT_EQ(client_count(v, STAGE), before);
    return missing;
}

TEST(svc_viewers_of_one_stream_get_different_sizes) {
    struct film f;
    REQUIRE(begin(&f, false));
    struct client *wide = join(2), *narrow = join(3);
    film(&f, 2 * US_PER_S);
    client_remb(narrow, 128000);
    wide->n_got = narrow->n_got = 0;
    unsigned keys = f.keys;
    film(&f, 3 * US_PER_S);
    EXPECT_EQ(f.keys, keys + 1); /* which takes the smaller size up */
    struct view w = look(wide, false), n = look(narrow, false);
    EXPECT_EQ(w.spatial, 2);
    EXPECT_EQ(w.pictures, 91);
    EXPECT_EQ(w.shown[0] + w.shown[1], 2); /* of the key frame */
    EXPECT_EQ(n.spatial, 1);
    EXPECT(n.shown[2] <= 4 && n.shown[1] >= 84 && n.shown[0] <= 2);
    client_remb(narrow, 2000000);
    narrow->n_got = 0;
    film(&f, 3 * US_PER_S);
    n = look(narrow, false);
    EXPECT_EQ(f.keys, keys + 2);
    EXPECT_EQ(n.spatial, 2);
    EXPECT(n.pictures >= 90);
    rig_free(&r);
}

/* What a replay takes is what is sent of it: a path that carries that is not spared it for the sake
 * of sizes that the viewer does not get. */
TEST(svc_is_replayed_where_the_path_carries_what_is_sent) {
    struct film f;
    REQUIRE(rig_init(&r));
    r.config.gop_age = 10 * US_PER_S;
    r.config.gop_bytes = 4u << 20;
    rig_restart(&r);
    f = (struct film){.c = join(1), .top = 2};
    struct client *v = join(2);
    film(&f, US_PER_S / 2);
    client_remb(v, 1500000); /* in 0.25 s 47 kB */
    film(&f, US_PER_S / 2);
    client_pli(v, STAGE); /* 31 pictures: 9 kB of those that are replayed, 49 of all */
    EXPECT_EQ(f.c->n_pli, 0);
    EXPECT_EQ(engine_counters(r.engine)->replays, 1);
    v->n_got = 0;
    film(&f, US_PER_S);
    EXPECT_EQ(f.keys, 1);
    EXPECT_EQ(look(v, false).spatial, 2);
    rig_free(&r);
}

TEST(svc_of_dependent_sizes_goes_down_without_a_key_frame) {
    struct film f;
    REQUIRE(begin(&f, true));
    struct client *narrow = join(2);
    film(&f, 2 * US_PER_S);
    unsigned keys = f.keys;
    client_remb(narrow, 180000);
    narrow->n_got = 0;
    film(&f, 3 * US_PER_S);
    struct view n = look(narrow, true);
    EXPECT_EQ(f.keys, keys);
    EXPECT_EQ(n.spatial, 1);
    EXPECT(n.shown[2] <= 2 && n.pictures >= 90);
    rig_free(&r);
}

/* The encoder has no room for its largest size any more: who showed it gets the next one. */
TEST(svc_of_which_the_largest_size_stops_goes_on) {
    struct film f;
    REQUIRE(begin(&f, false));
    struct client *v = join(2);
    film(&f, 3 * US_PER_S);
    unsigned keys = f.keys;
    v->n_got = 0;
    f.top = 1;
    film(&f, 2 * US_PER_S);
    EXPECT_EQ(f.keys, keys + 1);
    struct view n = look(v, false);
    EXPECT_EQ(n.spatial, 1);
    EXPECT(n.shown[1] >= 45); /* half a second later */
    f.top = 2;
    v->n_got = 0;
    f.c->n_pli = 1; /* as encoders do when a size begins */
    film(&f, 3 * US_PER_S);
    EXPECT_EQ(look(v, false).spatial, 2);
    rig_free(&r);
}

/* A packet of a size that the viewer does not get, repaired too late to close its gap up: asked for
 * again it is sent as a number without anything in it. */
TEST(svc_fills_what_is_missing_of_other_sizes_with_nothing) {
    struct film f;
    REQUIRE(begin(&f, false));
    struct client *v = join(2);
    film(&f, 2 * US_PER_S);
    client_remb(v, 128000);
    film(&f, 2 * US_PER_S);
    v->n_got = 0;
    film(&f, US_PER_S);
    EXPECT_EQ(look(v, false).spatial, 1);
    uint16_t missing = repair_of_other_size(&f, v);
    client_nack(v, STAGE, missing);
    const struct got *g = client_last(v, STAGE);
    REQUIRE(g && g->rtx);
    EXPECT(g->osn == missing && !g->marker && g->number == 0);
    rig_free(&r);
}

/* The same where it would go out under its own index: what is there may yet be something else. */
TEST(svc_fills_nothing_where_packets_are_sent_again_as_they_were) {
    struct film f;
    REQUIRE(begin(&f, false));
    struct client *v = client_new(&r, 2);
    films_in(v, CODEC_VP9);
    v->params.lines[STAGE].rtx_pt = 0;
    client_join(v);
    film(&f, 2 * US_PER_S);
    client_remb(v, 128000);
    film(&f, 3 * US_PER_S);
    uint16_t missing = repair_of_other_size(&f, v);
    v->n_got = 0;
    client_nack(v, STAGE, missing);
    EXPECT_EQ(client_count(v, STAGE), 0);
    EXPECT_EQ(engine_counters(r.engine)->nack_missed, 1);
    v->deaf = true; /* it has it, in truth */
    client_nack(v, STAGE, (uint16_t)(missing + 1));
    EXPECT_EQ(engine_counters(r.engine)->rtx_out, 1);
    rig_free(&r);
}

/* A share in three frame rates keeps its size, whatever its codec. */
TEST(svc_share_becomes_slower) {
    struct film f;
    REQUIRE(begin(&f, false));
    struct client *v = join(2);
    f.top = 0;
    film(&f, 2 * US_PER_S);
    client_remb(v, 80000);
    film(&f, US_PER_S);
    v->n_got = 0;
    unsigned keys = f.keys;
    film(&f, 2 * US_PER_S);
    struct view n = look(v, false);
    EXPECT(n.pictures >= 15 && n.pictures <= 31);
    client_remb(v, 2000000);
    film(&f, US_PER_S);
    v->n_got = 0;
    film(&f, US_PER_S);
    EXPECT_EQ(look(v, false).pictures, 31);
    EXPECT_EQ(f.keys, keys);
    rig_free(&r);
}

/* L1T2 in so few bytes that the one-byte form takes them: ids from 10 on; the frame is of T0 (10),
 * a key frame, or of T1 (11). */
static const uint8_t structure[] = {0xca, 0x00, 0x00, 0x81, 0x41, 0x7a, 0x14, 0x00};
static const uint8_t lower[] = {0xca, 0, 1}, upper[] = {0xcb, 0, 2};
/* The next structure, with ids from 20 on. */
static const uint8_t next[] = {0xd4, 0x00, 0x03, 0x82, 0x81, 0x7a, 0x14, 0x00};
static const uint8_t of_next[] = {0xd5, 0, 4};

static uint16_t av1(struct client *c, const uint8_t *descriptor, size_t n, bool drop) {
    static const uint8_t key[] = {0x18, 0, 0}, delta[] = {0x10, 0, 0}; /* N: a sequence begins */
    bool is_key = n > 3, inside = !is_key && descriptor[2] == 0xff;
    return client_send(c, &(struct packet_spec){.line = CAM,
                                                .inside = inside,
                                                .marker = true,
                                                .dependency = bytes_of(descriptor, n),
                                                .raw = bytes_of(is_key ? key : delta, 3),
                                                .size = 300,
                                                .drop = drop});
}

static struct client *av1_client(uint64_t handle) {
    struct client *c = client_new(&r, handle);
    films_in(c, CODEC_AV1);
    c->params.lines[CAM].ext.id[RTP_EXT_DEPENDENCY] = 11;
    client_join(c);
    return c;
}

/* Until the structure is there that its packets refer to, nobody knows whom they are for. */
TEST(svc_of_av1_waits_for_its_structure) {
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1), *v = av1_client(2);
    (void)av1(c, structure, sizeof(structure), true); /* the first packet of all is lost */
    (void)av1(c, upper, sizeof(upper), false);
    rig_run(&r, 50 * US_PER_MS);
    EXPECT_EQ(c->n_pli, 1);
    (void)av1(c, structure, sizeof(structure), false);
    (void)av1(c, upper, sizeof(upper), false);
    (void)av1(c, lower, sizeof(lower), false);
    EXPECT_EQ(client_count(v, STAGE), 3);
    EXPECT_EQ(engine_counters(r.engine)->drop_dependency, 0);
    (void)av1(c, next, sizeof(next), true);
    (void)av1(c, of_next, sizeof(of_next), false);
    EXPECT_EQ(client_count(v, STAGE), 3);
    EXPECT_EQ(engine_counters(r.engine)->drop_dependency, 1);
    rig_run(&r, 1200 * US_PER_MS);
    EXPECT(c->n_pli >= 2);
    (void)av1(c, next, sizeof(next), false);
    (void)av1(c, of_next, sizeof(of_next), false);
    EXPECT_EQ(client_count(v, STAGE), 5);
    rig_free(&r);
}

/* What is repaired of before a new structure refers to the one before: it is past, and no reason to
 * ask for a key frame. */
TEST(svc_of_av1_bears_repairs_from_before_a_structure) {
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1), *v = av1_client(2);
    (void)av1(c, structure, sizeof(structure), false);
    rig_run(&r, 1200 * US_PER_MS);
    uint16_t osn = av1(c, lower, sizeof(lower), true);
    (void)av1(c, next, sizeof(next), false);
    (void)av1(c, of_next, sizeof(of_next), false);
    unsigned plis = c->n_pli;
    client_send_layer_rtx(
        c, &(struct packet_spec){.line = CAM, .dependency = bytes_of(lower, 3), .size = 300}, osn,
        7);
    unsigned nacks = c->n_nack;
    rig_run(&r, 1200 * US_PER_MS);
    EXPECT_EQ(c->n_pli, plis);
    EXPECT_EQ(c->n_nack, nacks); /* it is here */
    (void)av1(c, of_next, sizeof(of_next), false);
    EXPECT_EQ(client_count(v, STAGE), 4);
    EXPECT_EQ(engine_counters(r.engine)->drop_dependency, 1);
    rig_free(&r);
}

/* The process is replaced, and the structure has stayed behind: the picture goes on as it is until
 * the next one. */
TEST(svc_of_av1_goes_on_in_a_new_process) {
    struct session_snapshot s[2];
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1), *v = av1_client(2);
    (void)av1(c, structure, sizeof(structure), false);
    (void)av1(c, lower, sizeof(lower), false);
    EXPECT(engine_snapshot(r.engine, 1, &s[0]) == OK && engine_snapshot(r.engine, 2, &s[1]) == OK);
    rig_restart(&r);
    EXPECT(engine_adopt(r.engine, r.now, &s[0]) == OK &&
           engine_adopt(r.engine, r.now, &s[1]) == OK);
    rig_pump(&r);
    v->n_got = 0;
    (void)av1(c, lower, sizeof(lower), false);
    (void)av1(c, upper, sizeof(upper), false);
    EXPECT_EQ(client_count(v, STAGE), 2);
    EXPECT_EQ(engine_counters(r.engine)->drop_dependency, 0);
    rig_run(&r, 50 * US_PER_MS);
    EXPECT_EQ(c->n_pli, 1); /* which brings one */
    (void)av1(c, structure, sizeof(structure), false);
    (void)av1(c, upper, sizeof(upper), false);
    EXPECT_EQ(client_count(v, STAGE), 4);
    rig_free(&r);
}

/* Of AV1 in two sizes (L2T1) viewers without descriptors get the smaller one, whole pictures of it.
 */
TEST(svc_of_av1_in_sizes_is_the_smallest) {
    static const uint8_t sizes_structure[] = {0xca, 0x00, 0x00, 0x81, 0x41, 0xba, 0x24, 0x00};
    static const uint8_t small[] = {0xca, 0, 1}, large[] = {0xcb, 0, 0xff};
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1), *v = av1_client(2);
    for (unsigned i = 0; i < 90; i++) {
        if (i == 0) {
            (void)av1(c, sizes_structure, sizeof(sizes_structure), false);
        } else {
            (void)av1(c, small, sizeof(small), false);
        }
        (void)av1(c, large, sizeof(large), false);
        rig_run(&r, 33 * US_PER_MS);
    }
    EXPECT_EQ(client_count(v, STAGE), 90);
    for (unsigned i = 1; i < v->n_got; i++) {
        EXPECT(v->got[i].marker && v->got[i].seq == (uint16_t)(v->got[i - 1].seq + 1));
        EXPECT(v->got[i].ts != v->got[i - 1].ts);
    }
    EXPECT_EQ(c->n_pli, 0);
    rig_free(&r);
}
