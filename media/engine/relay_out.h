/* What is to be told to other engines, queued until engine_relay: to every other worker that has
 * the tour, and of microphones to RELAY_MIX where it is mixed. Nothing where a tour is on one
 * worker only and not mixed. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_RELAY_OUT_H
#define ORIEL_MEDIA_ENGINE_RELAY_OUT_H

#include "media/engine/flow.h"

/* RELAY_STATE of a source of ours. */
void relay_state(struct flow *f);
/* The same when what waits has been taken. Takes no place: what is told is what is so then. */
void relay_state_later(struct flow *f);
/* The same to those of these workers (bits) that hear of it at all; those of `first` for the first
 * time, so they get a copy of its picture (copy.h). */
void relay_introduce(struct flow *f, uint64_t workers, uint64_t first);
/* RELAY_GONE of it. */
void relay_gone(struct flow *f);
/* RELAY_HELLO to these workers (bits). */
void relay_hello(const struct tour *t, uint64_t workers);
/* A packet of it; each message holds a reference. keep: the others may keep it too. It takes along
 * that the layer is torn. */
void relay_packet(struct layer *l, const struct media_packet *p, bool keep);
/* A packet that is not passed on. */
void relay_skip(struct layer *l, uint64_t seq);
/* Its sender's report. */
void relay_report(const struct layer *l, uint64_t ntp, uint32_t rtp_ts);
/* Who speaks in a tour whose home we are. */
void relay_voices(const struct tour *t);
/* RELAY_KEY, RELAY_TAPPED or RELAY_NEEDED of a replica, to its origin. */
void relay_to_origin(const struct layer *l, enum relay_type type, bool on);
/* There is room for what one timer can cause. */
bool relay_room(const struct engine *e);
/* The worker of the lowest bit, which is taken away. */
static inline uint8_t relay_take_worker(uint64_t *to) {
    uint8_t worker = (uint8_t)__builtin_ctzll(*to);
    *to &= *to - 1;
    return worker;
}
/* Drop what waits. */
void relay_drain(struct engine *e);

#endif
