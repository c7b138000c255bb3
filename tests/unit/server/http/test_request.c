/* Requests and answers over a socket: what a client says in pieces, too much, too early or not at
 * all, and bodies that come slowly, fail, or that nobody takes. */
#include "base/check.h"
#include "server/http/respond.h"
#include "server/http/tcp.h"
#include "tests/unit/server/http/rim.h"

#include <stdlib.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: here\r\n\r\n"
#define POST(n) "POST /body HTTP/1.1\r\nHost: here\r\nContent-Length: " n "\r\n\r\n"

static struct rim rim;
static struct client one, two;

static bool start(void) {
    rim_init(&rim);
    bool ok = rim_start(&rim);
    EXPECT(ok);
    if (ok) {
        client_open(&one, rim.loop.port, NULL);
    }
    return ok;
}

static void stop(void) {
    client_close(&one);
    rim_stop(&rim);
}

TEST(request_is_answered_and_the_connection_goes_on) {
    REQUIRE(start());
    for (int i = 0; i < 3; i++) {
        client_clear(&one);
        EXPECT(client_say(&one, GET("/text")));
        UNTIL(&rim, client_has(&one, "\r\n\r\na text"));
        EXPECT_EQ(client_status(&one), 200);
        EXPECT(client_has(&one, "content-length: 6\r\n"));
        EXPECT(client_has(&one, "x-content-type-options: nosniff\r\n"));
    }
    EXPECT_EQ(rim.loop.counters.http_requests[2], 3);
    EXPECT_EQ(rim.loop.open, 1);
    EXPECT_EQ(rim.ended, 3);
    stop();
}

/* What a proxy before us could read in another way; the connection ends with it. */
TEST(request_heads_that_are_refused) {
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"GET /text HTTP/1.1\r\n\r\n", 400},
        {"GET /text HTTP/1.1\r\nHost: here\r\nHost: there\r\n\r\n", 400},
        {"GET /text HTTP/9.9\r\nHost: here\r\n\r\n", 505},
        {"POST /body HTTP/1.1\r\nHost: here\r\nContent-Length : 5\r\n\r\nhello", 400},
        {"POST /body HTTP/1.1\r\nHost: here\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
        {"POST /body HTTP/1.1\r\nHost: here\r\nTransfer-Encoding\t: chunked\r\n\r\n", 400},
        {"GET /text HTTP/1.1\r\nHost: here\r\n Content-Length: 5\r\n\r\nhello", 400},
        {"GET /text HTTP/1.1\r\nHost: here\r\n\tHost: there\r\n\r\n", 400},
        {"GET /text HTTP/1.1\r\nHost: here\r\nAuthorization : Bearer x\r\n\r\n", 400},
        {"POST /body HTTP/1.1\r\nHost: here\r\nContent-Length  : 5\r\n\r\nhello", 400},
        {"POST /body HTTP/1.1\r\nHost: here\r\nTransfer-Encoding \t : chunked\r\n\r\n", 400},
        {"GET /text HTTP/1.1\r\nHost: here\r\n   Content-Length: 5\r\n\r\nhello", 400},
        {"GET /text HTTP/1.1\r\nHost: here\r\n\t \tUpgrade: websocket\r\n\r\n", 400},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        REQUIRE(start());
        EXPECT(client_say(&one, cases[i].text));
        UNTIL(&rim, client_ended(&one));
        /* libwebsockets answers what is not of 1.1 in 1.0 */
        EXPECT_EQ(strtol(one.in + strlen("HTTP/1.x "), NULL, 10), cases[i].status);
        EXPECT(client_has(&one, "x-content-type-options: nosniff\r\n"));
        EXPECT_EQ(rim.loop.counters.refused[REFUSED_HEAD], 1);
        stop();
    }
    REQUIRE(start());
    EXPECT(client_say(&one, "GET /text HTTP/1.0\r\n\r\n")); /* needs no Host */
    UNTIL(&rim, client_has(&one, "a text"));
    stop();
}

