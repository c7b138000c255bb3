/* One RTP packet of a source, understood once: what every consumer (viewers, cache, tap) needs to
 * know of it, by value, beside a reference to its decrypted bytes. It crosses rooms and threads as
 * it is. Thread: any that holds the reference. */
#ifndef ORIEL_MEDIA_FEED_PACKET_H
#define ORIEL_MEDIA_FEED_PACKET_H

#include "base/packet.h"
#include "base/session.h"
#include "media/feed/layers.h"
#include "media/wire/opus.h"
#include "media/wire/rtp.h"
#include "media/wire/vp8.h"

/* Header extensions of the source that viewers get under their own ids. */
enum packet_ext { PACKET_EXT_AUDIO_LEVEL, PACKET_EXT_COUNT };

struct media_packet {
    struct packet *packet; /* decrypted, RTX undone; who stores the value holds a reference */
    uint64_t seq;          /* extended sequence number of the source */
    us_t at;               /* [us] arrival */
    uint32_t ts;           /* [media clock] */
    uint16_t payload_at;   /* [bytes] offset and length in packet->data, without padding */
    uint16_t payload_len;
    uint16_t ext_at[PACKET_EXT_COUNT]; /* [bytes] offset of the element's data */
    uint8_t ext_len[PACKET_EXT_COUNT]; /* [bytes] 0 = not in this packet */
    uint8_t pt;
    uint8_t padding;     /* [bytes] of RTP padding it is sent with (feed/batch.h) */
    uint8_t audio_level; /* RFC 6464 -dBov, 127 = silence or unknown */
    bool has_level;
    bool level_found; /* by the engine, in a part of what is heard: its sender does not say it */
    bool marker;
    bool keyframe;  /* a stream may begin here */
    bool after_gap; /* what is missing before it will not come */
    bool skipped;   /* in a cache, and there is no packet: none of this number is passed on */
    uint8_t lead;   /* a key frame: packets missing directly before it that may belong to it */
    bool has_vp8;   /* vp8 is valid */
    bool numbered;  /* vp8.ids is: of VP9, too; then vp8.len is where they end */
    union {
        struct vp8 vp8;
        struct descriptor descriptor; /* layers.described: AV1 */
    };
    struct layer_marks layers;
};

/* Describe packet k of the m-line `line`, of which r is the parsed header; seq, at, after_gap and
 * lead are the caller's to set. No reference is taken. */
void media_packet_read(struct media_packet *ret, struct packet *k, const struct rtp *r,
                       const struct session_line *line);
/* Note what its layers make of it, when seq is set: reader is its stream's. */
void media_packet_layers(struct media_packet *p, const struct rtp *r,
                         const struct session_line *line, struct layer_reader *reader);

/* Its sender says how loud it is. Some always say silence; but silence is small, so what is not is
 * of a sender who does not know. */
static inline bool media_packet_says_level(const struct media_packet *p) {
    return p->has_level && !(p->audio_level == 127 && p->payload_len > OPUS_SILENCE_MAX);
}

/* The payload, without padding. */
static inline struct bytes media_packet_payload(const struct media_packet *p) {
    return bytes_of(p->packet->data + p->payload_at, p->payload_len);
}

/* The dependency descriptor of one that layers.described says has one. */
static inline struct bytes media_packet_descriptor(const struct media_packet *p) {
    return bytes_of(p->packet->data + p->descriptor.at, p->descriptor.len);
}

#endif
