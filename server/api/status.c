/* Is it alive, can it work, how much does it do. */
#include "server/api/status.h"

#include "base/check.h"
#include "base/json_write.h"
#include "server/api/metrics.h"
#include "server/api/node.h"
#include "server/auth/authority.h"
#include "server/http/respond.h"
#include "server/os/clock.h"
#include "server/recording/uploader_thread.h"

#include <stdio.h>

static void send_json(struct request *r, int status, struct buffer *body) {
    respond_header(r, "cache-control:", "no-store");
    respond_buffer(r, status, "application/json", body);
}

void status_health(struct request *r) {
    struct buffer b = {0};
    json_open(&b, NULL, '{');
    json_put_string(&b, "status", "ok");
    json_close(&b, '}');
    send_json(r, 200, &b);
}

/* "ok", or what is wrong with it. */
static const char *recorder_state(const struct api *a) {
    struct recorder_thread_counters n = {0};
    if (!a->config->recording_enabled) {
        return "off";
    }
    recorder_thread_counters(a->recorder, &n);
    return n.writer.failing ? "a recording cannot be written" : "ok";
}

/* Live tours go on, and recordings wait on disk: it is told, and makes nobody unready. */
static const char *store_state(const struct api *a) {
    if (!a->uploaders) {
        return a->config->recording_enabled ? "ok" : "off";
    }
    struct uploader_counters n = uploader_threads_counters(a->uploaders);
    return n.breaker_open ? "the object store does not take recordings" : "ok";
}

/* What is only told, and makes nobody unready: live tours go on. */
#define TOLD_MAX 96 /* [bytes] */

/* Neither well nor not: nobody has looked yet, as for some minutes after a start. */
#define NOT_YET "unknown yet"

static const char *retention_state(const struct api *a, const struct keeper_state *s) {
    return !a->keeper || !a->config->recording_sweep_hours ? "off"
           : s->clock_wrong           ? "the clock is wrong: nothing is shredded for its age"
           : !s->swept                ? NOT_YET
           : s->last == KEEPER_FAILED ? "not everything could be swept"
                                      : "ok";
}

static const char *quota_state(const struct api *a, const struct keeper_state *s) {
    bool any = a->config->recording_quota_mib || a->config->recording_quota_recordings ||
               a->config->recording_quota_free_mib;
    return !a->keeper || !any ? "off"
           : !s->counted      ? NOT_YET
           : s->quota_reached ? "quota: no further recording begins"
                              : "ok";
}

/* The first that fails, the one that wraps before others. */
static const char *keys_state(const struct api *a, const struct keeper_state *s,
                              char out[TOLD_MAX]) {
    for (uint32_t i = 0; i < s->n_providers; i++) {
        const struct keeper_provider *p = &s->providers[i];
        if (*p->reason) {
            snprintf(out, TOLD_MAX, "%s: %s for %lld s", p->name, p->reason,
                     (long long)(us_max(clock_now() - p->since, 0) / US_PER_S));
            return out;
        }
    }
    bool checks = a->keeper && a->config->recording_keys_check_s;
    return !checks ? "off" : s->n_providers == 0 ? NOT_YET : "ok";
}

/* Acts wait in memory, and are refused only with audit.mandatory. */
static const char *audit_part(const struct api *a) {
    struct audit_state s;
    if (!a->audit) {
        return "off";
    }
    audit_state(a->audit, &s);
    return s.failing      ? "acts cannot be recorded"
           : s.damaged    ? "records are missing or were changed: see oriel audit verify"
           : s.lost > 0   ? "acts were lost: there was no room for them"
           : !s.is_signed ? "no signing key yet: nothing is signed"
                          : "ok";
}

/* Who is in goes on, and must be routed here: it makes nobody unready. */
static const char *admission_state(const struct api *a) {
    return a->admission.refuses ? "overloaded: newcomers are refused" : "ok";
}

/* Who is in a tour that runs goes on; no other is to be routed here. */
static const char *drain_state(const struct api *a, char out[TOLD_MAX]) {
    wall_t by = signaling_drained_by(a->signaling);
    char text[WALL_TEXT_MAX];
    if (!by.us) {
        return "ok";
    }
    snprintf(out, TOLD_MAX, "draining: no tour begins, those that run end by %s",
             wall_text(by, text));
    return out;
}

/* Why stays in the log: who asks here may be anybody. */
static const char *reload_state(const struct api *a, char out[TOLD_MAX]) {
    if (a->reload_refused == 0) {
        return "ok";
    }
    snprintf(out, TOLD_MAX, "the last reload was refused %lld s ago: all is as before",
             (long long)(us_max(clock_now() - a->reload_refused, 0) / US_PER_S));
    return out;
}

void status_ready(struct request *r) {
    const struct api *a = api_of(r);
    const char *recorder = recorder_state(a);
    struct keeper_state kept = {0};
    char text[WALL_TEXT_MAX];
    char keys[TOLD_MAX], tokens[TOLD_MAX], reload[TOLD_MAX], drain[TOLD_MAX];
    if (a->keeper) {
        keeper_thread_state(a->keeper, &kept);
    }
    const struct {
        const char *name, *state;
        bool ok;
    } parts[] = {
        {"media", "ok", true}, /* workers run as long as the process does */
        {"recorder", recorder, strcmp(recorder, "ok") == 0 || strcmp(recorder, "off") == 0},
        {"store", store_state(a), true},
        {"keys", keys_state(a, &kept, keys), true},
        {"tokens", authority_state(a->authority, clock_now(), tokens, sizeof(tokens)), true},
        {"quota", quota_state(a, &kept), true},
        {"retention", retention_state(a, &kept), true},
        {"audit", audit_part(a), true},
        {"admission", admission_state(a), true},
        {"reload", reload_state(a, reload), true},
        {"pages", a->assets ? "ok" : "web.dir could not be read", a->assets != NULL},
        {"drain", drain_state(a, drain), !node_is_draining(a)},
        {"accepting", a->loop->stopping ? "the server is stopping" : "ok", !a->loop->stopping},
    };
    struct buffer b = {0};
    const char *bad = NULL;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        bad = parts[i].ok || bad ? bad : parts[i].name;
    }
    json_open(&b, NULL, '{');
    json_put_string(&b, "status",
                    !bad                        ? "ready"
                    : strcmp(bad, "drain") == 0 ? "draining"
                                                : "unavailable");
    json_open(&b, "checks", '{');
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        json_put_string(&b, parts[i].name, parts[i].state);
    }
    json_close(&b, '}');
    if (bad) {
        json_put_string(&b, "failing", bad);
    }
    if (node_is_draining(a)) {
        json_put_string(&b, "deadline", wall_text(signaling_drained_by(a->signaling), text));
    }
    json_close(&b, '}');
    send_json(r, bad ? 503 : 200, &b);
}

void status_metrics(struct request *r) {
    size_t n = 0;
    char *text = metrics_text(api_of(r), clock_now(), &n);
    respond_header(r, "cache-control:", "no-store");
    respond_owned(r, 200, "text/plain; version=0.0.4; charset=utf-8", text, n);
}

void status_upgrade(struct request *r) {
    respond_header(r, "upgrade:", "websocket");
    respond_problem(r, 426, NULL, NULL);
}
