/* WebSockets over a socket: pings, closes that are not taken, messages in pieces and too large, and
 * clients that do not read. */
#include "base/check.h"
#include "tests/unit/server/http/rim.h"

#include <stdlib.h>

#define TEXT 0x81
#define BINARY 0x82
#define TEXT_BEGINS 0x01
#define MORE 0x00
#define LAST 0x80
#define CLOSE 0x88
#define PONG 0x8a

static struct rim rim;
static struct client one, two;

static bool upgraded(struct client *c) {
    unsigned before = rim.ws_opened;
    client_open(c, rim.loop.port, NULL);
    EXPECT(client_upgrade(c, NULL));
    UNTIL(&rim, rim.ws_opened == before + 1 && client_has(c, "\r\n\r\n"));
    client_clear(c);
    return rim.ws_opened == before + 1;
}

static bool start(void) {
    rim_init(&rim);
    bool ok = rim_start(&rim);
    EXPECT(ok);
    return ok && upgraded(&one);
}

static void stop(void) {
    client_close(&one);
    rim_stop(&rim);
}

TEST(ws_messages_both_ways) {
    REQUIRE(start());
    EXPECT(client_frame(&one, TEXT, "hello", 5));
    UNTIL(&rim, rim.messages == 1);
    EXPECT_STR(rim.message, "hello");
    EXPECT(rim.settled >= 2);
    ws_send(&rim.loop, rim.conn, "well", 4);
    UNTIL(&rim, client_has(&one, "\x81\x04well"));
    EXPECT(client_frame(&one, TEXT_BEGINS, "in ", 3));
    EXPECT(client_frame(&one, MORE, "three ", 6));
    EXPECT(client_frame(&one, PONG, "", 0));
    EXPECT(client_frame(&one, LAST, "pieces", 6));
    UNTIL(&rim, rim.messages == 2);
    EXPECT_STR(rim.message, "in three pieces");
    EXPECT(client_frame(&one, BINARY, "bytes", 5));
    UNTIL(&rim, rim.messages == 3);
    EXPECT_EQ(rim.message_len, 0);
    client_reset(&one);
    UNTIL(&rim, rim.ws_closed == 1 && rim.loop.open == 0);
    ws_send(&rim.loop, rim.conn, "gone", 4); /* nobody */
    ws_close(&rim.loop, rim.conn, WS_CLOSE_NORMAL);
    stop();
}

TEST(ws_that_the_service_does_not_want) {
    rim_init(&rim);
    REQUIRE(rim_start(&rim));
    rim.refuse_ws = true;
    client_open(&one, rim.loop.port, NULL);
    EXPECT(client_upgrade(&one, NULL));
    UNTIL(&rim, client_close_status(&one) == WS_CLOSE_AGAIN);
    EXPECT_EQ(rim.ws_closed, 0); /* it was never known */
    stop();
}

TEST(ws_closed_by_the_service_within_a_message) {
    REQUIRE(start());
    rim.close_at_message = true;
    EXPECT(client_frame(&one, TEXT, "and out", 7));
    UNTIL(&rim, client_close_status(&one) == WS_CLOSE_NORMAL);
    EXPECT_EQ(rim.ws_closed, 1);
    stop();
}

TEST(ws_closed_by_the_client) {
    static const char status[] = {0x03, (char)0xe8};
    REQUIRE(start());
    EXPECT(client_frame(&one, CLOSE, status, 2));
    UNTIL(&rim, client_close_status(&one) == WS_CLOSE_NORMAL && client_ended(&one));
    EXPECT_EQ(client_count(&one, "\x88"), 1);
    UNTIL(&rim, rim.loop.open == 0);
    EXPECT_EQ(rim.ws_closed, 1);
    EXPECT_EQ(rim.loop.counters.ws_killed, 0);
    stop();
}

