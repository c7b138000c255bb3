/* The thread that fetches keys, and the whole that it is part of, against a service on loopback and
 * one that only pretends. Run under ThreadSanitizer. */
#include "server/auth/jwks_thread.h"

#include "server/auth/authority.h"
#include "server/auth/jwks_fetch.h"
#include "server/auth/keyring.h"
#include "server/os/clock.h"
#include "tests/unit/recorder/bench_http.h"
#include "tests/unit/server/auth/token_keys.h"
#include "tests/unit/server/tasks.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_KEY(kid) \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\",\"kid\":\"" kid "\"}"
#define ONE "{\"keys\":[" EC_KEY("a") "]}"
#define TWO "{\"keys\":[" EC_KEY("a") "," EC_KEY("b") "]}"

static char why[WHY_MAX];

/* ---- one request ---- */

struct canned {
    int status;
    const char *headers, *body;
    enum err e;
};

static enum err ask_canned(void *ctx, const struct http_request *q, struct http_answer *ret) {
    const struct canned *c = ctx;
    EXPECT_STR(q->method, "GET");
    EXPECT_STR(q->url, "https://a/k");
    EXPECT_EQ(q->limit, KEYSET_TEXT_MAX);
    ret->status = c->status;
    buffer_str(&ret->headers, c->headers);
    buffer_str(&ret->body, c->body);
    snprintf(ret->why, WHY_MAX, "cable cut");
    return c->e;
}

