/* Janus as a target: its videoroom by its HTTP interface. One session with a handle for each
 * client; what Janus has to say comes by a long poll. */
#include "base/alloc.h"
#include "base/check.h"
#include "base/map.h"
#include "bench/load/http.h"
#include "bench/load/target.h"
#include "server/os/clock.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "/usr/bin/janus"
#define START_MAX (20 * US_PER_S)
#define CLIENTS_MAX 8192
#define FIRST_ROOM 1000

/* A client at Janus, and what its handle is for. */
struct attendee {
    struct target *target;
    struct publisher *publisher; /* or */
    struct viewer *viewer;
    unsigned room;
    uint64_t handle;
    struct attendee *next;
};

struct janus {
    char url[64];
    bool answers;              /* HTTP does */
    bool asking;               /* whether it does */
    uint64_t session, control; /* control: the handle that makes rooms */
    unsigned rooms, wanted;
    struct map *handles;
    struct attendee *all;
};

/* ---- messages ---- */

/* The JSON object of a reply; NULL when it is none or an error. */
static json_t *parse(const struct http_reply *r) {
    json_t *o = r->status == 200 ? json_loadb(r->body, r->len, 0, NULL) : NULL;
    const char *kind = json_string_value(json_object_get(o, "janus"));
    if (kind && strcmp(kind, "error") == 0) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static uint64_t id_of(json_t *o) {
    json_int_t id = json_integer_value(json_object_get(json_object_get(o, "data"), "id"));
    return id > 0 ? (uint64_t)id : 0;
}

/* POST to the interface, the session or a handle (0 = none); o is used up. */
static void post(struct target *t, uint64_t handle, json_t *o, struct http_call *call) {
    const struct janus *j = t->own;
    char url[160];
    int n = snprintf(url, sizeof(url), "%s", j->url);
    if (j->session) {
        n += snprintf(url + n, sizeof(url) - (size_t)n, "/%" PRIu64, j->session);
    }
    if (handle) {
        snprintf(url + n, sizeof(url) - (size_t)n, "/%" PRIu64, handle);
    }
    json_object_set_new(o, "transaction", json_string("bench"));
    char *body = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    CHECK(body);
    call->method = "POST";
    call->url = url;
    call->content_type = "application/json";
    call->body = body;
    http_client_begin(t->http, call);
    free(body);
}

static json_t *attach_request(void) {
    return json_pack("{s:s, s:s}", "janus", "attach", "plugin", "janus.plugin.videoroom");
}

/* ---- events ---- */

static struct client *client_of(const struct attendee *a) {
    return a->publisher ? &a->publisher->client : &a->viewer->client;
}

static void ignore_reply(void *ctx, const struct http_reply *r) {
    struct attendee *a = ctx;
    json_t *o = parse(r);
    if (!o) {
        client_fail(client_of(a), "Janus refused a request");
    }
    json_decref(o);
}

static void answer_offer(struct attendee *a, const struct remote_description *offer) {
    struct local_description d = client_description(&a->viewer->client);
    struct buffer sdp = {0};
    struct http_call call = {.done = ignore_reply, .ctx = a};
    description_answer(&sdp, &d, offer);
    CHECK(!sdp.bad);
    post(a->target, a->handle,
         json_pack("{s:s, s:{s:s}, s:{s:s, s:s}}", "janus", "message", "body", "request", "start",
                   "jsep", "type", "answer", "sdp", sdp.p),
         &call);
    buffer_free(&sdp);
}

static void take_description(struct attendee *a, const char *sdp) {
    struct remote_description d;
    char why[128];
    if (!description_read(sdp, strlen(sdp), &d, why)) {
        client_fail(client_of(a), why);
    } else if (a->publisher) {
        publisher_connect(a->publisher, clock_now(), &d);
    } else {
        answer_offer(a, &d);
        viewer_connect(a->viewer, clock_now(), &d);
    }
}

static void take_event(struct janus *j, json_t *event) {
    json_int_t sender = json_integer_value(json_object_get(event, "sender"));
    struct attendee *a = map_get(j->handles, (uint64_t)sender);
    json_t *data = json_object_get(json_object_get(event, "plugindata"), "data");
    const char *sdp = json_string_value(json_object_get(json_object_get(event, "jsep"), "sdp"));
    const char *error = json_string_value(json_object_get(data, "error"));
    if (a && error) {
        client_fail(client_of(a), error);
    } else if (a && sdp) {
        take_description(a, sdp);
    }
}

static void poll_again(struct target *t);

static void polled(void *ctx, const struct http_reply *r) {
    struct target *t = ctx;
    json_t *all = r->status == 200 ? json_loadb(r->body, r->len, 0, NULL) : NULL, *event;
    size_t i;
    json_array_foreach(all, i, event) {
        take_event(t->own, event);
    }
    bool ok = all != NULL;
    json_decref(all);
    if (ok) {
        poll_again(t);
    }
}

static void poll_again(struct target *t) {
    const struct janus *j = t->own;
    char url[160];
    struct http_call call = {.method = "GET", .url = url, .done = polled, .ctx = t};
    snprintf(url, sizeof(url), "%s/%" PRIu64 "?maxev=100", j->url, j->session);
    http_client_begin(t->http, &call);
}

/* ---- start ---- */

static uint16_t free_port(void) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&name, &n) == 0);
    close(fd);
    return ntohs(name.sin_port);
}

