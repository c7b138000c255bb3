#include "media/engine/replica.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/engine/bind.h"
#include "media/engine/copy_in.h"
#include "media/engine/event.h"
#include "media/engine/need.h"
#include "media/engine/relay_out.h"
#include "media/engine/source.h"
#include "media/engine/turn.h"

#define BEAT_EVERY (1 * US_PER_S) /* [us] a flow is told again */
#define BEAT_PARTS 8 /* in so many parts, or a large tour would fill every mailbox at once */
/* Beats without a word of its origin until a replica is gone. They are ours and not seconds, since
 * whoever has been stopped for a while finds what the others have said only after it goes on. */
#define UNHEARD_MAX 4
/* [us] who asked for a key frame has the one that came so short a time ago by now; if not, the
 * request is repeated */
#define KEY_CROSSING (20 * US_PER_MS)

static uint64_t key_of(unsigned origin, uint32_t id) {
    return (uint64_t)origin << 32 | id;
}

static struct replica *find(const struct engine *e, const struct relay *m) {
    return map_get(e->replicas, key_of(m->from, m->id));
}

/* A replica must end when its origin is silent, although nobody is told of the tour by us: orders
 * to share it may come later than what others say of it, and what they say later than that they
 * have gone. */
static bool has_replica(const struct tour *t) {
    LIST_EACH(l, &t->flows) {
        if (!flow_is_local(LIST_ENTRY(l, struct flow, in_tour))) {
            return true;
        }
    }
    return false;
}

static void begin_beat(struct tour *t) {
    if (t->beat_at == US_NEVER) {
        t->beat_at = t->engine->now + BEAT_EVERY / BEAT_PARTS;
        tour_reschedule(t);
    }
}

/* Whether or not we tell anybody, replicas are looked after: what others say of a tour may come
 * before the order to share it, or after they have gone. */
static void end_beat_if_idle(struct tour *t) {
    if (!tour_is_told(t) && !has_replica(t)) {
        t->beat_at = US_NEVER;
        tour_reschedule(t);
    }
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
                                         .host = m->source.host,
                                         .mix = m->from == RELAY_MIX};
    r->flow.origin = m->from;
    r->flow.id = m->id;
    if (map_put(e->replicas, key_of(m->from, m->id), r) != OK) {
        mem_free(r);
        return NULL;
    }
    flow_init(&r->flow, t, &r->line, &r->offset);
    begin_beat(t);
    return r;
}

void replica_free(struct replica *r, us_t now) {
    struct engine *e = r->flow.tour->engine;
    map_take(e->replicas, key_of(r->flow.origin, r->flow.id));
    flow_free(&r->flow, now);
    mem_free(r);
}

/* This layer flows. False when there is no memory for it. */
static bool begin(struct flow *f, us_t now, unsigned i, uint32_t ssrc) {
    struct layer *l = flow_layer(f, i);
    if (!l) {
        f->tour->engine->n.drop_full++; /* what comes of it finds nobody, and is dropped */
        return false;
    }
    if (l->ssrc && l->ssrc != ssrc) {
        flow_restart(l, now);
        l->hole = 0;
    }
    l->ssrc = ssrc;
    return true;
}

/* Something before what comes next will not come any more: what is kept has a hole there. */
static void tear(struct layer *l) {
    packet_cache_release(&l->feed.cache);
    copy_torn(l);
}

/* So many of the layer have been told. One that has not come has found no room on its way and is
 * missing for good, and its origin does not know that. */
static void count(struct layer *l, uint16_t told) {
    if (l->hears && told != l->relayed && feed_is_video(&l->feed)) {
        tear(l);
        l->hole = LAYER_HOLE_OPEN;
    }
    l->relayed = told;
    l->hears = true;
}

/* The next one has come: a packet of this number, or that there is none. What is missing was before
 * it, or behind all others, if this is a repair. */
static void hear(struct layer *l, const struct relay *m, uint64_t seq) {
    uint64_t newer = l->feed.newest_seq + 1;
    count(l, (uint16_t)(m->count - 1));
    l->relayed = m->count;
    if (l->hole == LAYER_HOLE_OPEN) {
        l->hole = seq > newer ? seq : newer;
    }
}

/* A key frame mends a hole. Who is shown what comes behind it asks in vain for what is missing, and
 * then for a key frame: it is asked for at once. */
static void mend(struct layer *l) {
    bool begun = l->feed.has_key && l->feed.key_seq >= l->hole;
    bool shown = !list_empty(&l->feed.subs) || l->flow->tapped == l;
    if (l->hole > 0 && begun) {
        l->hole = 0;
    } else if (l->hole > 0 && shown && !l->feed.keyframe.needed) {
        feed_lost_picture(&l->feed);
    }
}

