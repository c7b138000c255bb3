/* Live mixes: a client that plays one track only, a phone gateway or a player by WHEP, hears all
 * voices of a tour but its own. SANS-I/O, as media.h: the microphones of a tour come in as engines
 * tell each other of sources (media/engine/relay.h), and a mix goes out as one source more. So to
 * an engine this is one engine more, RELAY_MIX: it caches, numbers and seals a mix for its viewers
 * as anybody's voice, and knows nothing of mixing.
 *
 *   order(now, o) · input(now, m) · timeout(now)    change state
 *   output(m)                                       drain what came of it
 *   deadline()                                      when to call timeout
 *
 * **THE LAW: after every call that takes `now`, drain mixes_output until it is empty.**
 *
 * DESIGN. A tour is mixed while it has listeners, and then each voice is decoded once. Listeners
 * without a voice of their own share one output, which hears all; who has one gets an output that
 * leaves it out (mix-minus). An output is what has an encoder, and costs. Sound is taken
 * mixes_config.delay behind its arrival, so that packets may be late by that (jitter.h). While
 * nobody speaks, or as far as packets say that they are not audible (RFC 6464), nothing is decoded
 * or encoded, and a packet of silence goes out every
 * MIX_SILENCE_EVERY only, as encoders do in discontinuous transmission (RFC 7587 section 3.1.3):
 * players keep their clock by it, and take timestamps without packets for silence; the first packet
 * behind it has the marker (RFC 3551 section 4.1). What is muted, stopped or gone is cut off within
 * 5 ms, with what waits of it (mixer_input_remove).
 *
 * Nothing here waits for a message: like engines, the mix tells everything once a second as it is,
 * and lets go of a voice of which its engine says nothing any more. Owner: the mix thread. */
#ifndef ORIEL_MEDIA_MIX_MIXES_H
#define ORIEL_MEDIA_MIX_MIXES_H

#include "base/packet.h"
#include "media/engine/relay.h"

#define MIX_DELAY_MIN (20 * US_PER_MS)
#define MIX_DELAY_MAX (500 * US_PER_MS)
#define MIX_SILENCE_EVERY (400 * US_PER_MS)
/* [packets] that engines keep of an output (engine/flow.c), and that are on their way */
#define MIX_PACKETS 96

struct mixes;

struct mixes_config {
    uint32_t per_tour;        /* outputs of a tour at once, 0: as many as listeners */
    uint32_t listeners;       /* at once, 1..65535; a listener more is ERR_FULL */
    uint32_t voices;          /* of a tour at once, 1..65535; others are counted (places.h) */
    uint32_t bitrate;         /* [bit/s] of an output, 0: the mixer's default */
    us_t delay;               /* [us] MIX_DELAY_MIN..MIX_DELAY_MAX */
    struct packet_pool *pool; /* borrowed: of what goes out, MIX_PACKETS for each listener */
};

struct mix_counters {
    uint64_t packets; /* of voices, come in */
    uint64_t late;    /* of these, behind their time: made up */
    uint64_t refused; /* with a time or content that is not believed, or more than fits */
    uint64_t unheard; /* voices that found no place, each time one was told of */
    uint64_t frames;  /* mixed, over all outputs */
    uint64_t sent;    /* of these, given out; others were silence after silence */
    uint64_t lost;    /* given out, but for want of a buffer or of room in the queue */
    uint64_t skipped; /* [us] of time that was left out, because nobody called for so long */
    /* As it is now. */
    uint64_t tours, listeners, outputs, voices;
};

/* A listener begins, changes or ends. */
struct mix_order {
    uint64_t tour, peer; /* handles; a peer is in one tour only */
    uint64_t without;    /* participant whose voice is left out, 0 = nobody's */
    uint8_t worker;      /* engine that it is on */
    bool on;
};

/* NULL without memory or with a configuration out of range. */
struct mixes *mixes_new(const struct mixes_config *c);
/* NULL allowed; returns NULL. Drops every reference to packets. */
struct mixes *mixes_free(struct mixes *x);
/* ERR_FULL, ERR_NOMEM: nothing has changed; who is not there any more is OK to end. */
enum err mixes_order(struct mixes *x, us_t now, const struct mix_order *o);
/* What an engine tells. Takes over the reference of a RELAY_PACKET; what is not asked for is let
 * go. */
void mixes_input(struct mixes *x, us_t now, const struct relay *m);
/* When to call mixes_timeout, or US_NEVER; may be in the past. */
us_t mixes_deadline(const struct mixes *x);
/* Give out what is due, at most one frame of each output: look at the deadline again. */
void mixes_timeout(struct mixes *x, us_t now);
/* The next message, to engine ret->to; false when there is none. The caller takes over the
 * reference in a RELAY_PACKET. */
bool mixes_output(struct mixes *x, struct relay *ret);
/* As they are now. */
struct mix_counters mixes_counters(const struct mixes *x);

#endif
