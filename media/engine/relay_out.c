#include "media/engine/relay_out.h"

#include <string.h>

#define RESERVED 128 /* places that packets leave to what must not be lost */

static struct relay *push(struct engine *e, const struct tour *t, enum relay_type type,
                          unsigned to) {
    struct relay_queue *q = &e->relays;
    uint32_t room = ENGINE_RELAYS_MAX - q->n;
    if (room <= (relay_may_be_lost(type) ? RESERVED : 0)) {
        e->n.relay_dropped++;
        return NULL;
    }
    struct relay *m = &q->ring[(q->head + q->n++) % ENGINE_RELAYS_MAX];
    *m = (struct relay){
        .type = (uint8_t)type, .to = (uint8_t)to, .from = (uint8_t)e->c.worker, .tour = t->handle};
    return m;
}

/* Visit the other workers of a tour. */
#define EACH_OTHER(w, t)                                                      \
    for (uint64_t w##_left = (t)->others; w##_left; w##_left &= w##_left - 1) \
        for (unsigned w = (unsigned)__builtin_ctzll(w##_left), w##_once = 1; w##_once; w##_once = 0)

static struct relay *of_layer(const struct layer *l, enum relay_type type, unsigned to) {
    struct tour *t = l->flow->tour;
    struct relay *m = push(t->engine, t, type, to);
    if (m) {
        m->id = l->flow->id;
        m->layer = l->number;
    }
    return m;
}

static void layer_to(const struct layer *l, enum relay_type type, unsigned to) {
    const struct flow *f = l->flow;
    struct relay *m = of_layer(l, type, to);
    if (m && type == RELAY_ON) {
        m->source.participant = f->place.participant;
        m->source.order = f->place.order;
        m->source.kind = f->place.kind;
        m->source.codec = f->place.codec;
        m->source.host = f->place.host;
        m->source.consent = f->consent;
        m->source.ssrc = l->ssrc;
    }
}

void relay_flow(const struct flow *f, enum relay_type type) {
    EACH_OTHER(w, f->tour) {
        struct relay *m = push(f->tour->engine, f->tour, type, w);
        if (m) {
            m->id = f->id;
            m->on = f->consent;
        }
    }
}

void relay_layer(const struct layer *l, enum relay_type type) {
    EACH_OTHER(w, l->flow->tour) {
        layer_to(l, type, w);
    }
}

void relay_hello(const struct tour *t) {
    EACH_OTHER(w, t) {
        (void)push(t->engine, t, RELAY_HELLO, w);
    }
}

void relay_flow_to(const struct flow *f, unsigned worker) {
    for (unsigned i = 0; i < SESSION_LAYERS_MAX; i++) {
        if (f->layers[i] && f->layers[i]->feed.live) {
            layer_to(f->layers[i], RELAY_ON, worker);
        }
    }
}

void relay_packet(const struct layer *l, const struct media_packet *p, bool keep) {
    EACH_OTHER(w, l->flow->tour) {
        struct relay *m = of_layer(l, RELAY_PACKET, w);
        if (m) {
            m->on = keep;
            m->packet = *p;
            packet_ref(p->packet);
        }
    }
}

void relay_skip(const struct layer *l, uint64_t seq) {
    EACH_OTHER(w, l->flow->tour) {
        struct relay *m = of_layer(l, RELAY_SKIP, w);
        if (m) {
            m->seq = seq;
        }
    }
}

void relay_report(const struct layer *l, uint64_t ntp, uint32_t rtp_ts) {
    EACH_OTHER(w, l->flow->tour) {
        struct relay *m = of_layer(l, RELAY_REPORT, w);
        if (m) {
            m->report.ntp = ntp;
            m->report.rtp_ts = rtp_ts;
            m->report.offset = clock_offset_save(l->feed.offset);
        }
    }
}

void relay_voices(const struct tour *t) {
    const struct room *r = &t->room;
    if (!tour_is_home(t)) {
        return;
    }
    EACH_OTHER(w, t) {
        struct relay *m = push(t->engine, t, RELAY_VOICES, w);
        if (m) {
            m->voices.speaker = r->voices.speaker;
            memcpy(m->voices.top, r->voices.top, sizeof(m->voices.top));
            memcpy(m->voices.speakers, r->speakers, sizeof(m->voices.speakers));
        }
    }
}

void relay_to_origin(const struct layer *l, enum relay_type type, bool on) {
    struct relay *m = of_layer(l, type, l->flow->origin);
    if (m) {
        m->on = on;
    }
}

bool engine_relay(struct engine *e, struct relay *ret) {
    OWNER_CHECK(&e->owner);
    struct relay_queue *q = &e->relays;
    if (q->n == 0) {
        return false;
    }
    *ret = q->ring[q->head];
    q->head = (q->head + 1) % ENGINE_RELAYS_MAX;
    q->n--;
    return true;
}

void relay_drain(struct engine *e) {
    struct relay m;
    while (engine_relay(e, &m)) {
        if (m.type == RELAY_PACKET) {
            packet_unref(m.packet.packet);
        }
    }
}