/* It is so from now on. Once more is as once. */
static void obey(struct flow *f, us_t now, const struct relay *m) {
    unsigned layers = 0;
    if (f->place.live && f->place.order != m->source.order) { /* a pause was not heard of: */
        flow_set(f, 0, now);
        bind_tour(f->tour, now); /* who was shown it, or waited, begins anew */
    }
    for (unsigned i = 0; i < SESSION_LAYERS_MAX; i++) {
        bool flows = m->source.flows & 1u << i && begin(f, now, i, m->source.ssrc[i]);
        layers |= flows ? 1u << i : 0;
    }
    f->consent = m->source.consent;
    f->place.order = m->source.order;
    flow_host(f, m->source.host);
    flow_set(f, layers, now);
    FLOW_EACH_LAYER(l, f, layers) {
        count(l, m->source.counts[l->number]);
        mend(l);
    }
    FLOW_EACH_LAYER(l, f, layers & m->source.torn) {
        tear(l);
    }
    FLOW_EACH_LAYER(l, f, layers & m->source.kept) {
        copy_await(l, now);
    }
    need_relayed(f, m);
    flow_tap_update(f, now);
    if (!list_empty(&f->tour->changed)) {
        bind_tour(f->tour, now); /* its first packet comes next */
    }
}

static void state(struct engine *e, us_t now, const struct relay *m) {
    struct tour *t = tour_find(e, m->tour);
    struct replica *r = find(e, m);
    bool asked_for = t && (t->mixed || m->from != RELAY_MIX);
    if (!r && asked_for && m->source.flows) {
        r = make(t, m);
        e->n.drop_full += !r;
    }
    if (r) {
        r->unheard = 0;
        obey(&r->flow, now, m);
    }
}

static void packet(struct layer *l, us_t now, const struct relay *m) {
    struct media_packet p = m->packet;
    l->flow->tour->engine->n.relay_in++;
    hear(l, m, p.seq);
    if (m->torn) {
        tear(l);
    }
    if (l->feed.live) {
        flow_packet(l, now, &p, m->on);
        copy_overtaken(l, &p, m->on);
    }
    mend(l);
}

static void voices(struct engine *e, const struct relay *m) {
    struct tour *t = tour_find(e, m->tour);
    if (t && t->home == m->from) {
        room_voices(&t->room, m->voices.speaker, m->voices.top, m->voices.speakers);
        tour_changed(t);
    }
}

/* The layer that is recorded, and no other, is asked for key frames periodically. */
static void tapped(struct flow *f, us_t now, const struct relay *m) {
    FLOW_EACH_LAYER(l, f, flow_live(f)) {
        us_t interval = flow_keyframe_interval(f, m->on && m->layer == l->number);
        recv_keyframe_periodic(&l->feed.keyframe, now, interval);
    }
}

/* The key frame has been sent after that was said. */
static bool crosses(const struct feed *f, us_t now, uint64_t hole) {
    return f->has_key && (hole ? f->key_seq >= hole : now - f->key_at <= KEY_CROSSING);
}

static void key(struct flow *f, us_t now, const struct relay *m) {
    struct feed *feed = flow_live(f) & 1u << m->layer ? &f->layers[m->layer]->feed : NULL;
    if (feed && !crosses(feed, now, m->seq)) {
        (m->on ? feed_lost_picture : feed_need_keyframe)(feed);
    }
}

static void obey_asked(struct flow *f, us_t now, const struct relay *m) {
    if (m->type == RELAY_NEEDED) {
        need_told(f, m->layer, now);
    } else {
        (m->type == RELAY_TAPPED ? tapped : key)(f, now, m);
    }
}

/* Another worker asks something of a source of ours. */
static void asked(struct engine *e, us_t now, const struct relay *m) {
    struct tour *t = tour_find(e, m->tour);
    if (!t || m->layer >= SESSION_LAYERS_MAX) {
        return;
    }
    LIST_EACH(l, &t->room.live) {
        struct flow *f = flow_of(LIST_ENTRY(l, struct room_source, in_live));
        if (f->id == m->id && flow_is_local(f)) {
            obey_asked(f, now, m);
            return;
        }
    }
}

/* Workers that have just got the tour hear of what we receive of it; those of `first`, who have
 * never said so before, get a copy of what is kept. */