/* Answers of libwebsockets' own: no other page may frame them either. */
TEST(request_that_never_comes_to_us) {
    static const char *const cases[] = {"TRACE / HTTP/1.1\r\nHost: here\r\n\r\n",
                                        "PROPFIND / HTTP/1.1\r\nHost: here\r\n\r\n",
                                        "GET http://here/ HTTP/1.1\r\nHost: here\r\n\r\n"};
    static char url[] = "https://here";
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        rim_init(&rim);
        rim.config.public_url = url;
        REQUIRE(rim_start(&rim));
        client_open(&one, rim.loop.port, NULL);
        EXPECT(client_say(&one, cases[i]));
        UNTIL(&rim, client_ended(&one));
        EXPECT_EQ(strtol(one.in + strlen("HTTP/1.x "), NULL, 10), 403);
        EXPECT_EQ(rim.begun, 0);
        EXPECT_EQ(client_count(&one, "frame-ancestors 'none'"), 1);
        EXPECT_EQ(client_count(&one, "x-content-type-options: nosniff\r\n"), 1);
        EXPECT_EQ(client_count(&one, "strict-transport-security: "), 1);
        stop();
    }
}

/* A page whose name was made to point here may not pass for one of ours (DNS rebinding). */
TEST(request_hosts_of_a_server_with_a_name) {
    static char url[] = "https://a.example", origin[] = "https://b.example:8443";
    static char *origins[] = {origin};
    static const struct {
        const char *host, *path;
        int status;
    } cases[] = {
        {"a.example", "/text", 200},      {"A.example:443", "/text", 200},
        {"b.example:8443", "/text", 200}, {"127.0.0.1:8080", "/text", 200},
        {"localhost", "/text", 200},      {"evil.example", "/text", 421},
        {"b.example", "/text", 421},      {"a.example.evil", "/none", 421},
        {"evil.example", "/probe", 200},
    };
    char text[256];
    rim_init(&rim);
    rim.config.public_url = url;
    rim.config.origins = (struct config_list){origins, 1};
    REQUIRE(rim_start(&rim));
    client_open(&one, rim.loop.port, NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        client_clear(&one);
        snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", cases[i].path,
                 cases[i].host);
        EXPECT(client_say(&one, text));
        UNTIL(&rim, client_has(&one, "\r\n\r\na text") || client_has(&one, "\"misdirected\"}"));
        EXPECT_EQ(client_status(&one), cases[i].status);
    }
    EXPECT_EQ(rim.loop.counters.refused[REFUSED_HOST], 3);
    stop();
}

TEST(request_byte_by_byte) {
    static const char text[] = POST("5") "01234";
    REQUIRE(start());
    for (size_t i = 0; text[i]; i++) {
        EXPECT_EQ(client_status(&one), 0);
        EXPECT(client_send(&one, text + i, 1));
        rim_turn(&rim);
    }
    UNTIL(&rim, client_has(&one, "body of 5"));
    stop();
}

TEST(request_pipelined_are_answered_in_order) {
    REQUIRE(start());
    EXPECT(client_say(&one, GET("/text") GET("/none") GET("/text")));
    UNTIL(&rim, client_count(&one, "HTTP/1.1 ") == 3 && client_count(&one, "a text") == 2);
    EXPECT(strstr(one.in, "200 OK") < strstr(one.in, "404 Not Found"));
    stop();
}

TEST(request_head_has_the_headers_only) {
    REQUIRE(start());
    EXPECT(client_say(&one, "HEAD /text HTTP/1.1\r\nHost: here\r\n\r\n" GET("/none")));
    UNTIL(&rim, client_count(&one, "HTTP/1.1 ") == 2 && client_has(&one, "not_found"));
    EXPECT(client_has(&one, "content-length: 6\r\n"));
    EXPECT(!client_has(&one, "a text"));
    rim.stream = 5000;
    client_clear(&one);
    EXPECT(client_say(&one, "HEAD /stream HTTP/1.1\r\nHost: here\r\n\r\n"));
    UNTIL(&rim, client_has(&one, "content-length: 5000\r\n"));
    EXPECT_EQ(rim.source.taken, 0);
    EXPECT_EQ(rim.ended, 3);
    stop();
}

