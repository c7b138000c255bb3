#include "tests/unit/recorder/sample_tour.h"

#include "tests/unit/test.h"

void sample_tour_of(struct rig *g, unsigned times, const char *clip, uint8_t sent[64]) {
    struct clip video, audio;
    rig_init(g);
    clip_video(&video, clip);
    CHECK(video.frame[0].n > 400);
    memcpy(sent, video.frame[0].p + video.frame[0].n - 300, 64);
    clip_ogg(&audio, "audio.ogg");
    struct feed_source camera = feed_camera(&video, g->now);
    struct feed_source microphone = feed_microphone(&audio, g->now);
    CHECK(rig_open(g) == OK);
    rig_order(g, ORDER_START);
    struct feed_list l = {0};
    feed_tap(&l, &camera, TAP_STAGE, g->now);
    feed_tap(&l, &microphone, TAP_VOICE, g->now);
    for (unsigned i = 0; i < times; i++) {
        feed_whole(&l, &camera, g->pool);
        feed_frames(&l, &microphone, g->pool, 0, audio.n);
        microphone.at0 = camera.at0;
        microphone.rtp0 += (uint32_t)(video.n * camera.interval * 48 / 1000);
        feed_sort(&l);
        rig_run(g, &l);
    }
    rig_order(g, ORDER_STOP);
    clip_free(&video);
    clip_free(&audio);
}

void sample_tour(struct rig *g, unsigned times) {
    uint8_t sent[64];
    sample_tour_of(g, times, "video.ivf", sent);
}
