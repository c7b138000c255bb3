/* Oriel as a target: publishers come by WHIP, viewers by WHEP. */
#include "bench/load/oriel.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/check.h"
#include "bench/load/http.h"
#include "bench/load/target.h"
#include "server/auth/auth.h"
#include "server/os/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define START_MAX (20 * US_PER_S)
#define TOKEN_LIFE (3600 * US_PER_S)
#define AUDIENCE "oriel" /* auth.audience, as it is where nothing is configured */
#define SECRET "a secret for nobody, since this server lives for a minute"

struct oriel {
    char url[64], aead[16];
    unsigned rooms;
    char **agents, **buyers; /* a token for each room */
    char *intruder;          /* likewise, of the one for whom oriel_intrude was called */
};

/* ---- start ---- */

static char *make_config(const struct target *t, const struct target_config *c) {
    struct buffer o = {0};
    buffer_printf(&o,
                  "{\"state_dir\":\"%s\",\"listen\":{\"address\":\"127.0.0.1\",\"port\":0},"
                  "\"web\":{\"dir\":\"%s/web\"},\"auth\":{\"hs256_secret\":\"" SECRET "\"},",
                  t->dir, t->dir);
    buffer_printf(&o,
                  "\"media\":{\"address\":\"127.0.0.1\",\"port\":0,\"workers\":%u},"
                  "\"log\":{\"format\":\"json\",\"level\":\"info\"},",
                  c->workers);
    buffer_printf(&o, "\"timeouts\":{\"empty_tour_s\":3600},\"limits\":{\"tours_per_sub\":0,"
                      "\"connections\":8192,\"tours\":"
                      "8192,\"participants\":4000,\"peers\":8192,"
                      "\"connections_per_minute\":0,\"handshakes_per_minute\":0,"
                      "\"offers_per_minute\":0,"
                      "\"whep_per_token\":4000},\"overload\":{\"lag_ms\":0},");
    buffer_printf(&o,
                  "\"recording\":{\"enabled\":true,\"default\":\"%s\",\"dir\":\"%s/recordings\","
                  "\"kek_file\":\"%s/kek\",\"create_kek\":true},\"tours\":[]}\n",
                  c->recorded ? "auto" : "off", t->dir, t->dir);
    return buffer_take(&o);
}

/* "key":"value" somewhere in the log. */
static bool find_value(const char *log, const char *key, char *out, size_t cap) {
    const char *at = strstr(log, key), *end = at ? strchr(at + strlen(key), '"') : NULL;
    if (!end || (size_t)(end - at) - strlen(key) >= cap) {
        return false;
    }
    snprintf(out, cap, "%.*s", (int)(end - at - (long)strlen(key)), at + strlen(key));
    return true;
}

static bool is_up(void *ctx) {
    struct target *t = ctx;
    struct oriel *o = t->own;
    char *log = target_read(t, "log");
    bool up = log && strstr(log, "\nready") &&
              find_value(log, "\"url\":\"", o->url, sizeof(o->url)) &&
              find_value(log, "\"aead\":\"", o->aead, sizeof(o->aead));
    mem_free(log);
    return up || child_ended(&t->child);
}

/* The end of the log, for people. */
static bool fail_with_log(struct target *t, const char *what) {
    char *log = target_read(t, "log");
    size_t n = log ? strlen(log) : 0;
    target_fail(t, "%s: %s", what, log ? log + (n > 160 ? n - 160 : 0) : "");
    mem_free(log);
    return false;
}

/* A token that this server takes; NULL when memory is out. */
static char *make_token(const char *role, unsigned room, const char *sub) {
    struct auth_config config = {.secret = SECRET, .issuer = "", .audience = AUDIENCE};
    struct auth *auth = auth_new(&config);
    wall_t now = clock_wall();
    struct claims who = {.role = role_from_name(role), .expires = {now.us + TOKEN_LIFE}};
    snprintf(who.tour, sizeof(who.tour), "room-%u", room);
    snprintf(who.sub, sizeof(who.sub), "%s", sub);
    char *token = auth ? auth_mint(auth, now, &who) : NULL;
    auth_free(auth);
    return token;
}

/* Made when it is first needed; "" when that fails, which the server will refuse. */
static const char *token_for(char **token, const char *role, unsigned room) {
    if (!*token) {
        *token = make_token(role, room, role);
    }
    return *token ? *token : "";
}

static bool start(struct target *t, const struct target_config *c) {
    char file[160];
    char *config = make_config(t, c);
    (void)mkdir(target_file(t, "web"), 0700);
    struct oriel *o = t->own = mem_zalloc(1, sizeof(struct oriel));
    CHECK(o && config);
    o->rooms = c->rooms;
    o->agents = mem_zalloc(c->rooms, sizeof(o->agents[0]));
    o->buyers = mem_zalloc(c->rooms, sizeof(o->buyers[0]));
    CHECK(o->agents && o->buyers);
    bool written = target_write(t, "oriel.json", config);
    mem_free(config);
    snprintf(file, sizeof(file), "%s", target_file(t, "oriel.json"));
    const char *argv[] = {c->program, "serve", "-c", file, NULL};
    if (!written || !child_start(&t->child, argv, t->log, NULL)) {
        return target_fail(t, "cannot start %s", c->program);
    }
    if (!load_wait(t->load, clock_now() + START_MAX, is_up, t) || child_ended(&t->child)) {
        return fail_with_log(t, "oriel did not start");
    }
    return true;
}

static void close_oriel(struct target *t) {
    struct oriel *o = t->own;
    for (unsigned i = 0; o && i < o->rooms; i++) {
        mem_free(o->agents[i]);
        mem_free(o->buyers[i]);
    }
    if (o) {
        mem_free(o->agents);
        mem_free(o->buyers);
        mem_free(o->intruder);
    }
    t->own = mem_free(o);
}

