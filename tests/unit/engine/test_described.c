/* AV1 with dependency descriptors for viewers: what each of them gets is a stream that its decoder
 * could follow by them, whatever the stage shows and however much of it. */
#include "media/wire/dependency.h"
#include "tests/unit/engine/rig.h"
#include "tests/unit/wire/descriptors.h"

static struct rig r;

/* Of Chromium 156, L1T3: templates from 5 on, a key frame; too long for the one-byte form. */
static const uint8_t l1t3_later[] = {0xc5, 0x00, 0x00, 0x80, 0xa2, 0x14, 0xea, 0xa8, 0x60, 0x41,
                                     0x4d, 0x14, 0x10, 0x20, 0x84, 0x27, 0x04, 0xff, 0x02, 0xcf};

struct film {
    struct client *c;
    uint8_t line, layer;
    uint16_t size;     /* [bytes] of a frame, 0: 300 */
    uint16_t number;   /* of the last frame */
    unsigned pictures; /* since the last key frame */
    bool any;
};

/* A packet of the present picture. */
static void part(struct film *f, bool key, bool inside) {
    static const uint8_t ids[] = {6, 8, 7, 9};                     /* T0 T2 T1 T2 */
    static const uint8_t raw[2][3] = {{0x10, 0, 0}, {0x18, 0, 0}}; /* N: a sequence begins */
    uint8_t descriptor[sizeof(l1t3_later)];
    memcpy(descriptor, l1t3_later, sizeof(l1t3_later));
    descriptor[0] = key ? l1t3_later[0] : (uint8_t)(0xc0 | ids[f->pictures % 4]);
    put_be16(descriptor + 1, f->number);
    client_send(f->c, &(struct packet_spec){.line = f->line,
                                            .layer = f->layer,
                                            .inside = inside,
                                            .marker = true,
                                            .dependency = bytes_of(descriptor, key ? 20 : 3),
                                            .raw = bytes_of(raw[key], 3),
                                            .size = f->size ? f->size : 300});
}

static void picture(struct film *f, bool key) {
    f->pictures = key ? 0 : f->pictures + 1;
    f->number++;
    f->any = true;
    part(f, key, false);
}

/* 30 pictures a second; key frames where they are asked for. */
static void film(struct film *f, unsigned n, us_t duration) {
    for (us_t t = 0; t < duration; t += 33 * US_PER_MS) {
        bool asked = f->c->n_pli > 0;
        f->c->n_pli = 0;
        for (unsigned i = 0; i < n; i++) {
            picture(&f[i], !f[i].any || asked);
        }
        rig_run(&r, 33 * US_PER_MS);
    }
}

static struct client *av1_client(uint64_t handle, bool described) {
    struct client *c = client_new(&r, handle);
    for (unsigned i = 0; i < c->params.n_lines; i++) {
        struct session_line *l = &c->params.lines[i];
        l->codec = l->codec == CODEC_VP8 ? CODEC_AV1 : l->codec;
        if (l->codec == CODEC_AV1 && (described || l->source)) {
            l->ext.id[RTP_EXT_DEPENDENCY] = 11;
        }
    }
    return c;
}

static void remb(struct client *v, uint64_t rate) {
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    rtcp_write_remb(&w, 1, rate, NULL, 0);
    client_rtcp(v, &w);
}

/* What a decoder makes of what came on the stage since the log was emptied. */
struct view {
    unsigned frames, keys, second_rates; /* of T1 and T2 */
    uint16_t first, last;                /* frame numbers */
    uint32_t active;                     /* as it was told last */
};

/* Who gets it is told of a target that has it. */
static bool is_of_active(const struct dependency_frame *f, uint32_t active) {
    bool is = false;
    for (unsigned i = 0; i < DEPENDENCY_TARGETS_MAX; i++) {
        is = is || ((active >> i & 1) && f->dti[i] != DTI_ABSENT);
    }
    return is;
}

/* libwebrtc: a key frame has a number ahead of the one before it, everything else is read by the
 * structure that came last and refers to what has been decoded. */
