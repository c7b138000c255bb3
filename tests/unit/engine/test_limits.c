/* A publisher over the limit of its m-line: what viewers get of it is always a picture that can be
 * decoded, and it comes back by itself. */
#include "tests/unit/engine/rig.h"

static struct rig r;

#define LIMIT 500 /* packets/s */
#define FRAME_EVERY (20 * US_PER_MS)
#define FRAME_AT_LIMIT (LIMIT * FRAME_EVERY / US_PER_S) /* packets of a picture */

/* What the publisher does while it is driven. */
struct publisher {
    struct client *c;
    unsigned frame; /* packets of a picture */
    bool deaf;      /* sends no key frame when it is asked */
    unsigned n_pli; /* already answered */
};

/* What the viewer's decoder has seen. */
struct decoder {
    uint32_t number; /* of the sender's last packet, 0 = none */
    uint16_t seq;
    unsigned keys, cuts, packets;
    us_t shown_at; /* [us] last packet */
    us_t dark;     /* [us] longest time without one */
};

static const struct engine_counters *counters(void) {
    return engine_counters(r.engine);
}

static void limit(enum source_kind kind, uint32_t packets) {
    r.config.police[kind] = (struct police_limit){.packets = packets, .bytes = 1000000};
    rig_restart(&r);
}

static void picture(struct publisher *p, bool keyframe) {
    for (unsigned i = 0; i < p->frame; i++) {
        client_send(p->c, &(struct packet_spec){.line = CAM,
                                                .keyframe = keyframe && i == 0,
                                                .inside = i > 0,
                                                .marker = i + 1 == p->frame});
    }
}

/* Packets of one source come without a hole in their numbers, and where some of the sender's have
 * been left out, the picture begins anew. */
static void decode(struct decoder *d, struct client *v) {
    for (unsigned i = 0; i < v->n_got; i++) {
        const struct got *g = &v->got[i];
        if (g->line != STAGE || g->rtx) {
            continue;
        }
        bool cut = d->number > 0 && g->number != d->number + 1;
        EXPECT(d->number == 0 || g->seq == (uint16_t)(d->seq + 1));
        EXPECT(!cut || g->keyframe);
        d->cuts += cut;
        d->keys += g->keyframe;
        d->number = g->number;
        d->seq = g->seq;
        d->packets++;
        d->dark = d->shown_at ? us_max(d->dark, r.now - d->shown_at) : 0;
        d->shown_at = r.now;
    }
    EXPECT_EQ(v->lost, 0);
    v->n_got = 0;
}

static void drive(struct publisher *p, struct decoder *d, struct client *v, us_t duration) {
    for (us_t end = r.now + duration; r.now < end;) {
        bool asked = p->c->n_pli > p->n_pli;
        p->n_pli = p->c->n_pli;
        picture(p, asked && !p->deaf);
        rig_run(&r, FRAME_EVERY);
        decode(d, v);
    }
}

static bool begin(struct publisher *p, struct decoder *d, struct client **ret_viewer) {
    if (!rig_init(&r)) {
        return false;
    }
    limit(SOURCE_CAMERA, LIMIT);
    *p = (struct publisher){.c = rig_join(&r, 1), .frame = FRAME_AT_LIMIT / 2};
    *d = (struct decoder){0};
    *ret_viewer = rig_join(&r, 2);
    picture(p, true);
    drive(p, d, *ret_viewer, US_PER_S);
    EXPECT_EQ(counters()->drop_policed, 0);
    EXPECT_EQ(d->keys, 1);
    return true;
}

TEST(a_burst_over_the_limit_cuts_whole_pictures) {
    struct publisher p;
    struct decoder d;
    struct client *v;
    REQUIRE(begin(&p, &d, &v));
    unsigned plis = p.c->n_pli;
    for (unsigned i = 0; i < 123; i++) { /* within one instant: 115 packets over */
        picture(&p, false);
        decode(&d, v);
    }
    EXPECT(counters()->drop_policed > 0);
    d.dark = 0;
    drive(&p, &d, v, 2 * US_PER_S);
    EXPECT_EQ(d.cuts, 1);
    EXPECT_EQ(d.keys, 2);
    EXPECT_EQ(p.c->n_pli, plis + 1);
    EXPECT(d.dark <= US_PER_S);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 1), 0); /* a burst is none */
    EXPECT_EQ(p.c->n_nacked, 0);
    uint64_t dropped = counters()->drop_policed;
    drive(&p, &d, v, US_PER_S);
    EXPECT_EQ(counters()->drop_policed, dropped);
    rig_free(&r);
}

/* It sends twice what it may, all the time: it is seen again and again, and nothing of it is
 * broken. */
TEST(who_stays_over_the_limit_is_shown_in_whole_pieces_and_named) {
    struct publisher p;
    struct decoder d;
    struct client *v;
    REQUIRE(begin(&p, &d, &v));
    p.frame = 2 * FRAME_AT_LIMIT;
    uint64_t out = counters()->rtp_out;
    d.packets = 0;
    drive(&p, &d, v, 8 * US_PER_S);
    EXPECT(d.cuts >= 4);
    EXPECT(d.dark <= 1200 * US_PER_MS);
    EXPECT(d.packets > 8 * LIMIT / 4 && d.packets < 9 * LIMIT);
    EXPECT_EQ(counters()->rtp_out - out, d.packets);
    EXPECT(p.c->n_remb >= 8);
    EXPECT(rig_count(&r, MEDIA_OFFENCE, 1) >= 6);
    EXPECT_EQ(rig_count(&r, MEDIA_OFFENCE, 2), 0);
    rig_free(&r);
}

