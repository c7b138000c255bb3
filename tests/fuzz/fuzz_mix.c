/* libs: media_mix */
/* A live mix and what engines tell it: each operation is a byte of what, a byte of whom, two bytes
 * of when or which, a byte of how long, and a payload. What comes out is of outputs that were told
 * of, numbered without a gap, and every packet comes home. */
#include "base/check.h"
#include "media/mix/mixes.h"

#include <string.h>

#define HEAD 5
#define TOUR 7
#define WORKERS 2
#define OUTPUTS 64 /* ids that are followed */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct mixes *x;
    struct packet_pool *voices, *pool;
    us_t now;
    uint64_t seq; /* of the last packet of a voice */
    bool known[OUTPUTS][WORKERS];
    uint64_t last[OUTPUTS][WORKERS];
};

static void take_packet(struct world *w, const struct relay *m) {
    const struct media_packet *p = &m->packet;
    CHECK(p->payload_len > 0 && p->payload_len <= 1275 && p->at == w->now);
    if (m->id < OUTPUTS) {
        uint64_t *last = &w->last[m->id][m->to];
        CHECK(w->known[m->id][m->to]);
        CHECK(*last == 0 || p->seq == *last + 1);
        *last = p->seq;
    }
    packet_unref(p->packet);
}

static void drain(struct world *w) {
    struct relay m;
    while (mixes_output(w->x, &m)) {
        CHECK(m.from == RELAY_MIX && m.to < WORKERS && m.tour == TOUR);
        if (m.type == RELAY_PACKET) {
            take_packet(w, &m);
        } else if (m.id < OUTPUTS && m.type != RELAY_REPORT) {
            CHECK(m.type == RELAY_STATE || m.type == RELAY_GONE);
            w->known[m.id][m.to] = m.type == RELAY_STATE;
            w->last[m.id][m.to] = m.type == RELAY_STATE ? w->last[m.id][m.to] : 0;
        }
    }
}

static void tell_state(struct world *w, const uint8_t *op) {
    struct relay m = {.type = op[0] % 8 == 2 ? RELAY_GONE : RELAY_STATE, .tour = TOUR};
    m.from = op[1] >> 7;
    m.id = op[1] % 8;
    if (m.type == RELAY_STATE) {
        m.source.participant = op[2] % 5;
        m.source.order = op[3] % 4;
        m.source.kind = op[3] & 0x80 ? SOURCE_CAMERA : SOURCE_MICROPHONE;
        m.source.codec = CODEC_OPUS;
        m.source.flows = op[2] >> 7;
        m.source.ssrc[0] = op[3] >> 4 & 1;
    }
    mixes_input(w->x, w->now, &m);
}

static void tell_packet(struct world *w, const uint8_t *op) {
    struct packet *k = packet_take(w->voices);
    int ahead = (int8_t)op[2];
    if (!k) {
        return;
    }
    memcpy(k->data, op + HEAD, op[4]);
    w->seq = ahead > 0 ? w->seq + (unsigned)ahead % 4 : w->seq;
    struct relay m = {.type = RELAY_PACKET, .tour = TOUR, .on = op[0] < 0xf0};
    m.from = op[1] >> 7;
    m.id = op[1] % 8;
    m.packet = (struct media_packet){.packet = k, .at = w->now, .payload_len = op[4]};
    m.packet.seq = (1 << 20) + w->seq - (ahead < 0 ? (unsigned)-ahead % 16 : 0);
    m.packet.ts = (uint32_t)(w->now / US_PER_MS * 48) + (uint32_t)((int8_t)op[3] * 480);
    m.packet.has_level = op[0] & 0x40;
    m.packet.audio_level = op[0] & 0x20 ? 127 : 30;
    mixes_input(w->x, w->now, &m);
}

static void order(struct world *w, const uint8_t *op) {
    struct mix_order o = {.tour = TOUR, .peer = 1 + op[1] % 4, .on = op[2] & 1};
    o.without = op[3] % 5;
    o.worker = op[2] >> 1 & 1;
    (void)mixes_order(w->x, w->now, &o);
}

static void pass(struct world *w, us_t time) {
    w->now += time;
    for (int i = 0; i < 64 && mixes_deadline(w->x) <= w->now; i++) {
        mixes_timeout(w->x, w->now);
        drain(w);
    }
}

static void operate(struct world *w, const uint8_t *op) {
    switch (op[0] % 8) {
    case 0:
        order(w, op);
        break;
    case 1:
    case 2:
        tell_state(w, op);
        break;
    case 3:
        pass(w, (us_t)(op[2] << 8 | op[3]) * 100); /* up to 6.5 s */
        break;
    case 4:
        pass(w, 20 * US_PER_MS);
        break;
    default:
        tell_packet(w, op);
    }
    drain(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct world w;
    w = (struct world){.now = 10 * US_PER_S};
    w.voices = packet_pool_new(64);
    w.pool = packet_pool_new(64);
    CHECK(w.voices && w.pool);
    w.x = mixes_new(&(struct mixes_config){
        .listeners = 3, .voices = 3, .delay = 40 * US_PER_MS, .pool = w.pool});
    CHECK(w.x);
    for (size_t at = 0; at + HEAD <= size && at + HEAD + data[at + 4] <= size;) {
        operate(&w, data + at);
        at += HEAD + data[at + 4];
    }
    mixes_free(w.x);
    packet_pool_free(w.voices);
    packet_pool_free(w.pool);
    return 0;
}
