/* The control thread's turn: what its connections and other threads have brought. */
#include "server/api/audit_list.h"
#include "server/api/events.h"
#include "server/api/orders.h"
#include "server/api/reading.h"
#include "server/api/routes.h"
#include "server/api/tasks.h"
#include "server/api/verify.h"
#include "server/auth/authority.h"
#include "server/boot/server_parts.h"
#include "server/os/clock.h"

/* Drain effects after a call into signaling and move the deadline. */
static void settle(void *ctx) {
    struct server *s = ctx;
    if (!s->loop.stopping) {
        signaling_clock(s->api.signaling, clock_now(), clock_wall());
        glue_effects(s->api.glue, clock_now());
        loop_alarm(&s->loop, glue_deadline(s->api.glue));
    }
}

static void answer_events(struct api *a) {
    struct events_reply reply;
    if (!a->events) {
        return;
    }
    events_thread_listen(a->events);
    while (events_thread_reply(a->events, &reply)) {
        events_reply(a, &reply);
    }
}

static void answer_audit(struct api *a) {
    struct audit_reply reply;
    if (!a->audit_reader) {
        return;
    }
    audit_reader_listen(a->audit_reader);
    while (audit_reader_reply(a->audit_reader, &reply)) {
        audit_list_reply(a, &reply);
    }
}

void server_woken(void *ctx) {
    struct server *s = ctx;
    struct api *a = &s->api;
    struct read_reply reply;
    struct job_reply job;
    if (a->authority) {
        authority_service(a->authority);
    }
    tour_changes_service(a);
    if (a->reader) {
        reader_thread_listen(a->reader);
    }
    while (a->reader && reader_thread_reply(a->reader, &reply)) {
        reading_reply(a, &reply);
    }
    if (a->jobs) {
        jobs_thread_listen(a->jobs);
    }
    while (a->jobs && jobs_thread_reply(a->jobs, &job)) {
        tasks_reply(a, &job);
    }
    verify_service(a);
    answer_events(a);
    answer_audit(a);
    orders_service(a);
    if (a->glue && !s->loop.stopping) {
        signaling_clock(a->signaling, clock_now(), clock_wall());
        glue_service(a->glue, clock_now());
        loop_alarm(&s->loop, glue_deadline(a->glue));
    }
}

static bool opened(void *ctx, uint64_t conn) {
    struct server *s = ctx;
    return signaling_open(s->api.signaling, clock_now(), conn) == OK;
}

static void message(void *ctx, uint64_t conn, const char *text, size_t n) {
    struct server *s = ctx;
    s->caller = ws_client(&s->loop, conn);
    signaling_clock(s->api.signaling, clock_now(), clock_wall()); /* times are judged by it */
    signaling_message(s->api.signaling, clock_now(), conn, text, n);
    s->caller = NULL;
}

static void closed(void *ctx, uint64_t conn) {
    struct server *s = ctx;
    signaling_closed(s->api.signaling, clock_now(), conn);
}

void server_control(struct server *s) {
    s->api.loop = &s->loop;
    tour_changes_init(&s->api.tours);
    s->api.settle = settle;
    s->api.ctx = s;
    s->http = routes_service(&s->api);
    s->ws = (struct ws_service){opened, message, closed, settle, s};
    s->loop.config = s->api.config;
    s->loop.tls = *s->api.config->tls_cert != '\0';
    s->loop.http = &s->http;
    s->loop.ws = &s->ws;
    s->loop.woken = server_woken;
    s->loop.ctx = s;
}
