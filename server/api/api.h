/* What the answers of HTTP are made from. Owner: the control thread. */
#ifndef ORIEL_SERVER_API_API_H
#define ORIEL_SERVER_API_API_H

#include "server/api/assets.h"
#include "server/api/tour_changes.h"
#include "server/audit/audit.h"
#include "server/auth/auth.h"
#include "server/auth/auth_ticket.h"
#include "server/auth/revocations.h"
#include "server/auth/turn.h"
#include "server/glue/glue.h"
#include "server/http/admission.h"
#include "server/http/request.h"
#include "server/jobs/jobs_thread.h"
#include "server/recording/keeper_thread.h"
#include "server/recording/reader_thread.h"
#include "server/recording/verifier_thread.h"
#include "server/rest/idempotency.h"
#include "server/tours/tours_log.h"

struct audit_reader;
struct ledger_thread;
struct authority;

/* All that is pointed to is borrowed: boot makes it and takes it apart. */
/* Orders to shred or redact that are not on the disk of the audit log yet (orders.c). */
#define ORDERS_MAX 32
struct orders {
    struct order {
        uint64_t recorded; /* audit_await */
        struct job_request q;
    } waiting[ORDERS_MAX];
    size_t n;
};

struct api {
    const struct config *config;
    struct loop *loop;
    us_t started;
    uint8_t ticket_key[AUTH_TICKET_KEY];
    uint64_t tickets;               /* given out, which numbers them */
    struct revocations revocations; /* of tickets */
    struct authority *authority;
    struct auth *auth; /* of the authority */
    struct turn *turn;
    struct assets *assets;      /* NULL: web.dir could not be read */
    struct admission admission; /* of newcomers */
    us_t drain_at;              /* while it is being emptied: by then (node.h) */
    bool drained;               /* and the log has it that it is empty */
    struct signaling *signaling;
    struct glue *glue;
    struct worker **workers;
    uint32_t n_workers;
    struct live_found found;            /* left by a process before this one */
    struct socket_store *sockets;       /* that outlive this one */
    struct tours_left tours_left;       /* what of tours was */
    struct recorder_thread *recorder;   /* NULL: recording is off */
    struct uploader_threads *uploaders; /* NULL: nothing is uploaded */
    struct reader_thread *reader;       /* NULL: recording is off */
    struct mix_thread *mix;             /* NULL: nothing is mixed */
    struct events_thread *events;       /* NULL = other programs are told nothing */
    struct audit *audit;                /* NULL: nobody records who does what */
    struct audit_reader *audit_reader;  /* likewise */
    struct ledger_thread *ledger;       /* NULL: there is no database */
    struct orders orders;               /* that wait until it is recorded who gave them */
    struct jobs_thread *jobs;           /* NULL: recording is off */
    struct keeper_thread *keeper;       /* likewise */
    struct verifier_thread *verifier;   /* likewise */
    struct tour_changes tours;
    struct idempotency *idempotency;
    struct buffer document;    /* OpenAPI; empty until somebody wants it */
    void (*settle)(void *ctx); /* after each call into signaling: its effects are drained */
    void *ctx;
    uint64_t reloads[2];                       /* that failed, that did not */
    us_t reload_refused;                       /* when the last one was; 0: it was not */
    uint64_t playback_bytes, playback_refused; /* downloads that found no place */
};

/* Of whom a request asks. */
static inline struct api *api_of(const struct request *r) {
    return r->loop->http->ctx;
}

#endif
