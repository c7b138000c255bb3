#include "bench/load/publisher.h"

#include "base/alloc.h"
#include "base/check.h"
#include "bench/clock.h"
#include "bench/load/stamp.h"
#include "media/wire/rtcp.h"
#include "media/wire/rtp.h"
#include "server/os/clock.h"

#include <errno.h>
#include <sys/socket.h>

#define CACHE 512 /* packets, a power of two: three seconds of video */
#define HEADER_MAX 64
#define PACKET_MAX (HEADER_MAX + 2 + VIDEO_PAYLOAD + SRTP_OVERHEAD)
#define REPORT_EVERY US_PER_S
#define KEY_EVERY (10 * US_PER_S)   /* without being asked */
#define KEY_APART (300 * US_PER_MS) /* libwebrtc's encoder obeys no faster */
#define WIDTH 1280
#define HEIGHT 720

struct cached {
    bool used;
    struct rtp rtp;
    size_t len;
    uint8_t payload[VIDEO_PAYLOAD];
};

struct tx_cache {
    struct cached at[CACHE];
};

/* One sendmmsg; shared, for publishers send one after the other. */
static struct {
    unsigned n;
    struct mmsghdr msg[BURST_MAX];
    struct iovec iov[BURST_MAX];
    uint8_t data[BURST_MAX][PACKET_MAX];
} out;

/* ---- life ---- */

static void on_up(void *owner, us_t now) {
    struct publisher *p = owner;
    p->report_at = now;
}

static void on_rtp(void *owner, struct arrival *a) {
    struct publisher *p = owner;
    (void)a;
    p->client.malformed++; /* nobody sends media to a publisher */
}

static void on_rtcp(void *owner, struct bytes compound);

void publisher_open(struct publisher *p, struct client_world *w) {
    static const struct client_ops ops = {on_up, on_rtp, on_rtcp};
    *p = (struct publisher){.rtx_index = 1};
    client_open(&p->client, w, &ops, p);
    for (unsigned i = 0; i < TX_STREAMS; i++) {
        p->stream[i].ssrc = rng_u32(&w->rng) | 1;
        p->stream[i].index = 1 + rng_below(&w->rng, 1000);
    }
    p->rtx_ssrc = rng_u32(&w->rng) | 1;
    p->cache = mem_zalloc(1, sizeof(*p->cache));
    CHECK(p->cache);
}

void publisher_close(struct publisher *p) {
    client_close(&p->client);
    p->cache = mem_free(p->cache);
    p->playing = false;
}

struct local_description publisher_description(const struct publisher *p) {
    struct local_description d = client_description(&p->client);
    d.sends = true;
    d.ssrc[0] = p->stream[TX_AUDIO].ssrc;
    d.ssrc[1] = p->stream[TX_VIDEO].ssrc;
    d.rtx_ssrc = p->rtx_ssrc;
    return d;
}

bool publisher_expect(struct publisher *p, const struct remote_description *d) {
    for (unsigned i = 0; i < d->n_lines; i++) {
        p->stream[d->lines[i].video ? TX_VIDEO : TX_AUDIO].line = d->lines[i];
    }
    if (!p->stream[TX_AUDIO].line.accepted || !p->stream[TX_VIDEO].line.accepted) {
        client_fail(&p->client, "the server does not take Opus and VP8");
        return false;
    }
    return true;
}

void publisher_connect(struct publisher *p, us_t now, const struct remote_description *d) {
    if (publisher_expect(p, d)) {
        client_connect(&p->client, now, d);
    }
}

/* ---- media ---- */

void publisher_play(struct publisher *p, us_t now, bool on) {
    p->playing = on;
    p->traffic.audio_at = p->traffic.video_at = now;
    p->traffic.want_key = on;
    p->key_at = now + KEY_APART;
}

us_t publisher_due(const struct publisher *p) {
    return p->playing && p->client.state == CLIENT_UP ? traffic_at(&p->traffic) : US_NEVER;
}

