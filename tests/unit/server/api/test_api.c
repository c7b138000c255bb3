/* The table of what is answered, with the real doors, over a socket. Nothing is recorded and there
 * are no workers: who is let in is told so. */
#include "base/check.h"
#include "server/api/audited_acts.h"
#include "server/api/door.h"
#include "server/api/metrics.h"
#include "server/api/moderated.h"
#include "server/api/routes.h"
#include "server/api/tours_schemas.h"
#include "server/auth/authority.h"
#include "server/auth/scopes.h"
#include "tests/fuzz/fuzz_world.h"
#include "tests/unit/server/http/rim.h"

#include <jansson.h>
#include <regex.h>
#include <stdlib.h>

#define SECRET "a secret of 32 bytes, or of more"
#define RECORDING "0123456789abcdef0123456789abcdef"

struct part {
    struct rim rim;
    struct api api;
    struct config *tokens; /* what it says of them */
    struct rng_seeded seed;
    struct client client;
    char *token; /* of role ops, all tours */
};

static struct part p;

static void settle(void *ctx) {
    (void)ctx;
}

static void deliver(void *ctx, const struct signaling_effect *e) {
    (void)ctx;
    (void)e;
}

static char *mint(enum role role, const char *tour) {
    struct claims c = {.role = role, .expires = {clock_wall().us + 60 * US_PER_S}};
    snprintf(c.sub, sizeof(c.sub), "somebody");
    snprintf(c.tour, sizeof(c.tour), "%s", tour);
    return auth_mint(p.api.auth, clock_wall(), &c);
}

static bool start(void) {
    rim_init(&p.rim);
    static const char text[] = "{\"auth\": {\"hs256_secret\": \"" SECRET "\"}}";
    char why[WHY_MAX];
    p.rim.config.timeouts_playback_ticket_s = 60;
    p.api = (struct api){.config = &p.rim.config, .loop = &p.rim.loop, .settle = settle};
    CHECK(config_parse("test", text, strlen(text), &p.tokens, why) == OK);
    CHECK(authority_start(p.tokens, loop_wake, &p.rim.loop, &p.api.authority, why) == OK);
    p.api.auth = authority_tokens(p.api.authority);
    p.api.signaling = fuzz_signaling(&p.seed);
    p.api.glue = glue_new(&(struct glue_config){.signaling = p.api.signaling, .deliver = deliver});
    p.rim.http = routes_service(&p.api);
    bool ok = p.api.auth && p.api.glue && rim_start(&p.rim);
    EXPECT(ok);
    if (ok) {
        p.token = mint(ROLE_OPS, "");
        client_open(&p.client, p.rim.loop.port, NULL);
    }
    return ok && p.token;
}

static void stop(void) {
    client_close(&p.client);
    rim_stop(&p.rim);
    buffer_free(&p.api.document);
    p.token = mem_free(p.token);
    glue_free(p.api.glue);
    signaling_free(p.api.signaling);
    authority_stop(p.api.authority);
    p.tokens = config_free(p.tokens);
}

/* Ask; returns the status. */
static int ask(enum http_method m, const char *path, const char *headers) {
    char text[4096];
    snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: here\r\n%s\r\n", method_name(m), path,
             headers);
    client_close(&p.client);
    client_open(&p.client, p.rim.loop.port, NULL);
    EXPECT(client_say(&p.client, text));
    UNTIL(&p.rim, client_has(&p.client, "\r\n\r\n"));
    return client_status(&p.client);
}

/* A path that the pattern stands for. */
static void path_of(const char *pattern, char out[256]) {
    size_t n = 0;
    while (*pattern) {
        if (*pattern == '{' || *pattern == '*') {
            n += (size_t)snprintf(out + n, 256 - n, "x%zu", n);
            pattern += *pattern == '{' ? strcspn(pattern, "}") + 1 : 1;
        } else {
            out[n++] = *pattern++;
        }
    }
    out[n] = '\0';
}

/* No row is hidden behind one that stands before it. */
TEST(api_routes_are_reached) {
    struct http_service s = routes_service(&p.api);
    for (size_t i = 0; i < s.routes.n; i++) {
        const struct route *t = &s.routes.rows[i];
        struct url_args args;
        char path[256], methods[ROUTE_METHODS];
        int status = -1;
        path_of(t->pattern, path);
        EXPECT(route_find(&s.routes, t->method, path, &args, &status) == t);
        EXPECT(status == 0 && t->handle);
        const struct route *options = route_find(&s.routes, HTTP_OPTIONS, path, &args, &status);
        route_methods(&s.routes, options, methods);
        EXPECT(strstr(methods, method_name(t->method)));
    }
}

