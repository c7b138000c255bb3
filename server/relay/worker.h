/* A media worker: one thread, one UDP socket and the connections of ICE-TCP on its port, one engine
 * (media/media.h), one epoll set. The control thread talks to it through two mailboxes; taps go to
 * the recorder thread through a third. */
#ifndef ORIEL_SERVER_RELAY_WORKER_H
#define ORIEL_SERVER_RELAY_WORKER_H

#include "media/media.h"
#include "server/config/config_keys.h"
#include "server/net/ice_tcp.h"
#include "server/net/udp.h"
#include "server/queue/mailbox.h"
#include "server/relay/adoption.h"
#include "server/relay/live_file.h"
#include "server/relay/peering.h"

struct worker;

struct worker_config {
    uint32_t index;
    struct addr bind;                /* port 0: chosen by the system, see worker_port */
    struct ice_tcp_config tcp;       /* on the same port */
    uint32_t packets;                /* pool size */
    uint32_t mailbox;                /* messages per mailbox */
    struct engine_config engine;     /* rng is filled in by the worker */
    void (*wake_control)(void *ctx); /* any thread: the control loop has notes to read */
    void *wake_ctx;
    struct peering *peering;           /* to and from the other workers; NULL = there are none */
    struct mailbox *to_mix, *from_mix; /* the same for RELAY_MIX; NULL = nothing is mixed */
    struct mailbox *taps;              /* to the recorder thread, owned by it; NULL = no recorder */
    struct live_file *live; /* borrowed, the worker's while it runs: sessions are kept there; NULL =
                               they end with the process */
    struct live_old *old;   /* borrowed, during worker_start: sessions to go on with; with `live`,
                               which takes its place; NULL = none */
    us_t claim;             /* [us] and how long signaling has to claim them */
    struct socket_store *store; /* borrowed, during worker_start; NULL = sockets end with us */
    struct mailbox *asks;       /* from it, owned by it too: struct tap_ask; NULL: nobody asks */
};

/* Create the sockets, the engine and the thread. On failure *ret is untouched and why[WHY_MAX] says
 * what to do ("port 7000 is in use ..."). Control thread. */
enum err worker_start(const struct worker_config *c, struct worker **ret, char why[WHY_MAX]);
/* End the thread, the engine and the socket; twice does no harm, NULL allowed. The packet pool
 * lives on, because the recorder thread may still hold packets. Control thread. */
void worker_stop(struct worker *w);
/* Free the pool and the worker, stopped if need be; every packet must be back: stop the recorder
 * thread first. NULL allowed; returns NULL. */
struct worker *worker_free(struct worker *w);
/* What was adopted at the start; i from 0 on, false: no more. Control thread. The first command
 * that names a session claims it, and COMMAND_TOUR_ADD, which is refused, its tour; what is not
 * claimed in time is ended. */
bool worker_adopted(const struct worker *w, uint32_t i, struct adopted *ret);
/* The bound port, of UDP and TCP. */
uint16_t worker_port(const struct worker *w);

/* Processor time that its thread has used [ns]. Control thread, before worker_stop. */
uint64_t worker_processor(const struct worker *w);

/* Control thread. False when the mailbox is full: nothing was taken. */
bool worker_post(struct worker *w, const struct command *c);
/* Control thread: take note of a wake-up; call before reading events until there are none. */
void worker_listen(struct worker *w);
/* Control thread: the next event of this worker's engine; false when none. */
bool worker_event(struct worker *w, struct media_event *ret);
/* A copy of the counters, refreshed by the worker about every 250 ms. Any thread. */
void worker_counters(const struct worker *w, struct engine_counters *ret);

/* What only the rim can count. */
struct worker_rim_counters {
    struct udp_counters udp;
    struct ice_tcp_counters tcp;
    uint64_t relay_lost, tap_dropped, events_dropped;
    uint64_t adopted, adopt_refused, unclaimed; /* sessions of a process before this one */
};
void worker_rim_counters(const struct worker *w, struct worker_rim_counters *ret);

#endif
