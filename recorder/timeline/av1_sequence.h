/* The sequence header OBU of AV1 (AV1 bitstream specification section 5.5) and the configuration
 * record made of it (AV1 Codec ISO Media File Format Binding section 2.3). Thread: any. */
#ifndef ORIEL_RECORDER_TIMELINE_AV1_SEQUENCE_H
#define ORIEL_RECORDER_TIMELINE_AV1_SEQUENCE_H

#include "base/bits.h"
#include "base/err.h"

#define AV1_CONFIG_HEAD 4 /* [bytes] of av1C before its OBUs */

struct av1_sequence {
    uint8_t profile, level, tier; /* of operating point 0 */
    bool reduced;                 /* reduced_still_picture_header */
    bool high_bitdepth, twelve_bit, monochrome, subsampling_x, subsampling_y;
    uint8_t sample_position;
    uint16_t width, height; /* largest of its frames [pixels] */
};

/* Read the payload of a sequence header OBU (without OBU header). ERR_FORMAT; *ret then
 * undefined. */
enum err av1_sequence_read(struct bytes payload, struct av1_sequence *ret);
/* The fixed part of av1C, to be followed by the sequence header OBU. */
void av1_config_head(const struct av1_sequence *s, uint8_t ret[AV1_CONFIG_HEAD]);

#endif
