#include "recorder/store/http.h"

#include "tests/unit/recorder/bench_http.h"
#include "tests/unit/test.h"

#define PLAIN(length, body) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n" body

static struct http client_for(const struct http_config *c) {
    struct http h;
    CHECK(http_library_init() == OK && http_curl_open(c, &h) == OK);
    return h;
}

static enum err get(const struct http *h, const struct http_server *s, struct http_answer *a) {
    struct http_request q = {.method = "GET", .url = s->url, .limit = 100};
    return h->ask(h->ctx, &q, a);
}

TEST(http_asks_and_answers_over_one_connection) {
    const struct reply replies[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Thing:  two words \r\nx-empty:\r\n\r\nhello",
         REPLY_KEEP},
        {"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 404 Not Found\r\n"
         "Content-Length: 2\r\nX-Late: 2\r\n\r\nno",
         REPLY_KEEP},
        {"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n", REPLY_KEEP},
        {"HTTP/1.1 204 No Content\r\n\r\n", REPLY_KEEP},
    };
    struct http_server s;
    struct http_answer a = {0};
    char value[16];
    struct http h = client_for(&(struct http_config){0});
    http_server_begin(&s, replies, ARRAY_LEN(replies));
    const struct http_field headers[] = {{"X-One", "1"}, {"X-None", ""}};
    struct http_request put = {.method = "PUT",
                               .url = s.url,
                               .headers = headers,
                               .n_headers = 2,
                               .body = bytes_of("a\0b", 3),
                               .limit = 100};
    EXPECT_EQ(h.ask(h.ctx, &put, &a), OK);
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(a.body.n, 5);
    EXPECT(memcmp(a.body.p, "hello", 5) == 0);
    EXPECT(http_header(&a, "x-thing", value, sizeof(value)));
    EXPECT_STR(value, "two words");
    EXPECT(http_header(&a, "X-EMPTY", value, sizeof(value)));
    EXPECT_STR(value, "");
    EXPECT(!http_header(&a, "x-thin", value, sizeof(value)));
    EXPECT(!http_header(&a, "X-Thing", value, 9)); /* does not fit with its NUL */
    EXPECT_STR(value, "");
    EXPECT_EQ(get(&h, &s, &a), OK);
    EXPECT_EQ(a.status, 404);
    EXPECT_EQ(a.body.n, 2);
    EXPECT(http_header(&a, "X-Late", value, sizeof(value)));
    EXPECT(!http_header(&a, "X-Early", value, sizeof(value)));
    struct http_request head = {.method = "HEAD", .url = s.url, .limit = 0};
    EXPECT_EQ(h.ask(h.ctx, &head, &a), OK);
    EXPECT_EQ(a.body.n, 0);
    struct http_request remove = {.method = "DELETE", .url = s.url};
    EXPECT_EQ(h.ask(h.ctx, &remove, &a), OK);
    EXPECT_EQ(a.status, 204);
    http_curl_close(&h);
    http_server_end(&s);
    EXPECT_EQ(s.connections, 1);
    EXPECT(strncmp(s.requests.p, "PUT / HTTP/1.1\r\n", 16) == 0);
    EXPECT(strstr(s.requests.p, "\r\nX-One: 1\r\n") != NULL);
    EXPECT(strstr(s.requests.p, "\r\nX-None:\r\n") != NULL);
    EXPECT(strstr(s.requests.p, "Expect:") == NULL);
    EXPECT(strstr(s.requests.p, "\r\nContent-Length: 3\r\n") != NULL);
    http_answer_free(&a);
    buffer_free(&s.requests);
}

TEST(http_follows_nobody) {
    const struct reply replies[] = {
        {"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\n"
         "Content-Length: 0\r\n\r\n",
         REPLY_KEEP}};
    struct http_server s;
    struct http_answer a = {0};
    struct http h = client_for(&(struct http_config){0});
    http_server_begin(&s, replies, 1);
    EXPECT_EQ(get(&h, &s, &a), OK);
    EXPECT_EQ(a.status, 307);
    http_curl_close(&h);
    http_server_end(&s);
    /* Other protocols than HTTP are none of its business. */
    h = client_for(&(struct http_config){0});
    struct http_request q = {.method = "GET", .url = "file:///etc/hostname", .limit = 1000};
    EXPECT_EQ(h.ask(h.ctx, &q, &a), ERR_IO);
    EXPECT(a.why[0] != '\0');
    http_curl_close(&h);
    http_answer_free(&a);
    buffer_free(&s.requests);
}

