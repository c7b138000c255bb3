#include "media/engine/relay_out.h"

#include "media/engine/copy_out.h"
#include "media/wire/red.h"

#include <string.h>

/* Places that packets leave to what tells of changes. A datagram is one packet, and those that its
 * redundancy repairs, so those of a batch always have a place, and however many workers there are,
 * each is one. */
#define RESERVED 128
#define PACKETS_MAX (1 + RED_REPAIRS_MAX) /* of a datagram */
_Static_assert(ENGINE_RELAYS_MAX > RESERVED + (1 + PACKETS_MAX) * ENGINE_BATCH_MAX,
               "a batch has room");
#define ROOM (4 * SESSION_SOURCES_MAX + 4) /* most messages one timer can cause */

/* How many places this type leaves to others. A datagram may hold many reports and many requests
 * for key frames; the next report comes soon, and a request is repeated (replica_beat). */
static uint32_t leaves(enum relay_type type) {
    if (type == RELAY_PACKET || type == RELAY_SKIP) {
        return RESERVED;
    }
    return type == RELAY_REPORT || type == RELAY_KEY || type == RELAY_NEEDED
               ? RESERVED + ENGINE_BATCH_MAX
               : 0;
}

static struct relay message(const struct tour *t, enum relay_type type) {
    return (struct relay){
        .type = (uint8_t)type, .from = (uint8_t)t->engine->c.worker, .tour = t->handle};
}

/* NULL: nobody is to be told, or there is no room. */
static struct relay *push(const struct tour *t, enum relay_type type, uint64_t to) {
    struct engine *e = t->engine;
    struct relay_queue *q = &e->relays;
    if (to == 0) {
        return NULL;
    }
    if (ENGINE_RELAYS_MAX - q->n <= leaves(type)) {
        e->n.relay_dropped += (uint64_t)__builtin_popcountll(to);
        return NULL;
    }
    uint32_t at = (q->head + q->n++) % ENGINE_RELAYS_MAX;
    q->ring[at].to = to;
    q->ring[at].m = message(t, type);
    return &q->ring[at].m;
}

static struct relay *push_layer(const struct layer *l, enum relay_type type, uint64_t to) {
    struct relay *m = push(l->flow->tour, type, to);
    if (m) {
        m->id = l->flow->id;
        m->layer = l->number;
    }
    return m;
}

static void fill_state(const struct flow *f, struct relay *ret) {
    ret->id = f->id;
    ret->source.participant = f->place.participant;
    ret->source.order = f->place.order;
    ret->source.kind = f->place.kind;
    ret->source.codec = f->place.codec;
    ret->source.host = f->place.host;
    ret->source.consent = f->consent;
    ret->source.flows = (uint8_t)flow_live(f);
    FLOW_EACH_LAYER(l, f, ret->source.flows) {
        ret->source.ssrc[l->number] = l->ssrc;
        ret->source.counts[l->number] = l->relayed;
        ret->source.torn |= (uint8_t)(l->torn ? 1u << l->number : 0);
    }
    ret->source.dormant = f->dormant;
    FLOW_EACH_LAYER(l, f, f->dormant) {
        ret->source.rate[l->number] = (uint32_t)meter_last(&l->feed.meter, TARGET_BEST);
    }
}

/* Who hears of a source of ours. */
static uint64_t audience(const struct flow *f) {
    bool mixed = f->tour->mixed && f->place.kind == SOURCE_MICROPHONE;
    return f->tour->others | (mixed ? 1ull << RELAY_MIX : 0);
}

bool relay_room(const struct engine *e) {
    return e->relays.n + ROOM <= ENGINE_RELAYS_MAX;
}

void relay_state(struct flow *f) {
    if (!relay_room(f->tour->engine)) {
        relay_state_later(f);
        return;
    }
    struct relay *m = push(f->tour, RELAY_STATE, audience(f));
    if (m) {
        fill_state(f, m);
    }
}

void relay_state_later(struct flow *f) {
    relay_introduce(f, audience(f), 0);
}

