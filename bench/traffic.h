/* The traffic of a shown property: one camera and one microphone, as a plan of bursts in virtual
 * time. A burst is what reaches a worker in one wake-up: the packets of a video frame, or one
 * packet of audio. The engine and the floor beside it are fed from the same plan. */
#ifndef ORIEL_BENCH_TRAFFIC_H
#define ORIEL_BENCH_TRAFFIC_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BURST_MAX 5
/* [bytes] 1.2 Mbit/s: at 30 frames a second that is 4.5 packets a frame. */
#define VIDEO_PAYLOAD 1100
#define VIDEO_INTERVAL (US_PER_S / 30)
#define AUDIO_PAYLOAD_LEN 80 /* [bytes] 32 kbit/s in frames of 20 ms */
#define AUDIO_INTERVAL (20 * US_PER_MS)

struct burst {
    us_t at;
    bool video;
    unsigned n;
    size_t payload[BURST_MAX]; /* [bytes] of each packet */
};

struct traffic { /* a zeroed struct begins at 0 */
    us_t video_at, audio_at;
    uint32_t frame;
};

/* The next burst in time. */
struct burst traffic_next(struct traffic *t);
/* When it comes. */
us_t traffic_at(const struct traffic *t);

#endif