/* What the audit log is told of a route is decided for each, and not forgotten. */
TEST(api_routes_are_acts_or_none) {
    struct http_service s = routes_service(&p.api);
    for (size_t i = 0; i < s.routes.n; i++) {
        const struct route *t = &s.routes.rows[i];
        if (t->about && !audited_knows(t->about)) {
            test_fail(__FILE__, __LINE__, "%s has no row in audited_acts.c", t->about->id);
        }
    }
    EXPECT(!audited_knows(&(struct operation){.id = "forgotten"}));
}

/* The document tells of every row below /v1, and of doors what is true. */
TEST(api_routes_are_described) {
    struct http_service s = routes_service(&p.api);
    size_t described = 0;
    for (size_t i = 0; i < s.routes.n; i++) {
        const struct route *t = &s.routes.rows[i];
        bool of_api = strncmp(t->pattern, "/v1/", 4) == 0;
        EXPECT_EQ(of_api, t->about != NULL);
        if (!of_api || !t->about) {
            continue;
        }
        described++;
        bool scoped = t->needs == DOOR_SCOPE || t->needs == DOOR_PLAYBACK;
        EXPECT_EQ(t->about->door, !scoped                     ? OPERATION_OPEN
                                  : t->needs == DOOR_PLAYBACK ? OPERATION_COOKIE
                                                              : OPERATION_TOKEN);
        EXPECT_EQ(scoped, t->about->scope && scopes_known(t->about->scope));
        for (size_t k = 0; k < i; k++) {
            const struct operation *other = s.routes.rows[k].about;
            EXPECT(!other || strcmp(other->id, t->about->id) != 0);
        }
    }
    EXPECT(described > 20);
}

/* A regular expression of the document and the function that it stands for agree on any text. */
static void expect_same(const struct schema *s, const char *alphabet) {
    struct rng_seeded seed;
    rng_seed(&seed, 5);
    struct rng rng = rng_from_seeded(&seed);
    regex_t pattern;
    unsigned good = 0;
    CHECK(regcomp(&pattern, s->pattern, REG_EXTENDED | REG_NOSUB) == 0);
    for (int i = 0; i < 20000; i++) {
        char text[80];
        uint32_t n = rng_below(&rng, 4) ? 26 : rng_below(&rng, 79);
        n = n < s->min ? (uint32_t)s->min : n;
        for (uint32_t k = 0; k < n; k++) {
            text[k] = alphabet[rng_below(&rng, (uint32_t)strlen(alphabet))];
        }
        text[n] = '\0';
        bool fits = s->max == 0 || n <= s->max;
        bool matches = regexec(&pattern, text, 0, NULL, 0) == 0;
        good += matches;
        EXPECT_EQ(matches && fits, s->good(text));
    }
    EXPECT(good > 100 && good < 19900);
    regfree(&pattern);
}

TEST(api_patterns_say_what_is_so) {
    expect_same(&schema_tour_name, "azAZ09_-azAZ09_-azAZ09_-azAZ09_-azAZ09_-azAZ09_-azAZ09.");
    bool (*is_participant)(const char *) = schema_participant_id.good;
    REQUIRE(is_participant);
    EXPECT(is_participant("p7") && is_participant("p4294967295") && !is_participant("p"));
    EXPECT(!is_participant("7") && !is_participant("p7x") && !is_participant("\xc2\x85"));
    expect_same(tours_after_kept.schema, "01234567ABCDEFGHJKMNPQRSTVWXYZABCDEFGHJKMU");
}

/* The body of what was refused says what the status line does, in a code that is one. */
static void expect_problem(const char *code) {
    UNTIL(&p.rim, client_has(&p.client, "}"));
    const char *body = strstr(p.client.in, "\r\n\r\n");
    json_t *o = body ? json_loads(body + 4, 0, NULL) : NULL;
    const char *says = json_string_value(json_object_get(o, "code"));
    EXPECT(client_has(&p.client, "content-type: application/problem+json\r\n"));
    EXPECT_EQ(json_integer_value(json_object_get(o, "status")), client_status(&p.client));
    EXPECT(json_string_value(json_object_get(o, "title")));
    EXPECT(says && strcmp(says, "error") != 0 && (!code || strcmp(says, code) == 0));
    json_decref(o);
}

