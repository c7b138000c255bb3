/* What must hold whatever happens; checked after every event of the world. */
#ifndef ORIEL_TESTS_SIM_INVARIANTS_H
#define ORIEL_TESTS_SIM_INVARIANTS_H

#include "media/media.h"

struct world;
struct browser;
struct content;

#define TAP_SOURCES 64
#define TAP_RECORD 8192 /* sequence numbers remembered per source */

struct tap_source {
    uint32_t id;
    bool on;
    unsigned rebuilds; /* of the world, when it went on or off */
    uint16_t participant;
    uint8_t kind;
    bool any;
    uint64_t first, high;
    uint64_t count; /* different sequence numbers */
    uint8_t seen[TAP_RECORD / 8];
};

struct tap_watch {
    struct tap_source sources[TAP_SOURCES];
    unsigned n;
    uint64_t packets, reports;
    uint32_t stage, voice;
};

/* Before a datagram of the engine goes on the wire: it goes to a peer that exists; no (key, index)
 * pair is sealed twice, by whichever engine, and none that is not leased; RTCP is frequent. */
void invariant_outbound(struct world *w, struct browser *b, const struct datagram *d);
/* What a browser has found in a datagram: of nobody else but who is not muted, and of a kind that
 * it may receive; since the datagram was sent. */
void invariant_content(struct world *w, const struct browser *b, const struct content *c);
/* Only consenting participants, each packet once, contents as sent. */
void invariant_tap(struct world *w, const struct tap *t);
/* After every event of the world. */
void invariants_always(struct world *w);
/* When the world ends, before and after the engine is freed. */
void invariants_final(struct world *w);

/* The newest source of this participant and kind that was tapped, or NULL. */
struct tap_source *tap_source_of(struct world *w, uint16_t participant, enum source_kind kind);
/* Of the sequence numbers between first and highest, how many never came. */
uint64_t tap_missing(const struct tap_source *s);

#endif