/* ---- joining ---- */

static bool answered(struct client *c, const struct http_reply *r, struct remote_description *ret) {
    char why[128];
    snprintf(c->resource, sizeof(c->resource), "%s", r->location);
    if (r->status != 201) {
        snprintf(why, sizeof(why), "HTTP %d %s%.80s", r->status, r->error, r->body);
    } else if (description_read(r->body, r->len, ret, why)) {
        return true;
    }
    client_fail(c, why);
    return false;
}

static void published(void *ctx, const struct http_reply *r) {
    struct publisher *p = ctx;
    struct remote_description d;
    if (answered(&p->client, r, &d)) {
        publisher_connect(p, clock_now(), &d);
    }
}

static void viewed(void *ctx, const struct http_reply *r) {
    struct viewer *v = ctx;
    struct remote_description d;
    snprintf(v->client.resource, sizeof(v->client.resource), "%s", r->location);
    if (answered(&v->client, r, &d)) {
        viewer_connect(v, clock_now(), &d);
    }
}

static void post(struct target *t, const char *path, const char *token,
                 const struct local_description *d, struct http_call *call) {
    const struct oriel *o = t->own;
    struct buffer offer = {0};
    char url[128];
    description_offer(&offer, d);
    CHECK(!offer.bad);
    snprintf(url, sizeof(url), "%s%s", o->url, path);
    call->method = "POST";
    call->url = url;
    call->content_type = "application/sdp";
    call->token = token;
    call->body = offer.p;
    http_client_begin(t->http, call);
    buffer_free(&offer);
}

static void publish_as(struct target *t, struct publisher *p, unsigned room, const char *token) {
    struct local_description d = publisher_description(p);
    struct http_call call = {.done = published, .ctx = p};
    char path[64];
    snprintf(path, sizeof(path), "/whip/room-%u", room);
    post(t, path, token, &d, &call);
}

static void publish(struct target *t, struct publisher *p, unsigned room) {
    const struct oriel *o = t->own;
    publish_as(t, p, room, token_for(&o->agents[room], "agent", room));
}

static void view_as(struct target *t, struct viewer *v, unsigned room, const char *token) {
    struct local_description d = client_description(&v->client);
    struct http_call call = {.done = viewed, .ctx = v};
    char path[64];
    snprintf(path, sizeof(path), "/whep/room-%u", room);
    post(t, path, token, &d, &call);
}

static void view(struct target *t, struct viewer *v, unsigned room) {
    const struct oriel *o = t->own;
    view_as(t, v, room, token_for(&o->buyers[room], "buyer", room));
}

/* ---- what only Oriel has ---- */

const char *oriel_aead(const struct target *t) {
    return ((const struct oriel *)t->own)->aead;
}

struct inquiry {
    bool done;
    int status;
    const char *name, *labels;
    double sum;
};

static bool has_labels(const char *text, size_t len, const char *labels) {
    return !*labels || memmem(text, len, labels, strlen(labels)) != NULL;
}

/* name{labels} value, or name value; no label of ours has a space in it */
static void add_metrics(void *ctx, const struct http_reply *r) {
    struct inquiry *q = ctx;
    size_t n = strlen(q->name);
    q->done = true;
    q->status = r->status;
    for (const char *at = r->body; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        const char *space = strchr(at, ' ');
        if (strncmp(at, q->name, n) == 0 && (at[n] == '{' || at[n] == ' ') && space &&
            has_labels(at + n, (size_t)(space - at) - n, q->labels)) {
            q->sum += strtod(space, NULL);
        }
    }
}

double oriel_metric_of(struct target *t, const char *name, const char *labels) {
    const struct oriel *o = t->own;
    struct inquiry q = {.name = name, .labels = labels};
    char url[96];
    struct http_call call = {.method = "GET", .url = url, .done = add_metrics, .ctx = &q};
    snprintf(url, sizeof(url), "%s/metrics", o->url);
    http_client_begin(t->http, &call);
    /* The inquiry lives here, so it is waited for even when the user wants to end. */
    while (!q.done) {
        load_turn(t->load, clock_now() + US_PER_MS);
    }
    return q.status == 200 ? q.sum : -1;
}

double oriel_metric(struct target *t, const char *name) {
    return oriel_metric_of(t, name, "");
}

void oriel_intrude(struct target *t, struct publisher *p, struct viewer *v, unsigned room) {
    struct oriel *o = t->own;
    mem_free(o->intruder);
    o->intruder = make_token("buyer", room, "intruder");
    publish_as(t, p, room, o->intruder ? o->intruder : "");
    view_as(t, v, room, o->intruder ? o->intruder : "");
}

static void left(void *ctx, const struct http_reply *r) {
    struct inquiry *q = ctx;
    q->done = true;
    q->status = r->status;
}

bool oriel_leave(struct target *t, const struct client *c, unsigned room) {
    const struct oriel *o = t->own;
    struct inquiry q = {0};
    char url[192];
    struct http_call call = {.method = "DELETE", .url = url, .done = left, .ctx = &q};
    const char *path = strstr(c->resource, "/whip/");
    call.token = path ? o->agents[room] : o->buyers[room];
    path = path ? path : strstr(c->resource, "/whep/");
    snprintf(url, sizeof(url), "%s%s", o->url, path ? path : "/");
    http_client_begin(t->http, &call);
    while (!q.done) {
        load_turn(t->load, clock_now() + US_PER_MS);
    }
    return q.status == 200;
}

const struct target_ops target_oriel = {
    .name = "oriel", .start = start, .publish = publish, .view = view, .close = close_oriel};