/* RFC 7741 section 4.2: a descriptor with 15-bit picture id and TL0PICIDX; at the start of a frame
 * follows its header (section 4.3), and that of a key frame says the size (RFC 6386 section 9.1).
 */
static void write_video(const struct publisher *p, uint8_t *payload, const struct burst *b,
                        unsigned i) {
    static const uint8_t key[] = {0x10, 0x02,         0x00,       0x9d,          0x01,
                                  0x2a, WIDTH & 0xff, WIDTH >> 8, HEIGHT & 0xff, HEIGHT >> 8};
    payload[0] = i == 0 ? 0x90 : 0x80;
    payload[1] = 0xe0;
    put_be16(payload + 2, (uint16_t)(0x8000 | p->picture_id));
    payload[4] = (uint8_t)p->picture_id;
    payload[5] = 0;
    if (i == 0 && b->key) {
        memcpy(payload + 6, key, sizeof(key));
    } else if (i == 0) {
        payload[6] = 0x11;
    }
}

static void enqueue(struct publisher *p, uint64_t index, const struct rtp *r,
                    const struct tx_stream *s, struct bytes payload) {
    uint8_t head[HEADER_MAX], twcc[2], level = 0x80 | 20;
    struct rtp_write_ext ext[3];
    unsigned n = 0, i = out.n++;
    CHECK(i < BURST_MAX);
    if (s->line.ext.id[RTP_EXT_MID]) {
        ext[n++] = (struct rtp_write_ext){s->line.ext.id[RTP_EXT_MID], (uint8_t)strlen(s->line.mid),
                                          (const uint8_t *)s->line.mid};
    }
    if (s->line.ext.id[RTP_EXT_TWCC]) {
        put_be16(twcc, p->twcc++);
        ext[n++] = (struct rtp_write_ext){s->line.ext.id[RTP_EXT_TWCC], sizeof(twcc), twcc};
    }
    if (s->line.ext.id[RTP_EXT_AUDIO_LEVEL] && !s->line.video) {
        ext[n++] = (struct rtp_write_ext){s->line.ext.id[RTP_EXT_AUDIO_LEVEL], 1, &level};
    }
    size_t header = rtp_write_header(head, sizeof(head), r, ext, n);
    struct wr w = wr_of(out.data[i], sizeof(out.data[i]));
    size_t len = srtp_seal_rtp(p->client.sealer, index, bytes_of(head, header), payload, &w);
    CHECK(header > 0 && len > 0);
    out.iov[i] = (struct iovec){out.data[i], len};
    out.msg[i].msg_hdr = (struct msghdr){.msg_iov = &out.iov[i], .msg_iovlen = 1};
}

/* What the kernel does not take is lost, as it would be in a network. */
static void flush(struct publisher *p) {
    for (unsigned at = 0; at < out.n;) {
        int n = sendmmsg(p->client.fd, out.msg + at, out.n - at, 0);
        at += n > 0 ? (unsigned)n : 1;
    }
    out.n = 0;
}

static void send_burst(struct publisher *p, const struct burst *b) {
    struct tx_stream *s = &p->stream[b->video ? TX_VIDEO : TX_AUDIO];
    us_t clock = b->video ? 90000 : 48000;
    /* 20 ms of Opus by its first byte (RFC 6716 section 3.1: CELT, full band), for a recorder. */
    uint8_t audio[AUDIO_PAYLOAD_LEN] = {0xf8};
    p->picture_id = (p->picture_id + b->video) & 0x7fff;
    for (unsigned i = 0; i < b->n; i++) {
        struct cached *k = &p->cache->at[s->index % CACHE];
        uint8_t *payload = b->video ? k->payload : audio;
        struct rtp r = {.pt = s->line.pt,
                        .marker = b->video && i + 1 == b->n,
                        .seq = (uint16_t)s->index,
                        .ts = (uint32_t)(b->at * clock / US_PER_S),
                        .ssrc = s->ssrc};
        struct stamp stamp = {s->ssrc, s->number++, wall_ns()};
        if (b->video) {
            write_video(p, payload, b, i);
            k->used = true;
            k->rtp = r;
            k->len = b->payload[i];
        }
        stamp_write(payload, b->payload[i], &stamp);
        enqueue(p, s->index++, &r, s, bytes_of(payload, b->payload[i]));
        s->packets++;
        s->octets += (uint32_t)b->payload[i];
    }
    p->sent += b->n;
    flush(p);
}

