/* What a browser sends: Opus-like audio and VP8-like video, and RTX on request. */
#include "base/alloc.h"
#include "base/check.h"
#include "media/wire/rtp.h"
#include "tests/sim/sim_world.h"

struct publish *publish_new(struct browser *b, const struct session_line *line) {
    struct publish *p = mem_zalloc(1, sizeof(*p));
    CHECK(p);
    uint16_t seq;
    p->line = line;
    browser_rng(b, &seq, sizeof(seq));
    browser_rng(b, &p->ssrc, sizeof(p->ssrc));
    browser_rng(b, &p->ts_base, sizeof(p->ts_base));
    browser_rng(b, &p->picture_id, sizeof(p->picture_id));
    browser_rng(b, &p->tl0picidx, sizeof(p->tl0picidx));
    p->ssrc |= 1;
    p->rtx_ssrc = line->rtx_pt ? p->ssrc ^ 0x80000000U : 0;
    p->picture_id &= 0x7fff;
    p->index = b->o.first_seq ? b->o.first_seq : b->o.any_first_seq ? seq : seq & 0x7fff;
    p->first_index = p->index;
    p->rtx_index = seq & 0xff;
    p->next_at = US_NEVER;
    return p;
}

uint32_t publish_ts(const struct publish *p, us_t now) {
    uint64_t ticks = (uint64_t)(now - p->started) * codec_clock(p->line->codec) / US_PER_S;
    return p->ts_base + (uint32_t)ticks;
}

void browser_publish(struct browser *b, enum source_kind kind, bool on) {
    struct publish *p = b->pubs[kind];
    CHECK(p);
    if (on && !p->on && p->started == 0) {
        p->started = b->w->now;
    }
    p->on = on;
    p->key_wanted = true;
    p->next_at = on ? us_max(b->w->now, p->next_at == US_NEVER ? 0 : p->next_at) : US_NEVER;
}

void browser_speak(struct browser *b, bool speaking) {
    b->pubs[SOURCE_MICROPHONE]->speaking = speaking;
}

static size_t write_header(struct browser *b, const struct publish *p, const struct rtp *h,
                           uint8_t out[128]) {
    const struct rtp_ext_map *m = &p->line->ext;
    uint8_t level = p->speaking ? 0x80 | 18 : 100, twcc[2];
    struct rtp_write_ext ext[3];
    size_t n = 0;
    ext[n++] = (struct rtp_write_ext){m->id[RTP_EXT_MID], (uint8_t)strlen(p->line->mid),
                                      (const uint8_t *)p->line->mid};
    if (m->id[RTP_EXT_TWCC]) {
        put_be16(twcc, b->twcc_seq++);
        ext[n++] = (struct rtp_write_ext){m->id[RTP_EXT_TWCC], 2, twcc};
    }
    if (p->line->source == SOURCE_MICROPHONE) {
        ext[n++] = (struct rtp_write_ext){m->id[RTP_EXT_AUDIO_LEVEL], 1, &level};
    }
    return rtp_write_header(out, 128, h, ext, n);
}

static void seal_and_send(struct browser *b, struct publish *p, const struct rtp *h, uint64_t index,
                          struct bytes payload) {
    uint8_t header[128], out[PACKET_CAP];
    struct wr w = wr_of(out, sizeof(out));
    size_t n = write_header(b, p, h, header);
    CHECK(n > 0 && srtp_seal_rtp(b->sealer, index, bytes_of(header, n), payload, &w) > 0);
    browser_send(b, bytes_of(out, wr_len(&w)));
}

static void send_packet(struct browser *b, struct publish *p, uint32_t ts,
                        const struct content *c) {
    uint64_t index = p->index++;
    struct sent_packet *s = &p->history[index % HISTORY];
    *s = (struct sent_packet){.index = index, .ts = ts, .used = true};
    s->marker = p->line->source != SOURCE_MICROPHONE && c->packet + 1 == c->n_packets;
    s->len = (uint16_t)content_write(s->payload, c);
    struct rtp h = {
        .pt = p->line->pt, .marker = s->marker, .seq = (uint16_t)index, .ts = ts, .ssrc = p->ssrc};
    p->packets++;
    p->octets += s->len;
    seal_and_send(b, p, &h, index, bytes_of(s->payload, s->len));
}

void publish_nack(struct browser *b, struct publish *p, uint16_t seq) {
    const struct sent_packet *s = &p->history[seq % HISTORY];
    uint8_t payload[2 + VIDEO_PAYLOAD_MAX];
    p->nacked++;
    if (!s->used || (uint16_t)s->index != seq || p->rtx_ssrc == 0) {
        return;
    }
    uint64_t index = p->rtx_index++;
    struct rtp h = {.pt = p->line->rtx_pt,
                    .marker = s->marker,
                    .seq = (uint16_t)index,
                    .ts = s->ts,
                    .ssrc = p->rtx_ssrc};
    put_be16(payload, seq); /* RFC 4588 section 4: the original sequence number first */
    memcpy(payload + 2, s->payload, s->len);
    seal_and_send(b, p, &h, index, bytes_of(payload, 2 + (size_t)s->len));
}

static void send_video_frame(struct browser *b, struct publish *p, us_t now) {
    bool key = p->key_wanted;
    struct content c = {.participant = (uint16_t)b->params.participant,
                        .kind = p->line->source,
                        .frame = p->frame++,
                        .keyframe = key,
                        .picture_id = p->picture_id,
                        .tl0picidx = p->tl0picidx};
    p->key_wanted = false;
    p->keyframes += key;
    p->picture_id = (p->picture_id + 1) & 0x7fff;
    p->tl0picidx++;
    c.n_packets = key ? 4 : (uint8_t)(1 + c.frame % 3);
    for (c.packet = 0; c.packet < c.n_packets; c.packet++) {
        c.start = c.packet == 0;
        send_packet(b, p, publish_ts(p, now), &c);
    }
}

void publish_due(struct browser *b, struct publish *p, us_t now) {
    while (p->on && p->next_at <= now) {
        if (p->line->source != SOURCE_MICROPHONE) {
            send_video_frame(b, p, now);
            p->next_at = now + US_PER_S / VIDEO_FPS;
            continue;
        }
        if (now - p->next_at > 5 * AUDIO_PTIME) { /* the machine slept: nothing was captured */
            p->next_at = now;
        }
        struct content c = {.participant = (uint16_t)b->params.participant,
                            .kind = SOURCE_MICROPHONE,
                            .frame = p->frame++,
                            .n_packets = 1};
        send_packet(b, p, publish_ts(p, p->next_at), &c);
        p->next_at += AUDIO_PTIME;
    }
}
