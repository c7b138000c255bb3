#include "server/events/webhook.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX 65536      /* [bytes] nobody reads it */
#define RETRY_AFTER_MAX 86400 /* [s] */
#define CONNECT_TIMEOUT (5 * US_PER_S)

/* What a maker has. */
struct settings {
    struct webhook_config c;
    struct webhook_keys keys;
};

/* An open sink. */
struct webhook {
    const struct settings *settings;
    struct http http;
    struct http_answer answer; /* of the last request */
    struct buffer signature;
};

static us_t retry_after_of(const struct http_answer *a) {
    char text[16];
    if (!http_header(a, "Retry-After", text, sizeof(text)) || !*text ||
        text[strspn(text, "0123456789")] != '\0') {
        return 0;
    }
    long s = strtol(text, NULL, 10);
    return (s < RETRY_AFTER_MAX ? s : RETRY_AFTER_MAX) * US_PER_S;
}

/* What says that nobody is there, and not that this event is not liked. */
static bool is_down(int status) {
    static const int down[] = {408, 425, 429, 502, 503, 504};
    for (size_t i = 0; i < ARRAY_LEN(down); i++) {
        if (status == down[i]) {
            return true;
        }
    }
    return false;
}

static enum sink_verdict send(void *ctx, const struct event_row *r, wall_t wall,
                              struct sink_answer *ret) {
    struct webhook *w = ctx;
    const struct settings *s = w->settings;
    char at[24];
    snprintf(at, sizeof(at), "%" PRId64, wall.us / US_PER_S);
    buffer_cut(&w->signature, 0);
    webhook_sign(&w->signature, &s->keys, r->id, wall.us / US_PER_S, r->body);
    if (w->signature.bad) {
        snprintf(ret->why, sizeof(ret->why), "out of memory");
        return SINK_DOWN;
    }
    const struct http_field headers[] = {{"Content-Type", "application/json"},
                                         {"User-Agent", "oriel/" ORIEL_VERSION},
                                         {"webhook-id", r->id},
                                         {"webhook-timestamp", at},
                                         {"webhook-signature", w->signature.p}};
    const struct http_request q = {.method = "POST",
                                   .url = s->c.url,
                                   .headers = headers,
                                   .n_headers = ARRAY_LEN(headers),
                                   .body = {(const uint8_t *)r->body, strlen(r->body)},
                                   .limit = ANSWER_MAX};
    http_answer_clear(&w->answer);
    enum err e = w->http.ask(w->http.ctx, &q, &w->answer);
    int status = w->answer.status;
    bool talkative = e == ERR_LONG && status >= 200; /* its status is all that is needed */
    if (e != OK && !talkative) {
        snprintf(ret->why, sizeof(ret->why), "%.150s", w->answer.why);
        return SINK_DOWN;
    }
    if (status >= 200 && status < 300) {
        return SINK_TAKEN;
    }
    snprintf(ret->why, sizeof(ret->why), "the answer has status %d", status);
    ret->after = retry_after_of(&w->answer);
    return is_down(status) ? SINK_DOWN : SINK_REFUSED;
}

static void close_webhook(void *ctx) {
    struct webhook *w = ctx;
    http_answer_free(&w->answer);
    buffer_free(&w->signature);
    w->settings->c.http_close(&w->http);
    mem_free(w);
}

static enum err open_webhook(const void *settings, const struct sink_run *run, struct sink *ret,
                             char why[WHY_MAX]) {
    const struct settings *s = settings;
    const struct http_config h = {.connect_timeout = us_min(CONNECT_TIMEOUT, run->timeout),
                                  .timeout = run->timeout,
                                  .stall_timeout = run->timeout,
                                  .stall_rate = 1,
                                  .ca_file = s->c.ca_file,
                                  .stop = run->stop,
                                  .stop_ctx = run->stop_ctx};
    struct webhook *w = mem_zalloc(1, sizeof(*w));
    enum err e = w ? s->c.http_open(&h, &w->http) : ERR_NOMEM;
    if (e != OK) {
        snprintf(why, WHY_MAX, "out of memory");
        mem_free(w);
        return e;
    }
    w->settings = s;
    *ret = (struct sink){.ctx = w, .send = send, .close = close_webhook};
    return OK;
}

static void settings_free(void *settings) {
    mem_wipe(settings, sizeof(struct settings));
    mem_free(settings);
}

enum err webhook_maker(const struct webhook_config *c, struct sink_maker *ret) {
    struct settings *s = mem_zalloc(1, sizeof(*s));
    enum err e = s ? http_library_init() : ERR_NOMEM;
    if (e != OK) {
        mem_free(s);
        return e;
    }
    s->c = *c;
    s->keys = *c->keys;
    s->c.keys = &s->keys;
    s->c.http_open = c->http_open ? c->http_open : http_curl_open;
    s->c.http_close = c->http_close ? c->http_close : http_curl_close;
    *ret = (struct sink_maker){s, open_webhook, settings_free};
    return OK;
}