/* Each row that has a door is shut for who shows nothing, before any body was sent. */
TEST(api_doors_are_shut) {
    REQUIRE(start());
    const struct route_table *t = &p.rim.http.routes;
    for (size_t i = 0; i < t->n; i++) {
        char path[256];
        path_of(t->rows[i].pattern, path);
        if (t->rows[i].needs > DOOR_PROBE) {
            EXPECT_EQ(ask(t->rows[i].method, path,
                          t->rows[i].method == HTTP_POST ? "Content-Length: 100\r\n" : ""),
                      401);
            expect_problem("token_missing");
        } else if (t->rows[i].method == HTTP_GET) {
            EXPECT(ask(HTTP_GET, path, "") != 401);
        }
    }
    stop();
}

/* Of who operates the server: other roles have no business there. */
TEST(api_doors_open_for_ops) {
    REQUIRE(start());
    const struct route_table *t = &p.rim.http.routes;
    char *buyer = mint(ROLE_BUYER, "demo");
    REQUIRE(buyer);
    for (size_t i = 0; i < t->n; i++) {
        char path[256], headers[2048];
        if (strncmp(t->rows[i].pattern, "/v1/recordings", 14) != 0 || !t->rows[i].needs) {
            continue;
        }
        path_of(t->rows[i].pattern, path);
        snprintf(headers, sizeof(headers), "Authorization: Bearer %s\r\nContent-Length: 0\r\n",
                 buyer);
        EXPECT_EQ(ask(t->rows[i].method, path, headers), 403);
        expect_problem("forbidden");
        snprintf(headers, sizeof(headers), "Authorization: Bearer %s\r\nContent-Length: 0\r\n",
                 p.token);
        int status = ask(t->rows[i].method, path, headers);
        EXPECT(status == 404 || status == 400 || status == 415);
        expect_problem(NULL);
    }
    mem_free(buyer);
    stop();
}

/* ---- cookies of players ---- */

static int watch(const char *recording, const char *ticket) {
    char path[128], cookie[512];
    snprintf(path, sizeof(path), "/v1/recordings/%s/x/0.webm", recording);
    snprintf(cookie, sizeof(cookie), "Cookie: other=1; oriel_play=%s\r\n", ticket);
    return ask(HTTP_GET, path, cookie);
}

TEST(api_ticket_opens_one_recording_until_it_is_over_or_taken_back) {
    REQUIRE(start());
    char text[AUTH_TICKET_MAX], over[AUTH_TICKET_MAX], forged[AUTH_TICKET_MAX];
    struct auth_ticket t = {.number = 1, .expires = clock_now() + 60 * US_PER_S};
    snprintf(t.sub, sizeof(t.sub), "somebody");
    auth_ticket_make(p.api.ticket_key, RECORDING, &t, text);
    t.expires = clock_now() - 1;
    auth_ticket_make(p.api.ticket_key, RECORDING, &t, over);
    snprintf(forged, sizeof(forged), "%s", text);
    forged[strlen(forged) - 2] ^= 1;
    EXPECT_EQ(watch(RECORDING, text), 404);
    expect_problem("recording_off"); /* it is let in */
    EXPECT_EQ(watch("1123456789abcdef0123456789abcdef", text), 401);
    EXPECT_EQ(watch(RECORDING, over), 401);
    EXPECT_EQ(watch(RECORDING, forged), 401);
    EXPECT_EQ(watch(RECORDING, ""), 401);
    EXPECT_EQ(ask(HTTP_GET, "/v1/recordings/" RECORDING, ""), 401); /* of its files only */
    p.api.tickets = 1;
    char headers[2048];
    snprintf(headers, sizeof(headers), "Authorization: Bearer %s\r\n", p.token);
    EXPECT_EQ(ask(HTTP_DELETE, "/v1/recordings/" RECORDING "/playback", headers), 204);
    EXPECT(client_has(&p.client, "set-cookie: oriel_play=; HttpOnly; SameSite=Strict; "
                                 "Path=/v1/recordings/" RECORDING "; Max-Age=0\r\n"));
    EXPECT_EQ(watch(RECORDING, text), 401);
    stop();
}

/* ---- numbers ---- */

