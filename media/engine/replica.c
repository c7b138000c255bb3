#include "media/engine/replica.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/engine/bind.h"
#include "media/engine/event.h"
#include "media/engine/programme.h"
#include "media/engine/relay_out.h"
#include "media/engine/source.h"
#include "media/engine/turn.h"

static uint64_t key_of(unsigned origin, uint32_t id) {
    return (uint64_t)origin << 32 | id;
}

static struct replica *find(const struct engine *e, const struct relay *m) {
    return map_get(e->replicas, key_of(m->from, m->id));
}

static struct replica *make(struct tour *t, const struct relay *m) {
    struct engine *e = t->engine;
    struct replica *r = mem_zalloc(1, sizeof(*r));
    if (!r) {
        return NULL;
    }
    r->line.source = m->source.kind;
    r->line.codec = m->source.codec;
    r->flow.place = (struct room_source){.participant = m->source.participant,
                                         .kind = m->source.kind,
                                         .codec = m->source.codec,
                                         .host = m->source.host};
    r->flow.origin = m->from;
    r->flow.id = m->id;
    if (map_put(e->replicas, key_of(m->from, m->id), r) != OK) {
        mem_free(r);
        return NULL;
    }
    flow_init(&r->flow, t, &r->line, &r->offset);
    list_init(&r->in_tour);
    list_push(&t->replicas, &r->in_tour);
    return r;
}

void replica_free(struct replica *r, us_t now) {
    struct engine *e = r->flow.tour->engine;
    map_take(e->replicas, key_of(r->flow.origin, r->flow.id));
    list_remove(&r->in_tour);
    flow_free(&r->flow, now);
    mem_free(r);
}

static void on(struct engine *e, us_t now, const struct relay *m) {
    struct tour *t = tour_find(e, m->tour);
    struct replica *r = find(e, m);
    if (!r && t) {
        r = make(t, m);
    }
    struct layer *l = r && m->layer < SESSION_LAYERS_MAX ? flow_layer(&r->flow, m->layer) : NULL;
    if (!l) {
        e->n.drop_full += t != NULL; /* what comes of it finds nobody, and is dropped */
        return;
    }
    if (l->ssrc && l->ssrc != m->source.ssrc) {
        flow_restart(l, now);
    }
    if (!l->feed.live) {
        r->flow.consent = m->source.consent;
        r->flow.place.order = m->source.order;
        l->ssrc = m->source.ssrc;
        flow_on(l, now);
        bind_tour(r->flow.tour, now); /* its first packet comes next */
    }
}

static void packet(struct layer *l, us_t now, const struct relay *m) {
    struct media_packet p = m->packet;
    l->flow->tour->engine->n.relay_in++;
    if (l->feed.live) {
        flow_packet(l, now, &p, m->on);
    }
}

static void voices(struct engine *e, const struct relay *m) {
    struct tour *t = tour_find(e, m->tour);
    if (t && t->home == m->from) {
        room_voices(&t->room, m->voices.speaker, m->voices.top, m->voices.speakers);
        tour_changed(t);
    }
}

/* Another worker asks something of a source of ours. */
static void asked(struct engine *e, us_t now, const struct relay *m) {
    LIST_EACH(l, &e->flows) {
        struct flow *f = LIST_ENTRY(l, struct flow, in_engine);
        struct layer *x = m->layer < SESSION_LAYERS_MAX ? f->layers[m->layer] : NULL;
        if (f->id != m->id || !flow_is_local(f) || !x) {
            continue;
        }
        if (m->type == RELAY_TAPPED) {
            recv_keyframe_periodic(&x->feed.keyframe, now, m->on ? e->c.keyframe_interval : 0);
        } else {
            feed_need_keyframe(&x->feed);
        }
        return;
    }
}

/* Workers that have just got the tour hear of what we receive of it. */
static void introduce(struct tour *t, uint64_t fresh) {
    LIST_EACH(l, &t->room.live) {
        struct flow *f = flow_of(LIST_ENTRY(l, struct room_source, in_live));
        for (uint64_t left = fresh; flow_is_local(f) && left; left &= left - 1) {
            relay_flow_to(f, (unsigned)__builtin_ctzll(left));
        }
    }
    relay_voices(t);
}

/* Orders and messages come by different ways: whichever is first, the new one is introduced when it
 * has the tour and we know of it. */
static void hello(struct engine *e, const struct relay *m) {
    struct tour *t = tour_find(e, m->tour);
    if (t) {
        t->others |= 1ull << m->from;
        introduce(t, 1ull << m->from);
    }
}

static void of_layer(struct replica *r, us_t now, const struct relay *m) {
    struct layer *l = m->layer < SESSION_LAYERS_MAX ? r->flow.layers[m->layer] : NULL;
    if (!l) {
        return;
    }
    switch ((enum relay_type)m->type) {
    case RELAY_OFF:
        flow_off(l, now);
        break;
    case RELAY_PACKET:
        packet(l, now, m);
        break;
    case RELAY_SKIP:
        fanout_skip(&r->flow.tour->engine->fanout, &l->feed, m->seq);
        break;
    case RELAY_REPORT:
        clock_offset_load(&r->offset, now, m->report.offset);
        flow_report(l, now, m->report.ntp, m->report.rtp_ts);
        break;
    default:
        break;
    }
}

static void of_replica(struct replica *r, us_t now, const struct relay *m) {
    struct flow *f = &r->flow;
    switch ((enum relay_type)m->type) {
    case RELAY_GONE:
        replica_free(r, now);
        break;
    case RELAY_CONSENT:
        f->consent = m->on;
        flow_tap_update(f, now);
        programme_update(f->tour, now);
        break;
    default:
        of_layer(r, now, m);
        break;
    }
}

void engine_relay_input(struct engine *e, us_t now, const struct relay *m) {
    turn_input(e, now);
    struct replica *r = NULL;
    switch ((enum relay_type)m->type) {
    case RELAY_ON:
        on(e, now, m);
        break;
    case RELAY_HELLO:
        hello(e, m);
        break;
    case RELAY_VOICES:
        voices(e, m);
        break;
    case RELAY_KEY:
    case RELAY_TAPPED:
        asked(e, now, m);
        break;
    default:
        r = find(e, m);
        if (r) {
            of_replica(r, now, m);
        }
        break;
    }
    if (m->type == RELAY_PACKET) {
        packet_unref(m->packet.packet);
    }
    turn_end(e);
}

enum err engine_tour_span(struct engine *e, us_t now, uint64_t tour, unsigned home,
                          uint64_t others) {
    struct tour *t = tour_find(e, tour);
    if (!t) {
        return ERR_UNKNOWN;
    }
    if (home >= 64 || (others & 1ull << e->c.worker) ||
        (home != e->c.worker && !(others & 1ull << home))) {
        return ERR_RANGE;
    }
    turn_begin(e, now);
    uint64_t fresh = others & ~t->others;
    t->home = (uint8_t)home;
    t->others |= others;
    t->room.follows = !tour_is_home(t);
    introduce(t, fresh);
    relay_hello(t);
    turn_end(e);
    return OK;
}