/* Those that no row of the table has, and one that nobody has. */
TEST(request_of_other_methods) {
    static const struct {
        const char *text, *says;
        int status;
    } cases[] = {
        {"PUT /text HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n", "\"method_not_allowed\"",
         405},
        {"POST /text HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\nab",
         "allow: GET, HEAD, OPTIONS\r\n", 405},
        {"GET /body HTTP/1.1\r\nHost: here\r\n\r\n", "allow: POST, PATCH, DELETE, OPTIONS\r\n",
         405},
        {"OPTIONS /body HTTP/1.1\r\nHost: here\r\n\r\n",
         "access-control-allow-methods: POST, PATCH, DELETE, OPTIONS\r\n", 204},
        {"OPTIONS /text HTTP/1.1\r\nHost: here\r\n\r\n", "allow: GET, HEAD, OPTIONS\r\n", 204},
        {"DELETE /body HTTP/1.1\r\nHost: here\r\n\r\n", "body of 0", 200},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        REQUIRE(start());
        EXPECT(client_say(&one, cases[i].text));
        UNTIL(&rim, client_has(&one, cases[i].says));
        EXPECT_EQ(client_status(&one), cases[i].status);
        stop();
    }
    REQUIRE(start());
    EXPECT(client_say(&one, "BREW /text HTTP/1.1\r\nHost: here\r\n\r\n"));
    UNTIL(&rim, client_ended(&one));
    EXPECT(!client_has(&one, "a text"));
    EXPECT_EQ(rim.begun, 0);
    stop();
}

/* ---- bodies ---- */

TEST(request_body_that_is_too_large_is_refused_before_it_comes) {
    REQUIRE(start());
    EXPECT(client_say(&one, POST("65537")));
    UNTIL(&rim, client_has(&one, "\"too_large\""));
    EXPECT_EQ(client_status(&one), 413);
    EXPECT(client_has(&one, "connection: close\r\n"));
    UNTIL(&rim, client_ended(&one));
    EXPECT_EQ(rim.answered, 0);
    stop();
}

TEST(request_that_is_not_admitted_is_refused_before_its_body) {
    REQUIRE(start());
    rim.refuse_admit = true;
    EXPECT(client_say(&one, "POST /body HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\n"
                            "Content-Length: 9\r\n\r\n"));
    UNTIL(&rim, client_has(&one, "\"token_missing\""));
    EXPECT_EQ(client_status(&one), 401);
    EXPECT(client_has(&one, "www-authenticate: Bearer\r\n"));
    EXPECT(!client_has(&one, "100 Continue"));
    stop();
}

TEST(request_body_is_invited) {
    REQUIRE(start());
    EXPECT(client_say(&one, "POST /body HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\n"
                            "Content-Length: 3\r\n\r\n"));
    UNTIL(&rim, client_has(&one, "HTTP/1.1 100 Continue\r\n\r\n"));
    EXPECT(client_say(&one, "abc"));
    UNTIL(&rim, client_has(&one, "body of 3"));
    stop();
}

TEST(request_lengths_that_are_none) {
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"POST /body HTTP/1.1\r\nHost: here\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST /body HTTP/1.1\r\nHost: here\r\nContent-Length: 1x\r\n\r\n", 400},
        {"POST /body HTTP/1.1\r\nHost: here\r\nContent-Length: 18446744073709551617\r\n\r\n", 400},
        {"POST /body HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", 411},
        {"POST /body HTTP/1.1\r\nHost: here\r\n\r\n", 200}, /* RFC 9112 section 6.3: no body */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        REQUIRE(start());
        EXPECT(client_say(&one, cases[i].text));
        UNTIL(&rim, client_ended(&one));
        EXPECT_EQ(client_status(&one), cases[i].status);
        EXPECT_EQ(client_count(&one, "HTTP/1.1 "), 1);
        EXPECT(client_has(&one, "connection: close\r\n"));
        stop();
    }
}

TEST(request_whose_client_is_gone_while_its_body_comes) {
    REQUIRE(start());
    EXPECT(client_say(&one, POST("65536") "some of it"));
    UNTIL(&rim, rim.begun == 1);
    client_reset(&one);
    UNTIL(&rim, rim.ended == 1 && rim.loop.open == 0);
    stop();
}

/* ---- bodies of answers ---- */