TEST(ws_all_closed) {
    REQUIRE(start());
    REQUIRE(upgraded(&two));
    ws_close_all(&rim.loop, WS_CLOSE_AWAY);
    UNTIL(&rim,
          client_close_status(&one) == WS_CLOSE_AWAY && client_close_status(&two) == WS_CLOSE_AWAY);
    EXPECT_EQ(rim.ws_closed, 2);
    client_close(&two);
    stop();
}

/* ---- time ---- */

/* The payload of the ping at the end of what was kept. */
static bool pinged(struct client *c, char ret[8]) {
    client_has(c, "");
    if (c->kept < 10 || memcmp(c->in + c->kept - 10, "\x89\x08", 2) != 0) {
        return false;
    }
    memcpy(ret, c->in + c->kept - 8, 8);
    return true;
}

TEST(ws_ping_and_its_answer) {
    char nonce[8];
    REQUIRE(start());
    rim_later(&rim, 399 * US_PER_S);
    rim_turn(&rim);
    EXPECT_EQ(client_got(&one), 0);
    us_t at = 401 * US_PER_S;
    rim_later(&rim, at);
    UNTIL(&rim, pinged(&one, nonce));
    EXPECT(client_frame(&one, PONG, nonce, 8));
    EXPECT(client_frame(&one, TEXT, "after it", 8));
    UNTIL(&rim, rim.messages == 1);
    rim_later(&rim, at + 51 * US_PER_S);
    rim_turn(&rim);
    EXPECT_EQ(rim.ws_closed, 0);
    EXPECT_EQ(rim.loop.counters.ws_pong_missing, 0);
    stop();
}

/* What a client that does not read can say shows nothing. */
TEST(ws_ping_that_is_not_answered) {
    REQUIRE(start());
    us_t at = 401 * US_PER_S;
    rim_later(&rim, at);
    EXPECT(client_frame(&one, PONG, "12345678", 8));
    EXPECT(client_frame(&one, TEXT, "I am here", 9));
    UNTIL(&rim, rim.messages == 1);
    rim_later(&rim, at + 49 * US_PER_S);
    EXPECT_EQ(rim.ws_closed, 0);
    rim_later(&rim, at + 51 * US_PER_S);
    EXPECT_EQ(rim.ws_closed, 1);
    EXPECT_EQ(rim.loop.counters.ws_pong_missing, 1);
    UNTIL(&rim, rim.loop.open == 0);
    EXPECT_EQ(rim.ws_closed, 1);
    stop();
}

/* Fill what lies between the server and a client that does not read. */
static void choke(void) {
    static char text[32 * 1024];
    memset(text, 'x', sizeof(text));
    for (unsigned i = 0; i < 4096 && rim.loop.counters.ws_slow == 0 && !rim.ws_closed; i++) {
        ws_send(&rim.loop, rim.conn, text, sizeof(text));
        if (i % 16 == 0) {
            rim_turn(&rim);
        }
    }
}

TEST(ws_that_does_not_read_is_closed_and_killed) {
    REQUIRE(start());
    choke();
    EXPECT_EQ(rim.loop.counters.ws_slow, 1);
    EXPECT_EQ(rim.ws_closed, 1); /* the service knows at once */
    ws_send(&rim.loop, rim.conn, "more", 4);
    rim_later(&rim, 9 * US_PER_S);
    rim_turn(&rim);
    EXPECT_EQ(rim.loop.open, 1);
    rim_later(&rim, 11 * US_PER_S);
    UNTIL(&rim, rim.loop.open == 0);
    EXPECT_EQ(rim.loop.counters.ws_killed, 1);
    EXPECT_EQ(rim.ws_closed, 1);
    stop();
}

/* A message that is longer than the queue may be is nobody's slowness. */
TEST(ws_queue_takes_one_message_of_any_length) {
    static char text[300 * 1024];
    memset(text, 'y', sizeof(text));
    REQUIRE(start());
    ws_send(&rim.loop, rim.conn, text, sizeof(text));
    UNTIL(&rim, client_got(&one) > sizeof(text));
    EXPECT_EQ(rim.loop.counters.ws_slow, 0);
    EXPECT_EQ(rim.ws_closed, 0);
    stop();
}

