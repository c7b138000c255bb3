/* oriel drain: the server that runs with this configuration is asked over its own listener, with a
 * token that the configuration signs. */
#include "server/cli/cli.h"

#include "base/alloc.h"
#include "base/check.h"
#include "recorder/store/http.h"
#include "server/auth/scopes.h"
#include "server/os/clock.h"
#include "json/json_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TOKEN_TTL_S 60
#define ANSWER_MAX 65536
#define LOOK_EVERY_S 1
#define CALM_LOOKS 2 /* that find nothing: the numbers of recordings are a quarter second old */
/* So long after the deadline a recording may still be closed, or its store is not well. */
#define PATIENCE (300 * US_PER_S)

struct drain_args {
    const char *file, *deadline;
    int64_t deadline_s; /* 0: the server's own */
    bool wait, cancel;
};

/* How to reach the server. */
struct door {
    const struct config *config;
    struct http http;
    char url[512];
};

struct node {
    bool draining;
    char deadline[WALL_TEXT_MAX];
    int64_t tours, participants, recordings;
};

/* ---- arguments ---- */

/* "30m", "90s", "2h", or seconds; 0: none of them, or more than may be. */
static int64_t seconds_of(const char *text) {
    char *end;
    long n = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : 0;
    if (n < 1 || n > DRAIN_DEADLINE_MAX_S) {
        return 0;
    }
    int64_t unit = strcmp(end, "h") == 0            ? 3600
                   : strcmp(end, "m") == 0          ? 60
                   : strcmp(end, "s") == 0 || !*end ? 1
                                                    : 0;
    return n * unit <= DRAIN_DEADLINE_MAX_S ? n * unit : 0;
}

/* CLI_OK, or CLI_USAGE after a message. */
static int read_args(int argc, char **argv, struct drain_args *a) {
    for (int i = 1; i < argc; i++) {
        const char *what = argv[i];
        bool file = strcmp(what, "-c") == 0;
        if (file || strcmp(what, "--deadline") == 0) {
            const char **into = file ? &a->file : &a->deadline;
            *into = cli_value(argc, argv, &i);
            if (!*into) {
                return CLI_USAGE;
            }
        } else if (strcmp(what, "--wait") == 0) {
            a->wait = true;
        } else if (strcmp(what, "--cancel") == 0) {
            a->cancel = true;
        } else {
            return cli_fail(CLI_USAGE, "drain: unknown option \"%.64s\"", what);
        }
    }
    if (a->cancel && (a->wait || a->deadline)) {
        return cli_fail(CLI_USAGE, "drain: --cancel takes neither --wait nor --deadline");
    }
    a->deadline_s = a->deadline ? seconds_of(a->deadline) : 0;
    if (a->deadline && !a->deadline_s) {
        return cli_fail(CLI_USAGE, "drain: --deadline is 90s, 30m, 2h or so, at most %d hours",
                        DRAIN_DEADLINE_MAX_S / 3600);
    }
    return CLI_OK;
}

/* ---- the server ---- */

/* Where it listens, as this machine reaches it: "127.0.0.1:8080". */
static void own_address(const struct config *c, char out[128]) {
    const char *at = c->listen_address;
    at = strcmp(at, "0.0.0.0") == 0 ? "127.0.0.1" : strcmp(at, "::") == 0 ? "::1" : at;
    bool v6 = strchr(at, ':') != NULL;
    snprintf(out, 128, "%s%.64s%s:%d", v6 ? "[" : "", at, v6 ? "]" : "", (int)c->listen_port);
}

/* With TLS it is called as people call it, for that is what its certificate says, and reached at
 * its own address all the same: a balancer may lead elsewhere. */
static int open_door(const struct config *c, struct door *d) {
    char address[128], to[160];
    const char *host = strstr(c->public_url, "://");
    bool tls = *c->tls_cert != '\0';
    if (c->listen_port == 0) {
        return cli_fail(CLI_FAILED, "drain: listen.port is 0: nobody knows where the server is");
    }
    own_address(c, address);
    snprintf(to, sizeof(to), "::%s", address);
    if (tls && host) {
        host += 3;
        snprintf(d->url, sizeof(d->url), "https://%.*s", (int)strcspn(host, "/?#"), host);
    } else {
        snprintf(d->url, sizeof(d->url), "%s://%s", tls ? "https" : "http", address);
    }
    d->config = c;
    const struct http_config http = {.timeout = 30 * US_PER_S,
                                     .connect_timeout = 5 * US_PER_S,
                                     .ca_file = c->tls_cert,
                                     .connect_to = to};
    if (http_library_init() != OK || http_curl_open(&http, &d->http) != OK) {
        return cli_fail(CLI_FAILED, "out of memory");
    }
    return CLI_OK;
}

static bool count_of(const struct json *v, const char *name, int64_t *ret) {
    return json_get_int(json_member(v, name), 0, UINT32_MAX, ret);
}

static bool read_node(const struct http_answer *a, struct node *ret) {
    static const struct json_limits limits = {ANSWER_MAX, 8, 1000};
    const struct json *v;
    if (json_read(a->body.p ? a->body.p : "", a->body.n, &limits, &v, NULL) != OK) {
        return false;
    }
    *ret = (struct node){.draining = json_string_is(json_member(v, "state"), "draining")};
    bool ok =
        count_of(v, "tours", &ret->tours) && count_of(v, "participants", &ret->participants) &&
        count_of(v, "recordings", &ret->recordings) &&
        json_get_text_if_any(json_member_set(v, "deadline"), ret->deadline, sizeof(ret->deadline));
    json_free(v);
    return ok;
}

