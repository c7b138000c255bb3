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

static enum sink_verdict post(struct sink_answer *ret) {
    struct webhook_keys k;
    char w[WHY_MAX];
    const struct http http = {NULL, ask};
    struct webhook hook = {.http = &http, .url = "https://a/hook", .keys = &k};
    struct event_row r = {.n = 1, .seq = 1, .body = (char *)"{\"test\": 2432232314}"};
    *ret = (struct sink_answer){0};
    EXPECT_EQ(webhook_keys_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &k, w), OK);
    snprintf(r.id, sizeof(r.id), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    struct sink s = webhook_sink(&hook);
    enum sink_verdict v = s.send(s.ctx, &r, (wall_t){1614265330999999}, ret);
    s.close(s.ctx);
    return v;
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
    struct http http;
    struct webhook_keys k;
    char w[WHY_MAX];
    buffer_printf(&text, "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n", status_line, LONG_BODY);
    for (int i = 0; i < LONG_BODY; i++) {
        buffer_put(&text, "x", 1);
    }
    const struct reply reply = {text.p, REPLY_CLOSE};
    http_server_begin(&server, &reply, 1);
    EXPECT_EQ(webhook_keys_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &k, w), OK);
    EXPECT_EQ(http_library_init(), OK);
    EXPECT_EQ(http_curl_open(&(struct http_config){0}, &http), OK);
    struct webhook hook = {.http = &http, .url = server.url, .keys = &k};
    struct event_row r = {.n = 1, .seq = 1, .id = "x", .body = (char *)"{}"};
    struct sink_answer a = {0};
    enum sink_verdict v = webhook_send(&hook, &r, (wall_t){1}, &a);
    webhook_sink(&hook).close(&hook);
    http_curl_close(&http);
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
