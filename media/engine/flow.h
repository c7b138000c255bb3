/* A source as a tour has it on this worker, be it received here (source.h) or by another one
 * (replica.h): its place in the room, the feeds that viewers get, and what the recorder is told of
 * it. Owner: the engine's thread.
 *
 * DESIGN. The room shows sources; what goes out is a layer of one, and each layer is a feed. With
 * simulcast there are several, else one. Everybody gets the largest picture that flows: when that
 * is another one, every slot that shows the source is bound again, and its stream switches at a key
 * frame as it does between sources. */
#ifndef ORIEL_MEDIA_ENGINE_FLOW_H
#define ORIEL_MEDIA_ENGINE_FLOW_H

#include "media/engine/copy.h"
#include "media/engine/snapshot.h"
#include "media/engine/tour.h"
#include "media/feed/feed.h"

#define LAYER_HOLE_OPEN UINT64_MAX

struct layer {
    struct flow *flow;
    uint8_t number; /* index in flow.layers */
    struct feed feed;
    uint32_t ssrc;    /* of the stream that flows now */
    uint32_t tap_id;  /* kept over pauses; 0 = never tapped */
    us_t needed_at;   /* [us] somebody needed it, or it began */
    us_t asked_at;    /* [us] it was asked for last, being dormant */
    us_t told_at;     /* [us] another worker said last that it needs it (RELAY_NEEDED); 0: never */
    bool torn;        /* a packet will not come any more: other workers are still to be told */
    us_t torn_told;   /* [us] they were, by a state for that alone; 0: never */
    uint16_t relayed; /* relay.count of the last: that went out, or that came */
    bool hears;       /* that is known of what comes */
    uint64_t hole;    /* replica: what came before this number is not whole, and no key frame has
                         begun since; LAYER_HOLE_OPEN: nor anything come; 0: it is */
    struct picture_copy copy;
};

struct flow {
    struct tour *tour;
    struct link in_tour;                      /* tour.flows */
    const struct session_line *line;          /* borrowed: of the m-line that it comes from */
    const struct clock_offset *offset;        /* borrowed: its participant's clock against ours */
    struct layer *layers[SESSION_LAYERS_MAX]; /* largest first, as the line's rids; NULL: nothing of
                                                 it has come */
    struct layer *shown; /* what everybody gets: flows, or flowed last; NULL before all */
    uint8_t dormant;     /* bit per layer: does not flow, but comes when it is asked for (need.h) */
    struct layer *tapped; /* TAP_SOURCE_ON was the last that was told of it; NULL = none */
    struct room_source place;
    uint16_t origin;    /* worker that receives it */
    uint32_t id;        /* at its origin */
    bool consent;       /* it may be recorded */
    struct link untold; /* engine.untold, while untold_to is not 0 */
    uint64_t untold_to; /* bit per worker that is to be told what flows, */
    uint64_t strangers; /* and of those, per one that gets copies of its pictures, too */
};

/* The flow with this place in its room; NULL for NULL. */
static inline struct flow *flow_of(struct room_source *place) {
    return place ? CONTAINER_OF(place, struct flow, place) : NULL;
}
/* The layer of this feed. */
static inline struct layer *layer_of(struct feed *f) {
    return CONTAINER_OF(f, struct layer, feed);
}
/* What a snapshot calls it (snapshot.h). */
static inline uint32_t layer_key(const struct layer *l) {
    return snapshot_key(l->flow->place.participant, l->flow->place.kind, l->number, l->ssrc);
}
/* It can be shown: now, or as soon as it has been asked for. */
static inline bool layer_is_offered(const struct layer *l) {
    return l->feed.live || l == l->flow->shown || (l->flow->dormant & 1u << l->number);
}
/* It is received by this engine. */
static inline bool flow_is_local(const struct flow *f) {
    return f->origin == f->tour->engine->c.worker;
}

/* In zeroed memory but for place, origin, id and consent, which the caller has set. Borrowed: line
 * and offset. */
void flow_init(struct flow *f, struct tour *t, const struct session_line *line,
               const struct clock_offset *offset);
/* Off and shown by nobody; what it holds is freed. */
void flow_free(struct flow *f, us_t now);
/* Layer i, made when there is none. NULL without memory. */
struct layer *flow_layer(struct flow *f, unsigned i);
/* The layer is another stream with its own numbers: off, shown by nobody, another source to the
 * recorder. */
void flow_restart(struct layer *l, us_t now);
/* Which layers flow: bit per number. */
static inline unsigned flow_live(const struct flow *f) {
    unsigned layers = 0;
    for (unsigned i = 0; i < SESSION_LAYERS_MAX; i++) {
        layers |= f->layers[i] && f->layers[i]->feed.live ? 1u << i : 0;
    }
    return layers;
}
/* Every layer, as a set: bit per number. */
#define FLOW_ALL ((1u << SESSION_LAYERS_MAX) - 1)
/* Visit those layers of a set, largest first, of which something has come. Not to be broken off. */
#define FLOW_EACH_LAYER(l, f, set)                                      \
    for (unsigned l##_left = (set); l##_left; l##_left &= l##_left - 1) \
        for (struct layer *l = (f)->layers[__builtin_ctz(l##_left)]; l; l = NULL)
/* These flow from now on, and no others: all at once, so that nobody gets a layer that is about to
 * end. While any flows the source is ranked. Nothing when it is so already. */
void flow_set(struct flow *f, unsigned layers, us_t now);
/* Whoever sends it is a host, or is none: another rank for it. */
void flow_host(struct flow *f, bool host);
/* A packet of it, for cache, ranking, recorder and viewers; slots are bound. keep: it may be held.
 */
void flow_packet(struct layer *l, us_t now, struct media_packet *p, bool keep);
/* One of what another worker keeps of its picture, for the cache alone; without a packet where none
 * of that number is kept. begins: its key frame does. */
void flow_copy(struct layer *l, const struct media_packet *p, bool begins);
/* A packet that is not passed on leaves no gap. Of pictures it is one that carried nothing, which
 * the recorder is told, for it cannot tell that from a loss. */
void flow_skip(struct layer *l, us_t now, uint64_t seq);
/* How often a key frame of it is asked for by itself [us], 0: never. What is kept for who comes
 * late needs one like a recording. */
us_t flow_keyframe_interval(const struct flow *f, bool tapped);
/* A sender report of it. */
void flow_report(struct layer *l, us_t now, uint64_t ntp, uint32_t rtp_ts);
/* Tap or do not tap, as tour, consent and life of the source have it now. */
void flow_tap_update(struct flow *f, us_t now);
/* What every tap message of it says; the caller adds the rest. */
struct tap flow_tap(const struct layer *l, enum tap_type type, us_t now);

#endif
