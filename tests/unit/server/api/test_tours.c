/* /v1/tours with a real database and its thread, over a socket: where writing fails nothing has
 * happened, and an answer that nobody waited for is kept for its key. */
#include "base/check.h"
#include "server/api/routes.h"
#include "server/auth/authority.h"
#include "server/auth/scopes.h"
#include "server/tours/registry.h"
#include "server/tours/tours_db.h"
#include "server/tours/tours_thread.h"
#include "tests/fuzz/fuzz_world.h"
#include "tests/unit/sdp/data.h"
#include "tests/unit/server/http/rim.h"

#include <stdlib.h>
#include <unistd.h>

#define SECRET "a secret of 32 bytes, or of more"

struct part {
    struct rim rim;
    struct api api;
    struct config *tokens;
    struct rng_seeded seed;
    struct client client;
    char *token;
    char dir[64], path[128];
};

static struct part p;

static void settle(void *ctx) {
    (void)ctx;
    glue_effects(p.api.glue, clock_now());
}

static void deliver(void *ctx, const struct signaling_effect *e) {
    (void)ctx;
    (void)e;
}

static bool take(void *ctx, struct tour_record *r) {
    (void)ctx;
    return registry_add(p.api.tours.registry, r) == OK;
}

static void wake(void *ctx) {
    (void)ctx;
}

static bool start_tours(void) {
    char why[WHY_MAX];
    snprintf(p.dir, sizeof(p.dir), "/tmp/oriel-api-XXXXXX");
    CHECK(mkdtemp(p.dir));
    snprintf(p.path, sizeof(p.path), "%s/tours.db", p.dir);
    tour_changes_init(&p.api.tours);
    p.api.idempotency = idempotency_new(16, 1);
    p.api.tours.registry = registry_new(16, 1);
    p.api.tours.most_ended = 2;
    const struct tours_thread_config c = {.path = p.path, .take = take, .wake = wake};
    return tours_thread_start(&c, &p.api.tours.thread, why) == OK;
}

static bool start(void) {
    static const char text[] = "{\"auth\": {\"hs256_secret\": \"" SECRET "\"}}";
    char why[WHY_MAX];
    rim_init(&p.rim);
    p.rim.config.limits_json_depth = 16;
    p.rim.config.media_codec = CODEC_VP8;
    p.api = (struct api){.config = &p.rim.config, .loop = &p.rim.loop, .settle = settle};
    CHECK(config_parse("test", text, strlen(text), &p.tokens, why) == OK);
    CHECK(authority_start(p.tokens, loop_wake, &p.rim.loop, &p.api.authority, why) == OK);
    p.api.auth = authority_tokens(p.api.authority);
    p.api.signaling = fuzz_signaling(&p.seed);
    p.api.glue = glue_new(&(struct glue_config){.signaling = p.api.signaling, .deliver = deliver});
    p.rim.http = routes_service(&p.api);
    const struct claims c = {.sub = "backend",
                             .scopes = 1u << SCOPE_TOURS_READ | 1u << SCOPE_TOURS_WRITE,
                             .expires = {clock_wall().us + 60 * US_PER_S}};
    p.token = auth_mint(p.api.auth, clock_wall(), &c);
    bool ok = start_tours() && p.token && rim_start(&p.rim);
    EXPECT(ok);
    client_open(&p.client, p.rim.loop.port, NULL);
    return ok;
}

static void remove_dir(void) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char name[160];
        snprintf(name, sizeof(name), "%s%s", p.path, suffixes[i]);
        unlink(name);
    }
    rmdir(p.dir);
}

static void stop(void) {
    client_close(&p.client);
    rim_stop(&p.rim);
    p.api.tours.thread = tours_thread_stop(p.api.tours.thread);
    tour_changes_free(&p.api.tours);
    registry_free(p.api.tours.registry);
    idempotency_free(p.api.idempotency);
    p.token = mem_free(p.token);
    glue_free(p.api.glue);
    signaling_free(p.api.signaling);
    authority_stop(p.api.authority);
    p.tokens = config_free(p.tokens);
    remove_dir();
}

/* Send a request; its answer may come later. */
static void say(const char *line, const char *headers, const char *body) {
    char text[4096];
    snprintf(text, sizeof(text),
             "%s HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer %s\r\nContent-Type: "
             "application/json\r\nContent-Length: %zu\r\n%s\r\n%s",
             line, p.token, strlen(body), headers, body);
    client_close(&p.client);
    client_open(&p.client, p.rim.loop.port, NULL);
    EXPECT(client_say(&p.client, text));
}

static bool answered(void) {
    tour_changes_service(&p.api);
    return client_has(&p.client, "\r\n\r\n");
}

/* Ask; returns the status. */
static int ask(const char *line, const char *headers, const char *body) {
    say(line, headers, body);
    UNTIL(&p.rim, answered());
    return client_status(&p.client);
}

static bool is_there(const char *name) {
    struct signaling_tour_view v;
    return signaling_tour_get(p.api.signaling, clock_now(), name, &v) == OK;
}