static bool write_config(struct target *t, uint16_t port) {
    struct buffer o = {0};
    /* event_loops: its fast setting; by default it starts a thread for each client. */
    buffer_printf(
        &o,
        "general: { configs_folder = \"%s\"; debug_level = 2; event_loops = 2;"
        " admin_secret = \"bench\"; session_timeout = 0 }\n"
        "media: { rtp_port_range = \"20000-60000\" }\n"
        "nat: { ice_lite = true; ice_tcp = false; ice_enforce_list = \"127.0.0.1\" }\n"
        "plugins: { disable = \"libjanus_audiobridge.so,libjanus_echotest.so,"
        "libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,"
        "libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so,libjanus_lua.so,"
        "libjanus_duktape.so\" }\n"
        "transports: { disable = \"libjanus_websockets.so,libjanus_mqtt.so,"
        "libjanus_rabbitmq.so,libjanus_nanomsg.so,libjanus_pfunix.so\" }\n"
        "events: { broadcast = false }\n",
        t->dir);
    bool ok = !o.bad && target_write(t, "janus.jcfg", o.p) &&
              target_write(t, "janus.plugin.videoroom.jcfg", "general: { }\n");
    buffer_cut(&o, 0);
    buffer_printf(&o,
                  "general: { json = \"compact\"; base_path = \"/janus\"; http = true; port = %u;"
                  " ip = \"127.0.0.1\"; https = false }\nadmin: { admin_http = false }\n",
                  port);
    ok = ok && !o.bad && target_write(t, "janus.transport.http.jcfg", o.p);
    buffer_free(&o);
    return ok;
}

/* The library that is preloaded lies beside this program. */
static bool preload_variable(char *out, size_t cap) {
    char path[512];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash) {
        return false;
    }
    *slash = '\0';
    int len = snprintf(out, cap, "LD_PRELOAD=%s/libbench_loopback.so", path);
    return (size_t)len < cap && access(out + strlen("LD_PRELOAD="), R_OK) == 0;
}

static void got_info(void *ctx, const struct http_reply *r) {
    struct janus *j = ((struct target *)ctx)->own;
    j->answers = r->status == 200;
    j->asking = false;
}

static bool answers(void *ctx) {
    struct target *t = ctx;
    struct janus *j = t->own;
    char url[96];
    struct http_call call = {.method = "GET", .url = url, .done = got_info, .ctx = t};
    if (!j->asking && !j->answers) {
        j->asking = true;
        snprintf(url, sizeof(url), "%s/info", j->url);
        http_client_begin(t->http, &call);
    }
    return j->answers || child_ended(&t->child);
}

static void made_room(void *ctx, const struct http_reply *r) {
    struct janus *j = ((struct target *)ctx)->own;
    json_t *o = parse(r);
    j->rooms += o != NULL;
    json_decref(o);
}

static void make_rooms(struct target *t) {
    struct janus *j = t->own;
    for (unsigned i = 0; i < j->wanted; i++) {
        struct http_call call = {.done = made_room, .ctx = t};
        post(t, j->control,
             json_pack("{s:s, s:{s:s, s:i, s:i, s:i, s:s, s:s, s:b}}", "janus", "message", "body",
                       "request", "create", "room", (int)(FIRST_ROOM + i), "publishers", 2,
                       "bitrate", 0, "audiocodec", "opus", "videocodec", "vp8", "notify_joining",
                       0),
             &call);
    }
}

static void got_control(void *ctx, const struct http_reply *r) {
    struct target *t = ctx;
    struct janus *j = t->own;
    json_t *o = parse(r);
    j->control = id_of(o);
    json_decref(o);
    if (j->control) {
        make_rooms(t);
    }
}

