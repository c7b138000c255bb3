#include "bench/load/hostile.h"

#include "base/check.h"
#include "bench/load/oriel.h"
#include "media/wire/rtcp.h"
#include "media/wire/rtp.h"
#include "server/os/clock.h"

#include <string.h>
#include <sys/socket.h>

#define JOIN_MAX (20 * US_PER_S)
#define TURN US_PER_MS /* what is due is sent so often */
#define TURN_MAX 200   /* packets of an attack in one turn: more is a generator that lags */
#define SMALL 60       /* [bytes] payload of a packet that only shall be there */
#define LARGE 1150     /* [bytes] 100 Mbit/s are 10,500 packets of about 1190 bytes a second */
#define NACK_LIST 64   /* sequence numbers in one NACK */
#define PACKET_MAX (64 + LARGE + SRTP_OVERHEAD)

/* ---- packets ---- */

/* What is sent. */
struct shot {
    int stream; /* whose m-line it is */
    uint32_t ssrc;
    uint64_t index;
    uint8_t level; /* [-dBov] RFC 6464; 127 = silence */
    size_t len;    /* [bytes] of payload */
};

/* It has no stamp: whoever gets it cannot take it for an honest packet. */
static void shoot(struct publisher *p, const struct shot *x) {
    const struct remote_line *l = &p->stream[x->stream].line;
    uint8_t level = 0x80 | x->level, head[64], payload[LARGE] = {0x90, 0xe0, 0x80}, out[PACKET_MAX];
    struct rtp r = {.pt = l->pt,
                    .marker = true,
                    .seq = (uint16_t)x->index,
                    .ts = (uint32_t)(x->index * 90),
                    .ssrc = x->ssrc};
    struct rtp_write_ext ext[] = {
        {l->ext.id[RTP_EXT_MID], (uint8_t)strlen(l->mid), (const uint8_t *)l->mid},
        {l->ext.id[RTP_EXT_AUDIO_LEVEL], 1, &level}};
    unsigned n_ext = ext[0].id == 0 ? 0 : x->stream == TX_AUDIO && ext[1].id ? 2 : 1;
    size_t n = rtp_write_header(head, sizeof(head), &r, ext, n_ext);
    struct wr w = wr_of(out, sizeof(out));
    size_t sealed =
        srtp_seal_rtp(p->client.sealer, x->index, bytes_of(head, n), bytes_of(payload, x->len), &w);
    CHECK(n > 0 && sealed > 0);
    (void)send(p->client.fd, out, sealed, 0); /* what the kernel does not take is lost */
}

static void flap_at(struct hostile *h, uint8_t level) {
    struct publisher *p = &h->crowd.publishers[0];
    int stream = h->sent % 2 ? TX_AUDIO : TX_VIDEO;
    struct tx_stream *s = &p->stream[stream];
    uint8_t buf[64];
    struct wr w = wr_of(buf, sizeof(buf));
    shoot(p, &(struct shot){stream, s->ssrc, s->index++, level, SMALL});
    rtcp_write_bye(&w, s->ssrc);
    CHECK(!w.bad);
    client_send_rtcp(&p->client, bytes_of(buf, wr_len(&w)));
}

static void flap(struct hostile *h) {
    flap_at(h, 127);
}

static void flap_loudly(struct hostile *h) {
    flap_at(h, 0);
}

static void ask_again(struct hostile *h) {
    struct viewer *v = &h->crowd.viewers[0];
    const struct rx_stream *s = &v->stream[RX_VIDEO];
    uint16_t seqs[NACK_LIST];
    uint8_t buf[512];
    struct wr w = wr_of(buf, sizeof(buf));
    for (unsigned i = 0; i < NACK_LIST; i++) {
        seqs[i] = (uint16_t)(s->high - NACK_LIST + 1 + i);
    }
    rtcp_write_nack(&w, v->client.rtcp_ssrc, s->ssrc, seqs, NACK_LIST);
    CHECK(!w.bad);
    client_send_rtcp(&v->client, bytes_of(buf, wr_len(&w)));
}

static void new_ssrc(struct hostile *h) {
    shoot(&h->crowd.publishers[0],
          &(struct shot){TX_VIDEO, rng_u32(&h->load->world.rng) | 1, 1, 127, SMALL});
}

static void flood(struct hostile *h) {
    struct tx_stream *s = &h->crowd.publishers[0].stream[TX_VIDEO];
    shoot(&h->crowd.publishers[0], &(struct shot){TX_VIDEO, s->ssrc, s->index++, 127, LARGE});
}

/* ---- in time ---- */

static const struct {
    unsigned attack, per_s;
    void (*send)(struct hostile *h);
} means[ATTACKS] = {{ATTACK_BYE, 2000, flap},
                    {ATTACK_LOUD, 2000, flap_loudly},
                    {ATTACK_NACK, 2000, ask_again},
                    {ATTACK_SSRC, 4000, new_ssrc},
                    {ATTACK_RATE, 10500, flood}};

/* A load_also: sends what is due, and says when more is. */
static us_t turn(void *ctx, us_t now) {
    struct hostile *h = ctx;
    if (!h->attacks) {
        return US_NEVER;
    }
    for (unsigned i = 0; i < ARRAY_LEN(means); i++) {
        unsigned n;
        if (!(h->attacks & means[i].attack)) {
            continue;
        }
        h->owed[i] += (double)(now - h->at) * means[i].per_s / (double)US_PER_S;
        n = (unsigned)h->owed[i];
        h->owed[i] -= n;
        h->behind += n > TURN_MAX ? n - TURN_MAX : 0;
        for (unsigned k = 0; k < n && k < TURN_MAX; k++) {
            means[i].send(h);
            h->sent++;
        }
    }
    h->at = now;
    return now + TURN;
}

/* ---- life ---- */

void hostile_open(struct hostile *h, struct load *l) {
    *h = (struct hostile){.load = l};
    crowd_open(&h->crowd, l, 1, 1);
    load_also(l, turn, h);
}

void hostile_close(struct hostile *h) {
    if (h->load) {
        load_also(h->load, NULL, NULL);
        crowd_close(&h->crowd, h->load);
    }
    h->load = NULL;
}

/* The viewer must have seen something, to ask for it again. */
static bool is_in(void *ctx) {
    const struct crowd *c = &((struct hostile *)ctx)->crowd;
    return crowd_count(c, CLIENT_FAILED) > 0 ||
           (crowd_count(c, CLIENT_UP) == 2 && c->viewers[0].join.picture);
}

bool hostile_join(struct hostile *h, struct target *t, unsigned room) {
    oriel_intrude(t, &h->crowd.publishers[0], &h->crowd.viewers[0], room);
    return load_wait(h->load, clock_now() + JOIN_MAX, is_in, h) &&
           crowd_count(&h->crowd, CLIENT_FAILED) == 0;
}

void hostile_attack(struct hostile *h, unsigned attacks) {
    h->attacks = attacks;
    h->at = clock_now();
    memset(h->owed, 0, sizeof(h->owed));
}
