/* How loud an Opus packet is, for clients that do not say so (RFC 6464 is optional): decoded at 8
 * kHz, which costs some 10 us a packet and is done for nobody else. libopus stays behind
 * opus_level.c. Owner: one worker. */
#ifndef ORIEL_MEDIA_AUDIO_OPUS_LEVEL_H
#define ORIEL_MEDIA_AUDIO_OPUS_LEVEL_H

#include "base/bytes.h"

struct opus_level;

/* NULL when memory is out. Allocates about 18 KiB. */
struct opus_level *opus_level_new(void);
/* NULL allowed; returns NULL. */
struct opus_level *opus_level_free(struct opus_level *x);
/* The level of a packet (RFC 6716) in -dBov as RFC 6464 section 3 has it: 0 loudest .. 127 silence.
 * What is not Opus is silence. */
uint8_t opus_level_of(struct opus_level *x, struct bytes payload);

#endif
