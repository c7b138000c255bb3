/* H.264 sequence and picture parameter sets and slice headers (ITU-T H.264 section 7.3), as far as
 * a recording needs them. NAL units are given with their header byte. Thread: any. */
#ifndef ORIEL_RECORDER_TIMELINE_H264_SPS_H
#define ORIEL_RECORDER_TIMELINE_H264_SPS_H

#include "base/bits.h"
#include "base/err.h"

/* Table 7-1: NAL unit types. */
enum h264_nal {
    H264_SLICE = 1, /* 2 to 4: partitions of one */
    H264_IDR = 5,
    H264_SEI = 6,
    H264_SPS = 7,
    H264_PPS = 8
};

struct h264_sps {
    uint8_t profile, constraints, level;
    uint8_t id;                                      /* range 0..31 */
    uint8_t chroma_format, luma_depth, chroma_depth; /* depths: less 8 */
    bool separate_planes;
    uint8_t number_bits;    /* of frame_num, range 4..16 */
    uint16_t width, height; /* [pixels] after cropping */
    bool reorders; /* says that pictures are shown in another order than they come (annex E.2.1) */
};

struct h264_slice {
    uint32_t first; /* macroblock, 0: the first slice of its picture */
    uint8_t pps;
};

/* Does this profile's SPS, and its avcC, have the fields about chroma (section 7.3.2.1.1)? */
bool h264_profile_is_high(uint8_t profile);
/* ERR_FORMAT; *ret then undefined. */
enum err h264_sps_read(struct bytes nal, struct h264_sps *ret);
/* The ids of a PPS and of the SPS that it refers to. ERR_FORMAT. */
enum err h264_pps_read(struct bytes nal, uint8_t *ret_id, uint8_t *ret_sps);
/* The beginning of a slice header; sps NULL: without frame_num. ERR_FORMAT. */
enum err h264_slice_read(struct bytes nal, struct h264_slice *ret);
/* frame_num of a slice under this SPS. ERR_FORMAT. */
enum err h264_slice_number(struct bytes nal, const struct h264_sps *sps, uint32_t *ret);

#endif