static void got_session(void *ctx, const struct http_reply *r) {
    struct target *t = ctx;
    struct janus *j = t->own;
    struct http_call call = {.done = got_control, .ctx = t};
    json_t *o = parse(r);
    j->session = id_of(o);
    json_decref(o);
    if (j->session) {
        post(t, 0, attach_request(), &call);
        poll_again(t);
    }
}

static bool has_rooms(void *ctx) {
    struct target *t = ctx;
    const struct janus *j = t->own;
    return j->rooms == j->wanted || child_ended(&t->child);
}

static bool start(struct target *t, const struct target_config *c) {
    char folder[96], variable[600];
    struct janus *j = mem_zalloc(1, sizeof(*j));
    struct http_call call = {.done = got_session, .ctx = t};
    uint16_t port = free_port();
    CHECK(j);
    t->own = j;
    j->wanted = c->rooms;
    j->handles = map_new(CLIENTS_MAX, 1);
    CHECK(j->handles);
    snprintf(j->url, sizeof(j->url), "http://127.0.0.1:%u/janus", port);
    snprintf(folder, sizeof(folder), "%s", t->dir);
    if (access(PROGRAM, X_OK) != 0) {
        return target_fail(t, "Janus is not installed (deploy/install-deps.sh peers)");
    }
    const char *argv[] = {PROGRAM, "-F", folder, NULL};
    if (!write_config(t, port) || !preload_variable(variable, sizeof(variable)) ||
        !child_start(&t->child, argv, t->log, variable)) {
        return target_fail(t, "cannot start " PROGRAM);
    }
    us_t until = clock_now() + START_MAX;
    if (!load_wait(t->load, until, answers, t) || child_ended(&t->child)) {
        return target_fail(t, "Janus did not start");
    }
    post(t, 0, json_pack("{s:s}", "janus", "create"), &call);
    if (!load_wait(t->load, until, has_rooms, t) || child_ended(&t->child)) {
        return target_fail(t, "Janus made no rooms");
    }
    return true;
}

static void close_janus(struct target *t) {
    struct janus *j = t->own;
    while (j && j->all) {
        struct attendee *a = j->all;
        j->all = a->next;
        mem_free(a);
    }
    if (j) {
        map_free(j->handles);
    }
    t->own = mem_free(j);
}

/* ---- joining ---- */

static void join_publisher(struct attendee *a) {
    struct local_description d = publisher_description(a->publisher);
    struct http_call call = {.done = ignore_reply, .ctx = a};
    struct buffer sdp = {0};
    description_offer(&sdp, &d);
    CHECK(!sdp.bad);
    int room = (int)(FIRST_ROOM + a->room);
    post(a->target, a->handle,
         json_pack("{s:s, s:{s:s, s:s, s:i, s:i}, s:{s:s, s:s}}", "janus", "message", "body",
                   "request", "joinandconfigure", "ptype", "publisher", "room", room, "id", room,
                   "jsep", "type", "offer", "sdp", sdp.p),
         &call);
    buffer_free(&sdp);
}

/* The publisher's id is that of its room. */
static void join_viewer(struct attendee *a) {
    struct http_call call = {.done = ignore_reply, .ctx = a};
    int room = (int)(FIRST_ROOM + a->room);
    post(a->target, a->handle,
         json_pack("{s:s, s:{s:s, s:s, s:i, s:[{s:i}]}}", "janus", "message", "body", "request",
                   "join", "ptype", "subscriber", "room", room, "streams", "feed", room),
         &call);
}

static void attached(void *ctx, const struct http_reply *r) {
    struct attendee *a = ctx;
    struct janus *j = a->target->own;
    json_t *o = parse(r);
    a->handle = id_of(o);
    json_decref(o);
    if (!a->handle || map_put(j->handles, a->handle, a) != OK) {
        client_fail(client_of(a), "Janus gave no handle");
    } else if (a->publisher) {
        join_publisher(a);
    } else {
        join_viewer(a);
    }
}

static void attend(struct target *t, struct publisher *p, struct viewer *v, unsigned room) {
    struct janus *j = t->own;
    struct attendee *a = mem_zalloc(1, sizeof(*a));
    CHECK(a);
    *a = (struct attendee){t, p, v, room, 0, j->all};
    j->all = a;
    struct http_call call = {.done = attached, .ctx = a};
    post(t, 0, attach_request(), &call);
}

static void publish(struct target *t, struct publisher *p, unsigned room) {
    attend(t, p, NULL, room);
}

static void view(struct target *t, struct viewer *v, unsigned room) {
    attend(t, NULL, v, room);
}

const struct target_ops target_janus = {
    .name = "janus", .start = start, .publish = publish, .view = view, .close = close_janus};
