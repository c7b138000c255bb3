#include "bench/load/viewer.h"

#include "base/alloc.h"
#include "base/check.h"
#include "bench/clock.h"
#include "bench/load/stamp.h"
#include "bench/load/viewer_feedback.h"
#include "media/wire/vp8.h"
#include "server/os/clock.h"

#define NS_PER_US 1000

/* ---- life ---- */

static void on_up(void *owner, us_t now) {
    struct viewer *v = owner;
    /* Browsers' reports are not synchronous either. */
    v->report_at = now + rng_below(&v->client.world->rng, US_PER_S);
    v->pli_at = now + 200 * US_PER_MS; /* libwebrtc waits that long for a first key frame */
}

static void on_rtp(void *owner, struct arrival *a);

static void on_rtcp(void *owner, struct bytes compound) {
    feedback_take_rtcp(owner, compound);
}

void viewer_open(struct viewer *v, struct client_world *w, struct audience *a) {
    static const struct client_ops ops = {on_up, on_rtp, on_rtcp};
    *v = (struct viewer){.audience = a};
    client_open(&v->client, w, &ops, v);
    v->until_sample = rng_below(&w->rng, a->sample);
}

void viewer_close(struct viewer *v) {
    client_close(&v->client);
    v->arrivals = mem_free(v->arrivals);
}

void viewer_ask(struct viewer *v) {
    v->join.asked = wall_ns();
}

static void expect_stream(struct viewer *v, unsigned i, const struct remote_line *l, bool rtx) {
    v->line[i] = *l;
    v->stream[i].pt = rtx ? l->rtx_pt : l->pt;
    v->stream[i].ssrc = rtx ? l->rtx_ssrc : l->ssrc;
}

bool viewer_expect(struct viewer *v, const struct remote_description *d) {
    for (unsigned i = 0; i < d->n_lines; i++) {
        const struct remote_line *l = &d->lines[i];
        expect_stream(v, l->video ? RX_VIDEO : RX_AUDIO, l, false);
        if (l->video) {
            expect_stream(v, RX_RTX, l, true);
        }
        if (l->ext.id[RTP_EXT_TWCC] && !v->arrivals) {
            v->arrivals = mem_zalloc(1, sizeof(*v->arrivals));
            CHECK(v->arrivals);
        }
    }
    if (!v->line[RX_VIDEO].accepted || !v->line[RX_AUDIO].accepted) {
        client_fail(&v->client, "the server does not send Opus and VP8");
        return false;
    }
    return true;
}

void viewer_connect(struct viewer *v, us_t now, const struct remote_description *d) {
    if (viewer_expect(v, d)) {
        client_connect(&v->client, now, d);
    }
}

/* ---- packets ---- */

/* By SSRC, else by payload type where the server has not announced one. */
static int stream_of(struct viewer *v, const struct rtp *r) {
    for (int i = 0; i < RX_STREAMS; i++) {
        if (v->stream[i].ssrc == r->ssrc && v->stream[i].pt == r->pt) {
            return i;
        }
    }
    for (int i = 0; i < RX_STREAMS; i++) {
        if (v->stream[i].ssrc == 0 && v->stream[i].pt && v->stream[i].pt == r->pt) {
            v->stream[i].ssrc = r->ssrc;
            return i;
        }
    }
    return -1;
}

/* A key frame is there when all its packets are, from the first to the one with the marker. */
static void watch_key_frame(struct viewer *v, const struct rtp *r, uint64_t index,
                            const struct arrival *a) {
    struct vp8 d;
    if (vp8_parse(r->payload, &d) == OK && d.start && d.keyframe) {
        v->key_ts = r->ts;
        v->key_first = index;
        v->key_count = 0;
    }
    if (v->key_first == 0 || r->ts != v->key_ts) {
        return;
    }
    v->key_count++;
    if (r->marker && v->key_count == index - v->key_first + 1) {
        v->join.picture = a->at;
    }
}

static void check_payload(struct viewer *v, unsigned stream, const struct rtp *r,
                          const struct arrival *a) {
    struct audience *w = v->audience;
    struct stamp s;
    w->padded += r->padding > 0;
    if (!stamp_read(r->payload, &s) || s.at > a->at + 1000000) {
        w->damaged++;
        return;
    }
    if (stream != RX_RTX && w->timing) {
        us_t took = a->at > s.at ? (us_t)(a->at - s.at) / NS_PER_US : 0;
        histogram_add(&w->delay, took);
    }
}

