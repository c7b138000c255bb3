/* VP8 frames out of RTP payloads in order (RFC 7741 section 4). A frame begins with a packet with
 * S = 1 and PID = 0 and ends with the marker bit or a new timestamp. A frame that lacks a packet is
 * dropped, and unless nothing refers to it the next frames too, up to a key frame: a recording
 * shows no broken pictures. Owner: one thread. */
#ifndef ORIEL_RECORDER_TIMELINE_DEPACKETIZE_VP8_H
#define ORIEL_RECORDER_TIMELINE_DEPACKETIZE_VP8_H

#include "base/buffer.h"
#include "media/wire/vp8.h"

#define VP8_FRAME_MAX (4u << 20) /* [bytes] longer frames are dropped */

struct vp8_piece {
    struct bytes payload; /* from the payload descriptor on */
    uint32_t rtp_ts;      /* [1/90000 s] */
    bool marker;
    bool lost; /* packets before this one are missing */
};

struct vp8_frame {
    struct bytes data; /* valid until the next call */
    uint32_t rtp_ts;
    bool key;
    uint16_t width, height; /* [pixels] of the last key frame */
};

/* Zero is ready for use, and waits for a key frame. */
struct vp8_frames {
    struct buffer frame; /* being collected */
    uint32_t rtp_ts;
    bool open, broken, key, non_reference; /* of the frame being collected */
    bool started;                          /* a key frame has been seen and nothing lost since */
    bool hole;                             /* lost packets not yet accounted for */
    bool last_has_id;
    uint8_t id_bits;
    uint16_t id, last_id; /* picture ids: of this frame and the last whole one */
    bool has_id;
    uint16_t width, height;
    uint64_t dropped; /* frames */
    uint64_t holes;   /* how often lost packets may have carried a frame, or a part of one */
};

/* To be called for each piece before vp8_frames_add: true when the frame collected so far ends
 * because this piece belongs to another; it is in *ret. */
bool vp8_frames_end(struct vp8_frames *f, const struct vp8_piece *next, struct vp8_frame *ret);
/* Add a piece: true when it completes a frame, which is in *ret. */
bool vp8_frames_add(struct vp8_frames *f, const struct vp8_piece *p, struct vp8_frame *ret);
void vp8_frames_free(struct vp8_frames *f);

#endif
