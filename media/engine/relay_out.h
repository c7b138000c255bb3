/* What is to be told to other engines, queued until engine_relay. Nothing where a tour is on one
 * worker only. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_RELAY_OUT_H
#define ORIEL_MEDIA_ENGINE_RELAY_OUT_H

#include "media/engine/flow.h"

/* RELAY_STATE of a source of ours, to every worker that has its tour. */
void relay_state(struct flow *f);
/* The same to these workers (bits) when what waits has been taken. Takes no place: what is told is
 * what is so then. */
void relay_state_later(struct flow *f, uint64_t workers);
/* RELAY_GONE of it. */
void relay_gone(struct flow *f);
/* RELAY_HELLO to every other worker of the tour. */
void relay_hello(const struct tour *t);
/* A packet of it; each message holds a reference. keep: the others may keep it too. */
void relay_packet(const struct layer *l, const struct media_packet *p, bool keep);
/* A packet that is not passed on. */
void relay_skip(const struct layer *l, uint64_t seq);
/* Its sender's report. */
void relay_report(const struct layer *l, uint64_t ntp, uint32_t rtp_ts);
/* Who speaks in a tour whose home we are. */
void relay_voices(const struct tour *t);
/* RELAY_KEY or RELAY_TAPPED of a replica, to its origin. */
void relay_to_origin(const struct layer *l, enum relay_type type, bool on);
/* There is room for what one timer can cause. */
bool relay_room(const struct engine *e);
/* Drop what waits. */
void relay_drain(struct engine *e);

#endif
