#include "bench/traffic.h"

#include "base/check.h"

#define KEY_FRAME 24000 /* [bytes] */

us_t traffic_at(const struct traffic *t) {
    return us_min(t->video_at, t->audio_at);
}

/* Browsers cut a frame into packets of equal sizes, of which the first ones are a byte larger. */
static void cut(struct burst *b, size_t frame) {
    b->n = (unsigned)((frame + VIDEO_PAYLOAD - 1) / VIDEO_PAYLOAD);
    CHECK(b->n <= BURST_MAX);
    for (unsigned i = 0; i < b->n; i++) {
        b->payload[i] = frame / b->n + (i < frame % b->n);
    }
}

struct burst traffic_next(struct traffic *t) {
    /* [bytes] Frames differ; these are 5000 on average. */
    static const size_t frames[] = {5000, 4062, 5937, 4687, 3750, 6250, 4375, 5939};
    struct burst b = {.at = traffic_at(t), .video = t->video_at <= t->audio_at, .n = 1};
    if (!b.video) {
        t->audio_at += AUDIO_INTERVAL;
        b.payload[0] = AUDIO_PAYLOAD_LEN;
        return b;
    }
    t->video_at += VIDEO_INTERVAL;
    b.key = t->want_key;
    t->want_key = false;
    cut(&b, b.key ? KEY_FRAME : frames[t->frame++ % ARRAY_LEN(frames)]);
    return b;
}
