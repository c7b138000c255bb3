/* Which times of a recording get a thumbnail: the key frames nearest behind the marks of an even
 * grid, since they can be decoded alone. Owner: one thread. */
#ifndef ORIEL_RECORDER_DERIVED_MOMENTS_H
#define ORIEL_RECORDER_DERIVED_MOMENTS_H

#include "recorder/derived/task.h"

struct moments {
    us_t step; /* of the grid [us] */
    us_t next; /* the next mark [us] */
    us_t last; /* when the last picture was taken [us]; -1: none yet */
};

/* every: wanted distance [us]; at most `most` marks in the recording (at least 1), or the distance
 * grows. */
struct moments moments_begin(us_t duration, us_t every, uint32_t most);
/* A key frame at this recording time, in order of time: shall it be taken? */
bool moments_take(struct moments *m, us_t at);

#endif