TEST(answer_from_a_source_that_is_slow) {
    REQUIRE(start());
    rim.stream = 2500;
    EXPECT(client_say(&one, GET("/stream")));
    UNTIL(&rim, client_has(&one, "content-length: 2500\r\n"));
    client_clear(&one);
    for (size_t n = 1; n < 2500; n += 833) {
        rim.source.ready = n;
        request_wake(rim.last);
        UNTIL(&rim, client_got(&one) == n);
        EXPECT_EQ(rim.ended, 0);
    }
    rim.source.ready = 2500;
    request_wake(rim.last);
    UNTIL(&rim, client_got(&one) == 2500);
    UNTIL(&rim, rim.ended == 1);
    EXPECT(!client_ended(&one));
    EXPECT(client_say(&one, GET("/text")));
    UNTIL(&rim, client_has(&one, "a text"));
    stop();
}

TEST(answer_from_a_source_that_fails) {
    REQUIRE(start());
    rim.stream = 2500;
    rim.source.ready = 1200;
    rim.source.fails = true;
    EXPECT(client_say(&one, GET("/stream") GET("/text")));
    UNTIL(&rim, client_ended(&one));
    EXPECT_EQ(client_count(&one, "HTTP/1.1 "), 1); /* nothing may be taken for the rest */
    EXPECT_EQ(rim.ended, 1);
    EXPECT_EQ(rim.source.given, 1200);
    EXPECT_EQ(rim.loop.open, 0);
    stop();
}

TEST(answer_that_nobody_waits_for) {
    REQUIRE(start());
    rim.stream = 2500;
    rim.source.ready = 1200;
    EXPECT(client_say(&one, GET("/stream")));
    UNTIL(&rim, rim.source.given == 1200);
    client_reset(&one);
    UNTIL(&rim, rim.ended == 1);
    EXPECT(rim.last == NULL);
    client_open(&one, rim.loop.port, NULL);
    EXPECT(client_say(&one, GET("/wait")));
    UNTIL(&rim, rim.answered == 2);
    uint64_t id = rim.last->id;
    EXPECT(request_find(&rim.loop, id) == rim.last);
    client_reset(&one);
    UNTIL(&rim, rim.ended == 2);
    EXPECT(request_find(&rim.loop, id) == NULL);
    EXPECT_EQ(rim.loop.open, 0);
    stop();
}

/* Who has said all and waits is served. */
TEST(answer_after_the_client_has_ended_its_half) {
    REQUIRE(start());
    EXPECT(client_say(&one, GET("/text")));
    client_half_close(&one);
    UNTIL(&rim, client_ended(&one));
    EXPECT(client_has(&one, "a text"));
    UNTIL(&rim, rim.loop.open == 0);
    stop();
}

/* What a client says, or that it has ended its half, while its answer is being made must not turn
 * the loop over and over: libwebsockets polls for it, and does not take it. */
/* What the client says meanwhile lies with libwebsockets already: that must not keep it busy. */
TEST(answer_being_made_with_another_request_behind_it) {
    REQUIRE(start());
    EXPECT(client_say(&one, GET("/wait") GET("/text") GET("/text")));
    UNTIL(&rim, rim.answered == 1);
    EXPECT(rim_idle_turns(&rim) < 10);
    struct request *r = rim.last;
    REQUIRE(r);
    respond_static(r, 200, "text/plain", bytes_of("late", 4));
    UNTIL(&rim, client_count(&one, "HTTP/1.1 200") == 3 && client_count(&one, "a text") == 2);
    EXPECT_EQ(rim.answered, 3);
    EXPECT(rim_idle_turns(&rim) < 10);
    stop();
}

TEST(answer_being_made_lets_the_loop_rest) {
    static const char *const meanwhile[] = {"", GET("/text")};
    for (size_t i = 0; i < ARRAY_LEN(meanwhile); i++) {
        for (int close = 0; close < 2; close++) {
            REQUIRE(start());
            EXPECT(client_say(&one, GET("/wait")));
            UNTIL(&rim, rim.answered == 1);
            EXPECT(client_say(&one, meanwhile[i]));
            if (close) {
                client_half_close(&one);
            }
            EXPECT(rim_idle_turns(&rim) < 20);
            EXPECT_EQ(rim.ended, 0);
            respond_status(rim.last, 204);
            UNTIL(&rim, client_status(&one) == 204);
            if (i == 1) {
                UNTIL(&rim, client_has(&one, "a text"));
            }
            stop();
        }
    }
}

/* ---- deadlines ---- */

