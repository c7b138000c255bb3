/* The parameter sets of an H.264 stream: what has been received, and what is in force, which is
 * what the last key frame's avcC carried. A set that is sent again unchanged changes nothing; one
 * that differs is in force from the next key frame on. Owner: as the depacketizer's. */
#ifndef ORIEL_RECORDER_TIMELINE_H264_SETS_H
#define ORIEL_RECORDER_TIMELINE_H264_SETS_H

#include "recorder/timeline/depacketizer.h"
#include "recorder/timeline/h264_sps.h"

/* Keep an SPS or PPS (with its header byte). One that cannot be read or is too long is not kept,
 * and the one with its id is forgotten as far as the id is known. */
void h264_sets_put(struct h264_state *s, struct bytes nal);
/* The SPS that a PPS leads to. False: one of them is not known. */
bool h264_sets_sps_of(const struct h264_state *s, uint8_t pps, struct h264_sps *ret);
/* Are this PPS and its SPS as they were at the last key frame? */
bool h264_sets_in_force(const struct h264_state *s, uint8_t pps);
/* A key frame under d->u.h264.slice_pps: its SPS, and every PPS that refers to it, are in force.
 * Writes avcC to d->init and the size to d. False: they make no avcC of at most VIDEO_INIT_MAX. */
bool h264_sets_enforce(struct depacketizer *d);

#endif
