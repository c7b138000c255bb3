/* An input of the task as a demuxed file with one stream of interest and its decoder. libav's types
 * are the room's own words. Broken media is skipped as long as anything can be read behind it.
 * Owner: the process. */
#ifndef ORIEL_HELPER_INPUT_H
#define ORIEL_HELPER_INPUT_H

#include "recorder/derived/task.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

struct input;

/* Open input number `index` for its pictures or its sound. NULL: it has none, or cannot be read at
 * all. Ends the process where memory is missing. */
struct input *input_open(const struct task *t, uint32_t index, enum AVMediaType type);
/* NULL allowed; returns NULL. */
struct input *input_close(struct input *in);
/* The stream's parameters, borrowed. */
const AVCodecParameters *input_parameters(const struct input *in);
/* Go to the key frame at or before this time of the file [us]. */
void input_seek(struct input *in, us_t at);
/* The next packet of the stream, in the file's order; false at its end. Its times are in
 * microseconds of the recording. */
bool input_packet(struct input *in, AVPacket *ret);
/* The next decoded frame; false at the end. frame->pts is in microseconds of the recording. */
bool input_frame(struct input *in, AVFrame *ret);

#endif
