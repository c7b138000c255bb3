#include "server/events/webhook.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX 65536      /* [bytes] nobody reads it */
#define RETRY_AFTER_MAX 86400 /* [s] */

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

enum sink_verdict webhook_send(struct webhook *w, const struct event_row *r, wall_t wall,
                               struct sink_answer *ret) {
    char at[24];
    snprintf(at, sizeof(at), "%" PRId64, wall.us / US_PER_S);
    buffer_cut(&w->signature, 0);
    webhook_sign(&w->signature, w->keys, r->id, wall.us / US_PER_S, r->body);
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
                                   .url = w->url,
                                   .headers = headers,
                                   .n_headers = ARRAY_LEN(headers),
                                   .body = {(const uint8_t *)r->body, strlen(r->body)},
                                   .limit = ANSWER_MAX};
    http_answer_clear(&w->answer);
    enum err e = w->http->ask(w->http->ctx, &q, &w->answer);
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

static enum sink_verdict send(void *ctx, const struct event_row *r, wall_t wall,
                              struct sink_answer *ret) {
    return webhook_send(ctx, r, wall, ret);
}

static void close_webhook(void *ctx) {
    struct webhook *w = ctx;
    http_answer_free(&w->answer);
    buffer_free(&w->signature);
}

struct sink webhook_sink(struct webhook *w) {
    return (struct sink){w, send, close_webhook};
}