static struct view look(const struct client *v, struct dependency_structure *s) {
    static bool have[1 << 16];
    struct view ret = {0};
    memset(have, 0, sizeof(have));
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        struct dependency d;
        if (g->line != STAGE || g->rtx) {
            continue;
        }
        EXPECT_EQ(g->two_byte, g->descriptor_len > 16);
        if (dependency_parse(bytes_of(g->descriptor, g->descriptor_len), s, &d) != OK) {
            EXPECT(!"it can be read");
            return ret;
        }
        EXPECT(ret.frames == 0 || (int16_t)(uint16_t)(d.frame_number - ret.last) > 0);
        ret.active = d.has_active ? d.active : ret.active;
        EXPECT(!ret.active || is_of_active(&d.frame, ret.active));
        for (unsigned k = 0; ret.keys > 0 && k < d.frame.n_diffs; k++) {
            EXPECT(have[(uint16_t)(d.frame_number - d.frame.diffs[k])]);
        }
        have[d.frame_number] = true;
        ret.first = ret.frames == 0 ? d.frame_number : ret.first;
        ret.last = d.frame_number;
        ret.frames++;
        ret.keys += d.has_structure;
        ret.second_rates += d.frame.temporal > 0;
    }
    return ret;
}

TEST(described_streams_are_as_their_source_until_something_is_left_out) {
    static struct dependency_structure s;
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1, true), *v = av1_client(2, true), *w = av1_client(3, false);
    client_join(c);
    client_join(v);
    client_join(w);
    struct film f = {.c = c, .line = CAM, .number = 0xfff0};
    film(&f, 1, US_PER_S);
    struct view seen = look(v, &s);
    EXPECT(seen.frames == 31 && seen.first == 0xfff1 && seen.last == f.number);
    EXPECT_EQ(seen.active, 7);
    EXPECT_EQ(v->got[1].descriptor_len, 3);
    EXPECT_EQ(client_count(w, STAGE), 31);
    EXPECT(w->got[0].descriptor_len == 0 && w->got[1].descriptor_len == 0);
    rig_free(&r);
}

/* Numbers and ids run on from a camera to a share that has the same ones, and back. */
TEST(described_streams_run_on_from_source_to_source) {
    static struct dependency_structure s;
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1, true), *v = av1_client(2, true);
    client_join(c);
    client_join(v);
    struct film f[2] = {{.c = c, .line = CAM, .number = 0x7000}, {.c = c, .line = SCREEN}};
    film(f, 1, US_PER_S);
    struct view seen = look(v, &s);
    EXPECT(seen.keys == 1 && s.first_id == 5);
    film(f, 2, US_PER_S);
    seen = look(v, &s);
    EXPECT(seen.keys > 1 && seen.frames >= 61 && seen.frames <= 63);
    EXPECT_EQ(s.first_id, 10);
    EXPECT_EQ((uint16_t)(seen.last - seen.first), seen.frames - 1);
    film(f, 1, 8 * US_PER_S); /* the share ends */
    seen = look(v, &s);
    EXPECT_EQ(s.first_id, 15);
    EXPECT((uint16_t)(seen.last - seen.first) == seen.frames - 1);
    rig_free(&r);
}

/* As libwebrtc unwraps numbers: each by the one that came before it. Key frames are taken only when
 * they are ahead of those before. */
static void expect_keys_ahead(const struct client *v, unsigned keys) {
    struct dependency_structure s = {0};
    int64_t id = 0, key = -1;
    uint16_t last = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        struct dependency d;
        if (g->line != STAGE ||
            dependency_parse(bytes_of(g->descriptor, g->descriptor_len), &s, &d) != OK) {
            continue;
        }
        id += i > 0 ? (int16_t)(uint16_t)(d.frame_number - last) : 0;
        last = d.frame_number;
        EXPECT(!d.has_structure || id > key);
        key = d.has_structure ? id : key;
        n += d.has_structure;
    }
    EXPECT(n >= keys);
}

/* A source whose numbers go back for half of their range, and once more, is not followed there: the
 * next one would seem to be far behind. It is again from a key frame on. */
