/* Something that really is sent: an m-line whose first packet has come, received by this
 * worker. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_SOURCE_H
#define ORIEL_MEDIA_ENGINE_SOURCE_H

#include "media/audio/opus_level.h"
#include "media/engine/flow.h"
#include "media/engine/session.h"

/* [us] after a BYE (RFC 3550 section 6.6) without another packet: who says it and goes on, or does
 * so in turn, stays on */
#define SOURCE_BYE (1 * US_PER_S)
#define SOURCE_SILENT (2 * US_PER_S) /* [us] without packets: it is off (media.h) */
/* [us] the same for a screen: browsers repeat a still one once a second, and one repetition may get
 * lost */
#define SOURCE_STILL (5 * US_PER_S)

struct source {
    struct session *session;
    struct inbound *in; /* session->in[i] */
    struct flow flow;
    bool sends_levels;        /* RFC 6464 was seen: nothing is decoded */
    us_t level_at;            /* [us] of the last packet that was decoded */
    struct opus_level *level; /* made with the first packet without a level */
    us_t bye_at;              /* [us] its sender said BYE, 0 = never */
};

/* The source of this flow, which must be local. */
static inline struct source *source_of(struct flow *f) {
    return CONTAINER_OF(f, struct source, flow);
}

/* Make s->sources[i], at its first packet. ERR_NOMEM. Twice does no harm. */
enum err source_make(struct session *s, unsigned i);
/* Take it off all slots and free it; NULL allowed. */
void source_free(struct source *x, us_t now);
/* Another ssrc has taken the m-line over: a new stream with its own numbers. */
void source_restart(struct source *x, us_t now);
/* Packets flow: rank it, tell of it. */
void source_on(struct source *x, us_t now);
/* It was flowing when the snapshot was taken: as source_on, but nothing new is told. */
void source_enter(struct source *x, us_t now);
/* They do not any more. Nothing when it is off already. */
void source_off(struct source *x, us_t now);
/* Its sender has said BYE: off after SOURCE_BYE if nothing comes until then. */
void source_bye(struct source *x, us_t now);
/* When source_on_timer has something to do; US_NEVER. */
us_t source_deadline(const struct source *x);
/* Let old packets go; off when it has been silent for too long. */
void source_on_timer(struct source *x, us_t now);
/* It may be recorded, or no more. */
void source_consent(struct source *x, us_t now, bool consent);
/* A packet of it that says no level gets one, if it is the time for it: unknown is not silent. */
void source_level(struct source *x, us_t now, struct media_packet *p);

#endif
