/* One tour that is mixed: its voices, its listeners, and the outputs that they hear. Private to
 * media/mix. Owner: the mix thread. */
#ifndef ORIEL_MEDIA_MIX_MIXED_H
#define ORIEL_MEDIA_MIX_MIXED_H

#include "base/list.h"
#include "media/mix/outbox.h"
#include "media/mix/voice.h"

struct output { /* what one or more listeners hear */
    struct link in_tour;
    uint32_t id;      /* of the mixer's output, and of the flow that engines make of it */
    uint32_t input;   /* what it leaves out: the mixer's, 0 = nothing, */
    uint64_t without; /* and whose that is, 0 = nobody */
    uint64_t workers; /* bit per engine with a listener */
    uint64_t seq;     /* of the packet sent last */
    us_t sent_at;     /* [us] mix time of it */
    bool silent;      /* the last frame was silence */
    bool rests;       /* and frames were left out since something was heard last */
};

struct listener {
    struct link in_tour;
    uint64_t peer;
    uint8_t worker;
    struct output *output;
};

/* A voice that found no place: what its engine said of it last, in case it speaks. */
struct unheard {
    struct relay state; /* type 0: free */
    us_t told_at;       /* [us] */
};

/* What all tours share. */
struct mixed_common {
    struct mixes_config c;
    struct mix_counters n;
    struct outbox out;
    uint32_t last_id; /* of outputs and inputs */
};

struct mixed {
    struct mixed_common *common;
    struct link in_mixes;
    uint64_t tour;
    struct mixer *mixer;
    us_t beat_at; /* [us] engines are told again */
    us_t now;     /* of the call under way */
    struct link outputs, listeners;
    struct voice *voices;    /* c.voices places */
    struct unheard *unheard; /* UNHEARD(c.voices) */
};

/* A tour without listeners. NULL without memory. */
struct mixed *mixed_new(struct mixed_common *common, us_t now, uint64_t tour);
/* Engines are told that its outputs are gone. Returns NULL. */
struct mixed *mixed_free(struct mixed *t);
/* A listener begins or hears another output. ERR_NOMEM, ERR_FULL: nothing has changed. */
enum err mixed_listen(struct mixed *t, us_t now, const struct mix_order *o);
/* This listener is here. */
bool mixed_hears(struct mixed *t, uint64_t peer);
/* It ends; false: it was not here. */
bool mixed_unlisten(struct mixed *t, uint64_t peer);
/* What an engine tells of the tour; the reference in it is the caller's. */
void mixed_input(struct mixed *t, us_t now, const struct relay *m);
us_t mixed_deadline(const struct mixed *t);
/* At most one frame. */
void mixed_timeout(struct mixed *t, us_t now);

#endif
