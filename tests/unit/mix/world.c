#include "tests/unit/mix/world.h"

#define STEP (1 * MS)
#define TS_BASE 0xffff0000u /* so that timestamps wrap soon */

static uint32_t below(struct world *w, uint32_t n) {
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return n ? (uint32_t)(w->random >> 33) % n : 0;
}

void world_init(struct world *w, const struct mixes_config *c) {
    *w = (struct world){.now = START, .random = 1};
    w->voices = packet_pool_new(1024);
    w->pool = packet_pool_new(2048);
    CHECK(w->voices && w->pool);
    struct mixes_config mc = {.listeners = 8, .voices = 16, .delay = DELAY};
    mc = c ? *c : mc;
    mc.pool = mc.pool ? mc.pool : w->pool;
    w->x = mixes_new(&mc);
}

static struct ear *ear_of(struct world *w, uint64_t peer) {
    for (unsigned i = 0; i < EARS; i++) {
        if (w->ear[i].peer == peer) {
            return &w->ear[i];
        }
    }
    return NULL;
}

static void hear(struct world *w, struct ear *e, const struct relay *m) {
    const struct media_packet *p = &m->packet;
    /* The time of a sound is told by its timestamp: the one nearest to now. */
    us_t t = w->now - (us_t)(int32_t)((uint32_t)(w->now / MS * 48) - p->ts) * MS / 48;
    us_t after = w->now - t;
    listener_hear(&e->l, t, media_packet_payload(p));
    e->seq_jumps += e->packets > 0 && p->seq != e->last_seq + 1;
    e->first_seq = e->packets ? e->first_seq : p->seq;
    e->slowest = us_max(e->slowest, after);
    e->fastest = e->packets ? us_min(e->fastest, after) : after;
    e->markers += p->marker;
    e->last_seq = p->seq;
    e->last_ts = p->ts;
    e->last_at = w->now;
    e->packets++;
}

static void take(struct world *w, const struct relay *m) {
    EXPECT(m->from == RELAY_MIX && m->tour == TOUR);
    w->gone += m->type == RELAY_GONE;
    for (unsigned i = 0; i < EARS; i++) {
        struct ear *e = &w->ear[i];
        if (e->peer == 0 || e->worker != m->to) {
            continue;
        }
        if (m->type == RELAY_STATE && m->source.participant == e->without) {
            EXPECT(m->source.order == m->id && m->source.flows == 1 &&
                   m->source.codec == CODEC_OPUS && !m->source.consent);
            e->flow = m->id;
        } else if (m->type == RELAY_GONE && m->id == e->flow) {
            e->flow = 0;
        } else if (m->type == RELAY_PACKET && m->id == e->flow) {
            hear(w, e, m);
        } else if (m->type == RELAY_REPORT && m->id == e->flow) {
            /* What is said now arrives a packet later, and is heard at its arrival. */
            EXPECT_EQ(m->report.rtp_ts, (uint32_t)((w->now + 20 * MS) / MS * 48));
            e->reports++;
        }
    }
}

static void drain(struct world *w) {
    struct relay m;
    while (mixes_output(w->x, &m)) {
        take(w, &m);
        if (m.type == RELAY_PACKET) {
            packet_unref(m.packet.packet);
        }
    }
}

static void input(struct world *w, const struct relay *m) {
    mixes_input(w->x, w->now, m);
    drain(w);
}

void world_free(struct world *w) {
    for (unsigned i = 0; i < SPEAKERS; i++) {
        for (unsigned k = 0; k < w->who[i].n; k++) {
            packet_unref(w->who[i].way[k].m.packet.packet);
        }
        if (w->who[i].v.encoder) {
            voice_free(&w->who[i].v);
        }
    }
    w->x = mixes_free(w->x);
    for (unsigned i = 0; i < EARS; i++) {
        if (w->ear[i].peer) {
            listener_free(&w->ear[i].l);
        }
    }
    packet_pool_free(w->voices);
    packet_pool_free(w->pool);
}

void world_tell(struct world *w, struct speaker *s, bool on) {
    struct relay m = {.type = RELAY_STATE, .from = s->worker, .to = RELAY_MIX, .tour = TOUR};
    m.id = s->flow;
    m.source.participant = s->participant;
    m.source.order = s->flow;
    m.source.kind = SOURCE_MICROPHONE;
    m.source.host = s->host;
    m.source.codec = CODEC_OPUS;
    m.source.flows = on;
    m.source.ssrc[0] = s->flow;
    s->on = on;
    input(w, &m);
}

