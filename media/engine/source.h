/* Something that really is sent: an m-line whose first packet has come, received by this worker.
 * It begins and ends by layers (flow.h): each stream of the m-line is heard or silent for itself.
 * Owner: the engine's thread. */
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
/* [us] whose peer has not been heard that much later, of whom nobody knows whether he sends
 * pictures; browsers are heard each 2.5 s even if they send nothing (RFC 7675) */
#define SOURCE_CUT (1 * US_PER_S)
/* [us] without packets of a layer while others go on: encoders stop layers when there is no room
 * for them, and nobody's picture should stand still for longer */
#define SOURCE_LAYER_SILENT (500 * US_PER_MS)

struct source {
    struct session *session;
    struct inbound_line *line; /* session->lines[i] */
    struct flow flow;
    uint8_t off;              /* bit per layer: nobody needs it, its sender is told to stop it */
    bool cut;                 /* its peer was, when it was looked at last */
    us_t cut_heard;           /* [us] its last packet before that; 0 = it never was */
    us_t cut_until;           /* [us] it is not off before, unless one more has come */
    us_t level_said;          /* [us] of the last packet with a level (RFC 6464), 0 = none had */
    us_t level_at;            /* [us] of the last packet that was decoded for it */
    struct opus_level *level; /* decodes, while its client sends none; NULL: need not, or may not */
};

/* The source of this flow, which must be local. */
static inline struct source *source_of(struct flow *f) {
    return CONTAINER_OF(f, struct source, flow);
}

/* What comes of a layer of it. */
static inline struct inbound *inbound_of(const struct layer *l) {
    return &source_of(l->flow)->line->streams[l->number];
}

/* Make what is missing at the first packet of stream `number` of line i: its books, s->sources[i]
 * and its layer, which is returned. NULL without memory. */
struct layer *source_make(struct session *s, unsigned i, unsigned number);
/* Take it off all slots and free it; NULL allowed. */
void source_free(struct source *x, us_t now);
/* Layer i of all that the session can send, SESSION_LAYERS_MAX to a line; NULL: nothing of it has
 * come. */
static inline struct layer *source_layer(const struct session *s, unsigned i) {
    const struct source *x = s->sources[i / SESSION_LAYERS_MAX];
    return x ? x->flow.layers[i % SESSION_LAYERS_MAX] : NULL;
}
/* Visit each layer that something has come of. */
#define EACH_LAYER(l, s)                                                         \
    for (unsigned l##_i = 0; l##_i < (s)->n_lines * SESSION_LAYERS_MAX; l##_i++) \
        for (struct layer *l = source_layer(s, l##_i); l; l = NULL)
/* The layer with this ssrc among what the session sends, or NULL. */
struct layer *source_by_ssrc(const struct session *s, uint32_t ssrc);
/* Another ssrc has taken the stream over: it begins anew with its own numbers. */
void source_restart(struct layer *l, us_t now);
/* Packets of the layer flow: rank it, tell of it. */
void source_on(struct layer *l, us_t now);
/* It was flowing when the snapshot was taken: as source_on, but nothing new is told. */
void source_enter(struct layer *l, us_t now);
/* Its sender has said BYE: off after SOURCE_BYE if nothing comes until then. */
void source_bye(struct layer *l, us_t now);
/* Something of it will not come any more, or is not passed on: its picture is of use to nobody
 * until the next key frame, here or on another worker. */
void source_torn(struct layer *l, us_t now);
/* All layers are off. */
void source_stop(struct source *x, us_t now);
/* When source_on_timer has something to do; US_NEVER. */
us_t source_deadline(const struct source *x);
/* Let old packets go; layers are off that have been silent for too long. */
void source_on_timer(struct source *x, us_t now);
/* Whoever sends it is a host from now on, or no more. */
void source_host(struct source *x, bool host);
/* It may be recorded, or no more. */
void source_consent(struct source *x, us_t now, bool consent);
/* A packet of it that says no level gets one, if it is the time for it: unknown is not silent. At
 * most engine_config.level_decoders sources are decoded for that; what others say is taken for a
 * quiet voice, which gives way to any that is known to be louder. */
void source_level(struct source *x, us_t now, struct media_packet *p);

#endif
