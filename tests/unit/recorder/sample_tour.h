/* A recorded tour of one person with camera and microphone, for what is made of recordings. */
#ifndef ORIEL_TESTS_RECORDER_SAMPLE_TOUR_H
#define ORIEL_TESTS_RECORDER_SAMPLE_TOUR_H

#include "tests/unit/recorder/feed.h"

/* The clips `times` times over, about 6 s each, with tracks of the sources' own; closed. */
void sample_tour(struct rig *g, unsigned times);
/* The same with other pictures, as clip_h264 or clip_ivf takes them; 64 bytes of one of them, from
 * its middle, into sent. */
void sample_tour_of(struct rig *g, unsigned times, const char *clip, uint8_t sent[64]);

#endif