TEST(described_streams_are_not_led_astray) {
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1, true), *v = av1_client(2, true);
    client_join(c);
    client_join(v);
    struct film f[2] = {{.c = c, .line = CAM, .number = 100}, {.c = c, .line = SCREEN}};
    film(f, 1, US_PER_S);
    unsigned before = client_count(v, STAGE);
    for (unsigned i = 0; i < 2; i++) {
        f[0].number = (uint16_t)(f[0].number - 30000);
        picture(f, false);
        picture(f, false);
    }
    EXPECT_EQ(client_count(v, STAGE), before);
    EXPECT_EQ(c->n_pli, 1);
    film(f, 1, 100 * US_PER_MS);
    EXPECT_EQ(client_count(v, STAGE), before + 4);
    film(f, 2, US_PER_S); /* a share takes the stage */
    expect_keys_ahead(v, 3);
    rig_free(&r);
}

TEST(described_streams_tell_which_frame_rates_there_are) {
    static struct dependency_structure s;
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1, true), *v = av1_client(2, true);
    client_join(c);
    client_join(v);
    struct film f = {.c = c, .line = CAM};
    film(&f, 1, 2 * US_PER_S);
    remb(v, 60000);
    film(&f, 1, 3 * US_PER_S);
    struct view seen = look(v, &s);
    EXPECT(seen.active == 1 || seen.active == 3);
    v->n_got = 0;
    film(&f, 1, US_PER_S);
    seen = look(v, &s);
    EXPECT(seen.frames < 20 && (seen.active == 1 || seen.active == 3));
    const struct got *g = client_last(v, STAGE);
    REQUIRE(g && g->descriptor_len == 4);
    uint8_t before[4];
    memcpy(before, g->descriptor, 4);
    uint16_t seq = g->seq;
    remb(v, 2000000);
    film(&f, 1, US_PER_S);
    client_nack(v, STAGE, seq); /* what is sent again says what it said */
    g = client_last(v, STAGE);
    REQUIRE(g && g->rtx && g->osn == seq);
    EXPECT(g->descriptor_len == 4 && memcmp(g->descriptor, before, 4) == 0);
    v->n_got = 0;
    film(&f, 1, US_PER_S);
    seen = look(v, &s);
    EXPECT(seen.active == 7 && seen.frames >= 30);
    rig_free(&r);
}

/* The packet from which on it is said which targets there are is longer by that than one as long
 * that goes before it in the same train. */
static void expect_whole_trains(unsigned phase) {
    struct client *c = av1_client(1, true), *v = av1_client(2, true);
    snprintf(v->params.lines[STAGE].mid, sizeof(v->params.lines[STAGE].mid), "cam");
    client_join(c);
    client_join(v);
    struct film f = {.c = c, .line = CAM};
    picture(&f, true);
    for (unsigned i = 0; i < 60; i++) {
        rig_run(&r, i < phase ? 66 * US_PER_MS : 33 * US_PER_MS);
        r.hold = true;
        part(&f, false, true); /* the end of a picture, and the beginning of the next one */
        picture(&f, false);
        r.hold = false;
        rig_pump(&r);
    }
    EXPECT_EQ(client_count(v, STAGE), 121);
    EXPECT(client_last(v, STAGE)->descriptor_len == 4);
}

TEST(described_streams_come_in_whole_trains) {
    for (unsigned phase = 0; phase < 4; phase++) {
        REQUIRE(rig_init(&r));
        expect_whole_trains(phase);
        rig_free(&r);
    }
}

/* Sizes of simulcast are sources like any other, with the same numbers on purpose. */
TEST(described_streams_run_on_from_size_to_size) {
    static struct dependency_structure s;
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1, true), *v = av1_client(2, true);
    client_simulcast(c);
    client_join(c);
    client_join(v);
    struct film f[2] = {{.c = c, .line = CAM, .size = 1000},
                        {.c = c, .line = CAM, .layer = 1, .size = 60}};
    film(f, 2, 2 * US_PER_S);
    remb(v, 50000);
    film(f, 2, 3 * US_PER_S);
    remb(v, 2000000);
    film(f, 2, 6 * US_PER_S);
    struct view seen = look(v, &s);
    EXPECT(seen.keys >= 3 && seen.frames > 250);
    EXPECT_EQ(engine_counters(r.engine)->drop_dependency, 0);
    rig_free(&r);
}

