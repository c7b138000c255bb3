/* What a viewer sends to the server. viewer.c calls it. Owner: the viewer's thread. */
#ifndef ORIEL_BENCH_LOAD_VIEWER_FEEDBACK_H
#define ORIEL_BENCH_LOAD_VIEWER_FEEDBACK_H

#include "bench/load/viewer.h"
#include "media/wire/rtp.h"

/* The packets of the video stream between two indices, both exclusive, have not come. */
void feedback_gap(struct viewer *v, us_t now, uint64_t after, uint64_t before);
/* A packet of the video stream that may have been missing has come late; true when it was. */
bool feedback_arrived(struct viewer *v, us_t now, uint16_t seq, bool by_rtx);
/* For the jitter of a stream (RFC 3550 appendix A.8). */
void feedback_timing(struct viewer *v, unsigned stream, const struct rtp *r, uint64_t at_ns);
/* A compound packet of the server. */
void feedback_take_rtcp(struct viewer *v, struct bytes compound);
/* Send what is due. */
void feedback_tick(struct viewer *v, us_t now);

#endif
