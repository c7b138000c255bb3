#include "server/events/webhook.h"
#include "tests/unit/recorder/bench_http.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

static const char *headers, *why;
static int status;
static enum err result;
static struct buffer seen;

static enum err ask(void *ctx, const struct http_request *q, struct http_answer *ret) {
    (void)ctx;
    buffer_cut(&seen, 0);
    buffer_printf(&seen, "%s %s\n", q->method, q->url);
    for (size_t i = 0; i < q->n_headers; i++) {
        buffer_printf(&seen, "%s: %s\n", q->headers[i].name, q->headers[i].value);
    }
    buffer_put(&seen, q->body.p, q->body.n);
    ret->status = status;
    buffer_str(&ret->headers, headers);
    snprintf(ret->why, WHY_MAX, "%s", why);
    return result;
}

static enum err open_http(const struct http_config *c, struct http *ret) {
    EXPECT_EQ(c->timeout, US_PER_S);
    *ret = (struct http){NULL, ask};
    return OK;
}

static void close_http(struct http *h) {
    *h = (struct http){NULL, NULL};
}

/* Send this by a sink that is made for it. */
static enum sink_verdict send_by(struct webhook_config *c, struct event_row *r, wall_t wall,
                                 struct sink_answer *ret) {
    struct webhook_keys k;
    struct sink_maker m = {.settings = NULL};
    struct sink s = {.ctx = NULL};
    char w[WHY_MAX];
    EXPECT_EQ(webhook_keys_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &k, w), OK);
    c->keys = &k;
    EXPECT_EQ(webhook_maker(c, &m), OK);
    EXPECT_EQ(m.open(m.settings, &(struct sink_run){.timeout = US_PER_S}, &s, w), OK);
    *ret = (struct sink_answer){0};
    enum sink_verdict v = s.send(s.ctx, r, wall, ret);
    s.close(s.ctx);
    sink_maker_free(&m);
    return v;
}

static enum sink_verdict post(struct sink_answer *ret) {
    struct webhook_config c = {
        .url = "https://a/hook", .http_open = open_http, .http_close = close_http};
    struct event_row r = {.n = 1, .seq = 1, .body = (char *)"{\"test\": 2432232314}"};
    snprintf(r.id, sizeof(r.id), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    return send_by(&c, &r, (wall_t){1614265330999999}, ret);
}

TEST(a_webhook_is_a_signed_post) {
    struct sink_answer a;
    status = 204;
    headers = why = "";
    result = OK;
    EXPECT_EQ(post(&a), SINK_TAKEN);
    EXPECT(strncmp(seen.p, "POST https://a/hook\nContent-Type: application/json\n", 50) == 0);
    EXPECT(strstr(seen.p, "\nwebhook-id: 01ARZ3NDEKTSV4RRFFQ69G5FAV\n"
                          "webhook-timestamp: 1614265330\nwebhook-signature: v1,"));
    EXPECT(strstr(seen.p, "\n{\"test\": 2432232314}"));
    buffer_free(&seen);
}

TEST(what_a_receiver_answers_is_understood) {
    static const struct {
        enum err e;
        int status;
        const char *headers;
        enum sink_verdict verdict;
        us_t after;
    } rows[] = {{OK, 200, "", SINK_TAKEN, 0},
                {OK, 299, "", SINK_TAKEN, 0},
                {ERR_LONG, 200, "", SINK_TAKEN, 0}, /* it talks a lot */
                {ERR_LONG, 400, "", SINK_REFUSED, 0},
                {ERR_LONG, 503, "", SINK_DOWN, 0},
                {ERR_LONG, 0, "", SINK_DOWN, 0},
                {ERR_IO, 0, "", SINK_DOWN, 0},
                {OK, 503, "Retry-After: 120\n", SINK_DOWN, 120 * US_PER_S},
                {OK, 429, "Retry-After: 99999999999\n", SINK_DOWN, 86400 * US_PER_S},
                {OK, 502, "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\n", SINK_DOWN, 0},
                {OK, 504, "Retry-After: -5\n", SINK_DOWN, 0},
                {OK, 408, "", SINK_DOWN, 0},
                {OK, 425, "", SINK_DOWN, 0},
                {OK, 301, "", SINK_REFUSED, 0},
                {OK, 400, "", SINK_REFUSED, 0},
                {OK, 410, "", SINK_REFUSED, 0},
                {OK, 500, "", SINK_REFUSED, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sink_answer a;
        status = rows[i].status;
        headers = rows[i].headers;
        result = rows[i].e;
        why = rows[i].e != OK ? "cable cut" : "";
        EXPECT_EQ(post(&a), rows[i].verdict);
        EXPECT_EQ(a.after, rows[i].after);
        EXPECT((*a.why != '\0') == (rows[i].verdict != SINK_TAKEN));
    }
    buffer_free(&seen);
}

#define LONG_BODY (70 * 1024)

/* What the real client makes of a receiver that answers with this status, and 70 KiB. */
static enum sink_verdict talk(const char *status_line) {
    struct buffer text = {0};
    struct http_server server;
    buffer_printf(&text, "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n", status_line, LONG_BODY);
    for (int i = 0; i < LONG_BODY; i++) {
        buffer_put(&text, "x", 1);
    }
    const struct reply reply = {text.p, REPLY_CLOSE};
    http_server_begin(&server, &reply, 1);
    struct webhook_config c = {.url = server.url};
    struct event_row r = {.n = 1, .seq = 1, .id = "x", .body = (char *)"{}"};
    struct sink_answer a;
    enum sink_verdict v = send_by(&c, &r, (wall_t){1}, &a);
    http_server_end(&server);
    buffer_free(&server.requests);
    buffer_free(&text);
    return v;
}

TEST(a_receiver_that_talks_a_lot_is_understood_by_its_status) {
    EXPECT_EQ(talk("200 OK"), SINK_TAKEN);
    EXPECT_EQ(talk("400 Bad Request"), SINK_REFUSED);
    EXPECT_EQ(talk("503 Service Unavailable"), SINK_DOWN);
}
