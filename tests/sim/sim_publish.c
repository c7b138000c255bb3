/* What a browser sends: Opus-like audio and VP8-like video, and RTX on request. */
#include "base/alloc.h"
#include "base/check.h"
#include "media/wire/red.h"
#include "media/wire/rtp.h"
#include "tests/sim/sim_world.h"

#define KEY_FACTOR 5              /* a key frame is that much larger than another */
#define DEBT_PER_FRAME 12         /* and is paid for in about so many frames */
#define PACE_STEP (5 * US_PER_MS) /* a frame goes out in such steps, at 2.5 times the rate, */
#define PACE_NUM 5                /* as libwebrtc's pacer lets it */
#define PACE_DEN 2
#define REMB_FIRST 500000 /* [bit/s] until it is told; aiortc's */
#define TEMPORAL_CYCLE 4  /* T0 T2 T1 T2 */

static struct publish *one(struct browser *b, const struct session_line *line, uint8_t layer) {
    struct publish *p = mem_zalloc(1, sizeof(*p));
    CHECK(p);
    uint16_t seq;
    p->line = line;
    p->video = &b->o.video[line->source];
    p->layer = layer;
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

struct publish *publish_new(struct browser *b, const struct session_line *line) {
    struct publish *first = one(b, line, 0), *last = first;
    for (uint8_t i = 1; i < line->n_rids; i++) {
        last->lower = one(b, line, i);
        last = last->lower;
    }
    return first;
}

uint32_t publish_ts(const struct publish *p, us_t now) {
    uint64_t ticks = (uint64_t)(now - p->started) * codec_clock(p->line->codec) / US_PER_S;
    return p->ts_base + (uint32_t)ticks;
}

void browser_publish(struct browser *b, enum source_kind kind, bool on) {
    CHECK(b->pubs[kind]);
    for (struct publish *p = b->pubs[kind]; p; p = p->lower) {
        if (on && !p->on && p->started == 0) {
            p->started = b->w->now;
        }
        p->on = on;
        p->key_wanted = true;
        p->next_at = on ? us_max(b->w->now, p->next_at == US_NEVER ? 0 : p->next_at) : US_NEVER;
    }
}

void browser_layers(struct browser *b, enum source_kind kind, uint8_t active) {
    for (struct publish *p = b->pubs[kind]; p; p = p->lower) {
        p->told_stopped = !(active & 1u << p->layer);
        p->told_at = b->w->now + b->down.c.delay;
    }
}

/* What it was told counts from now on, when the message is there. */
static void obey(struct publish *p, us_t now) {
    if (p->told_at == 0 || p->told_at > now) {
        return;
    }
    p->key_wanted = p->key_wanted || (p->stopped && !p->told_stopped);
    p->stopped = p->told_stopped;
    p->told_at = 0;
}

void browser_speak(struct browser *b, bool speaking) {
    b->pubs[SOURCE_MICROPHONE]->speaking = speaking;
}

/* Take what there is for a source's streams, the smallest first; returns what is left. */
static uint64_t follow(struct publish *p, uint64_t rate) {
    if (!p) {
        return rate;
    }
    rate = follow(p->lower, rate);
    const uint32_t *rates = p->video->rates;
    uint32_t most = p->video->svc ? rates[0] + rates[1] + rates[2] : rates[p->layer];
    uint32_t is = rate < most ? (uint32_t)rate : most;
    /* libwebrtc leaves a stream out that would be worse than the next smaller one. */
    is = p->stopped || (p->lower && is < p->lower->rate + p->lower->rate / 2) ? 0 : is;
    p->key_wanted = p->key_wanted || (is > 0 && p->rate == 0);
    p->rate = is;
    return rate - is;
}

void publish_follow(struct browser *b) {
    uint64_t rate = b->uplink ? bwe_estimate(b->uplink) : REMB_FIRST;
    if (!b->uplink && b->remb > 0) {
        rate = b->remb;
    } else if (b->remb > 0 && b->remb < rate) {
        rate = b->remb;
    }
    for (unsigned k = SOURCE_KIND_COUNT; k-- > 0;) { /* the screen is more important */
        if (b->pubs[k] && k != SOURCE_MICROPHONE && k != SOURCE_NONE) {
            rate = follow(b->pubs[k], rate);
        }
    }
}

static struct rtp_write_ext text_ext(uint8_t id, const char *text) {
    return (struct rtp_write_ext){id, (uint8_t)strlen(text), (const uint8_t *)text};
}

static size_t write_header(struct browser *b, const struct publish *p, const struct rtp *h,
                           uint8_t out[128]) {
    const struct rtp_ext_map *m = &p->line->ext;
    uint8_t level = p->speaking ? 0x80 | 18 : 100, twcc[2], sent[3];
    struct rtp_write_ext ext[4];
    size_t n = 0;
    ext[n++] = text_ext(m->id[RTP_EXT_MID], p->line->mid);
    if (p->line->n_rids > 0) {
        bool rtx = h->ssrc == p->rtx_ssrc;
        ext[n++] = text_ext(m->id[rtx ? RTP_EXT_RRID : RTP_EXT_RID], p->line->rid[p->layer]);
    }
    if (m->id[RTP_EXT_TWCC]) {
        put_be16(twcc, b->twcc_seq++);
        ext[n++] = (struct rtp_write_ext){m->id[RTP_EXT_TWCC], 2, twcc};
    }
    if (b->o.follows_remb) { /* 6.18 seconds, by a clock of its own */
        uint32_t at = (uint32_t)(((b->w->now + 12345678) << 18) / US_PER_S);
        put_be16(sent, (uint16_t)(at >> 8));
        sent[2] = (uint8_t)at;
        ext[n++] = (struct rtp_write_ext){m->id[RTP_EXT_ABS_SEND_TIME], sizeof(sent), sent};
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
    if (b->uplink) {
        bwe_sent(b->uplink, b->w->now, (uint16_t)(b->twcc_seq - 1), (uint16_t)wr_len(&w));
    }
    browser_send(b, bytes_of(out, wr_len(&w)));
}

/* The packet before as a redundant block (RFC 2198), as browsers send it. */
static size_t write_red(const struct publish *p, const struct sent_packet *s,
                        uint8_t out[VIDEO_PAYLOAD_MAX]) {
    const struct sent_packet *was = &p->history[(s->index - 1) % HISTORY];
    uint8_t block[VIDEO_PAYLOAD_MAX];
    struct wr w = wr_of(out, VIDEO_PAYLOAD_MAX);
    uint32_t back = s->ts - was->ts;
    bool redundant = was->used && was->index + 1 == s->index && back <= RED_BACK_MAX;
    size_t len = redundant ? content_write(block, &was->content) : 0;
    if (redundant) {
        red_write_block(&w, p->line->pt, (uint16_t)back, (uint16_t)len);
    }
    red_write_last(&w, p->line->pt);
    wr_bytes(&w, block, len);
    len = content_write(block, &s->content);
    wr_bytes(&w, block, len);
    CHECK(!w.bad);
    return wr_len(&w);
}

static size_t send_packet(struct browser *b, struct publish *p, uint32_t ts,
                          const struct content *c) {
    uint64_t index = p->index++;
    uint8_t payload[VIDEO_PAYLOAD_MAX];
    struct sent_packet *s = &p->history[index % HISTORY];
    *s = (struct sent_packet){.index = index, .ts = ts, .used = true, .content = *c};
    s->marker = p->line->source != SOURCE_MICROPHONE && c->packet + 1 == c->n_packets &&
                (!c->svc || c->spatial + 1 == SVC_SIZES);
    size_t len = p->line->red_pt ? write_red(p, s, payload) : content_write(payload, c);
    CHECK(len > 0);
    struct rtp h = {.pt = p->line->red_pt ? p->line->red_pt : p->line->pt,
                    .marker = s->marker,
                    .seq = (uint16_t)index,
                    .ts = ts,
                    .ssrc = p->ssrc};
    p->packets++;
    p->octets += (uint32_t)len;
    seal_and_send(b, p, &h, index, bytes_of(payload, len));
    return len;
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
    size_t len = content_write(payload + 2, &s->content);
    seal_and_send(b, p, &h, index, bytes_of(payload, 2 + len));
}

/* Which layer a frame is in and what it needs, as libwebrtc's default temporal layers have it. */
static void place(const struct publish *p, struct content *c) {
    static const struct {
        uint8_t tid, back;
        bool sync;
    } cycle[TEMPORAL_CYCLE] = {{0, 4, false}, {2, 1, true}, {1, 2, true}, {2, 1, false}};
    c->back = c->keyframe ? 0 : 1;
    if (!p->video->temporal) {
        return;
    }
    unsigned at = (c->frame - p->key_frame) % TEMPORAL_CYCLE;
    c->layered = true;
    c->tid = cycle[at].tid;
    c->sync = cycle[at].sync || c->keyframe;
    c->back = c->keyframe ? 0 : cycle[at].back;
}

/* As libwebrtc has it, where the options say so: one request for all streams, and none within a
 * while after it. */
void publish_asked(struct browser *b, struct publish *p, us_t now) {
    const struct video_options *v = p->video;
    struct publish *first = v->keys_together ? b->pubs[p->line->source] : p;
    us_t gap = v->key_gap * US_PER_MS;
    p->plis++;
    if (first->asked_at > 0 && now - first->asked_at < gap) {
        return;
    }
    first->asked_at = now;
    for (struct publish *x = first; x; x = v->keys_together ? x->lower : NULL) {
        x->key_due = x->key_due ? x->key_due : now + v->key_after * US_PER_MS;
    }
}

bool publish_key_due(struct publish *p, us_t now) {
    bool due = p->key_wanted || (p->key_due > 0 && p->key_due <= now);
    p->key_wanted = false;
    p->key_due = due ? 0 : p->key_due;
    return due;
}

static struct content next_frame(struct browser *b, struct publish *p) {
    if (p->video->svc) {
        return svc_frame(b, p);
    }
    bool key = publish_key_due(p, b->w->now);
    struct content c = {.participant = b->mark,
                        .kind = p->line->source,
                        .layer = p->layer,
                        .frame = p->frame++,
                        .keyframe = key,
                        .codec = p->line->codec,
                        .picture_id = p->picture_id};
    p->keyframes += key;
    p->key_frame = key ? c.frame : p->key_frame;
    place(p, &c);
    p->tl0picidx += c.tid == 0;
    c.tl0picidx = p->tl0picidx;
    p->picture_id = (p->picture_id + 1) & 0x7fff;
    return c;
}

static void send_small_frame(struct browser *b, struct publish *p, us_t now) {
    struct content c = next_frame(b, p);
    c.n_packets = c.keyframe ? 4 : (uint8_t)(1 + c.frame % 3);
    for (c.packet = 0; c.packet < c.n_packets; c.packet++) {
        c.start = c.packet == 0;
        (void)send_packet(b, p, publish_ts(p, now), &c);
    }
    p->next_at = now + US_PER_S / VIDEO_FPS;
}

/* How large the encoder makes it [bytes]: near its rate, key frames several times as much, and the
 * frames after one a little less. */
static uint32_t frame_size(struct publish *p, const struct content *c) {
    static const uint8_t share[3] = {16, 8, 8}; /* tenths of the mean, by temporal layer */
    if (c->svc) {
        return svc_size(p, c);
    }
    int64_t mean = p->rate / 8 / p->video->fps, size = mean;
    size = c->layered ? size * share[c->tid] / 10 : size;
    size = c->keyframe ? mean * KEY_FACTOR
                       : size + size * (int)(c->frame * 7919 % 31) / 100 - size * 15 / 100;
    if (!c->keyframe) {
        int64_t back = p->debt / DEBT_PER_FRAME;
        back = back > size / 2 ? size / 2 : back;
        size -= back;
        p->debt -= back;
    } else {
        p->debt += size - mean;
    }
    return (uint32_t)(size > VIDEO_PAYLOAD_MIN ? size : VIDEO_PAYLOAD_MIN);
}

static void begin_frame(struct browser *b, struct publish *p, us_t now) {
    if (p->spatial == 0) {
        us_t step = US_PER_S / p->video->fps;
        p->captured = now;
        p->frame_at = us_max(p->frame_at, now - step) + step;
    }
    obey(p, now);
    if (p->rate == 0 || p->stopped) {
        return;
    }
    p->out = next_frame(b, p);
    p->out_bytes = frame_size(p, &p->out);
    uint32_t n = (p->out_bytes + VIDEO_PAYLOAD_MAX - 1) / VIDEO_PAYLOAD_MAX;
    p->out.n_packets = (uint8_t)(n > UINT8_MAX ? UINT8_MAX : n);
    p->sending = true;
}

/* Some more of the frame under way, no faster than the pacer lets it. */
static void send_some(struct browser *b, struct publish *p, us_t now) {
    int64_t may = (int64_t)p->rate * PACE_NUM / PACE_DEN / 8 * PACE_STEP / US_PER_S;
    struct content *c = &p->out;
    while (c->packet < c->n_packets && may > 0) {
        uint32_t size = p->out_bytes / c->n_packets + (c->packet < p->out_bytes % c->n_packets);
        size = size < VIDEO_PAYLOAD_MIN ? VIDEO_PAYLOAD_MIN : size;
        c->size = (uint16_t)(size < VIDEO_PAYLOAD_MAX ? size : VIDEO_PAYLOAD_MAX);
        c->start = c->packet == 0;
        may -= (int64_t)send_packet(b, p, publish_ts(p, p->captured), c);
        c->packet++;
    }
    p->sending = c->packet < c->n_packets;
    p->next_at = p->sending ? now + PACE_STEP : us_max(p->frame_at, now);
}

static void video_due(struct browser *b, struct publish *p, us_t now) {
    if (p->video->fps == 0) {
        send_small_frame(b, p, now);
        return;
    }
    if (!p->sending) {
        begin_frame(b, p, now);
    }
    send_some(b, p, now);
    if (!p->sending) {
        /* A camera that is late does not take two pictures at one time. */
        p->next_at = p->spatial > 0 ? now + 1 : us_max(p->frame_at, now + PACE_STEP);
    }
}

void publish_due(struct browser *b, struct publish *p, us_t now) {
    while (p->on && p->next_at <= now) {
        if (p->line->source != SOURCE_MICROPHONE) {
            video_due(b, p, now);
            continue;
        }
        if (now - p->next_at > 5 * AUDIO_PTIME) { /* the machine slept: nothing was captured */
            p->next_at = now;
        }
        struct content c = {
            .participant = b->mark, .kind = SOURCE_MICROPHONE, .frame = p->frame++, .n_packets = 1};
        (void)send_packet(b, p, publish_ts(p, p->next_at), &c);
        p->next_at += AUDIO_PTIME;
    }
}