void relay_introduce(struct flow *f, uint64_t workers, uint64_t first) {
    f->untold_to |= workers & audience(f);
    f->strangers |= first & f->untold_to;
    if (f->untold_to && list_empty(&f->untold)) {
        list_push(&f->tour->engine->untold, &f->untold);
    }
}

void relay_gone(struct flow *f) {
    struct relay *m = push(f->tour, RELAY_GONE, audience(f));
    if (m) {
        m->id = f->id;
    }
    f->untold_to = f->strangers = 0;
    list_remove(&f->untold);
}

void relay_hello(const struct tour *t, uint64_t workers) {
    (void)push(t, RELAY_HELLO, workers);
}

/* For which there is no room, that counts. */
static struct relay *push_counted(struct layer *l, enum relay_type type) {
    struct relay *m = push_layer(l, type, audience(l->flow));
    l->relayed++;
    if (m) {
        m->count = l->relayed;
    }
    return m;
}

void relay_packet(struct layer *l, const struct media_packet *p, bool keep) {
    struct relay *m = push_counted(l, RELAY_PACKET);
    /* Who gets the tour later gets nothing of that picture. */
    l->torn = l->torn && audience(l->flow);
    if (m) {
        m->on = keep;
        m->torn = l->torn;
        l->torn = false;
        m->packet = *p;
        packet_ref(p->packet);
    }
}

void relay_skip(struct layer *l, uint64_t seq) {
    struct relay *m = push_counted(l, RELAY_SKIP);
    if (m) {
        m->seq = seq;
    }
}

void relay_report(const struct layer *l, uint64_t ntp, uint32_t rtp_ts) {
    struct relay *m = push_layer(l, RELAY_REPORT, audience(l->flow));
    if (m) {
        m->report.ntp = ntp;
        m->report.rtp_ts = rtp_ts;
        m->report.offset = clock_offset_save(l->feed.offset);
    }
}

void relay_voices(const struct tour *t) {
    const struct room *r = &t->room;
    struct relay *m = tour_is_home(t) ? push(t, RELAY_VOICES, t->others) : NULL;
    if (m) {
        m->voices.speaker = r->voices.speaker;
        memcpy(m->voices.top, r->voices.top, sizeof(m->voices.top));
        memcpy(m->voices.speakers, r->speakers, sizeof(m->voices.speakers));
    }
}

void relay_to_origin(const struct layer *l, enum relay_type type, bool on) {
    struct relay *m = push_layer(l, type, 1ull << l->flow->origin);
    if (m) {
        m->on = on;
        m->seq = l->hole;
    }
}

/* Each worker gets a reference; the queue's own is for the last. */
static bool queued(struct engine *e, struct relay *ret) {
    struct relay_queue *q = &e->relays;
    if (q->n == 0) {
        return false;
    }
    uint64_t *to = &q->ring[q->head].to;
    *ret = q->ring[q->head].m;
    ret->to = relay_take_worker(to);
    if (*to) {
        if (ret->type == RELAY_PACKET) {
            packet_ref(ret->packet.packet);
        }
        return true;
    }
    q->head = (q->head + 1) % ENGINE_RELAYS_MAX;
    q->n--;
    return true;
}

static bool untold(struct engine *e, struct relay *ret) {
    if (list_empty(&e->untold)) {
        return false;
    }
    struct flow *f = LIST_ENTRY(e->untold.next, struct flow, untold);
    *ret = message(f->tour, RELAY_STATE);
    fill_state(f, ret);
    ret->to = relay_take_worker(&f->untold_to);
    uint64_t worker = 1ull << ret->to;
    bool begins = f->strangers & worker;
    if (begins || !(f->tour->met & worker)) {
        ret->source.kept = copy_offer(f, ret->to, e->now, begins);
    }
    f->strangers &= ~worker;
    if (f->untold_to == 0) {
        list_remove(&f->untold);
    }
    return true;
}

bool engine_relay(struct engine *e, struct relay *ret) {
    OWNER_CHECK(&e->owner);
    return queued(e, ret) || untold(e, ret) || copy_next(e, ret);
}

void relay_drain(struct engine *e) {
    struct relay m;
    while (engine_relay(e, &m)) {
        packet_unref(relay_carries(&m));
    }
}
