/* The one place where signaling and media meet: effects become orders for workers and recorder,
 * their events become calls into signaling. Owner: the control thread. */
#ifndef ORIEL_SERVER_GLUE_GLUE_H
#define ORIEL_SERVER_GLUE_GLUE_H

#include "server/events/events_thread.h"
#include "server/glue/offenders.h"
#include "server/recording/recorder_thread.h"
#include "server/relay/mix_thread.h"
#include "server/relay/worker.h"
#include "signaling/signaling.h"

struct glue_config {
    struct signaling *signaling;
    struct worker **workers;
    uint32_t n_workers;
    struct recorder_thread *recorder; /* NULL = recording is off */
    struct mix_thread *mix;           /* NULL = nothing is mixed; signaling knows */
    struct events_thread *events;     /* NULL = other programs are told nothing */
    bool messages;                    /* tell them of what is said, too */
    /* Effects that end in a socket, or in the audit log: EFFECT_SEND, EFFECT_CLOSE, EFFECT_HTTP,
     * EFFECT_ACT. */
    void (*deliver)(void *ctx, const struct signaling_effect *e);
    /* May no further recording begin (recording.quota)? NULL: any may. */
    bool (*full)(void *ctx);
    /* A human-readable line for the log; may be NULL. */
    void (*note)(void *ctx, const char *event, uint64_t tour, uint64_t peer, const char *detail);
    void *ctx;
};

struct glue;
/* Everything in c is borrowed and outlives the glue. NULL when memory is out. */
struct glue *glue_new(const struct glue_config *c);
/* NULL allowed; returns NULL. */
struct glue *glue_free(struct glue *g);
/* What signaling does from now on it does for the request with this trace (base/trace.h), and other
 * programs are told so; "": for none. NULL allowed for g. */
void glue_trace(struct glue *g, const char *id);
/* Drain signaling's effects: call after each call that tells it something. */
void glue_effects(struct glue *g, us_t now);
#define GLUE_TURN_EVENTS 256
/* [orders] that may wait for a worker, and for the mix. Newcomers are refused long before
 * (overload.orders), so this is reached only by those who are in; 8 MiB per worker. */
#define GLUE_BACKLOG_MAX 65536
/* Take in what workers and recorder reported, at most GLUE_TURN_EVENTS of each, call timeouts that
 * are due, drain effects. Call when woken, and at glue_deadline, which is due at once when there is
 * more. */
void glue_service(struct glue *g, us_t now);
/* The process ends. First, after recorder_thread_finish: what the recorder told last. Clients hear
 * nothing of it. */
void glue_last_reports(struct glue *g);
/* Then, after recorder_thread_stop: other programs are told who has left, that the tours have ended
 * and that the recordings are complete. The recorder is not used any more; only glue_free may
 * follow. NULL allowed. */
void glue_end(struct glue *g);
/* Who misbehaves on the media path; valid until the next call on g. */
const struct offenders *glue_offenders(const struct glue *g);
/* Recordings that could not begin since `full` said so. They begin when it does not any more. */
uint64_t glue_refused(const struct glue *g);
/* Orders that were lost for want of memory. A peer that was to be added is gone then. */
uint64_t glue_lost(const struct glue *g);
/* Events that could not be told for want of memory. */
uint64_t glue_unsaid(const struct glue *g);
/* The ids of recordings that cannot be written now, as library_failing wants them: mem_free it;
 * NULL: there are none, or no memory. */
char *glue_failing(const struct glue *g);
/* The handle of the tour that runs and in whose run this recording was made, or 0. */
uint64_t glue_recorded_tour(const struct glue *g, const char *recording);
/* Orders that wait for the worker that is furthest behind. */
uint32_t glue_waiting(const struct glue *g);
/* When to call glue_service at the latest, or US_NEVER. */
us_t glue_deadline(const struct glue *g);

#endif