struct speaker *world_speaks(struct world *w, uint64_t participant, double frequency) {
    unsigned i = 0;
    while (w->who[i].participant) {
        i++;
        CHECK(i < SPEAKERS);
    }
    struct speaker *s = &w->who[i];
    *s = (struct speaker){.participant = participant, .flow = 100 + i};
    voice_init(&s->v, frequency, 0.2, 1);
    s->next = w->now + (us_t)i * 3 * MS; /* nobody's packets are in step */
    s->seq = (1u << 16) + 65500 + i;
    s->ts = TS_BASE + i * 7777;
    world_tell(w, s, true);
    return s;
}

/* A packet is on its way. */
static void say(struct world *w, struct speaker *s) {
    struct bytes opus = voice_next(&s->v);
    us_t at = s->next + (us_t)below(w, (uint32_t)s->jitter + 1);
    struct relay m = {.type = RELAY_PACKET, .from = s->worker, .to = RELAY_MIX, .tour = TOUR};
    m.id = s->flow;
    m.on = !s->low;
    m.packet = (struct media_packet){.seq = s->seq++, .ts = s->ts, .payload_at = 12};
    m.packet.has_level = true;
    m.packet.audio_level = s->says_silence ? 127 : 14;
    s->ts += 960;
    s->next += (us_t)(20.0 * MS / (1 + s->ppm / 1e6));
    at = us_max(at, s->last_at);
    s->last_at = at;
    if (below(w, 100) < s->loss || s->n == ON_THE_WAY) {
        return;
    }
    struct packet *k = packet_take(w->voices);
    CHECK(k && opus.n + 12 <= PACKET_CAP);
    memcpy(k->data + 12, opus.p, opus.n);
    m.packet.packet = k;
    m.packet.payload_len = (uint16_t)opus.n;
    /* One that is overtaken comes behind the next. */
    bool swaps = below(w, 100) < s->swap;
    s->way[s->n].at = swaps ? at + 21 * MS : at;
    s->way[s->n++].m = m;
}

static void arrive(struct world *w, struct speaker *s) {
    for (unsigned k = 0; k < s->n;) {
        if (s->way[k].at > w->now) {
            k++;
            continue;
        }
        struct relay m = s->way[k].m;
        m.packet.at = w->now;
        memmove(&s->way[k], &s->way[k + 1], (s->n - k - 1) * sizeof(s->way[0]));
        s->n--;
        input(w, &m);
    }
}

static void step(struct world *w, us_t by) {
    w->now += by;
    for (unsigned i = 0; i < SPEAKERS; i++) {
        struct speaker *s = &w->who[i];
        while (s->on && s->next <= w->now) {
            say(w, s);
        }
        arrive(w, s);
    }
    for (int i = 0; mixes_deadline(w->x) <= w->now; i++) {
        CHECK(i < 10000); /* it comes to an end */
        mixes_timeout(w->x, w->now);
        drain(w);
    }
}

void world_run(struct world *w, us_t time) {
    for (us_t end = w->now + time; w->now < end;) {
        step(w, STEP);
        /* As engines do. */
        for (unsigned i = 0; w->now % US_PER_S == 0 && i < SPEAKERS; i++) {
            if (w->who[i].on) {
                world_tell(w, &w->who[i], true);
            }
        }
    }
}

void world_sleep(struct world *w, us_t time) {
    step(w, time);
}

struct ear *world_listens(struct world *w, uint64_t peer, uint64_t without, uint8_t worker) {
    struct ear *e = ear_of(w, peer);
    if (!e) {
        e = ear_of(w, 0);
        CHECK(e);
        listener_init(&e->l);
        e->l.from = w->now / MIXER_FRAME * MIXER_FRAME;
        e->peer = peer;
    }
    e->worker = worker;
    e->without = without;
    e->flow = 0;
    struct mix_order o = {
        .tour = TOUR, .peer = peer, .without = without, .worker = worker, .on = true};
    EXPECT_EQ(mixes_order(w->x, w->now, &o), OK);
    drain(w);
    return e;
}

void world_unlistens(struct world *w, uint64_t peer) {
    struct mix_order o = {.tour = TOUR, .peer = peer};
    EXPECT_EQ(mixes_order(w->x, w->now, &o), OK);
    drain(w);
}

double world_tone(const struct world *w, const struct ear *e, double frequency, us_t span) {
    us_t to = w->now - DELAY - 60 * MS;
    return tone_of(&e->l, frequency, to - span, to).amplitude;
}