TEST(deadline_of_headers) {
    REQUIRE(start());
    EXPECT(client_say(&one, "GET /text HT"));
    UNTIL(&rim, rim.loop.open == 1);
    rim_later(&rim, 99 * US_PER_S);
    EXPECT(client_say(&one, "TP/1.1\r\n"));
    for (int i = 0; i < 5; i++) {
        rim_turn(&rim);
    }
    EXPECT_EQ(rim.loop.open, 1);
    rim_later(&rim, 100 * US_PER_S); /* what came did not give it more time */
    UNTIL(&rim, client_ended(&one) && rim.loop.open == 0);
    EXPECT_EQ(rim.loop.counters.timeouts_headers, 1);
    EXPECT_EQ(rim.begun, 0);
    stop();
}

TEST(deadline_of_a_body) {
    REQUIRE(start());
    EXPECT(client_say(&one, POST("100") "some"));
    UNTIL(&rim, rim.begun == 1);
    rim_later(&rim, 199 * US_PER_S);
    EXPECT(client_say(&one, "more"));
    for (int i = 0; i < 5; i++) {
        rim_turn(&rim);
    }
    EXPECT_EQ(rim.loop.open, 1);
    rim_later(&rim, 200 * US_PER_S);
    UNTIL(&rim, client_ended(&one) && rim.loop.open == 0);
    EXPECT_EQ(rim.loop.counters.timeouts_body, 1);
    EXPECT_EQ(rim.ended, 1);
    EXPECT_EQ(rim.answered, 0);
    stop();
}

/* Who is to answer does not. */
TEST(deadline_of_an_answer_that_does_not_come) {
    REQUIRE(start());
    EXPECT(client_say(&one, GET("/wait")));
    UNTIL(&rim, rim.answered == 1);
    rim_later(&rim, 299 * US_PER_S);
    rim_turn(&rim);
    EXPECT_EQ(rim.loop.open, 1);
    rim_later(&rim, 300 * US_PER_S);
    UNTIL(&rim, client_ended(&one) && rim.ended == 1);
    EXPECT_EQ(rim.loop.counters.timeouts_answer, 1);
    stop();
}

/* The client does not take it. */
TEST(deadline_of_an_answer_that_is_not_taken) {
    REQUIRE(start());
    rim.stream = rim.source.ready = 64 << 20;
    rim.source.piece = RESPOND_PIECE_MAX;
    EXPECT(client_say(&one, GET("/stream")));
    UNTIL(&rim, rim.source.taken > 0);
    size_t before = 0;
    do { /* until the kernel takes no more */
        before = rim.source.given;
        for (int i = 0; i < 20; i++) {
            rim_turn(&rim);
        }
    } while (rim.source.given != before);
    rim_later(&rim, 299 * US_PER_S);
    rim_turn(&rim);
    EXPECT_EQ(rim.ended, 0);
    rim_later(&rim, 301 * US_PER_S);
    UNTIL(&rim, rim.ended == 1 && rim.loop.open == 0);
    EXPECT_EQ(rim.loop.counters.timeouts_answer, 1);
    stop();
}

/* An answer gets new time when a piece of it has gone out, and not when its source was asked and
 * had none: what wakes a request is not the client's doing. */
TEST(deadline_of_an_answer_without_pieces) {
    REQUIRE(start());
    rim.stream = 2500;
    rim.source.ready = 100;
    EXPECT(client_say(&one, GET("/stream")));
    UNTIL(&rim, rim.source.given == 100);
    us_t wrote = clock_now();
    while (clock_now() < wrote + 20 * US_PER_MS) {
        request_wake(rim.last);
        rim_turn(&rim);
    }
    rim_later(&rim, 300 * US_PER_S - 10 * US_PER_MS);
    UNTIL(&rim, rim.loop.open == 0);
    EXPECT_EQ(rim.loop.counters.timeouts_answer, 1);
    stop();
}

TEST(deadline_between_requests) {
    REQUIRE(start());
    EXPECT(client_say(&one, GET("/text")));
    UNTIL(&rim, client_has(&one, "a text"));
    rim_later(&rim, 109 * US_PER_S);
    rim_turn(&rim);
    EXPECT_EQ(rim.loop.open, 1);
    rim_later(&rim, 111 * US_PER_S);
    UNTIL(&rim, client_ended(&one));
    EXPECT_EQ(rim.loop.counters.timeouts_headers, 0); /* it is nobody's failure */
    stop();
}

