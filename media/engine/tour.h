/* A tour inside the engine: its room, and what of it has been told to the recorder. Owner: the
 * engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_TOUR_H
#define ORIEL_MEDIA_ENGINE_TOUR_H

#include "media/engine/engine.h"
#include "media/room/room.h"

struct tour {
    struct engine_timer timer; /* first: the engine finds the tour by its timer */
    struct engine *engine;
    uint64_t handle;
    struct link changed; /* engine.changed, while ranking must run again */
    struct link in_engine;
    struct link spoken;    /* engine.spoken, while told_speaker may be wrong */
    uint64_t told_speaker; /* by MEDIA_SPEAKER */
    struct link peers;     /* session.in_tour */
    bool tapped, removing;
    uint8_t home;       /* worker that ranks voices and taps */
    uint64_t others;    /* bit per other worker that has the tour too */
    uint64_t met;       /* and of those, per one that has said so: it has been introduced */
    bool mixed;         /* RELAY_MIX has it, too */
    us_t beat_at;       /* [us] what others should know is told again, US_NEVER = no others */
    uint8_t beat;       /* which part of it was told last */
    us_t need_at;       /* [us] what nobody needs is looked for again, US_NEVER: one layer each */
    us_t tap_at;        /* [us] sources are still to be told to the recorder; US_NEVER */
    struct link flows;  /* flow.in_tour: sources received here, and replicas */
    int64_t taken_paid; /* [ns] of intake.h, */
    int64_t share_paid; /* [ns] and of its share of the worker */
    struct link taking; /* engine.taking, */
    us_t took_at;       /* and when it came there, or was looked at */
    uint32_t intake_bytes; /* [bytes/s] 0: as engine_config.tour_bytes */
    uint32_t stage_tap;    /* tap id last told by TAP_STAGE */
    uint32_t voice_tap;    /* and by TAP_VOICE */
    struct room room;
};

/* A tour in the engine's map. ERR_NOMEM, ERR_FULL. */
enum err tour_new(struct engine *e, uint64_t handle);
/* Out of the map, and gone: nobody may be in it any more. */
void tour_free(struct tour *t);
/* This engine ranks its voices and taps it. */
static inline bool tour_is_home(const struct tour *t) {
    return t->home == t->engine->c.worker;
}
/* Somebody else is told of it: another worker, or the mix. */
static inline bool tour_is_told(const struct tour *t) {
    return t->others || t->mixed;
}
/* Another speaks, or others are heard: tell, and rank again. */
void tour_voices_changed(struct tour *t);
/* NULL when there is none. */
struct tour *tour_find(const struct engine *e, uint64_t handle);
/* Ranking must run before the engine returns to its caller. */
void tour_changed(struct tour *t);
/* Set the timer to what its room waits for. */
void tour_reschedule(struct tour *t);
/* Its timer has fired. */
void tour_on_timer(struct tour *t, us_t now);

#endif