TEST(ws_close_that_the_client_does_not_take) {
    REQUIRE(start());
    ws_send(&rim.loop, rim.conn, "last", 4);
    ws_close(&rim.loop, rim.conn, WS_CLOSE_NORMAL);
    EXPECT_EQ(rim.ws_closed, 1);
    UNTIL(&rim, client_close_status(&one) == WS_CLOSE_NORMAL);
    EXPECT(client_has(&one, "\x81\x04last\x88")); /* what was queued went before it */
    EXPECT(client_frame(&one, TEXT, "still here", 10));
    for (int i = 0; i < 5; i++) {
        rim_turn(&rim);
    }
    EXPECT_EQ(rim.messages, 0); /* RFC 6455 section 5.5.1 */
    rim_later(&rim, 11 * US_PER_S);
    UNTIL(&rim, rim.loop.open == 0 && client_ended(&one));
    stop();
}

/* ---- limits ---- */

TEST(ws_message_that_is_too_large_is_cut_off) {
    static char text[6000];
    memset(text, 'z', sizeof(text));
    REQUIRE(start());
    EXPECT(client_frame(&one, TEXT, text, 4096));
    UNTIL(&rim, rim.messages == 1);
    EXPECT_EQ(rim.message_len, 4096);
    EXPECT_EQ(rim.loop.counters.ws_too_large, 0);
    EXPECT(client_frame(&one, TEXT, text, sizeof(text)));
    UNTIL(&rim, rim.messages == 2);
    EXPECT_EQ(rim.message_len, 4097);
    EXPECT_EQ(rim.loop.counters.ws_too_large, 1);
    EXPECT(client_frame(&one, TEXT, "next", 4));
    UNTIL(&rim, rim.messages == 3);
    EXPECT_STR(rim.message, "next");
    stop();
}

TEST(ws_message_without_end) {
    static const char head[] = "\x81\xff\0\0\0\0\x01\0\0\0mask"; /* 16 MiB */
    static const char text[16 * 1024];
    REQUIRE(start());
    EXPECT(client_send(&one, head, 14));
    for (unsigned i = 0; i < 10000 && !rim.ws_closed; i++) {
        (void)client_send(&one, text, sizeof(text));
        rim_turn(&rim);
    }
    EXPECT_EQ(rim.ws_closed, 1);
    EXPECT_EQ(rim.messages, 0);
    EXPECT_EQ(rim.loop.counters.ws_too_large, 1);
    stop();
}

/* Each piece comes in time and pings are answered: the message is late all the same. */
TEST(ws_message_that_trickles) {
    REQUIRE(start());
    EXPECT(client_frame(&one, TEXT_BEGINS, "a", 1));
    EXPECT(client_frame(&one, LAST, "b", 1));
    UNTIL(&rim, rim.messages == 1);
    rim_later(&rim, 201 * US_PER_S);
    rim_turn(&rim);
    EXPECT_EQ(rim.ws_closed, 0); /* the whole one stopped the clock */
    EXPECT(client_frame(&one, TEXT_BEGINS, "a", 1));
    EXPECT(client_frame(&one, MORE, "b", 1));
    rim_idle_turns(&rim);
    rim_later(&rim, 199 * US_PER_S);
    EXPECT_EQ(rim.ws_closed, 0);
    rim_later(&rim, 201 * US_PER_S); /* and so the time to take the close, too */
    EXPECT_EQ(rim.loop.counters.timeouts_message, 1);
    EXPECT_EQ(rim.ws_closed, 1);
    UNTIL(&rim, rim.loop.open == 0 && client_ended(&one));
    EXPECT_EQ(rim.messages, 1);
    stop();
}

