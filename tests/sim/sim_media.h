/* What the model browsers put into their packets, so that a receiver can tell of every packet whose
 * it is and which. */
#ifndef ORIEL_TESTS_SIM_MEDIA_H
#define ORIEL_TESTS_SIM_MEDIA_H

#include "base/bytes.h"
#include "base/terms.h"

#define AUDIO_PTIME (20 * 1000) /* [us] */
#define AUDIO_PAYLOAD 60        /* [bytes] */
#define VIDEO_PAYLOAD_SMALL 260 /* [bytes] for speed, where packet counts are what matters */
#define VIDEO_PAYLOAD_MAX 1150  /* [bytes] of a source with a rate */
#define VIDEO_PAYLOAD_MIN 40
#define VIDEO_FPS 15

#define SVC_SIZES 3

/* One packet's content. */
struct content {
    uint16_t participant; /* low 16 bits of the handle */
    uint8_t kind;         /* enum source_kind */
    uint32_t frame;       /* number of the frame (video) or packet (audio) of this source */
    uint8_t packet, n_packets;
    uint8_t layer; /* number of the simulcast stream */
    uint8_t back;  /* this frame needs the one that many before it; 0: a key frame */
    bool layered;  /* it has temporal layers: tid and sync are valid */
    uint8_t tid;
    bool sync;     /* needs nothing but layer 0 */
    bool svc;      /* VP9 with sizes in one stream: the following are valid, and frame counts
                      the frames of all sizes, SVC_SIZES to a picture */
    uint8_t codec; /* of video: enum codec; only VP8 and VP9 have picture ids */
    bool of_key;   /* of a picture that needs no other */
    uint8_t spatial;
    uint16_t size;        /* [bytes] of the payload; 0: as small packets are */
    bool start, keyframe; /* video */
    uint16_t picture_id;
    uint8_t tl0picidx;
};

/* Write a payload for c to out; returns its length. */
size_t content_write(uint8_t out[VIDEO_PAYLOAD_MAX], const struct content *c);
/* Read it back from a received payload; false when it is not one of ours. */
bool content_read(struct bytes payload, enum codec codec, struct content *ret);

#endif
