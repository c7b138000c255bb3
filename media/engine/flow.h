/* A source as a tour has it on this worker, be it received here (source.h) or by another one
 * (replica.h): the feed that viewers get, its place in the room, and what the recorder is told of
 * it. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_FLOW_H
#define ORIEL_MEDIA_ENGINE_FLOW_H

#include "media/engine/tour.h"
#include "media/feed/feed.h"

struct flow {
    struct tour *tour;
    struct link in_engine; /* engine.flows */
    struct feed feed;
    struct room_source place;
    uint16_t origin; /* worker that receives it */
    uint32_t id;     /* at its origin */
    bool consent;    /* it may be recorded */
    bool tapped;     /* TAP_SOURCE_ON was the last that was told of it */
    uint32_t tap_id; /* kept over pauses; 0 = never tapped */
};

/* The flow with this place in its room; NULL for NULL. */
static inline struct flow *flow_of(struct room_source *place) {
    return place ? CONTAINER_OF(place, struct flow, place) : NULL;
}
/* The flow of this feed. */
static inline struct flow *flow_of_feed(struct feed *f) {
    return CONTAINER_OF(f, struct flow, feed);
}
/* It is received by this engine. */
static inline bool flow_is_local(const struct flow *f) {
    return f->origin == f->tour->engine->c.worker;
}

/* In zeroed memory but for place, origin, id and consent, which the caller has set. line: borrowed.
 * ERR_NOMEM: nothing is held. */
enum err flow_init(struct flow *f, struct tour *t, const struct session_line *line);
/* Off and shown by nobody; what it holds is freed. */
void flow_free(struct flow *f, us_t now);
/* A new stream with its own numbers: off, shown by nobody, another source to the recorder. */
void flow_restart(struct flow *f, us_t now);
/* Packets flow: rank it. */
void flow_on(struct flow *f, us_t now);
/* They do not any more. Nothing when it is off already. */
void flow_off(struct flow *f, us_t now);
/* A packet of it, for cache, ranking, recorder and viewers; slots are bound. keep: it may be held.
 */
void flow_packet(struct flow *f, us_t now, struct media_packet *p, bool keep);
/* A sender report of it. */
void flow_report(struct flow *f, us_t now, uint64_t ntp, uint32_t rtp_ts);
/* Tap or do not tap, as tour, consent and life of the source have it now. */
void flow_tap_update(struct flow *f, us_t now);
/* What every tap message of it says; the caller adds the rest. */
struct tap flow_tap(const struct flow *f, enum tap_type type, us_t now);

#endif