/* ---- limits ---- */

TEST(limit_of_connections) {
    struct client many[3];
    rim_init(&rim);
    rim.config.limits_connections = 2;
    REQUIRE(rim_start(&rim));
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        client_open(&many[i], rim.loop.port, NULL);
        rim_turn(&rim);
    }
    UNTIL(&rim, client_ended(&many[2]) && rim.loop.counters.refused_connections == 1);
    EXPECT(client_say(&many[1], GET("/text")));
    UNTIL(&rim, client_has(&many[1], "a text"));
    client_close(&many[0]);
    UNTIL(&rim, rim.loop.open == 1);
    client_open(&many[0], rim.loop.port, NULL); /* there is room again */
    UNTIL(&rim, rim.loop.open == 2);
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        client_close(&many[i]);
    }
    rim_stop(&rim);
}

TEST(limit_of_connections_of_an_address) {
    rim_init(&rim);
    rim.config.limits_connections_per_address = 1;
    REQUIRE(rim_start(&rim));
    client_open(&one, rim.loop.port, "127.0.0.1");
    UNTIL(&rim, rim.loop.open == 1);
    client_open(&two, rim.loop.port, "127.0.0.1");
    UNTIL(&rim, client_ended(&two));
    EXPECT_EQ(rim.loop.counters.refused_address, 1);
    client_close(&two);
    client_open(&two, rim.loop.port, "127.0.0.2"); /* another one is not concerned */
    UNTIL(&rim, rim.loop.open == 2);
    client_close(&two);
    client_close(&one);
    rim_stop(&rim);
}

TEST(limit_of_connections_in_a_minute) {
    rim_init(&rim);
    rim.config.limits_connections_per_minute = 2;
    REQUIRE(rim_start(&rim));
    for (int i = 0; i < 3; i++) {
        client_open(&one, rim.loop.port, NULL);
        EXPECT(client_say(&one, GET("/text")));
        UNTIL(&rim, i < 2 ? client_has(&one, "a text") : client_ended(&one));
        client_close(&one);
        UNTIL(&rim, rim.loop.open == 0);
    }
    EXPECT_EQ(rim.loop.counters.refused[REFUSED_CONNECTION_RATE], 1);
    client_open(&one, rim.loop.port, "127.0.0.2"); /* another client is served */
    EXPECT(client_say(&one, GET("/text")));
    UNTIL(&rim, client_has(&one, "a text"));
    stop();
}

TEST(limit_of_requests_at_once) {
    rim_init(&rim);
    rim.config.limits_requests_per_address = 1;
    REQUIRE(rim_start(&rim));
    client_open(&one, rim.loop.port, NULL);
    client_open(&two, rim.loop.port, NULL);
    EXPECT(client_say(&one, GET("/wait")));
    UNTIL(&rim, rim.answered == 1);
    struct request *waiting = rim.last;
    EXPECT(client_say(&two, GET("/text")));
    UNTIL(&rim, client_has(&two, "\"too_many_requests\""));
    EXPECT_EQ(client_status(&two), 429);
    EXPECT(client_has(&two, "retry-after: 1\r\n"));
    respond_status(waiting, 204);
    UNTIL(&rim, client_status(&one) == 204);
    client_clear(&two);
    EXPECT(client_say(&two, GET("/text")));
    UNTIL(&rim, client_has(&two, "a text"));
    client_close(&two);
    stop();
}

/* Bodies that are not complete, of one address: 64 KiB each, a MiB in all. */
TEST(limit_of_input) {
    static const char piece[65535];
    static struct client many[17];
    rim_init(&rim);
    rim.config.limits_connections_per_address = 32;
    rim.config.limits_requests_per_address = 32;
    REQUIRE(rim_start(&rim));
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        client_open(&many[i], rim.loop.port, NULL);
        EXPECT(client_say(&many[i], POST("65536")));
        for (size_t at = 0; at < sizeof(piece); at += 4369) {
            EXPECT(client_send(&many[i], piece, 4369));
            rim_turn(&rim);
        }
    }
    UNTIL(&rim, client_has(&many[16], "\"too_many_requests\""));
    EXPECT_EQ(rim.loop.counters.refused_input, 1);
    UNTIL(&rim, client_ended(&many[16]));
    client_close(&many[16]);
    EXPECT(client_say(&many[0], "x"));
    UNTIL(&rim, client_has(&many[0], "body of 65536"));
    client_close(&many[0]);
    UNTIL(&rim, rim.loop.open == 15);
    client_open(&one, rim.loop.port, NULL); /* what is done with is given back */
    EXPECT(client_say(&one, POST("3") "abc"));
    UNTIL(&rim, client_has(&one, "body of 3"));
    for (size_t i = 1; i < ARRAY_LEN(many) - 1; i++) {
        client_close(&many[i]);
    }
    UNTIL(&rim, rim.loop.open == 1);
    stop();
}

