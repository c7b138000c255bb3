/* The world in virtual time: one engine, or two that have the same tour, their browsers and the
 * links between them. It obeys the law of media.h (drain after every verb) and checks the
 * invariants after every event. A run depends on its seed alone: handshakes, too, draw from it. */
#ifndef ORIEL_TESTS_SIM_WORLD_H
#define ORIEL_TESTS_SIM_WORLD_H

#include "tests/sim/sim_browser.h"
#include "tests/sim/sim_engine.h"
#include "tests/sim/sim_invariants.h"
#include "tests/sim/sim_relay.h"

#define SIM_BROWSERS 8 /* that most scenarios may have */
#define SIM_BROWSERS_MAX 320
#define SIM_POOL 20000 /* a hundred microphones, kept for 3 s, are 15000 */
#define SIM_LOG 512
#define SIM_TOUR 77
#define SIM_MEDIA_SILENCE (2 * US_PER_S)
#define SIM_PEER_TIMEOUT (4 * US_PER_S)
#define SIM_JOIN_TIMEOUT (8 * US_PER_S)

#define SIM_TO_ENGINE (-1)
#define SIM_TO_FAR (-2)

struct pending { /* a datagram on its way */
    us_t at;
    uint64_t order;
    const struct sim_link *link; /* the path that it takes, */
    us_t left;                   /* [us] and when it has left the queue before that */
    int to;                      /* browser number, SIM_TO_ENGINE or SIM_TO_FAR */
    struct addr from, dest;
    uint16_t len;
    uint8_t data[];
};

#define SIM_HISTORY 21                    /* of the slots, */
#define SIM_HISTORY_STEP (50 * US_PER_MS) /* [us] one for each of this: a second */

struct remembered { /* the slots as they once were */
    us_t at;        /* 0 = not yet */
    struct session_slot slots[SIM_BROWSERS];
};

struct world {
    us_t now;
    uint64_t seed;
    struct rng_seeded seeded, entropy; /* the scenario's; OpenSSL's */
    struct rng rng;
    struct rng_seeded engine_seeded;
    struct engine_config config;
    struct packet_pool *pool;
    struct engine *engine; /* NULL while the process is down */
    struct engine *far;    /* the other worker that has the tour; NULL: there is none */
    struct sim_relay relay;
    struct rng_seeded far_seeded;
    struct browser *browsers[SIM_BROWSERS_MAX];
    unsigned n_browsers;
    uint64_t next_peer;
    struct session_slot *slots[2]; /* memory that outlives the engine: of each browser */
    unsigned bank;                 /* slots[bank][number] */
    us_t due[SIM_BROWSERS_MAX];    /* browser_deadline of each, while the world runs */
    uint8_t *file;                 /* or where they lie all together, see world_file; NULL */
    struct remembered *history;    /* SIM_HISTORY, or NULL: world_remember */

    struct pending **heap;
    size_t n_heap, cap_heap;
    uint64_t order;     /* of the datagram that is put on a wire next, */
    uint64_t delivered; /* and of the one that a browser gets now */

    /* What a scenario looks at by itself, or NULL: what engines report, and what browsers get. */
    void (*on_event)(struct world *w, const struct media_event *e);
    void (*on_content)(struct world *w, const struct browser *b, const struct content *c);
    void *ctx; /* of the scenario */

    bool verbose;      /* scenarios say what they measured */
    struct plot *plot; /* borrowed: NULL: nothing is drawn */
    bool failed;
    bool lossless;     /* no link may lose, copy or reorder: the invariants are then stricter */
    bool expect_stray; /* datagrams to addresses of nobody are part of the scenario */
    uint64_t hash;     /* of everything that crossed a link, with its time */
    us_t due_since;    /* something is due at once since then; US_NEVER */
    uint64_t n_events; /* processed */
    uint64_t strays;
    char why[240];