TEST(tours_are_made_changed_and_forgotten) {
    REQUIRE(start());
    EXPECT_EQ(ask("POST /v1/tours", "", "{\"name\":\"a\",\"title\":\"One\"}"), 201);
    EXPECT(client_has(&p.client, "location: /v1/tours/a\r\n"));
    EXPECT(is_there("a"));
    EXPECT_EQ(ask("PATCH /v1/tours/a", "If-Match: \"no\"\r\n", "{\"title\":\"Two\"}"), 412);
    EXPECT_EQ(ask("PATCH /v1/tours/a", "If-Match: *\r\n", "{\"title\":\"Two\"}"), 200);
    UNTIL(&p.rim, client_has(&p.client, "\"title\":\"Two\""));
    EXPECT_EQ(ask("POST /v1/tours/a/end", "", ""), 204);
    EXPECT(!is_there("a"));
    EXPECT_EQ(ask("GET /v1/tours/a", "", ""), 200);
    UNTIL(&p.rim, client_has(&p.client, "\"state\":\"ended\""));
    EXPECT_EQ(ask("DELETE /v1/tours/a", "", ""), 204);
    EXPECT_EQ(ask("GET /v1/tours/a", "", ""), 404);
    EXPECT_EQ(registry_count(p.api.tours.registry), 0);
    stop();
}

/* Somebody else has locked the database for longer than the thread waits; or, as here at once, it
 * has another row of this name already. */
static void take_the_name(const char *name) {
    struct tours_db *db = NULL;
    struct tour_record r = {.id = "00000000000000000000000000", .title = "x", .version = 1};
    char why[WHY_MAX];
    snprintf(r.name, sizeof(r.name), "%s", name);
    CHECK(tours_db_open(p.path, &db, why) == OK);
    CHECK(tours_db_put(db, &r) == OK);
    tours_db_close(db);
}

TEST(tours_that_cannot_be_written_are_none) {
    REQUIRE(start());
    take_the_name("a");
    EXPECT_EQ(ask("POST /v1/tours", "Idempotency-Key: k\r\n", "{\"name\":\"a\"}"), 503);
    EXPECT(!is_there("a"));
    EXPECT_EQ(registry_count(p.api.tours.registry), 0);
    EXPECT_EQ(ask("GET /v1/tours/a", "", ""), 404);
    /* The key is free: nothing was done under it. */
    EXPECT_EQ(ask("POST /v1/tours", "Idempotency-Key: k\r\n", "{\"name\":\"b\"}"), 201);
    stop();
}

/* The client has gone when it is durable; who asks again gets what it would have got. */
TEST(tours_answers_are_kept_for_who_is_gone) {
    REQUIRE(start());
    say("POST /v1/tours", "Idempotency-Key: k\r\n", "{\"title\":\"Once\"}");
    UNTIL(&p.rim, registry_count(p.api.tours.registry) == 1);
    client_close(&p.client);
    const char *name = registry_before(p.api.tours.registry, "")->name;
    UNTIL(&p.rim, (tour_changes_service(&p.api), !registry_find(p.api.tours.registry, name)->busy));
    EXPECT_EQ(ask("POST /v1/tours", "Idempotency-Key: k\r\n", "{\"title\":\"Once\"}"), 201);
    UNTIL(&p.rim, client_has(&p.client, name));
    EXPECT_EQ(registry_count(p.api.tours.registry), 1);
    stop();
}

TEST(tours_that_ended_are_kept_so_many) {
    REQUIRE(start());
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++) {
        char line[64], body[64];
        snprintf(body, sizeof(body), "{\"name\":\"%s\"}", names[i]);
        EXPECT_EQ(ask("POST /v1/tours", "", body), 201);
        snprintf(line, sizeof(line), "POST /v1/tours/%s/end", names[i]);
        EXPECT_EQ(ask(line, "", ""), 204);
    }
    EXPECT_EQ(ask("GET /v1/tours", "", ""), 200); /* which sweeps */
    UNTIL(&p.rim, (tour_changes_service(&p.api), registry_count(p.api.tours.registry) == 2));
    EXPECT(registry_find(p.api.tours.registry, "c") && registry_find(p.api.tours.registry, "d"));
    stop();
}

/* While one change is written another is refused, and says when to ask again. */
TEST(tours_one_change_at_a_time) {
    REQUIRE(start());
    EXPECT_EQ(ask("POST /v1/tours", "", "{\"name\":\"a\"}"), 201);
    registry_find(p.api.tours.registry, "a")->busy = true;
    EXPECT_EQ(ask("PATCH /v1/tours/a", "", "{\"title\":\"x\"}"), 409);
    UNTIL(&p.rim, client_has(&p.client, "\"code\":\"tour_busy\""));
    EXPECT(client_has(&p.client, "retry-after: 1\r\n"));
    EXPECT_EQ(ask("DELETE /v1/tours/a", "", ""), 409);
    stop();
}

