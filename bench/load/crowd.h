/* All clients at one server, and the loop that keeps those of several servers going at once.
 * Owner: the generator's thread. */
#ifndef ORIEL_BENCH_LOAD_CROWD_H
#define ORIEL_BENCH_LOAD_CROWD_H

#include "bench/load/publisher.h"
#include "bench/load/viewer.h"

#define LOAD_CROWDS_MAX 4

struct http_client;

struct crowd {
    struct audience audience;
    unsigned n_publishers, n_viewers;
    struct publisher *publishers;
    struct viewer *viewers;
};

struct load {
    struct client_world world;
    struct rng_seeded seed; /* of what is thrown away */
    struct rng seeded;
    us_t tick_at;
    unsigned n_crowds, n_http;
    struct crowd *crowds[LOAD_CROWDS_MAX];
    struct http_client *http[LOAD_CROWDS_MAX];
    us_t (*also)(void *ctx, us_t now);
    void *also_ctx;
};

/* Ends the program when something is missing. From here on SIGINT and SIGTERM only make
 * load_stopped true. */
void load_open(struct load *l);
void load_close(struct load *l);
/* A client for a server's signaling that is kept going with the load, until load_http_free. */
struct http_client *load_http_new(struct load *l);
/* NULL allowed; returns NULL. */
struct http_client *load_http_free(struct load *l, struct http_client *h);
/* Has the user asked to end? */
bool load_stopped(void);

/* Something else that is to be done in each turn: it returns when it wants the next one, or
 * US_NEVER. NULL ends it. */
void load_also(struct load *l, us_t (*also)(void *ctx, us_t now), void *ctx);

/* So many clients, none of which has spoken to a server yet; they are part of the load until
 * crowd_close. */
void crowd_open(struct crowd *c, struct load *l, unsigned n_publishers, unsigned n_viewers);
void crowd_close(struct crowd *c, struct load *l);
/* All publishers begin or stop to send. */
void crowd_play(struct crowd *c, bool on);
/* Clients in a state. */
unsigned crowd_count(const struct crowd *c, enum client_state state);
/* The reason of one of the failed clients, or "". */
const char *crowd_why(const struct crowd *c);
/* What came to the clients and was not authentic, and what was no packet of a kind they know. */
void crowd_faults(const struct crowd *c, uint64_t *ret_auth_failed, uint64_t *ret_malformed);
/* Packets the kernel dropped at the clients' sockets. */
uint64_t crowd_drops(const struct crowd *c);
/* Packets the kernel dropped at the server's sockets that clients have sent to, since they are
 * open. */
uint64_t crowd_server_drops(const struct crowd *c);

/* One turn of the loop, at most until then. */
void load_turn(struct load *l, us_t until);
/* Turn until then; false when the user has asked to end. */
bool load_run(struct load *l, us_t until);
/* Turn until done(ctx) or then; false when it is not done then, or the user has asked to end. */
bool load_wait(struct load *l, us_t until, bool (*done)(void *ctx), void *ctx);

#endif
