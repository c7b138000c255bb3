/* The scenarios: each is a function that lets a world live and says what it expects. */
#ifndef ORIEL_TESTS_SIM_SCENARIOS_H
#define ORIEL_TESTS_SIM_SCENARIOS_H

#include "tests/sim/sim_world.h"

struct scenario {
    const char *name; /* a behaviour */
    void (*run)(struct world *w);
    unsigned one_in; /* of the seeds of a run of all scenarios it takes one in so many */
};

extern const struct scenario scenarios[];
extern const unsigned n_scenarios;

#define SCENARIOS(X)                      \
    X(links_behave)                       \
    X(runs_replay)                        \
    X(join_and_play)                      \
    X(join_through_heavy_loss)            \
    X(loss_both_ways_is_repaired)         \
    X(reordering_and_copies_are_harmless) \
    X(late_joiner_gets_key_frame)         \
    X(screen_takes_the_stage)             \
    X(speaker_changes)                    \
    X(pin_keeps_the_stage)                \
    X(gallery_shows_the_others)           \
    X(ice_restart_moves_address)          \
    X(peer_vanishes)                      \
    X(leaving_is_final)                   \
    X(hostile_datagrams_change_nothing)   \
    X(wrap_around)                        \
    X(mute_stops_media)                   \
    X(consent_gates_taps)                 \
    X(tap_is_complete)                    \
    X(tour_on_two_workers)                \
    X(workers_agree_after_loss)           \
    X(tour_spreads)                       \
    X(tour_spreads_with_loss)             \
    X(workers_lose_packets)               \
    X(rebuild)                            \
    X(rebuild_with_loss)                  \
    X(rebuild_stale)                      \
    X(rebuild_stale_with_loss)            \
    X(rebuild_from_file)                  \
    X(rebuild_from_file_with_loss)        \
    X(anything_goes)

/* With pictures of real size, or many people: they take longer. The second: one_in. */
#define HEAVY_SCENARIOS(X) \
    X(stage_held, 2)       \
    X(rights, 2)           \
    X(tour, 4)             \
    X(tour_killed, 4)      \
    X(loss5, 4)            \
    X(speech10, 4)         \
    X(speech_upstream, 4)  \
    X(microphones100, 20)  \
    X(bursts, 4)           \
    X(bottleneck, 4)       \
    X(edge, 4)             \
    X(narrow, 4)           \
    X(late, 4)             \
    X(repaired, 4)         \
    X(uplink, 4)           \
    X(rough, 4)            \
    X(share, 4)            \
    X(svc, 4)              \
    X(fair, 4)             \
    X(unwatched, 4)        \
    X(slow_keys, 4)        \
    X(fifty, 20)           \
    X(storm, 20)
#define X(name) void scenario_##name(struct world *w);
SCENARIOS(X)
#undef X
#define X(name, one_in) void scenario_##name(struct world *w);
HEAVY_SCENARIOS(X)
#undef X

/* Common pieces (common.c). */

/* A link without loss: 5..40 ms, a little jitter; differs by seed. */
struct sim_link_config link_clean(struct world *w);
/* Loses a few percent, singly or in bursts. */
struct sim_link_config link_lossy(struct world *w);
/* An agent with camera and microphone (and a screen to share) who consents; receives too. */
struct browser_options an_agent(struct world *w);
/* A buyer with a microphone who receives. */
struct browser_options a_buyer(struct world *w);
/* Use lossy links in both directions. */
struct browser_options with_loss(struct world *w, struct browser_options o);
/* Run until all are connected; fails after 5 s. */
void run_connected(struct world *w);
/* The slot shows this participant and kind right now (a frame within 500 ms). */
void expect_shows(struct world *w, const struct play *p, const struct browser *whom,
                  enum source_kind source);
/* Frames decoded since `since` [us] amount to at least this share of the source's rate. */
void expect_rate(struct world *w, const struct play *p, us_t since, uint64_t frames_before,
                 unsigned percent);
/* Nothing was given up by any slot. */
void expect_nothing_lost(struct world *w);

#endif
