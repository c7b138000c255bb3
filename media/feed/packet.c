#include "media/feed/packet.h"

#include "media/wire/keyframe.h"

#include <string.h>

static void locate(struct media_packet *m, enum packet_ext which, const struct rtp *r, uint8_t id) {
    struct bytes data = rtp_ext_find(r, id);
    if (data.n > 0 && data.n <= UINT8_MAX) {
        m->ext_at[which] = (uint16_t)(data.p - m->packet->data);
        m->ext_len[which] = (uint8_t)data.n;
    }
}

static void read_level(struct media_packet *m) {
    bool voice = false;
    struct bytes ext = bytes_of(m->packet->data + m->ext_at[PACKET_EXT_AUDIO_LEVEL],
                                m->ext_len[PACKET_EXT_AUDIO_LEVEL]);
    m->audio_level = 127;
    m->has_level = rtp_audio_level(ext, &m->audio_level, &voice);
}

void media_packet_read(struct media_packet *ret, struct packet *k, const struct rtp *r,
                       const struct session_line *line) {
    enum codec codec = (enum codec)line->codec;
    *ret = (struct media_packet){.packet = k,
                                 .ts = r->ts,
                                 .payload_at = (uint16_t)(r->payload.p - k->data),
                                 .payload_len = (uint16_t)r->payload.n,
                                 .pt = r->pt,
                                 .marker = r->marker,
                                 .layers = layers_none()};
    locate(ret, PACKET_EXT_AUDIO_LEVEL, r, line->ext.id[RTP_EXT_AUDIO_LEVEL]);
    read_level(ret);
    if (codec == CODEC_VP8) {
        ret->has_vp8 = vp8_parse(r->payload, &ret->vp8) == OK;
        ret->keyframe = ret->has_vp8 && ret->vp8.start && ret->vp8.keyframe;
        ret->numbered = ret->has_vp8;
    } else {
        ret->keyframe = keyframe_begins(codec, r->payload);
    }
}

/* Picture id and TL0PICIDX, which look as those of VP8 do. */
static void note_numbers(struct media_packet *p, const struct picture_ids *d) {
    uint8_t end = d->has_picture_id ? (uint8_t)(d->picture_id_at + d->picture_id_bits / 7) : 0;
    p->numbered = d->has_picture_id || d->has_tl0picidx;
    p->vp8 =
        (struct vp8){.len = d->has_tl0picidx ? (uint8_t)(d->tl0picidx_at + 1) : end, .ids = *d};
}

static void read_descriptor(struct media_packet *p, struct bytes element,
                            struct layer_reader *reader) {
    struct descriptor d;
    p->layers = layers_av1(reader, p->seq, element, &d);
    if (p->layers.described) {
        p->descriptor = d;
        p->descriptor.at = (uint16_t)(element.p - p->packet->data);
    }
}

void media_packet_layers(struct media_packet *p, const struct rtp *r,
                         const struct session_line *line, struct layer_reader *reader) {
    struct vp9 vp9;
    if (p->has_vp8) {
        p->layers = layers_vp8(&p->vp8);
    } else if (line->codec == CODEC_VP9 && vp9_parse(r->payload, &vp9) == OK) {
        note_numbers(p, &vp9.ids);
        p->layers = layers_vp9(reader, &vp9);
    } else if (line->codec == CODEC_AV1) {
        read_descriptor(p, rtp_ext_find(r, line->ext.id[RTP_EXT_DEPENDENCY]), reader);
    }
}