/* The packet opened in place; false when it is bad. */
static bool open_packet(struct viewer *v, struct arrival *a, struct rtp *ret) {
    size_t n = a->len;
    v->audience->opened++;
    if (!client_open_rtp(&v->client, a->data, &n)) {
        return false;
    }
    a->len = n;
    if (rtp_parse(bytes_of(a->data, n), ret) != OK) {
        v->client.malformed++;
        return false;
    }
    return true;
}

static bool sampled(struct viewer *v) {
    if (v->until_sample > 0) {
        v->until_sample--;
        return false;
    }
    v->until_sample = v->audience->sample - 1;
    return true;
}

static void count(struct audience *w, enum rx_verdict verdict) {
    w->late += verdict == RX_LATE;
    w->duplicate += verdict == RX_DUPLICATE;
    w->reused += verdict == RX_REUSED;
}

static void take_rtx(struct viewer *v, uint16_t rtx_seq, struct arrival *a, us_t now) {
    struct rtp r;
    uint64_t index;
    enum rx_verdict verdict = rx_stream_take(&v->stream[RX_RTX], rtx_seq, a->data, a->len, &index);
    count(v->audience, verdict);
    v->audience->rtx += verdict <= RX_LATE;
    if (verdict > RX_LATE || !open_packet(v, a, &r) || r.payload.n < 2) {
        return; /* without a payload it is padding that probes the path */
    }
    uint16_t seq = be16(r.payload.p);
    r.payload = bytes_of(r.payload.p + 2, r.payload.n - 2);
    if (feedback_arrived(v, now, seq, true)) {
        check_payload(v, RX_RTX, &r, a);
    }
}

static void take_media(struct viewer *v, unsigned i, struct rtp *r, struct arrival *a) {
    struct rx_stream *s = &v->stream[i];
    uint64_t high = s->high, index;
    bool begun = s->begun;
    us_t now = clock_now();
    enum rx_verdict verdict = rx_stream_take(s, r->seq, a->data, a->len, &index);
    count(v->audience, verdict);
    if (verdict > RX_LATE) {
        return;
    }
    v->audience->media++;
    v->join.media = v->join.media ? v->join.media : a->at;
    feedback_timing(v, i, r, a->at);
    if (i == RX_VIDEO && verdict == RX_LATE) {
        (void)feedback_arrived(v, now, r->seq, false);
    } else if (i == RX_VIDEO && begun && index > high + 1) {
        feedback_gap(v, now, high, index);
    }
    bool before_picture = i == RX_VIDEO && v->join.picture == 0;
    if ((sampled(v) || before_picture) && open_packet(v, a, r)) {
        check_payload(v, i, r, a);
        if (before_picture) {
            watch_key_frame(v, r, index, a);
        }
    }
}

static void on_rtp(void *owner, struct arrival *a) {
    struct viewer *v = owner;
    struct rtp r;
    uint8_t first = a->data[0];
    /* Where padding ends is encrypted: the header is looked at as if there was none. */
    a->data[0] = first & 0xdf;
    enum err e = rtp_parse(bytes_of(a->data, a->len), &r);
    a->data[0] = first;
    if (e != OK) {
        v->client.malformed++;
        return;
    }
    if (v->audience->loss && rng_below(v->audience->rng, 1000) < v->audience->loss) {
        return;
    }
    int i = stream_of(v, &r);
    if (i < 0) {
        v->audience->stray++;
        return;
    }
    struct bytes twcc =
        v->arrivals ? rtp_ext_find(&r, v->line[i].ext.id[RTP_EXT_TWCC]) : bytes_of(NULL, 0);
    if (twcc.n == 2) {
        arrivals_add(v->arrivals, be16(twcc.p), a->at / NS_PER_US);
    }
    if (i == RX_RTX) {
        take_rtx(v, r.seq, a, clock_now());
    } else {
        take_media(v, (unsigned)i, &r, a);
    }
}

void viewer_tick(struct viewer *v, us_t now) {
    client_tick(&v->client, now);
    if (v->client.state == CLIENT_UP) {
        feedback_tick(v, now);
    }
}