/* Why it refuses, and what helps. */
static int refused(const struct door *d, const struct http_answer *a) {
    static const struct json_limits limits = {ANSWER_MAX, 8, 1000};
    const struct json *v = NULL;
    char code[64] = "", title[200] = "";
    if (json_read(a->body.p ? a->body.p : "", a->body.n, &limits, &v, NULL) == OK) {
        (void)json_get_text(json_member(v, "code"), code, sizeof(code));
        (void)json_get_text(json_member(v, "title"), title, sizeof(title));
        json_free(v);
    }
    const char *hint = a->status == 401   ? " Does the server run with this configuration?"
                       : a->status == 404 ? " Is it an older version of oriel?"
                                          : "";
    return cli_fail(CLI_FAILED, "drain: %s refuses: %d %s %s%s", d->url, a->status, code, title,
                    hint);
}

static int take(const struct door *d, enum err e, const struct http_answer *a, struct node *ret) {
    if (e != OK) {
        return cli_fail(CLI_FAILED, "drain: no server answers at %s (%.300s). Does it run?", d->url,
                        a->why);
    }
    if (a->status != 200) {
        return refused(d, a);
    }
    return read_node(a, ret) ? CLI_OK
                             : cli_fail(CLI_FAILED, "drain: %s answers what is not ours", d->url);
}

/* A token for each request: it need not last as long as people stay. */
static int ask(struct door *d, const char *method, const char *path, const char *body,
               struct node *ret) {
    struct claims who = {.scopes = 1u << SCOPE_NODE_READ | 1u << SCOPE_NODE_WRITE};
    struct http_answer a = {0};
    struct buffer bearer = {0}, url = {0};
    int64_t most = d->config->auth_max_lifetime_s;
    snprintf(who.sub, sizeof(who.sub), "oriel-drain");
    char *token = cli_mint(d->config, &who, most && most < TOKEN_TTL_S ? most : TOKEN_TTL_S);
    if (!token) {
        return CLI_FAILED;
    }
    buffer_printf(&bearer, "Bearer %s", token);
    buffer_printf(&url, "%s%s", d->url, path);
    mem_free(token);
    if (bearer.bad || url.bad) {
        buffer_free(&bearer);
        buffer_free(&url);
        return cli_fail(CLI_FAILED, "out of memory");
    }
    const struct http_field headers[] = {{"Authorization", bearer.p},
                                         {"Content-Type", "application/json"}};
    const struct http_request q = {.method = method,
                                   .url = url.p,
                                   .headers = headers,
                                   .n_headers = *body ? 2 : 1,
                                   .body = bytes_of(body, strlen(body)),
                                   .limit = ANSWER_MAX};
    enum err e = d->http.ask(d->http.ctx, &q, &a);
    int status = take(d, e, &a, ret);
    http_answer_free(&a);
    buffer_free(&bearer);
    buffer_free(&url);
    return status;
}

/* ---- what is said ---- */

static void print_left(const struct node *n) {
    printf("%" PRId64 " tour%s with %" PRId64 " participant%s, %" PRId64
           " recording%s being written\n",
           n->tours, n->tours == 1 ? "" : "s", n->participants, n->participants == 1 ? "" : "s",
           n->recordings, n->recordings == 1 ? "" : "s");
    fflush(stdout);
}

static bool is_empty(const struct node *n) {
    return n->tours == 0 && n->recordings == 0;
}

/* Until nothing runs. Whoever takes the drain back, and a server that goes before that, end it. */
static int wait_empty(struct door *d, struct node *n) {
    struct node told = *n;
    wall_t by;
    int calm = is_empty(n);
    us_t until = clock_now() + PATIENCE +
                 (wall_parse(n->deadline, &by) == OK ? us_max(by.us - clock_wall().us, 0) : 0);
    while (calm < CALM_LOOKS) {
        sleep(LOOK_EVERY_S);
        int status = ask(d, "GET", "/v1/node", "", n);
        if (status != CLI_OK) {
            return status;
        }
        if (!n->draining) {
            return cli_fail(CLI_FAILED, "drain: somebody has taken it back: tours begin again");
        }
        if (n->tours != told.tours || n->participants != told.participants ||
            n->recordings != told.recordings) {
            print_left(n);
            told = *n;
        }
        calm = is_empty(n) ? calm + 1 : 0;
        if (clock_now() > until) {
            return cli_fail(CLI_FAILED, "drain: the deadline is long over, and something runs still"
                                        ": see /ready and the log");
        }
    }
    printf("Nothing runs any more: the server can be stopped.\n");
    return CLI_OK;
}

static int drain(struct door *d, const struct drain_args *a) {
    struct node n;
    char body[64] = "";
    if (a->cancel) {
        int status = ask(d, "DELETE", "/v1/node/drain", "", &n);
        if (status == CLI_OK) {
            printf("Tours begin again.\n");
        }
        return status;
    }
    if (a->deadline_s) {
        snprintf(body, sizeof(body), "{\"deadline_s\":%" PRId64 "}", a->deadline_s);
    }
    int status = ask(d, "POST", "/v1/node/drain", body, &n);
    if (status != CLI_OK) {
        return status;
    }
    printf("No tour begins any more, and those that run end by %s.\n", n.deadline);
    print_left(&n);
    return a->wait ? wait_empty(d, &n) : CLI_OK;
}

int cli_drain(int argc, char **argv) {
    struct drain_args a = {0};
    struct door d = {0};
    int status = read_args(argc, argv, &a);
    if (status != CLI_OK) {
        return status;
    }
    struct config *cfg = cli_config(a.file);
    if (!cfg) {
        return CLI_FAILED;
    }
    status = open_door(cfg, &d);
    status = status == CLI_OK ? drain(&d, &a) : status;
    http_curl_close(&d.http);
    config_free(cfg);
    return status;
}
