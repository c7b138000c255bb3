/* An engine with one publisher and its viewers, all of them joined for real: connectivity check,
 * DTLS handshake, SRTP keys. Virtual time; one thread. What goes wrong ends the program, for a
 * figure of something that does not work is no figure. */
#ifndef ORIEL_BENCH_ENGINE_HOUSE_H
#define ORIEL_BENCH_ENGINE_HOUSE_H

#include "bench/engine/sink.h"
#include "bench/traffic.h"
#include "media/media.h"
#include "media/secure/srtp.h"

#define HOUSE_TOUR 1
#define HOUSE_VIEWERS_MAX 4000

struct house_client {
    struct session_params params;
    struct addr addr;
    struct dtls_keys keys;
};

struct house {
    us_t now, checked_at;
    struct dtls_identity *server, *client;
    struct rng_seeded seed;
    struct rng rng;
    struct packet_pool *pool;
    struct engine *engine;
    unsigned n_viewers, cap_clients;
    struct house_client *clients; /* 0 is the publisher, 1 .. n_viewers are viewers */
    struct session_slot *slots;   /* where their sessions are kept; NULL = they are not */
    struct srtp_sealer *sealer;   /* the publisher's */
    struct traffic traffic;
    uint64_t index[2]; /* next SRTP index: audio, video */
    uint16_t twcc, picture_id;
    bool keyframes; /* send key frames only */
    uint64_t fed;   /* packets of the publisher so far */
};

/* A house for up to n viewers, with the publisher joined at an address of the sink. kept: sessions
 * are, in memory that would outlive the process. */
void house_open(struct house *h, const struct sink *sink, unsigned n, bool kept);
void house_close(struct house *h);
/* One more viewer joins. */
void house_add(struct house *h, const struct sink *sink);
/* Throw away what the engine has to say. */
void house_discard(struct house *h);
/* The publisher's next burst, sealed: ret->n packets of the pool. Time runs to it. */
struct burst house_next(struct house *h, struct packet *ret[BURST_MAX]);

#endif
