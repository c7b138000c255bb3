/* A tour inside the engine: its peers, its live sources and who speaks. Owner: the engine. */
#ifndef ORIEL_MEDIA_TOUR_H
#define ORIEL_MEDIA_TOUR_H

#include "media/audio/speaker.h"
#include "media/engine.h"

#define TOUR_VOICES_MAX 96         /* microphones ranked by loudness; more are heard unranked */
#define TOUR_SPEAKERS_MAX 4        /* how far back "the last speaker" is remembered */
#define TOUR_SETTLE (2 * US_PER_S) /* [us] see settle_until */

struct tour {
    struct engine_timer timer; /* first: the engine finds the tour by its timer */
    struct engine *engine;
    uint64_t handle;
    struct link changed; /* engine.changed, while ranking must run again */
    struct link in_engine;
    struct link peers; /* peer.in_tour */
    struct link live;  /* source.in_live, in order of arrival */
    bool tapped, removing;
    us_t settle_until;  /* [us] after an adoption bindings are kept until the rest has come */
    uint32_t stage_tap; /* tap id last told by TAP_STAGE */
    uint32_t voice_tap; /* and by TAP_VOICE */
    uint64_t speakers[TOUR_SPEAKERS_MAX]; /* who spoke last, newest first, 0 = free */
    struct speaker_set voices;            /* ids are participants */
};

/* A tour in the engine's map. ERR_NOMEM, ERR_FULL. */
enum err tour_new(struct engine *e, uint64_t handle);
/* NULL when there is none. */
struct tour *tour_find(const struct engine *e, uint64_t handle);
/* Remove a tour with its peers, without events for them. */
void tour_remove(struct tour *t, us_t now);
/* Ranking must run before the engine returns to its caller. */
void tour_changed(struct tour *t);
/* A microphone begins, its level arrives, it ends. */
void tour_voice_add(struct tour *t, struct source *s);
void tour_voice_level(struct tour *t, struct source *s, us_t now, uint8_t level);
void tour_voice_remove(struct tour *t, struct source *s);
void tour_on_timer(struct tour *t, us_t now);
void tour_reschedule(struct tour *t);
/* Note who speaks, for "the last speaker". */
void tour_spoke(struct tour *t, uint64_t participant);
/* The live source of this participant and kind, or NULL. */
struct source *tour_source(const struct tour *t, uint64_t participant, enum source_kind kind);

/* router.c */
/* What belongs on the stage for somebody who is `self` and has pinned `pinned` (0 = nobody). */
struct source *router_stage(const struct tour *t, uint64_t self, uint64_t pinned);
/* The voice of whoever speaks, or NULL. */
struct source *router_voice(const struct tour *t);
/* Rank and bind for every viewer of the tour. O(viewers), allocates nothing. */
void router_run(struct tour *t, us_t now);

#endif