/* Text format 0.0.4: each sample has its name told before, once, and a value. */
TEST(api_metrics_are_what_prometheus_reads) {
    REQUIRE(start());
    size_t n = 0;
    char *text = metrics_text(&p.api, clock_now(), &n), *at = text, *end = NULL, type[128] = "";
    REQUIRE(text);
    EXPECT_EQ(n, strlen(text));
    unsigned samples = 0;
    bool histogram = false;
    for (; *at && (end = strchr(at, '\n')) != NULL; at = end + 1) {
        *end = '\0';
        if (strncmp(at, "# TYPE ", 7) == 0) {
            sscanf(at + 7, "%127s", type);
            const char *kind = strrchr(at, ' ') + 1;
            size_t k = strlen(type);
            bool total = k > 6 && strcmp(type + k - 6, "_total") == 0;
            histogram = strcmp(kind, "histogram") == 0;
            EXPECT(histogram ? !total : strcmp(kind, total ? "counter" : "gauge") == 0);
        } else if (*at != '#') {
            size_t k = strcspn(at, "{ ");
            char *rest = NULL;
            size_t m = strlen(type);
            EXPECT(strncmp(at, "oriel_", 6) == 0 && k >= m && strncmp(at, type, m) == 0);
            const char *part = at + m; /* of a histogram (its parts are named so) */
            EXPECT(histogram
                       ? strncmp(part, "_bucket{le=", 11) == 0 || strncmp(part, "_sum ", 5) == 0 ||
                             strncmp(part, "_count ", 7) == 0
                       : k == m);
            (void)strtod(strrchr(at, ' ') + 1, &rest);
            EXPECT(*rest == '\0');
            samples++;
        }
    }
    EXPECT(*at == '\0' && samples > 50);
    mem_free(text);
    stop();
}

TEST(api_says_how_it_is) {
    REQUIRE(start());
    EXPECT_EQ(ask(HTTP_GET, "/health", ""), 200);
    UNTIL(&p.rim, client_has(&p.client, "{\"status\":\"ok\"}"));
    EXPECT_EQ(ask(HTTP_GET, "/ready", ""), 503); /* there are no pages */
    UNTIL(&p.rim, client_has(&p.client, "\"failing\":\"pages\""));
    EXPECT_EQ(ask(HTTP_HEAD, "/metrics", ""), 200);
    EXPECT_EQ(ask(HTTP_GET, "/v1/signal", ""), 426);
    expect_problem("upgrade_required");
    stop();
}

/* ---- memory that is out ---- */

/* The nth allocation of this fails, for all of them. */
static void ask_without_memory(const char *text, int status, const char *whole) {
    bool failed = true;
    for (long n = 0; failed && n < 1000; n++) {
        client_close(&p.client);
        UNTIL(&p.rim, p.rim.loop.open == 0);
        client_open(&p.client, p.rim.loop.port, NULL);
        UNTIL(&p.rim, p.rim.loop.open == 1);
        mem_fail_at(n);
        EXPECT(client_say(&p.client, text));
        UNTIL(&p.rim, client_has(&p.client, whole) || client_ended(&p.client) ||
                          client_status(&p.client) >= 500);
        failed = mem_failed();
        mem_fail_at(-1);
        int got = client_status(&p.client);
        EXPECT(got == 500 || got == 503 || (got == status && client_has(&p.client, whole)));
        EXPECT(failed || got == status);
    }
    EXPECT(!failed);
}

#define PATH "/v1/recordings/" RECORDING "/x/0.webm"

TEST(api_without_memory) {
    REQUIRE(start());
    char ticket[AUTH_TICKET_MAX], text[1024];
    struct auth_ticket t = {.sub = "x", .number = 1, .expires = clock_now() + 60 * US_PER_S};
    auth_ticket_make(p.api.ticket_key, RECORDING, &t, ticket);
    ask_without_memory("GET /health HTTP/1.1\r\nHost: x\r\n\r\n", 200, "{\"status\":\"ok\"}");
    ask_without_memory("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200, "oriel_build_info");
    ask_without_memory("GET /none HTTP/1.1\r\nHost: x\r\n\r\n", 404, "\"not_found\"");
    ask_without_memory("GET " PATH " HTTP/1.1\r\nHost: x\r\n\r\n", 401, "\"token_missing\"");
    snprintf(text, sizeof(text),
             "GET " PATH " HTTP/1.1\r\nHost: x\r\nCookie: oriel_play=%s\r\n\r\n", ticket);
    ask_without_memory(text, 404, "\"recording_off\"");
    stop();
}