void publisher_send(struct publisher *p, us_t now) {
    while (publisher_due(p) <= now) {
        struct burst b = traffic_next(&p->traffic);
        if (b.key) {
            p->key_at = b.at + KEY_APART;
        }
        send_burst(p, &b);
        if (b.video && b.at >= p->key_at + KEY_EVERY) {
            p->traffic.want_key = true;
        }
    }
}

/* ---- feedback ---- */

static void want_key(struct publisher *p) {
    if (p->traffic.video_at >= p->key_at) {
        p->traffic.want_key = true;
    }
}

/* RFC 4588 section 4: the original sequence number, then the original payload. */
static void resend(struct publisher *p, uint16_t seq) {
    struct tx_stream *s = &p->stream[TX_VIDEO];
    uint8_t payload[2 + VIDEO_PAYLOAD];
    /* CACHE divides 2^16: the low bits of seq and index name the same place. */
    const struct cached *k = &p->cache->at[seq % CACHE];
    if (!k->used || k->rtp.seq != seq || !s->line.rtx_pt) {
        return;
    }
    struct rtp r = k->rtp;
    put_be16(payload, seq);
    memcpy(payload + 2, k->payload, k->len);
    r.pt = s->line.rtx_pt;
    r.ssrc = p->rtx_ssrc;
    r.seq = (uint16_t)p->rtx_index;
    if (out.n == BURST_MAX) {
        flush(p);
    }
    enqueue(p, p->rtx_index++, &r, s, bytes_of(payload, 2 + k->len));
}

static void take_nack(struct publisher *p, const struct rtcp_packet *k) {
    uint16_t seqs[17];
    unsigned n;
    if (rtcp_fb_media_ssrc(k) != p->stream[TX_VIDEO].ssrc) {
        return;
    }
    for (unsigned i = 0; rtcp_nack_at(k, i, seqs, &n) == OK; i++) {
        for (unsigned j = 0; j < n; j++) {
            resend(p, seqs[j]);
        }
    }
    flush(p);
}

static void on_rtcp(void *owner, struct bytes compound) {
    struct publisher *p = owner;
    struct rtcp_packet k;
    while (rtcp_next(&compound, &k) == OK) {
        if (k.type == RTCP_PSFB && (k.count == RTCP_FMT_PLI || k.count == RTCP_FMT_FIR)) {
            want_key(p);
        } else if (k.type == RTCP_RTPFB && k.count == RTCP_FMT_NACK) {
            take_nack(p, &k);
        }
    }
}

static void report(struct publisher *p, us_t now) {
    for (unsigned i = 0; i < TX_STREAMS; i++) {
        const struct tx_stream *s = &p->stream[i];
        us_t clock = i == TX_VIDEO ? 90000 : 48000;
        uint8_t buf[256];
        struct wr w = wr_of(buf, sizeof(buf));
        struct rtcp_sr sr = {.ntp = ntp_from_wall(clock_wall()),
                             .rtp_ts = (uint32_t)(now * clock / US_PER_S),
                             .packets = s->packets,
                             .octets = s->octets};
        rtcp_write_sr(&w, s->ssrc, &sr, NULL, 0);
        rtcp_write_sdes_cname(&w, s->ssrc, "load");
        CHECK(!w.bad);
        client_send_rtcp(&p->client, bytes_of(buf, wr_len(&w)));
    }
}

void publisher_tick(struct publisher *p, us_t now) {
    client_tick(&p->client, now);
    if (p->client.state == CLIENT_UP && p->playing && now >= p->report_at) {
        p->report_at = now + REPORT_EVERY;
        report(p, now);
    }
}
