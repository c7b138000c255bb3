#include "bench/traffic.h"

us_t traffic_at(const struct traffic *t) {
    return us_min(t->video_at, t->audio_at);
}

struct burst traffic_next(struct traffic *t) {
    struct burst b = {.at = traffic_at(t), .video = t->video_at <= t->audio_at, .n = 1};
    if (!b.video) {
        t->audio_at += AUDIO_INTERVAL;
        b.payload[0] = AUDIO_PAYLOAD_LEN;
        return b;
    }
    b.n = t->frame++ % 2 == 0 ? BURST_MAX : BURST_MAX - 1;
    t->video_at += VIDEO_INTERVAL;
    for (unsigned i = 0; i < b.n; i++) {
        b.payload[i] = VIDEO_PAYLOAD - i % 2; /* browsers' packets differ by a byte */
    }
    return b;
}