/* Messages of one address that are not complete: a MiB in all. */
TEST(ws_input_of_an_address) {
    static char text[700 * 1024];
    rim_init(&rim);
    rim.config.limits_message_kib = 800;
    REQUIRE(rim_start(&rim));
    REQUIRE(upgraded(&one));
    REQUIRE(upgraded(&two));
    EXPECT(client_frame(&one, TEXT_BEGINS, text, 0));
    EXPECT(client_frame(&two, TEXT_BEGINS, text, 0));
    for (size_t at = 0; at < sizeof(text) && !rim.ws_closed; at += 7168) {
        EXPECT(client_frame(&one, MORE, text, 7168));
        (void)client_frame(&two, MORE, text, 7168);
        rim_turn(&rim);
        rim_turn(&rim);
    }
    EXPECT_EQ(rim.ws_closed, 1);
    EXPECT_EQ(rim.loop.counters.refused_input, 1);
    UNTIL(&rim, client_close_status(&one) == WS_CLOSE_AGAIN ||
                    client_close_status(&two) == WS_CLOSE_AGAIN);
    client_close(&two);
    stop();
}

TEST(ws_upgrades_that_are_refused) {
    static const struct {
        const char *headers;
        int status;
    } cases[] = {
        {"", 400},
        {"Sec-WebSocket-Protocol: oriel.v1\r\nHost: there\r\n", 400},
        {"Sec-WebSocket-Protocol: other\r\n", 400},
        {"Sec-WebSocket-Protocol: oriel.v1\r\nOrigin: http://elsewhere\r\n", 403},
        {"Sec-WebSocket-Protocol: other, oriel.v1\r\nOrigin: http://here\r\n", 101},
        {"Sec-WebSocket-Protocol: oriel.v1\r\nContent-Length: 0\r\n", 101},
        {"Sec-WebSocket-Protocol: oriel.v1\r\nContent-Length: 00\r\n", 400},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        rim_init(&rim);
        REQUIRE(rim_start(&rim));
        client_open(&one, rim.loop.port, NULL);
        EXPECT(client_upgrade(&one, cases[i].headers));
        UNTIL(&rim, client_has(&one, "\r\n\r\n"));
        EXPECT_EQ(strtol(one.in + strlen("HTTP/1.x "), NULL, 10), cases[i].status);
        EXPECT_EQ(rim.ws_opened, cases[i].status == 101);
        EXPECT_EQ(rim.begun, 0);
        bool refused = cases[i].status != 101;
        EXPECT_EQ(client_has(&one, "content-security-policy: "), refused);
        EXPECT_EQ(client_has(&one, "application/problem+json"), refused);
        stop();
    }
}

static void upgrade(const char *as, const char *headers, const char *status) {
    char text[256];
    snprintf(text, sizeof(text), "Sec-WebSocket-Protocol: oriel.v1\r\n%s", headers);
    client_close(&one);
    client_open(&one, rim.loop.port, as);
    EXPECT(client_upgrade(&one, text));
    UNTIL(&rim, client_has(&one, "\r\n\r\n"));
    EXPECT(client_has(&one, status));
}

/* Behind a proxy it is the client that it names who has a rate, and nobody else pays for him. */
TEST(ws_handshakes_in_a_minute) {
    static char proxy[] = "127.0.0.2", *proxies[] = {proxy};
    rim_init(&rim);
    rim.config.limits_handshakes_per_minute = 2;
    rim.config.trusted_proxies = (struct config_list){proxies, 1};
    REQUIRE(rim_start(&rim));
    one.fd = -1;
    for (int i = 0; i < 3; i++) {
        upgrade(NULL, "", i < 2 ? " 101 " : " 429 ");
    }
    EXPECT(client_has(&one, "retry-after: 30\r\n"));
    EXPECT_EQ(rim.loop.counters.refused[REFUSED_HANDSHAKE_RATE], 1);
    for (int i = 0; i < 3; i++) {
        upgrade(proxy, "X-Forwarded-For: 2001:db8::1\r\n", i < 2 ? " 101 " : " 429 ");
    }
    upgrade(proxy, "X-Forwarded-For: 2001:db8::2\r\n", " 429 "); /* the same /64 */
    upgrade(proxy, "X-Forwarded-For: 2001:db8:0:1::1\r\n", " 101 ");
    EXPECT_EQ(rim.loop.counters.refused[REFUSED_HANDSHAKE_RATE], 3);
    stop();
}

