/* Commands to an engine, one by one, as tests and benchmarks give them. */
#ifndef ORIEL_TESTS_SIM_ENGINE_H
#define ORIEL_TESTS_SIM_ENGINE_H

#include "media/engine/engine.h"
#include "media/media.h"

/* Errors of this and the others: base/command.h. */
static inline enum err engine_tour_add(struct engine *e, uint64_t tour) {
    return engine_command(e, e->now, &(struct command){.type = COMMAND_TOUR_ADD, .tour = tour});
}

/* At the time the engine knows. */
static inline enum err engine_tour_remove(struct engine *e, uint64_t tour) {
    return engine_command(e, e->now, &(struct command){.type = COMMAND_TOUR_REMOVE, .tour = tour});
}

/* others: bit per worker of the tour, without that of e itself. */
static inline enum err engine_tour_span(struct engine *e, us_t now, uint64_t tour, unsigned home,
                                        uint64_t others) {
    return engine_command(e, now,
                          &(struct command){.type = COMMAND_TOUR_SPAN,
                                            .tour = tour,
                                            .home = (uint8_t)home,
                                            .workers = others ^ 1ull << e->c.worker});
}

/* To the recorder. */
static inline enum err engine_tour_tap(struct engine *e, us_t now, uint64_t tour, bool on) {
    return engine_command(e, now,
                          &(struct command){.type = COMMAND_TOUR_TAP, .tour = tour, .on = on});
}

/* For RELAY_MIX. */
static inline enum err engine_tour_mix(struct engine *e, us_t now, uint64_t tour, bool on) {
    return engine_command(e, now,
                          &(struct command){.type = COMMAND_TOUR_MIX, .tour = tour, .on = on});
}

/* s is copied. */
static inline enum err engine_peer_add(struct engine *e, us_t now, const struct session_params *s) {
    struct session_params params = *s;
    return engine_command(
        e, now,
        &(struct command){.type = COMMAND_PEER_ADD, .peer = params.peer, .params = &params});
}

/* With a BYE. */
static inline enum err engine_peer_remove(struct engine *e, us_t now, uint64_t peer) {
    return engine_command(e, now, &(struct command){.type = COMMAND_PEER_REMOVE, .peer = peer});
}

/* c is copied. */
static inline enum err engine_peer_restart(struct engine *e, us_t now, uint64_t peer,
                                           const struct ice_credentials *c) {
    struct ice_credentials ice = *c;
    return engine_command(
        e, now, &(struct command){.type = COMMAND_PEER_RESTART, .peer = peer, .ice = &ice});
}

/* To be recorded. */
static inline enum err engine_peer_consent(struct engine *e, us_t now, uint64_t peer,
                                           bool consent) {
    return engine_command(
        e, now, &(struct command){.type = COMMAND_PEER_CONSENT, .peer = peer, .on = consent});
}

/* participant: 0 = nobody is left out. */
static inline enum err engine_peer_without(struct engine *e, us_t now, uint64_t peer,
                                           uint64_t participant) {
    return engine_command(
        e, now,
        &(struct command){.type = COMMAND_PEER_WITHOUT, .peer = peer, .participant = participant});
}

/* A source of this peer, off or on. */
static inline enum err engine_source_mute(struct engine *e, us_t now, uint64_t peer,
                                          enum source_kind kind, bool muted) {
    return engine_command(
        e, now,
        &(struct command){.type = COMMAND_MUTE, .peer = peer, .kind = (uint8_t)kind, .on = muted});
}

/* participant: 0 = nobody is pinned. */
static inline enum err engine_pin(struct engine *e, us_t now, uint64_t peer, uint64_t participant) {
    return engine_command(
        e, now, &(struct command){.type = COMMAND_PIN, .peer = peer, .participant = participant});
}

/* What others send of this kind, it may be shown or may not. */
static inline enum err engine_receive(struct engine *e, us_t now, uint64_t peer,
                                      enum source_kind kind, bool may) {
    return engine_command(
        e, now,
        &(struct command){.type = COMMAND_RECEIVE, .peer = peer, .kind = (uint8_t)kind, .on = may});
}

/* This peer is one from now on, or no more. */
static inline enum err engine_host(struct engine *e, us_t now, uint64_t peer, bool host) {
    return engine_command(e, now,
                          &(struct command){.type = COMMAND_HOST, .peer = peer, .on = host});
}

/* Participants, 0 = nobody. */
static inline enum err engine_stage(struct engine *e, us_t now, uint64_t tour, uint64_t spotlight,
                                    uint64_t lead) {
    return engine_command(
        e, now,
        &(struct command){
            .type = COMMAND_STAGE, .tour = tour, .participant = spotlight, .lead = lead});
}

/* bytes [1/s]: the most that this worker takes in of the tour; 0 = as it is configured. */
static inline enum err engine_tour_intake(struct engine *e, us_t now, uint64_t tour,
                                          uint32_t bytes) {
    return engine_command(
        e, now, &(struct command){.type = COMMAND_TOUR_INTAKE, .tour = tour, .bytes = bytes});
}

#endif