TEST(jwks_fetch_takes_a_set_and_nothing_else) {
    static const struct {
        struct canned answer;
        enum err e;
        const char *part;
    } rows[] = {{{200, "", ONE, OK}, OK, ""},
                {{200, "", "", OK}, ERR_FORMAT, "no JWK Set"},
                {{200, "", "<html>", OK}, ERR_FORMAT, "no JWK Set"},
                {{200, "", "{\"keys\":[]}", OK}, ERR_UNKNOWN, "no key"},
                {{204, "", ONE, OK}, ERR_IO, "status 204"},
                {{302, "Location: https://b/k\r\n", ONE, OK}, ERR_IO, "redirects are not followed"},
                {{500, "", ONE, OK}, ERR_IO, "status 500"},
                {{0, "", "", ERR_IO}, ERR_IO, "cable cut"},
                {{0, "", "", ERR_LONG}, ERR_LONG, "cable cut"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct canned c = rows[i].answer;
        const struct http http = {&c, ask_canned};
        struct jwks_fetched x = {.keys = NULL};
        EXPECT_EQ(jwks_fetch(&http, "https://a/k", &x, why), rows[i].e);
        EXPECT((x.keys != NULL) == (rows[i].e == OK));
        EXPECT(strstr(why, rows[i].part));
        keyset_free(x.keys);
    }
    struct canned c = {200, "cache-control: public, max-age=77\r\n", TWO, OK};
    const struct http http = {&c, ask_canned};
    struct jwks_fetched x = {.keys = NULL}, y = {.keys = NULL};
    EXPECT_EQ(jwks_fetch(&http, "https://a/k", &x, why), OK);
    EXPECT_EQ(x.fresh_for, 77 * US_PER_S);
    c.body = ONE;
    EXPECT_EQ(jwks_fetch(&http, "https://a/k", &y, why), OK);
    EXPECT(memcmp(x.hash, y.hash, JWKS_HASH) != 0);
    keyset_free(x.keys);
    keyset_free(y.keys);
}

/* ---- the thread ---- */

/* A service that a test changes while the thread asks it, and the control loop's bell. */
static struct {
    pthread_mutex_t lock;
    const char *body; /* NULL: it is away */
    unsigned asked;
} service = {.lock = PTHREAD_MUTEX_INITIALIZER};
static int bell = -1;

static void serve(const char *body) {
    pthread_mutex_lock(&service.lock);
    service.body = body;
    pthread_mutex_unlock(&service.lock);
}

static unsigned asked(void) {
    pthread_mutex_lock(&service.lock);
    unsigned n = service.asked;
    pthread_mutex_unlock(&service.lock);
    return n;
}

static enum err ask_service(void *ctx, const struct http_request *q, struct http_answer *ret) {
    (void)ctx;
    (void)q;
    pthread_mutex_lock(&service.lock);
    const char *body = service.body;
    service.asked++;
    pthread_mutex_unlock(&service.lock);
    ret->status = body ? 200 : 0;
    buffer_str(&ret->body, body ? body : "");
    snprintf(ret->why, WHY_MAX, "nobody is there");
    return body ? OK : ERR_IO;
}

static enum err open_service(const struct http_config *c, struct http *ret) {
    (void)c;
    *ret = (struct http){NULL, ask_service};
    return OK;
}

static void close_service(struct http *h) {
    (void)h;
}

static void ring(void *ctx) {
    const uint64_t one = 1;
    (void)ctx;
    CHECK(write(bell, &one, sizeof(one)) == sizeof(one));
}

static void wait_bell(int ms) {
    struct pollfd fd = {.fd = bell, .events = POLLIN};
    uint64_t n;
    if (poll(&fd, 1, ms) == 1) {
        CHECK(read(bell, &n, sizeof(n)) == sizeof(n));
    }
}

static const struct jwks_cache_config quick = {.refresh = 3600 * US_PER_S,
                                               .pause = 10 * US_PER_MS,
                                               .retry_max = 20 * US_PER_MS,
                                               .max_age = 7200 * US_PER_S};

static struct jwks_thread *start(const char *body) {
    struct jwks_thread *t = NULL;
    const struct jwks_thread_config c = {
        .http_open = open_service, .http_close = close_service, .wake = ring};
    serve(body);
    pthread_mutex_lock(&service.lock);
    service.asked = 0;
    pthread_mutex_unlock(&service.lock);
    bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(bell >= 0 && jwks_thread_start(&c, &t, why) == OK);
    return t;
}

static void stop(struct jwks_thread *t) {
    EXPECT(jwks_thread_stop(t) == NULL);
    close(bell);
}

/* The keys that the next change brings, and whose they are. */
static struct keyset *next_change(struct jwks_thread *t, size_t *ret_i) {
    struct keyset *keys = NULL;
    us_t until = clock_now() + PATIENCE_MS * US_PER_MS;
    while (clock_now() < until) {
        jwks_thread_listen(t);
        if (jwks_thread_take(t, ret_i, &keys)) {
            return keys;
        }
        wait_bell(100);
    }
    test_fail(__FILE__, __LINE__, "no change came");
    return NULL;
}

static size_t next_len(struct jwks_thread *t) {
    size_t i = 9;
    struct keyset *keys = next_change(t, &i);
    size_t n = keys ? keyset_len(keys) : 0;
    EXPECT_EQ(i, 0);
    keyset_free(keys);
    return n;
}

static const struct jwks_source source = {"a", "https://a/k", NULL, US_PER_S};

TEST(jwks_thread_brings_keys_and_asks_for_those_that_are_wanted) {
    struct jwks_thread *t = start(ONE);
    EXPECT_EQ(tasks_named("oriel-jwks"), 1);
    REQUIRE(jwks_thread_sources(t, &source, 1, &quick) == OK);
    EXPECT_EQ(next_len(t), 1);
    EXPECT_EQ(jwks_thread_state(t, 0)->fetches, 1);
    EXPECT(jwks_thread_state(t, 0)->good > 0);
    serve(TWO);
    for (int i = 0; i < 1000; i++) { /* one question, however many ask */
        jwks_thread_want(t, 0);
    }
    EXPECT_EQ(next_len(t), 2);
    EXPECT_EQ(asked(), 2);
    stop(t);
    EXPECT_EQ(tasks_named("oriel-jwks"), 0);
}

TEST(jwks_thread_a_service_that_is_away_at_first) {
    struct jwks_thread *t = start(NULL);
    struct keyset *keys = NULL;
    size_t i = 0;
    REQUIRE(jwks_thread_sources(t, &source, 1, &quick) == OK);
    while (jwks_thread_state(t, 0)->failures < 3) {
        wait_bell(PATIENCE_MS);
        jwks_thread_listen(t);
        REQUIRE(!jwks_thread_take(t, &i, &keys));
    }
    EXPECT(jwks_thread_state(t, 0)->failing > 0 && jwks_thread_state(t, 0)->good == 0);
    serve(ONE);
    EXPECT_EQ(next_len(t), 1);
    EXPECT_EQ(jwks_thread_state(t, 0)->failing, 0);
    stop(t);
}

TEST(jwks_thread_keys_end_when_they_are_too_old) {
    struct jwks_thread *t = start(ONE);
    struct jwks_cache_config c = quick;
    c.refresh = 50 * US_PER_MS;
    c.max_age = 200 * US_PER_MS;
    REQUIRE(jwks_thread_sources(t, &source, 1, &c) == OK);
    EXPECT_EQ(next_len(t), 1);
    serve(NULL);
    size_t n = 1;
    while (n == 1) { /* some may have come before it went away */
        n = next_len(t);
    }
    EXPECT_EQ(n, 0);
    EXPECT(jwks_thread_state(t, 0)->failures > 0);
    /* Told again to who may have missed it while the sources were set anew. */
    REQUIRE(jwks_thread_sources(t, &source, 1, &c) == OK);
    EXPECT_EQ(next_len(t), 0);
    serve(TWO);
    EXPECT_EQ(next_len(t), 2);
    stop(t);
}

TEST(jwks_thread_other_sources_take_over) {
    static const struct jwks_source two[] = {{"b", "https://b/k", NULL, US_PER_S},
                                             {"a", "https://a/k", NULL, US_PER_S}};
    struct jwks_thread *t = start(ONE);
    REQUIRE(jwks_thread_sources(t, &source, 1, &quick) == OK);
    EXPECT_EQ(next_len(t), 1);
    serve(TWO);
    REQUIRE(jwks_thread_sources(t, two, 2, &quick) == OK);
    EXPECT_EQ(jwks_thread_state(t, 1)->fetches, 0);
    bool seen[2] = {false, false};
    for (int k = 0; k < 2; k++) {
        size_t i = 0;
        struct keyset *keys = next_change(t, &i);
        REQUIRE(keys && i < 2);
        EXPECT_EQ(keyset_len(keys), 2);
        seen[i] = true;
        keyset_free(keys);
    }
    EXPECT(seen[0] && seen[1]);
    /* None at all: what still comes of the others is dropped. */
    REQUIRE(jwks_thread_sources(t, two, 0, &quick) == OK);
    stop(t);
}

TEST(jwks_thread_orders_that_nobody_reads_are_refused) {
    struct jwks_thread *t = start(NULL);
    enum err e = OK;
    for (int i = 0; i < 100000 && e == OK; i++) {
        e = jwks_thread_sources(t, &source, 1, &quick);
    }
    EXPECT(e == OK || e == ERR_BUSY);
    stop(t);
}

/* ---- with the rest, over real sockets ---- */

#define NOW 1767323045
#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s"

static struct config *config_for(const char *url) {
    char text[1024];
    struct config *c = NULL;
    snprintf(text, sizeof(text),
             "{\"auth\": {\"hs256_secret\": \"0123456789abcdef0123456789abcdef\", \"issuers\": ["
             "{\"name\": \"idp\", \"issuer\": \"https://idp\", \"algorithms\": [\"ES256\"], "
             "\"keys_url\": \"%s/k\"}], \"jwks\": {\"pause_s\": 1}}}",
             url);
    CHECK(config_parse("t.json", text, strlen(text), &c, why) == OK);
    return c;
}

static enum code show(struct authority *x, const struct token_key *k, const char *header) {
    struct claims got;
    const wall_t now = {NOW * US_PER_S};
    char *token = token_key_sign(k, header,
                                 "{\"iss\":\"https://idp\",\"exp\":1767323100,\"aud\":\"oriel\","
                                 "\"tour\":\"demo\",\"sub\":\"ada\",\"role\":\"agent\"}");
    enum code code = auth_verify(authority_tokens(x), now, token, strlen(token), &got);
    free(token);
    return code;
}

/* Show it until it is taken: what is said before must be `before`. */
static bool taken_in_the_end(struct authority *x, const struct token_key *k, const char *header,
                             enum code before) {
    us_t until = clock_now() + PATIENCE_MS * US_PER_MS;
    enum code code = CODE_INTERNAL;
    while (clock_now() < until) {
        authority_service(x);
        code = show(x, k, header);
        if (code != before) {
            break;
        }
        wait_bell(100);
    }
    return code == CODE_OK;
}

TEST(authority_over_a_rotation_and_a_reload) {
    struct token_key *a = token_key_new("ES256"), *b = token_key_new("ES256");
    char one[4352], two[4352], text[4096];
    snprintf(text, sizeof(text), "{\"keys\":[%s]}", token_key_jwk(a, "a", ""));
    snprintf(one, sizeof(one), HEAD, strlen(text), text);
    snprintf(text, sizeof(text), "{\"keys\":[%s,%s]}", token_key_jwk(a, "a", ""),
             token_key_jwk(b, "b", ""));
    snprintf(two, sizeof(two), HEAD, strlen(text), text);
    const struct reply replies[] = {
        {one, REPLY_KEEP}, {two, REPLY_KEEP}, {two, REPLY_KEEP}, {"HTTP/1.1 200", REPLY_STALL}};
    struct http_server s;
    http_server_begin(&s, replies, ARRAY_LEN(replies));
    struct config *c = config_for(s.url);
    struct authority *x = NULL;
    char state[96];
    bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    REQUIRE(authority_start(c, ring, NULL, &x, why) == OK);
    EXPECT(taken_in_the_end(x, a, "{\"alg\":\"ES256\",\"kid\":\"a\"}", CODE_TOKEN_NO_KEYS));
    EXPECT(taken_in_the_end(x, b, "{\"alg\":\"ES256\",\"kid\":\"b\"}", CODE_TOKEN_KEY_UNKNOWN));
    EXPECT_EQ(show(x, a, "{\"alg\":\"ES256\",\"kid\":\"a\"}"), CODE_OK);
    /* The reload asks anew, and refuses nobody meanwhile. */
    REQUIRE(authority_reload(x, c, why) == OK);
    EXPECT_EQ(show(x, b, "{\"alg\":\"ES256\",\"kid\":\"b\"}"), CODE_OK);
    EXPECT_STR(authority_state(x, clock_now(), state, sizeof(state)), "ok");
    struct buffer m = {0};
    authority_metrics(x, clock_now(), &m);
    buffer_put(&m, "", 1);
    EXPECT(strstr(m.p, "oriel_token_keys{issuer=\"idp\"} 2\n"));
    EXPECT(strstr(m.p, "oriel_tokens_total{code=\"ok\"} "));
    EXPECT(strstr(m.p, "oriel_jwks_failures_total{issuer=\"idp\"} 0\n"));
    buffer_free(&m);
    /* And its end breaks off what is under way. */
    REQUIRE(authority_reload(x, c, why) == OK);
    us_t begun = clock_now();
    authority_ring(x);
    EXPECT(authority_stop(x) == NULL);
    EXPECT(clock_now() - begun < 8 * US_PER_S);
    http_server_end(&s);
    EXPECT(strstr(s.requests.p, "GET /k HTTP/1.1\r\n"));
    EXPECT(strstr(s.requests.p, "User-Agent: oriel/"));
    buffer_free(&s.requests);
    close(bell);
    config_free(c);
    token_key_free(a);
    token_key_free(b);
}

TEST(authority_without_urls_has_no_thread) {
    struct config *c = NULL, *bad = NULL;
    static const char text[] =
        "{\"auth\": {\"hs256_secret\": \"0123456789abcdef0123456789abcdef\"}}";
    static const char wrong[] =
        "{\"auth\": {\"hs256_secret\": \"0123456789abcdef0123456789abcdef\", \"issuers\": [{"
        "\"name\": \"f\", \"issuer\": \"f\", \"algorithms\": [\"RS256\"], \"keys_file\": "
        "\"/nowhere/keys\"}]}}";
    struct authority *x = NULL;
    char state[96];
    REQUIRE(config_parse("t.json", text, strlen(text), &c, why) == OK);
    REQUIRE(config_parse("t.json", wrong, strlen(wrong), &bad, why) == OK);
    EXPECT_EQ(authority_check(c, why), OK);
    EXPECT_EQ(authority_check(bad, why), ERR_IO);
    EXPECT(strstr(why, "/nowhere/keys"));
    REQUIRE(authority_start(c, ring, NULL, &x, why) == OK);
    EXPECT_EQ(tasks_named("oriel-jwks"), 0);
    EXPECT_STR(authority_state(x, clock_now(), state, sizeof(state)), "off");
    authority_service(x);
    /* What is wrong changes nothing. */
    struct auth *before = authority_tokens(x);
    EXPECT_EQ(authority_reload(x, bad, why), ERR_IO);
    EXPECT(authority_tokens(x) == before && keyring_len(auth_keyring(before)) == 1);
    authority_stop(x);
    x = NULL;
    EXPECT_EQ(authority_start(bad, ring, NULL, &x, why), ERR_IO);
    EXPECT(x == NULL);
    EXPECT(authority_stop(NULL) == NULL);
    config_free(c);
    config_free(bad);
}
