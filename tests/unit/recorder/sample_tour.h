/* A recorded tour of one person with camera and microphone, for what is made of recordings. */
#ifndef ORIEL_TESTS_RECORDER_SAMPLE_TOUR_H
#define ORIEL_TESTS_RECORDER_SAMPLE_TOUR_H

#include "tests/unit/recorder/feed.h"

/* The clips `times` times over, about 6 s each, with tracks of the sources' own; closed. */
void sample_tour(struct rig *g, unsigned times);

#endif
