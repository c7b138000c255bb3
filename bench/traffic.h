/* The traffic of a shown property: one camera and one microphone, as a plan of bursts. A burst is
 * what a sender hands to its socket at once: the packets of a video frame, or one packet of audio.
 * The engine, the servers and the floor beside them are fed from the same plan. Owner: one thread;
 * time is the caller's, virtual or real. */
#ifndef ORIEL_BENCH_TRAFFIC_H
#define ORIEL_BENCH_TRAFFIC_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BURST_MAX 24 /* packets: a key frame has 22 */
/* [bytes] 1.2 Mbit/s: at 30 frames a second that is 5 packets a frame on average. */
#define VIDEO_PAYLOAD 1100 /* the largest */
#define VIDEO_INTERVAL (US_PER_S / 30)
#define AUDIO_PAYLOAD_LEN 80 /* [bytes] 32 kbit/s in frames of 20 ms */
#define AUDIO_INTERVAL (20 * US_PER_MS)

struct burst {
    us_t at;
    bool video, key;
    unsigned n;
    size_t payload[BURST_MAX]; /* [bytes] of each packet */
};

struct traffic { /* a zeroed struct begins at 0 */
    us_t video_at, audio_at;
    uint32_t frame;
    bool want_key; /* the next frame is a key frame, and large */
};

/* The next burst in time. */
struct burst traffic_next(struct traffic *t);
/* When it comes. */
us_t traffic_at(const struct traffic *t);

#endif