TEST(described_streams_run_on_in_a_new_process) {
    static struct dependency_structure s;
    struct session_snapshot shot[2];
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1, true), *v = av1_client(2, true);
    client_join(c);
    client_join(v);
    struct film f[2] = {{.c = c, .line = CAM, .number = 0x7000}, {.c = c, .line = SCREEN}};
    film(f, 1, US_PER_S);
    film(f, 2, US_PER_S);
    uint16_t last = look(v, &s).last;
    EXPECT(engine_snapshot(r.engine, 1, &shot[0]) == OK);
    EXPECT(engine_snapshot(r.engine, 2, &shot[1]) == OK);
    struct engine *fresh = engine_new(&r.config);
    REQUIRE(fresh);
    engine_free(r.engine);
    r.engine = fresh;
    EXPECT_EQ(engine_tour_add(fresh, TOUR), OK);
    EXPECT(engine_adopt(fresh, r.now, &shot[0]) == OK);
    EXPECT(engine_adopt(fresh, r.now, &shot[1]) == OK);
    rig_pump(&r);
    v->n_got = 0;
    film(f, 2, US_PER_S);
    struct view seen = look(v, &s);
    EXPECT(seen.frames >= 30 && seen.first == (uint16_t)(last + 1));
    EXPECT_EQ((uint16_t)(seen.last - seen.first), seen.frames - 1);
    rig_free(&r);
}

/* A picture of three sizes at the lowest frame rate; numbers leave room for the others. */
static void sizes(struct film *f, bool key) {
    static const uint8_t ids[2][3] = {{1, 6, 11}, {0, 5, 10}};
    static const uint8_t raw[2][3] = {{0x10, 0, 0}, {0x18, 0, 0}};
    static const uint16_t bytes[3] = {60, 300, 1000};
    f->number = (uint16_t)(f->number + 12);
    f->any = true;
    for (uint8_t i = 0; i < 3; i++) {
        uint8_t descriptor[sizeof(l3t3_key)];
        bool begins = key && i == 0;
        memcpy(descriptor, l3t3_key, sizeof(l3t3_key));
        descriptor[0] = (uint8_t)(0xc0 | ids[key][i]);
        put_be16(descriptor + 1, (uint16_t)(f->number + i));
        client_send(f->c, &(struct packet_spec){
                              .line = CAM,
                              .inside = i > 0,
                              .marker = i == 2,
                              .dependency = bytes_of(descriptor, begins ? sizeof(descriptor) : 3),
                              .raw = bytes_of(raw[begins], 3),
                              .size = bytes[i]});
    }
}

static void film_sizes(struct film *f, us_t duration) {
    for (us_t t = 0; t < duration; t += 33 * US_PER_MS) {
        bool key = !f->any || f->c->n_pli > 0;
        f->c->n_pli = 0;
        sizes(f, key);
        rig_run(&r, 33 * US_PER_MS);
    }
}

/* Each size is a stream of its own between key frames, and its viewer is told so. */
TEST(described_streams_of_sizes_tell_which_one_comes) {
    static struct dependency_structure s;
    REQUIRE(rig_init(&r));
    struct client *c = av1_client(1, true), *wide = av1_client(2, true), *v = av1_client(3, true);
    client_join(c);
    client_join(wide);
    client_join(v);
    struct film f = {.c = c};
    film_sizes(&f, 2 * US_PER_S);
    remb(v, 150000);
    film_sizes(&f, 3 * US_PER_S);
    struct view seen = look(v, &s);
    EXPECT_EQ(seen.active, 0x038);
    v->n_got = wide->n_got = 0;
    film_sizes(&f, US_PER_S);
    EXPECT_EQ(look(v, &s).active, 0x038);
    EXPECT_EQ(client_count(v, STAGE), 31);
    seen = look(wide, &s);
    EXPECT_EQ(seen.active, 0x1c0);
    EXPECT_EQ(client_count(wide, STAGE), 31);
    remb(v, 2000000);
    film_sizes(&f, 5 * US_PER_S);
    EXPECT_EQ(look(v, &s).active, 0x1c0);
    rig_free(&r);
}
