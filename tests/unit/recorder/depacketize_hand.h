/* Packets of video that are written by hand, for what no encoder would send. */
#ifndef ORIEL_TESTS_RECORDER_DEPACKETIZE_HAND_H
#define ORIEL_TESTS_RECORDER_DEPACKETIZE_HAND_H

#include "recorder/timeline/depacketizer.h"

struct hand {
    struct depacketizer d;
    struct video_frame f; /* the last one that came out */
    uint32_t ts; /* [1/90000 s] of the next packet; 1/30 s more after one with the marker */
};

/* Give this payload, in hex, to the depacketizer; true when a frame comes out. */
bool hand_piece(struct hand *h, const char *hex, bool marker);
/* These are the bytes of the frame. */
bool hand_is(const struct hand *h, const char *hex);

#endif
