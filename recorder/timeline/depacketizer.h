/* Frames out of RTP payloads in order, whatever the codec: one interface, and a table per codec in
 * a file of its own (depacketize_vp8.h ...). A frame ends with the marker bit or a new timestamp. A
 * frame that lacks a packet is dropped, and unless nothing refers to it the next frames too, up to
 * a key frame: a recording shows no broken pictures. Every length is checked; what a sender says
 * can cost only its own frames. Owner: one thread. */
#ifndef ORIEL_RECORDER_TIMELINE_DEPACKETIZER_H
#define ORIEL_RECORDER_TIMELINE_DEPACKETIZER_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/terms.h"

#define VIDEO_FRAME_MAX (4u << 20) /* [bytes] longer frames are dropped */
#define VIDEO_INIT_MAX 512         /* [bytes] longer ones make no key frame */

struct video_piece {
    struct bytes payload; /* of one packet; empty: a packet of padding only */
    uint32_t rtp_ts;      /* [1/90000 s] */
    bool marker;
    uint32_t lost; /* packets missing before this one */
};

struct video_frame {
    struct bytes data; /* as the container holds it; valid until the next call */
    uint32_t rtp_ts;
    bool key;
    bool reorders; /* as its sender says, pictures are shown in another order than they come */
    uint16_t width, height; /* [pixels] as was said last: by a key frame, in VP9 also by others */
    /* Of a key frame: the decoder configuration record that it and what follows need (H.264: avcC,
     * AV1: av1C); empty with codecs that need none. Valid until the next call. */
    struct bytes init;
};

/* How a frame after a hole relates to the last frame that came. */
enum video_order {
    VIDEO_APART,  /* something is missing between them, or it cannot be told */
    VIDEO_MAYBE,  /* only what nothing refers to may be missing */
    VIDEO_FOLLOWS /* nothing is: what was lost carried no frame */
};
/* What has become of a frame whose packets are all there. */
enum video_verdict {
    VIDEO_WHOLE,
    VIDEO_BROKEN,
    VIDEO_NOTHING /* no picture: parameters on their own */
};

struct vp8_state {
    uint16_t id, last_id; /* picture ids: of this frame and the last one */
    uint8_t id_bits;
    bool has_id, last_has_id;
};

#define VP9_LAYERS_MAX 8 /* RFC 9628 section 4.2: SID has 3 bits */

struct vp9_state {
    uint16_t id, last_id;
    uint8_t id_bits;
    bool has_id, last_has_id;
    bool layer_open; /* of this picture: a layer frame has begun and not ended */
    bool scalable;   /* has had more than one spatial layer since the last restart */
    uint8_t sizes;   /* spatial layers since the last key frame */
    uint8_t spatial; /* of the last layer frame */
    bool apart;      /* no layer frame of this picture refers to a lower one */
    uint8_t layers;  /* layer frames of this picture */
    size_t layer_at; /* where the last of them begins in the frame [bytes] */
    uint32_t layer_n[VP9_LAYERS_MAX]; /* [bytes] */
};

#define H264_SPS_MAX 8 /* sets kept; the one received longest ago makes room */
#define H264_PPS_MAX 16
#define H264_SET_LEN 192 /* [bytes] longer sets are not kept */

struct h264_set {
    uint8_t id, of; /* of: of a PPS, the id of its SPS */
    bool in_force;  /* as it was at the last key frame handed out */
    uint16_t n;     /* [bytes] 0: none */
    uint32_t used;  /* when it was received, by h264_state.clock */
    uint8_t b[H264_SET_LEN];
};
struct h264_state {
    struct h264_set sps[H264_SPS_MAX], pps[H264_PPS_MAX];
    uint32_t clock;
    /* The frame being collected. */
    size_t unit_at;    /* where the NAL unit being collected begins in the frame [bytes] */
    bool unit_open;    /* the fragments of one are being joined */
    bool slices, head; /* it has slices; it has its first one */
    bool idr, unknown; /* unknown: a slice refers to sets that are not there, or not in force */
    uint8_t slice_pps; /* of its first slice */
    uint32_t number;   /* frame_num */
    uint32_t modulus;  /* MaxFrameNum */
    /* The last one that others may refer to. */
    bool last_known;
    uint32_t last_number;
    bool spares; /* there are frames that nothing refers to */
};