/* Behind a proxy the client counts, whom its last word names: of IPv6 a network. */
TEST(limit_of_clients_behind_a_proxy) {
    static const struct {
        const char *client;
        int status;
    } cases[] = {
        {"10.0.0.2", 200},           {"10.0.0.1", 429},        {"2001:db8::1", 429},
        {"2001:db8::2", 429},        {"2001:db8:0:1::1", 200}, {"10.0.0.9, 10.0.0.1", 429},
        {"10.0.0.1, 10.0.0.2", 200},
    };
    static char proxy[] = "127.0.0.1", *items[] = {proxy};
    struct client first[2];
    rim_init(&rim);
    rim.config.limits_requests_per_address = 1;
    rim.config.trusted_proxies = (struct config_list){items, 1};
    REQUIRE(rim_start(&rim));
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        client_open(&first[i], rim.loop.port, NULL);
        EXPECT(client_say(&first[i], i ? "GET /wait HTTP/1.1\r\nHost: here\r\n"
                                         "X-Forwarded-For: 2001:db8::ffff\r\n\r\n"
                                       : "GET /wait HTTP/1.1\r\nHost: here\r\n"
                                         "X-Forwarded-For: 10.0.0.1\r\n\r\n"));
        UNTIL(&rim, rim.answered == i + 1);
    }
    client_open(&one, rim.loop.port, NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[256];
        snprintf(text, sizeof(text),
                 "GET /text HTTP/1.1\r\nHost: here\r\nX-Forwarded-For: %s\r\n\r\n",
                 cases[i].client);
        client_clear(&one);
        EXPECT(client_say(&one, text));
        UNTIL(&rim, client_has(&one, cases[i].status == 200 ? "a text" : "too_many_requests"));
        EXPECT_EQ(client_status(&one), cases[i].status);
    }
    client_close(&first[0]);
    client_close(&first[1]);
    stop();
}

/* ---- memory that is out ---- */

/* Ask again and again with the first, second ... allocation failing, until none does. */
static void ask_without_memory(const char *text, const char *whole) {
    bool failed = true;
    for (long n = 0; failed && n < 1000; n++) {
        rim.source = (struct rim_source){.ready = 2500, .piece = 1000};
        client_open(&one, rim.loop.port, NULL);
        UNTIL(&rim, rim.loop.open == 1);
        mem_fail_at(n);
        EXPECT(client_say(&one, text));
        UNTIL(&rim, client_has(&one, whole) || client_ended(&one) || client_status(&one) >= 500);
        failed = mem_failed();
        mem_fail_at(-1);
        EXPECT(failed || client_has(&one, whole));
        EXPECT(client_has(&one, whole) || client_status(&one) == 500 || client_status(&one) == 503);
        client_reset(&one);
        UNTIL(&rim, rim.loop.open == 0);
    }
    EXPECT(!failed);
}

TEST(request_without_memory) {
    rim_init(&rim);
    REQUIRE(rim_start(&rim));
    rim.stream = 2500;
    ask_without_memory("POST /body?a=1&b=2 HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer x\r\n"
                       "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc",
                       "body of 3");
    ask_without_memory("GET /none HTTP/1.1\r\nHost: here\r\nOrigin: http://x\r\n\r\n", "}");
    ask_without_memory(GET("/stream"), "content-length: 2500\r\n");
    EXPECT_EQ(rim.begun, rim.ended);
    stop();
}

/* A loop that cannot be opened is closed. */
TEST_ALLOC(loop_without_memory) {
    rim_init(&rim);
    one.fd = -1;
    bool ok = rim_start(&rim);
    EXPECT(ok || mem_failed());
    stop();
}
