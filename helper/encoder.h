/* One MP4 file with H.264 pictures and AAC sound, told to the server as it is made: first what
 * follows its head, then the head, in which room was left for the index (moov). So a player finds
 * the index first, and nothing is ever written twice or read back. Owner: the process. */
#ifndef ORIEL_HELPER_ENCODER_H
#define ORIEL_HELPER_ENCODER_H

#include "recorder/derived/task.h"

#include <libavcodec/avcodec.h>

#define ENCODER_SOUND 1024 /* samples of an AAC frame */

struct encoder;

/* For the whole duration of the task. copy: pictures come as H.264 packets with these parameters
 * and are not encoded; NULL: they are. Ends the process when it cannot. */
struct encoder *encoder_open(const struct task *t, const AVCodecParameters *copy);
/* A picture of the task's size, shown from t on, which only grows; key: with a key frame. */
void encoder_picture(struct encoder *e, AVFrame *f, us_t t, bool key);
/* A packet whose times are microseconds from time 0; taken over. */
void encoder_packet(struct encoder *e, AVPacket *k);
/* The next ENCODER_SOUND samples of each channel. */
void encoder_sound(struct encoder *e, const float *left, const float *right);
/* The end: the rest and the head are told, everything is freed. */
void encoder_finish(struct encoder *e);

#endif