    struct media_event log[SIM_LOG];
    unsigned n_log; /* events so far; the log keeps the last SIM_LOG */
    uint64_t speaker;
    us_t rebuilt_at; /* 0 = never */
    unsigned rebuilds;
    unsigned crashes;      /* rebuilds where nothing was handed over, */
    uint64_t crashed_from; /* and `order` of the first datagram after the last one */
    bool tapping;
    uint64_t spotlight, lead; /* participants, as the platform has told */
    struct tap_watch tap;
};

/* An engine with one tour and nobody in it. Never NULL. */
struct world *world_new(uint64_t seed);
/* Free the engine and check what must hold then; w->failed and w->why tell the outcome. */
void world_end(struct world *w);
/* Free everything else. */
struct world *world_free(struct world *w);
/* What is kept from one world to the next: after the last one. */
void worlds_free(void);

/* Note a broken invariant or expectation; the first one counts and stops the run. */
void world_fail(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define SIM_EXPECT(w, cond) ((cond) ? (void)0 : world_fail((w), "%s", #cond))

/* The tour is on another worker too: browsers with `far` join there. The first one is its home. */
void world_span(struct world *w);
/* The engine that this browser is a peer of. */
static inline struct engine *world_engine(const struct world *w, const struct browser *b) {
    return b->o.far ? w->far : w->engine;
}
/* A browser joins (engine_peer_add) and starts to connect now. Never NULL. */
struct browser *world_join(struct world *w, const struct browser_options *o);
/* The platform removes its peer. */
void world_leave(struct world *w, struct browser *b);
/* Let time pass until then. */
void world_run(struct world *w, us_t until);
static inline void world_run_for(struct world *w, us_t time) {
    world_run(w, w->now + time);
}
/* True when all browsers that are not removed are connected. */
bool world_connected(const struct world *w);

/* Commands; each drains afterwards. */
void world_tap(struct world *w, bool on);
void world_consent(struct world *w, struct browser *b, bool consent);
void world_mute(struct world *w, struct browser *b, enum source_kind kind, bool muted);
void world_pin(struct world *w, struct browser *b, const struct browser *whom);
/* It may be shown what others send of this kind, or may not. */
void world_receive(struct world *w, struct browser *b, enum source_kind kind, bool may);
void world_host(struct world *w, struct browser *b, bool host);
/* Who holds the stage; NULL = nobody. */
void world_stage(struct world *w, const struct browser *spotlight, const struct browser *lead);
/* Hand a datagram to the engine as if it came from this address, now. */
void world_inject(struct world *w, const struct addr *from, struct bytes datagram);
/* Hand every connected peer over to a new engine, and destroy the old one. */
void world_rebuild(struct world *w);
/* The process is killed as it is, and down for that long; a new engine adopts every peer from its
 * slot: as it is now, or, when world_remember was called long enough ago, with its state (but not
 * its limits) as it was at a time within the last second, which differs from peer to peer. */
void world_crash(struct world *w, us_t down);
/* Before anybody joins: the engine has its slots in the bytes of a file (session_file.h). */
void world_file(struct world *w);
/* Then: the process is killed, and down for that long; of all that there was a new engine, with a
 * file of its own, knows the bytes of the old one. */
void world_crash_file(struct world *w, us_t down);
/* From now on keep slots as they were. */
void world_remember(struct world *w);
/* Time has passed: the world's business. */
void world_note_slots(struct world *w);
/* Where a browser's session is kept. */
struct session_slot *world_slot(struct world *w, unsigned browser);
void world_drain(struct world *w);

/* Events of this type (and peer, unless 0) seen so far. */
unsigned world_events(const struct world *w, enum media_event_type type, uint64_t peer);
uint32_t world_below(struct world *w, uint32_t n);
struct browser *world_participant(const struct world *w, uint16_t participant);

/* Put a datagram on the wire; the link decides. */
void world_send(struct world *w, struct sim_link *l, const struct pending *head, struct bytes d);
/* From now on the path has another rate [bit/s], also for what waits before it. */
void world_rate(struct world *w, struct sim_link *l, uint64_t rate);

#endif