static void introduce(struct tour *t, uint64_t fresh, uint64_t first) {
    LIST_EACH(l, &t->room.live) {
        struct flow *f = flow_of(LIST_ENTRY(l, struct room_source, in_live));
        if (flow_is_local(f)) {
            relay_introduce(f, fresh, first);
        }
    }
    relay_voices(t);
    if (tour_is_told(t)) {
        begin_beat(t);
    }
}

/* Orders and messages come by different ways: whichever is first, the new one is introduced when it
 * has the tour and we know of it. */
static void hello(struct engine *e, const struct relay *m) {
    struct tour *t = tour_find(e, m->tour);
    if (t) {
        uint64_t worker = 1ull << m->from, first = worker & ~t->met;
        t->others |= worker;
        t->met |= worker;
        introduce(t, worker, first);
    }
}

static void of_layer(struct replica *r, us_t now, const struct relay *m) {
    struct layer *l = m->layer < SESSION_LAYERS_MAX ? r->flow.layers[m->layer] : NULL;
    if (!l) {
        return;
    }
    switch ((enum relay_type)m->type) {
    case RELAY_PACKET:
        packet(l, now, m);
        break;
    case RELAY_KEPT:
        copy_input(l, now, m);
        break;
    case RELAY_SKIP:
        hear(l, m, m->seq);
        flow_skip(l, now, m->seq);
        mend(l);
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
    if (m->type == RELAY_GONE) {
        replica_free(r, now);
    } else {
        of_layer(r, now, m);
    }
}

void engine_relay_input(struct engine *e, us_t now, const struct relay *m) {
    turn_input(e, now);
    struct replica *r = NULL;
    switch ((enum relay_type)m->type) {
    case RELAY_STATE:
        state(e, now, m);
        break;
    case RELAY_HELLO:
        hello(e, m);
        break;
    case RELAY_VOICES:
        voices(e, m);
        break;
    case RELAY_KEY:
    case RELAY_TAPPED:
    case RELAY_NEEDED:
        asked(e, now, m);
        break;
    default:
        r = find(e, m);
        if (r) {
            of_replica(r, now, m);
        }
        break;
    }
    packet_unref(relay_carries(m));
    turn_end(e);
}

/* What its origin should know. Requests for key frames are throttled (recv_keyframe_pass_on), so
 * one that has just been sent is not sent again. */
static void ask(struct flow *f) {
    if (tour_is_home(f->tour)) {
        relay_to_origin(f->tapped ? f->tapped : f->shown, RELAY_TAPPED, f->tapped);
    }
    FLOW_EACH_LAYER(l, f, flow_live(f)) {
        if (l->feed.keyframe.needed) {
            feed_need_keyframe(&l->feed);
        }
    }
}

static void beat(struct replica *r, us_t now) {
    struct flow *f = &r->flow;
    if (++r->unheard > UNHEARD_MAX) {
        replica_free(r, now);
    } else if (f->place.live && f->place.kind != SOURCE_MICROPHONE) {
        ask(f);
        need_tell(f, now);
    }
}

void replica_beat(struct tour *t, us_t now) {
    if (now < t->beat_at) {
        return;
    }
    t->beat_at = now + BEAT_EVERY / BEAT_PARTS;
    t->beat = (t->beat + 1) % BEAT_PARTS;
    LIST_EACH(l, &t->flows) {
        struct flow *f = LIST_ENTRY(l, struct flow, in_tour);
        copy_late(f, now);
        if (f->id % BEAT_PARTS != t->beat) {
            continue;
        }
        if (flow_is_local(f)) {
            relay_state_later(f);
        } else if (tap_room(t->engine)) { /* else at its next one */
            beat(replica_of(f), now);
        }
    }
    if (t->beat == 0) {
        relay_voices(t);
        end_beat_if_idle(t);
    }
}

void replica_span(struct tour *t, unsigned home, uint64_t others) {
    uint64_t fresh = others & ~t->others;
    t->home = (uint8_t)home;
    t->others |= others;
    room_follow(&t->room, !tour_is_home(t));
    tour_reschedule(t);
    introduce(t, fresh, 0); /* without a copy: it may have no tour to put it in yet */
    relay_hello(t, t->others);
}

static void free_mixes(struct tour *t, us_t now) {
    LIST_EACH(l, &t->flows) {
        struct flow *f = LIST_ENTRY(l, struct flow, in_tour);
        if (f->origin == RELAY_MIX) {
            replica_free(replica_of(f), now);
        }
    }
}

void replica_mix(struct tour *t, us_t now, bool on) {
    t->mixed = on;
    if (on) {
        introduce(t, 1ull << RELAY_MIX, 0);
        relay_hello(t, 1ull << RELAY_MIX);
    } else {
        free_mixes(t, now);
        end_beat_if_idle(t);
    }
}
