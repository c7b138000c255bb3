/* Parameter sets of H.264 come in packets of their own before the picture that needs them. */
#include "tests/unit/engine/rig.h"

static struct rig r;

static struct client *begin(void) {
    EXPECT(rig_init(&r));
    struct client *a = client_new(&r, 1), *v = client_new(&r, 2);
    a->params.lines[CAM].codec = v->params.lines[STAGE].codec = CODEC_H264;
    client_join(a);
    client_join(v);
    return a;
}

enum { SLICE = 0x61, IDR = 0x65, SPS = 0x67, PPS = 0x68 };

/* One NAL unit in a packet; drop: it is lost. last: of its picture. */
static void nal(struct client *a, uint8_t type, bool last, bool drop) {
    uint8_t unit[] = {type, 0x80};
    client_send(a, &(struct packet_spec){.line = CAM,
                                         .inside = type == IDR || type == PPS,
                                         .marker = last,
                                         .drop = drop,
                                         .raw = bytes_of(unit, 2)});
}

/* A share of which each picture is a packet or two. The key frame without its parameters has been
 * followed by another one before they are given up. */
TEST(lost_parameters_are_answered_by_one_key_frame) {
    struct client *a = begin();
    nal(a, SPS, false, false);
    nal(a, IDR, true, false);
    rig_run(&r, US_PER_S);
    nal(a, SPS, false, true);
    nal(a, PPS, false, false);
    nal(a, IDR, true, false);
    rig_run(&r, 500 * US_PER_MS);
    client_pli(r.clients[1], STAGE);
    EXPECT_EQ(a->n_pli, 1);
    nal(a, SPS, false, false);
    nal(a, PPS, false, false);
    nal(a, IDR, true, false);
    rig_run(&r, 3 * US_PER_S);
    EXPECT_EQ(a->n_pli, 1);
    rig_free(&r);
}

/* Who says nothing gets one, too: what follows them shows that they were of this key frame. */
TEST(lost_parameters_are_missed) {
    struct client *a = begin();
    nal(a, SPS, false, false);
    nal(a, IDR, true, false);
    nal(a, SPS, false, true);
    nal(a, PPS, false, false);
    nal(a, IDR, true, false);
    nal(a, SLICE, true, false);
    rig_run(&r, 1500 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 1);
    nal(a, SPS, false, false);
    nal(a, PPS, false, true);
    nal(a, IDR, true, false);
    rig_run(&r, 1500 * US_PER_MS);
    EXPECT_EQ(a->n_pli, 2);
    rig_free(&r);
}

/* A key frame that has its parameters is whole, whatever was lost before it. */
TEST(what_was_lost_before_parameters_is_not_of_their_key_frame) {
    struct client *a = begin();
    nal(a, SPS, false, false);
    nal(a, IDR, true, false);
    nal(a, SLICE, true, true);
    nal(a, SPS, false, false);
    nal(a, IDR, true, false);
    rig_run(&r, 2 * US_PER_S);
    EXPECT_EQ(a->n_pli, 0);
    rig_free(&r);
}
