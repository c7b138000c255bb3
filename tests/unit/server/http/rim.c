#include "tests/unit/server/http/rim.h"

#include "base/alloc.h"
#include "server/http/deadlines.h"
#include "server/http/respond.h"

static struct rim *of(const struct request *r) {
    return r->loop->http->ctx;
}

static bool begin(struct request *r) {
    if (of(r)->refuse_begin) {
        return false;
    }
    r->own = of(r);
    of(r)->begun++;
    return true;
}

static bool admit(struct request *r) {
    of(r)->admitted++;
    return !of(r)->refuse_admit;
}

static void answer(struct request *r) {
    of(r)->answered++;
    of(r)->last = r;
    if (of(r)->refuse_admit) {
        respond_problem(r, 401, NULL, NULL);
    } else {
        r->route->handle(r);
    }
}

static void end(struct request *r) {
    of(r)->ended += r->own != NULL;
    of(r)->last = of(r)->last == r ? NULL : of(r)->last;
}

static void handle_text(struct request *r) {
    respond_static(r, 200, "text/plain", bytes_of("a text", 6));
}

/* The test answers. */
static void handle_wait(struct request *r) {
    (void)r;
}

static void handle_body(struct request *r) {
    struct buffer b = {0};
    buffer_printf(&b, "body of %zu", r->body.n);
    respond_buffer(r, 200, "text/plain", &b);
}

static bool source_next(void *ctx, struct bytes *ret) {
    static const char data[RESPOND_PIECE_MAX];
    struct rim_source *s = ctx;
    size_t left = s->ready - s->given;
    *ret = bytes_of(data, left < s->piece ? left : s->piece);
    return left > 0 || !s->fails;
}

static void source_taken(void *ctx) {
    struct rim_source *s = ctx;
    size_t left = s->ready - s->given;
    s->given += left < s->piece ? left : s->piece;
    s->taken++;
}

static void handle_stream(struct request *r) {
    struct rim *rim = of(r);
    struct body_source from = {source_next, source_taken, &rim->source};
    respond_stream(r, 200, rim->stream, &from);
}

#define PROBE 1 /* a need, of this table's */

static const struct route routes[] = {
    {HTTP_GET, "/text", 0, false, handle_text, NULL},
    {HTTP_GET, "/wait", 0, false, handle_wait, NULL},
    {HTTP_GET, "/stream", 0, true, handle_stream, NULL},
    {HTTP_POST, "/body", 0, true, handle_body, NULL},
    {HTTP_GET, "/probe", PROBE, false, handle_text, NULL},
    {HTTP_PATCH, "/body", 0, true, handle_body, NULL},
    {HTTP_DELETE, "/body", 0, true, handle_body, NULL},
};

static bool opened(void *ctx, uint64_t id) {
    struct rim *r = ctx;
    r->ws_opened += !r->refuse_ws;
    r->conn = id;
    return !r->refuse_ws;
}

static void message(void *ctx, uint64_t id, const char *text, size_t n) {
    struct rim *r = ctx;
    r->messages++;
    r->message_len = n;
    snprintf(r->message, sizeof(r->message), "%.*s", (int)(n < 60 ? n : 60), text);
    if (r->close_at_message) {
        ws_close(&r->loop, id, WS_CLOSE_NORMAL);
        EXPECT(memcmp(r->message, text, n < 60 ? n : 60) == 0); /* it is still there */
    }
}

static void closed(void *ctx, uint64_t id) {
    (void)id;
    ((struct rim *)ctx)->ws_closed++;
}

static void settle(void *ctx) {
    ((struct rim *)ctx)->settled++;
}

static void woken(void *ctx) {
    struct rim *r = ctx;
    r->woken++;
    loop_alarm(&r->loop, 0); /* the turn that this is part of ends soon, too */
}

void rim_init(struct rim *r) {
    *r = (struct rim){.address = "127.0.0.1"};
    r->config = (struct config){.listen_address = r->address,
                                .public_url = r->empty,
                                .tls_cert = r->empty,
                                .tls_key = r->empty,
                                .limits_connections = 32,
                                .limits_connections_per_address = 16,
                                .limits_requests_per_address = 8,
                                .limits_input_mib_per_address = 1,
                                .limits_addresses = 16,
                                .limits_message_kib = 4,
                                .limits_body_kib = 64,
                                .limits_send_queue_kib = 64,
                                .timeouts_headers_s = 100,
                                .timeouts_body_s = 200,
                                .timeouts_http_s = 300,
                                .timeouts_ping_s = 400,
                                .timeouts_pong_s = 50,
                                .timeouts_close_s = 10};
    r->source.piece = 1000;
}

bool rim_start(struct rim *r) {
    char why[WHY_MAX] = "";
    if (!r->http.answer) {
        r->http = (struct http_service){
            {routes, ARRAY_LEN(routes)}, begin, admit, answer, end, r, .probes = PROBE};
    }
    r->ws = (struct ws_service){opened, message, closed, settle, r};
    r->loop = (struct loop){
        .config = &r->config, .http = &r->http, .ws = &r->ws, .woken = woken, .ctx = r};
    return loop_open(&r->loop, why) == OK && loop_listen(&r->loop, why) == OK;
}

void rim_stop(struct rim *r) {
    loop_close(&r->loop);
    EXPECT_EQ(r->begun, r->ended);
    EXPECT_EQ(r->loop.open, 0);
}

void rim_turn(struct rim *r) {
    loop_alarm(&r->loop, 0);
    (void)loop_turn(&r->loop);
}

unsigned rim_idle_turns(struct rim *r) {
    unsigned n = 0, before = r->woken;
    us_t end = clock_now() + 30 * US_PER_MS;
    loop_alarm(&r->loop, end);
    while (r->woken == before) {
        (void)loop_turn(&r->loop);
        /* libwebsockets does not wait for less than a millisecond */
        n += clock_now() < end - 2 * US_PER_MS;
    }
    return n;
}

void rim_later(struct rim *r, us_t after) {
    deadlines_due(r->loop.deadlines, clock_now() + after);
}
