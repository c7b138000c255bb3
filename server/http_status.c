/* Is it alive, can it work, how much does it do. */
#include "base/alloc.h"
#include "base/check.h"
#include "server/clock.h"
#include "server/metrics.h"
#include "server/respond.h"
#include "server/routes.h"

#include <jansson.h>

static void send_json(struct request *r, int status, json_t *o) {
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    char *copy = text ? mem_strdup(text) : NULL;
    free(text);
    json_decref(o);
    respond_header(r, "cache-control:", "no-store");
    respond_owned(r, status, "application/json", copy, copy ? strlen(copy) : 0);
}

void status_health(struct control *c, struct request *r) {
    (void)c;
    send_json(r, 200, json_pack("{s:s}", "status", "ok"));
}

/* "ok", or what is wrong with it. */
static const char *recorder_state(const struct control *c) {
    struct recorder_counters n = {0};
    if (!c->config->rec_enabled) {
        return "off";
    }
    recorder_thread_counters(c->recorder, &n);
    return n.alarm ? "a recording cannot be written" : "ok";
}

void status_ready(struct control *c, struct request *r) {
    const char *recorder = recorder_state(c);
    const struct {
        const char *name, *state;
        bool ok;
    } parts[] = {
        {"media", "ok", true}, /* workers run as long as the process does */
        {"recorder", recorder, strcmp(recorder, "ok") == 0 || strcmp(recorder, "off") == 0},
        {"pages", c->assets ? "ok" : "web.dir could not be read", c->assets != NULL},
        {"accepting", c->stopping ? "the server is stopping" : "ok", !c->stopping},
    };
    json_t *o = json_object(), *checks = json_object();
    const char *bad = NULL;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        json_object_set_new(checks, parts[i].name, json_string(parts[i].state));
        bad = parts[i].ok || bad ? bad : parts[i].name;
    }
    json_object_set_new(o, "status", json_string(bad ? "unavailable" : "ready"));
    json_object_set_new(o, "checks", checks);
    if (bad) {
        json_object_set_new(o, "failing", json_string(bad));
    }
    send_json(r, bad ? 503 : 200, o);
}

void status_metrics(struct control *c, struct request *r) {
    size_t n = 0;
    char *text = metrics_text(c, clock_now(), &n);
    respond_header(r, "cache-control:", "no-store");
    respond_owned(r, 200, "text/plain; version=0.0.4; charset=utf-8", text, n);
}

void status_upgrade(struct control *c, struct request *r) {
    (void)c;
    respond_header(r, "upgrade:", "websocket");
    respond_problem(r, 426, NULL, NULL);
}