/* The one who never makes a key frame is asked once a second, stays on and is shown no more. */
TEST(who_makes_no_key_frame_is_not_shown_again) {
    struct publisher p;
    struct decoder d;
    struct client *v;
    REQUIRE(begin(&p, &d, &v));
    p.deaf = true;
    p.frame = 2 * FRAME_AT_LIMIT;
    drive(&p, &d, v, US_PER_S);
    unsigned packets = d.packets, plis = p.c->n_pli;
    p.frame = 1;
    uint64_t dropped = counters()->drop_policed;
    drive(&p, &d, v, 4 * US_PER_S);
    EXPECT_EQ(d.packets, packets);
    EXPECT(p.c->n_pli - plis >= 3 && p.c->n_pli - plis <= 5);
    EXPECT_EQ(counters()->drop_policed - dropped, 200); /* each is counted, once */
    EXPECT_EQ(rig_count(&r, MEDIA_SOURCE_OFF, 1), 0);
    p.deaf = false;
    drive(&p, &d, v, 2 * US_PER_S);
    EXPECT_EQ(d.cuts, 1);
    rig_free(&r);
}

/* A key frame for which there is no room is not begun: a viewer who asks for one meanwhile would
 * only use up the request. */
TEST(no_key_frame_is_asked_for_while_there_is_no_room) {
    struct publisher p;
    struct decoder d;
    struct client *v;
    REQUIRE(begin(&p, &d, &v));
    p.frame = LIMIT + LIMIT / 10;
    unsigned plis = p.c->n_pli;
    picture(&p, true);
    decode(&d, v);
    p.frame = 1;
    unsigned packets = d.packets;
    client_pli(v, STAGE);
    rig_run(&r, 100 * US_PER_MS);
    EXPECT_EQ(p.c->n_pli, plis);
    picture(&p, true); /* a cut would follow at once */
    decode(&d, v);
    EXPECT_EQ(d.packets, packets);
    rig_run(&r, 500 * US_PER_MS);
    EXPECT_EQ(p.c->n_pli, plis + 1);
    picture(&p, true);
    picture(&p, false);
    decode(&d, v);
    EXPECT_EQ(d.packets, packets + 2);
    rig_free(&r);
}

/* A picture of which the end has been left out. */
static void picture_over_the_limit(struct publisher *p, struct decoder *d, struct client *v) {
    p->frame = LIMIT + LIMIT / 10;
    picture(p, false);
    decode(d, v);
}

/* Of a key frame that comes behind its own second packet the latter has been left out. */
TEST(a_key_frame_whose_rest_has_been_left_out_does_not_count) {
    struct publisher p;
    struct decoder d;
    struct client *v;
    REQUIRE(begin(&p, &d, &v));
    picture_over_the_limit(&p, &d, v);
    p.frame = 1;
    rig_run(&r, 600 * US_PER_MS);
    decode(&d, v);
    unsigned packets = d.packets;
    uint16_t first =
        client_send(p.c, &(struct packet_spec){.line = CAM, .keyframe = true, .drop = true});
    client_send(p.c, &(struct packet_spec){.line = CAM, .inside = true, .marker = true});
    client_send_rtx(p.c, CAM, first, 1);
    decode(&d, v);
    EXPECT_EQ(d.packets, packets);
    picture(&p, true);
    decode(&d, v);
    EXPECT_EQ(d.packets, packets + 1);
    rig_free(&r);
}

/* Another ssrc on the m-line has nothing to do with what was cut. */
TEST(a_new_stream_on_the_line_is_not_cut) {
    struct publisher p;
    struct decoder d;
    struct client *v;
    REQUIRE(begin(&p, &d, &v));
    picture_over_the_limit(&p, &d, v);
    rig_run(&r, 1100 * US_PER_MS);
    p.c->streams[CAM] = (struct sent_stream){.ssrc = 4711, .next = 7, .ts = 9};
    p.frame = 3;
    unsigned packets = d.packets;
    picture(&p, true);
    decode(&d, v);
    EXPECT_EQ(d.packets, packets + 3);
    rig_free(&r);
}

/* Sound has no pictures: what conforms is passed on, packet by packet. */
TEST(sound_over_the_limit_is_thinned) {
    REQUIRE(rig_init(&r));
    limit(SOURCE_MICROPHONE, 50);
    struct client *a = rig_join(&r, 1), *v = rig_join(&r, 2);
    unsigned heard = 0;
    for (unsigned i = 0; i < 400; i++) { /* 100 packets/s */
        client_audio(a, 30);
        rig_run(&r, 10 * US_PER_MS);
        heard += client_count(v, AUDIO0);
        v->n_got = 0;
    }
    EXPECT(heard >= 240 && heard <= 251);
    EXPECT_EQ(counters()->drop_policed, 400 - heard);
    rig_free(&r);
}
