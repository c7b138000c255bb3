/* A tour that is mixed, in virtual time: people who hum, with the network between them and the mix,
 * and listeners who decode what they get. */
#ifndef ORIEL_TESTS_MIX_WORLD_H
#define ORIEL_TESTS_MIX_WORLD_H

#include "media/mix/mixes.h"
#include "tests/unit/audio/mixing.h"

#define TOUR 7
#define SPEAKERS 12
#define EARS 6
#define ON_THE_WAY 64 /* packets */
#define START (100 * US_PER_S)
#define DELAY (40 * MS)

struct speaker {
    uint64_t participant; /* 0: nobody */
    struct voice v;
    uint8_t worker;
    uint32_t flow;
    bool host;
    bool on;           /* hums and is told of */
    us_t next;         /* [us] its next packet is ready */
    uint64_t seq;      /* of that */
    uint32_t ts;       /* likewise */
    double ppm;        /* its clock is so much faster */
    us_t jitter;       /* [us] packets are late by up to this, never one before another */
    unsigned loss;     /* [%] */
    bool low;          /* her engine has few buffers: nothing may be kept */
    bool says_silence; /* as the level of her packets */
    unsigned swap;     /* [%] of packets that are overtaken by the next */
    us_t last_at;      /* [us] arrival of the last */
    unsigned n;        /* of way[] */
    struct {
        us_t at;
        struct relay m;
    } way[ON_THE_WAY];
};

struct ear { /* of a listener: what engine `worker` gets of output `flow` */
    uint64_t peer;
    uint8_t worker;
    uint64_t without;
    uint32_t flow; /* 0: it was not told of any */
    struct listener l;
    uint64_t first_seq, last_seq;
    uint32_t last_ts;
    us_t last_at;
    unsigned packets, markers, seq_jumps, reports;
    us_t slowest, fastest; /* [us] given out after the time of its sound */
};

struct world {
    struct mixes *x;
    struct packet_pool *voices, *pool;
    us_t now;
    uint64_t random;
    struct speaker who[SPEAKERS];
    struct ear ear[EARS];
    unsigned gone; /* messages that an output is gone */
};

void world_init(struct world *w, const struct mixes_config *c);
/* Checks that every packet has come home. */
void world_free(struct world *w);
/* Somebody hums from now on, on worker 0. */
struct speaker *world_speaks(struct world *w, uint64_t participant, double frequency);
/* Her engine says that she flows, or not. */
void world_tell(struct world *w, struct speaker *s, bool on);
/* A listener on this worker, or another output for it. */
struct ear *world_listens(struct world *w, uint64_t peer, uint64_t without, uint8_t worker);
void world_unlistens(struct world *w, uint64_t peer);
/* Time passes. */
void world_run(struct world *w, us_t time);
/* In steps of so much: the mix's thread sleeps. */
void world_sleep(struct world *w, us_t time);
/* Amplitude of a frequency in the last `span` of what is heard. */
double world_tone(const struct world *w, const struct ear *e, double frequency, us_t span);

#endif
