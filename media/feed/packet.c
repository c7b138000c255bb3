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
                                 .marker = r->marker};
    locate(ret, PACKET_EXT_AUDIO_LEVEL, r, line->ext.id[RTP_EXT_AUDIO_LEVEL]);
    read_level(ret);
    if (codec == CODEC_VP8) {
        ret->has_vp8 = vp8_parse(r->payload, &ret->vp8) == OK;
        ret->keyframe = ret->has_vp8 && ret->vp8.start && ret->vp8.keyframe;
    } else {
        ret->keyframe = keyframe_begins(codec, r->payload);
    }
}
