/* Is it alive, can it work, how much does it do. */
#include "base/check.h"
#include "base/json_write.h"
#include "server/clock.h"
#include "server/metrics.h"
#include "server/respond.h"
#include "server/routes.h"
#include "server/uploader_thread.h"

static void send_json(struct request *r, int status, struct buffer *body) {
    respond_header(r, "cache-control:", "no-store");
    respond_buffer(r, status, "application/json", body);
}

void status_health(struct control *c, struct request *r) {
    struct buffer b = {0};
    (void)c;
    json_open(&b, NULL, '{');
    json_put_string(&b, "status", "ok");
    json_close(&b, '}');
    send_json(r, 200, &b);
}

/* "ok", or what is wrong with it. */
static const char *recorder_state(const struct control *c) {
    struct recorder_thread_counters n = {0};
    if (!c->config->rec_enabled) {
        return "off";
    }
    recorder_thread_counters(c->recorder, &n);
    return n.writer.failing ? "a recording cannot be written" : "ok";
}

/* Live tours go on, and recordings wait on disk: it is told, and makes nobody unready. */
static const char *store_state(const struct control *c) {
    if (!c->uploaders) {
        return c->config->rec_enabled ? "ok" : "off";
    }
    struct uploader_counters n = uploader_threads_counters(c->uploaders);
    return n.breaker_open ? "the object store does not take recordings" : "ok";
}

void status_ready(struct control *c, struct request *r) {
    const char *recorder = recorder_state(c);
    const struct {
        const char *name, *state;
        bool ok;
    } parts[] = {
        {"media", "ok", true}, /* workers run as long as the process does */
        {"recorder", recorder, strcmp(recorder, "ok") == 0 || strcmp(recorder, "off") == 0},
        {"store", store_state(c), true},
        {"pages", c->assets ? "ok" : "web.dir could not be read", c->assets != NULL},
        {"accepting", c->stopping ? "the server is stopping" : "ok", !c->stopping},
    };
    struct buffer b = {0};
    const char *bad = NULL;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        bad = parts[i].ok || bad ? bad : parts[i].name;
    }
    json_open(&b, NULL, '{');
    json_put_string(&b, "status", bad ? "unavailable" : "ready");
    json_open(&b, "checks", '{');
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        json_put_string(&b, parts[i].name, parts[i].state);
    }
    json_close(&b, '}');
    if (bad) {
        json_put_string(&b, "failing", bad);
    }
    json_close(&b, '}');
    send_json(r, bad ? 503 : 200, &b);
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