#define AV1_SEQUENCE_MAX 128 /* [bytes] */

struct av1_state {
    struct buffer obu;                      /* being joined */
    bool obu_open;                          /* goes on in the next packet */
    bool sequence;                          /* this temporal unit has a sequence header */
    bool header;                            /* and a frame header */
    uint8_t sequence_obu[AV1_SEQUENCE_MAX]; /* the last one, in the low-overhead format */
    uint16_t sequence_n;
};

struct depacketizer;

/* What a codec adds. `d->broken` may be set by any of them; what is collected of a broken frame is
 * of no interest any more. */
struct depacketizer_codec {
    /* A piece with a payload that is one of the codec's? If so, and it is the first of its frame
     * (d->open is false), note what it says of it. False: it is none. */
    bool (*begin)(struct depacketizer *d, const struct video_piece *p);
    /* Append the piece begun to d->frame. False: it does not fit to what is there. */
    bool (*append)(struct depacketizer *d, const struct video_piece *p);
    /* All packets came: make d->frame what the container holds, set d->key, d->non_reference, sizes
     * and d->init. */
    enum video_verdict (*finish)(struct depacketizer *d);
    /* Relation of the frame to the last one that came, when d->missing packets are missing before
     * it: a packet carries parts of one frame only, so at most as many frames are. */
    enum video_order (*order)(const struct depacketizer *d);
    /* The frame is over and was whole or not; it may become the last one. */
    void (*over)(struct depacketizer *d, bool whole);
    void (*free)(struct depacketizer *d); /* NULL: nothing to free */
};

/* After depacketizer_init it waits for a key frame. */
struct depacketizer {
    const struct depacketizer_codec *codec; /* NULL: none, takes nothing */
    struct buffer frame;                    /* being collected */
    uint32_t rtp_ts;
    bool open, broken, key, non_reference; /* of the frame being collected */
    uint32_t missing;                      /* packets missing before it */
    bool started;                          /* a key frame has been seen and nothing lost since */
    uint32_t lost;                         /* packets missing that are not yet accounted for */
    bool reorders;                         /* as the last key frame says */
    uint16_t width, height;
    uint64_t dropped; /* frames */
    uint64_t holes;   /* how often lost packets may have carried a frame, or a part of one */
    uint16_t init_n;
    uint8_t init[VIDEO_INIT_MAX];
    union {
        struct vp8_state vp8;
        struct vp9_state vp9;
        struct h264_state h264;
        struct av1_state av1;
    } u;
};

/* Can pictures of this codec be recorded? */
bool depacketizer_supports(enum codec codec);
/* Nothing is allocated. A codec that is not supported: takes nothing. */
void depacketizer_init(struct depacketizer *d, enum codec codec);
/* Back to the state after depacketizer_init, memory freed. Safe on a zeroed one. */
void depacketizer_reset(struct depacketizer *d);
/* To be called for each piece before depacketizer_add: true when the frame collected so far ends
 * because this piece belongs to another; it is in *ret. */
bool depacketizer_end(struct depacketizer *d, const struct video_piece *next,
                      struct video_frame *ret);
/* Add a piece: true when it completes a frame, which is in *ret. */
bool depacketizer_add(struct depacketizer *d, const struct video_piece *p, struct video_frame *ret);
/* For the codecs: the numbers of two frames follow each other modulo `modulus`. Does that say that
 * nothing is missing between them? Not when a whole round of them may be. */
bool depacketizer_tells(const struct depacketizer *d, uint32_t modulus);
/* For the codecs: append to the frame. False: it would be too long, or there is no memory. */
bool depacketizer_put(struct depacketizer *d, const void *p, size_t n);

#endif