/* What one has made and not ended is counted; what has ended makes room. */
TEST(one_makes_so_many_tours) {
    REQUIRE(start());
    p.api.tours.per_sub = 2;
    EXPECT_EQ(ask("POST /v1/tours", "", "{\"name\":\"a\",\"cameras\":3,\"kbps\":5000}"), 201);
    UNTIL(&p.rim, client_has(&p.client, "\"cameras\":3"));
    UNTIL(&p.rim, client_has(&p.client, "\"screens\":null"));
    EXPECT_STR(registry_find(p.api.tours.registry, "a")->made_by, "backend");
    EXPECT_EQ(ask("POST /v1/tours", "", "{\"name\":\"b\"}"), 201);
    EXPECT_EQ(ask("POST /v1/tours", "Idempotency-Key: k\r\n", "{\"name\":\"c\"}"), 429);
    UNTIL(&p.rim, client_has(&p.client, "tours_full"));
    EXPECT(!is_there("c"));
    EXPECT_EQ(p.api.tours.refused, 1);
    EXPECT_EQ(ask("POST /v1/tours/b/end", "", ""), 204);
    EXPECT_EQ(ask("POST /v1/tours", "Idempotency-Key: k\r\n", "{\"name\":\"c\"}"), 201);
    p.api.tours.per_sub = 0;
    struct signaling_tour_view v;
    REQUIRE(signaling_tour_get(p.api.signaling, clock_now(), "a", &v) == OK);
    EXPECT_EQ(v.tour.quota.sources[SOURCE_CAMERA], 3);
    EXPECT_EQ(v.tour.quota.kbps, 5000);
    EXPECT_EQ(ask("PATCH /v1/tours/a", "", "{\"cameras\":null,\"screens\":1,\"kbps\":99}"), 400);
    EXPECT_EQ(ask("PATCH /v1/tours/a", "", "{\"cameras\":null,\"screens\":1}"), 200);
    REQUIRE(signaling_tour_get(p.api.signaling, clock_now(), "a", &v) == OK);
    EXPECT_EQ(v.tour.quota.sources[SOURCE_CAMERA], 0);
    EXPECT_EQ(v.tour.quota.sources[SOURCE_SCREEN], 1);
    EXPECT_EQ(v.tour.quota.kbps, 5000);
    stop();
}

/* An agent has made it by entering it. */
static void enter(const char *tour) {
    char token[64];
    const char *sdp = data_file("offer.sdp");
    snprintf(token, sizeof(token), "agent|%s|ann|Ann", tour);
    signaling_http(p.api.signaling, clock_now(),
                   &(struct signaling_http){.req = UINT64_MAX,
                                            .tour = tour,
                                            .token = token,
                                            .content_type = "application/sdp",
                                            .body = sdp,
                                            .body_len = strlen(sdp)});
    struct signaling_effect e;
    while (signaling_effect(p.api.signaling, &e)) { /* there is no worker */
    }
}

/* The value of a header of the answer. */
static void header(const char *name, char *out, size_t cap) {
    const char *at = strstr(p.client.in, name);
    *out = '\0';
    if (at) {
        at += strlen(name);
        snprintf(out, cap, "%.*s", (int)strcspn(at, "\r\n"), at);
    }
}

TEST(tours_that_run_are_listed_whoever_made_them) {
    char etag[64], again[96];
    REQUIRE(start());
    EXPECT_EQ(ask("POST /v1/tours", "", "{\"name\":\"kept\"}"), 201);
    enter("zoo");
    enter("abc");
    EXPECT_EQ(ask("GET /v1/tours", "", ""), 200);
    UNTIL(&p.rim, client_has(&p.client, "\"name\":\"kept\""));
    EXPECT(!client_has(&p.client, "zoo"));
    EXPECT_EQ(ask("GET /v1/tours?running=true&state=live&limit=1", "", ""), 200);
    UNTIL(&p.rim, client_has(&p.client, "\"next\":\"abc\""));
    EXPECT(client_has(&p.client, "\"name\":\"abc\",\"kept\":false,\"state\":\"live\""));
    EXPECT(!client_has(&p.client, "\"kept\":true"));
    EXPECT_EQ(ask("GET /v1/tours?running=true&after=abc", "", ""), 200);
    UNTIL(&p.rim, client_has(&p.client, "\"next\":null"));
    EXPECT(client_has(&p.client, "\"name\":\"zoo\"") && !client_has(&p.client, "\"abc\""));
    header("etag: ", etag, sizeof(etag));
    snprintf(again, sizeof(again), "If-None-Match: %s\r\n", etag);
    EXPECT_EQ(ask("GET /v1/tours?running=true&after=abc", again, ""), 304);
    EXPECT_EQ(ask("GET /v1/tours?running=true&state=scheduled", "", ""), 200);
    UNTIL(&p.rim, client_has(&p.client, "\"tours\":[]"));
    EXPECT_EQ(ask("GET /v1/tours?running=maybe", "", ""), 400);
    EXPECT_EQ(ask("GET /v1/tours?after=abc", "", ""), 400); /* kept ones have ids as places */
    stop();
}