TEST(ws_upgrade_of_another_version) {
    rim_init(&rim);
    REQUIRE(rim_start(&rim));
    client_open(&one, rim.loop.port, NULL);
    EXPECT(client_say(&one, "GET /v1/signal HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Version: 12\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            "Sec-WebSocket-Protocol: oriel.v1\r\n\r\n"));
    UNTIL(&rim, client_has(&one, "\"upgrade_required\""));
    EXPECT(client_has(&one, " 426 "));
    EXPECT(client_has(&one, "sec-websocket-version: 13\r\n"));
    stop();
}

/* RFC 6455 section 4.2.1, and what would be read as frames. */
TEST(ws_handshakes_that_are_none) {
    static const char *const cases[] = {
        "1.1\r\nSec-WebSocket-Key: abc\r\n",
        "1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=!\r\n",
        "1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==AAAA\r\n",
        "1.0\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 5\r\n",
    };
    char text[512];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        rim_init(&rim);
        REQUIRE(rim_start(&rim));
        client_open(&one, rim.loop.port, NULL);
        snprintf(text, sizeof(text),
                 "GET /v1/signal HTTP/%sHost: here\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Protocol: oriel.v1\r\n\r\n",
                 cases[i]);
        EXPECT(client_say(&one, text));
        UNTIL(&rim, client_has(&one, "\"bad_request\""));
        EXPECT_EQ(strtol(one.in + strlen("HTTP/1.x "), NULL, 10), 400);
        EXPECT_EQ(rim.ws_opened, 0);
        stop();
    }
}

TEST(ws_of_a_server_that_stops) {
    REQUIRE(start());
    loop_drain(&rim.loop); /* 1001, and nobody is told */
    EXPECT_EQ(client_close_status(&one), WS_CLOSE_AWAY);
    EXPECT_EQ(rim.ws_closed, 0);
    stop();
}

/* ---- memory that is out ---- */

/* A page of a foreign origin stays outside even where its Origin cannot be kept. */
TEST(ws_upgrade_without_memory) {
    bool failed = true;
    rim_init(&rim);
    REQUIRE(rim_start(&rim));
    for (long n = 0; failed && n < 100; n++) {
        client_open(&one, rim.loop.port, NULL);
        UNTIL(&rim, rim.loop.open == 1);
        mem_fail_at(n);
        EXPECT(client_upgrade(&one, "Sec-WebSocket-Protocol: oriel.v1\r\n"
                                    "Origin: http://elsewhere\r\n"));
        UNTIL(&rim, client_has(&one, "\r\n\r\n") || client_ended(&one));
        failed = mem_failed();
        mem_fail_at(-1);
        EXPECT_EQ(rim.ws_opened, 0);
        EXPECT(client_has(&one, failed ? " 503 " : " 403 "));
        client_reset(&one);
        UNTIL(&rim, rim.loop.open == 0);
    }
    EXPECT(!failed);
    stop();
}

TEST(ws_messages_without_memory) {
    bool failed = true;
    rim_init(&rim);
    REQUIRE(rim_start(&rim));
    for (long n = 0; failed && n < 100; n++) {
        unsigned closed = rim.ws_closed, messages = rim.messages;
        REQUIRE(upgraded(&one));
        mem_fail_at(n);
        EXPECT(client_frame(&one, TEXT, "hello", 5));
        UNTIL(&rim, rim.messages > messages || rim.ws_closed > closed);
        ws_send(&rim.loop, rim.conn, "well", 4);
        UNTIL(&rim, client_has(&one, "well") || rim.ws_closed > closed);
        failed = mem_failed();
        mem_fail_at(-1);
        EXPECT(failed == (rim.ws_closed > closed));
        client_reset(&one);
        UNTIL(&rim, rim.loop.open == 0);
        EXPECT_EQ(rim.ws_closed, closed + 1);
    }
    EXPECT(!failed);
    stop();
}