TEST(http_bounds_what_it_takes) {
    static char headers[HTTP_HEADERS_MAX + 1000];
    const struct reply replies[] = {
        {PLAIN("101", "0123456789012345678901234567890123456789012345678901234567890123456789012345"
                      "6789012345678901234567890"),
         REPLY_CLOSE},
        {headers, REPLY_CLOSE},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", REPLY_STALL},
    };
    struct http_server s;
    struct http_answer a = {0};
    struct buffer b = buffer_fixed(headers, sizeof(headers));
    buffer_str(&b, "HTTP/1.1 200 OK\r\n");
    while (b.n <= HTTP_HEADERS_MAX + 20) {
        buffer_printf(&b, "X: %065d\r\n", 1);
    }
    buffer_str(&b, "Content-Length: 0\r\n\r\n");
    CHECK(!b.bad);
    struct http h = client_for(&(struct http_config){.stall_timeout = US_PER_S});
    http_server_begin(&s, replies, ARRAY_LEN(replies));
    EXPECT_EQ(get(&h, &s, &a), ERR_LONG);
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(get(&h, &s, &a), ERR_LONG);
    /* It is looked at while it comes, not when it is there: here it never is. */
    EXPECT_EQ(get(&h, &s, &a), ERR_IO);
    http_curl_close(&h);
    http_server_end(&s);
    http_answer_free(&a);
    buffer_free(&s.requests);
}

TEST(http_breaks_off_what_stalls_or_breaks) {
    const struct reply replies[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234", REPLY_STALL},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234", REPLY_CLOSE},
        {"no HTTP at all\r\n\r\n", REPLY_CLOSE},
        {"", REPLY_STALL},
    };
    struct http_server s;
    struct http_answer a = {0};
    struct http_config c = {.timeout = 300 * US_PER_MS};
    struct http h = client_for(&c);
    http_server_begin(&s, replies, ARRAY_LEN(replies));
    for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
        EXPECT_EQ(get(&h, &s, &a), ERR_IO);
        EXPECT_EQ(a.status, 0);
        EXPECT(a.why[0] != '\0');
    }
    http_server_end(&s);
    /* Nobody listens there any more. */
    EXPECT_EQ(get(&h, &s, &a), ERR_IO);
    EXPECT(strstr(a.why, "connect") != NULL);
    http_curl_close(&h);
    http_answer_free(&a);
    buffer_free(&s.requests);
}

static bool at_once(void *ctx) {
    ++*(unsigned *)ctx;
    return true;
}

TEST(http_ends_when_told) {
    const struct reply replies[] = {{"", REPLY_STALL}};
    struct http_server s;
    struct http_answer a = {0};
    unsigned asked = 0;
    struct http h = client_for(&(struct http_config){.stop = at_once, .stop_ctx = &asked});
    http_server_begin(&s, replies, 1);
    EXPECT_EQ(get(&h, &s, &a), ERR_IO);
    EXPECT_EQ(asked, 1);
    http_curl_close(&h);
    http_server_end(&s);
    http_answer_free(&a);
    buffer_free(&s.requests);
}

TEST(http_sends_again_on_a_connection_that_died) {
    const struct reply replies[] = {
        {PLAIN("1", "a"), REPLY_KEEP},
        {"", REPLY_CLOSE}, /* the kept connection is closed instead of an answer */
        {PLAIN("1", "b"), REPLY_KEEP},
    };
    struct http_server s;
    struct http_answer a = {0};
    struct http h = client_for(&(struct http_config){0});
    http_server_begin(&s, replies, ARRAY_LEN(replies));
    struct http_request put = {
        .method = "PUT", .url = s.url, .body = bytes_of("body", 4), .limit = 100};
    EXPECT_EQ(h.ask(h.ctx, &put, &a), OK);
    EXPECT_EQ(h.ask(h.ctx, &put, &a), OK);
    EXPECT(a.body.n == 1 && a.body.p[0] == 'b');
    http_curl_close(&h);
    http_server_end(&s);
    EXPECT_EQ(s.connections, 2);
    http_answer_free(&a);
    buffer_free(&s.requests);
}

TEST_ALLOC(http_without_memory) {
    const struct reply replies[] = {{PLAIN("5", "hello"), REPLY_CLOSE}};
    struct http_server s;
    struct http_answer a = {0};
    struct http h;
    CHECK(http_library_init() == OK);
    http_server_begin(&s, replies, 1);
    const struct http_config c = {.ca_file = "/etc/ssl/certs/ca-certificates.crt"};
    enum err e = http_curl_open(&c, &h);
    EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    if (e == OK) {
        const struct http_field header = {"X", "y"};
        struct http_request q = {
            .method = "GET", .url = s.url, .headers = &header, .n_headers = 1, .limit = 100};
        e = h.ask(h.ctx, &q, &a);
        EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
        http_curl_close(&h);
    }
    http_server_end(&s);
    http_answer_free(&a);
    buffer_free(&s.requests);
}
