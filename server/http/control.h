/* The control thread: libwebsockets' loop with HTTP, WebSocket and signaling. Everything in this
 * header belongs to that thread. Other threads reach it in one way: they push into a mailbox and
 * call control_wake. */
#ifndef ORIEL_SERVER_HTTP_CONTROL_H
#define ORIEL_SERVER_HTTP_CONTROL_H

#include "base/list.h"
#include "base/map.h"
#include "server/api/assets.h"
#include "server/auth/auth.h"
#include "server/auth/revocations.h"
#include "server/config/config.h"
#include "server/glue/glue.h"
#include "server/http/deadlines.h"
#include "server/http/lws.h"
#include "server/jobs/jobs_thread.h"
#include "server/recording/keeper_thread.h"
#include "server/recording/reader_thread.h"

#define CONTROL_LABEL 24  /* [bytes] "c17": a connection's name in the log */
#define HTTP_STATUS_MAX 6 /* classes 1xx..5xx */

struct control_counters {
    uint64_t http_requests[HTTP_STATUS_MAX]; /* by first digit of the status */
    /* limits.connections, limits.connections_per_address, limits.requests_per_address */
    uint64_t refused_connections, refused_address, refused_requests;
    uint64_t refused_input;                                    /* limits.input_mib_per_address */
    uint64_t timeouts_headers, timeouts_body, timeouts_answer; /* connections ended by a deadline */
    uint64_t ws_opened, ws_in, ws_out, ws_slow, ws_too_large, ws_origin_refused;
    uint64_t ws_pong_missing;                  /* clients that did not answer a ping */
    uint64_t ws_killed;                        /* clients that did not take our close */
    uint64_t playback_bytes, playback_refused; /* downloads that found no place */
};

/* Built by parts.c in the order of its fields; read by everything in the control thread. */
struct turn;

struct control {
    const struct config *config;
    char origin[256]; /* of public_url, as browsers send it; empty when unknown */
    char url[256];    /* public_url without a trailing slash, or made of listen.* */
    bool tls;
    uint8_t ticket_key[AUTH_TICKET_KEY];
    uint64_t tickets;               /* given out, which numbers them */
    struct revocations revocations; /* of tickets */
    us_t started;
    wall_t started_wall;

    struct lws_context *lws;
    struct lws_vhost *vhost;
    struct lws_sorted_usec_list sul; /* runs at glue_deadline */
    uint16_t port;                   /* TCP port listened on */

    struct auth *auth;
    struct turn *turn;
    struct assets *assets; /* NULL: web.dir could not be read */
    struct sig *sig;
    struct glue *glue;
    struct worker **workers;
    uint32_t n_workers;
    struct recorder_thread *recorder;   /* NULL: recording is off */
    struct uploader_threads *uploaders; /* NULL: nothing is uploaded */
    struct reader_thread *reader;       /* likewise */
    struct mix_thread *mix;             /* NULL: nothing is mixed */
    struct jobs_thread *jobs;           /* likewise */
    struct keeper_thread *keeper;       /* likewise */

    struct deadlines deadlines; /* of connections */
    struct addresses *addresses;
    struct tcp *arriving; /* admitted, not yet opened; or NULL */
    uint64_t next_id;     /* of connections and requests; never reused */
    struct map *conns;    /* id -> struct ws_conn */
    struct link all_ws;   /* the same, to visit them */
    struct map *requests; /* id -> struct request */
    uint32_t open;        /* TCP connections */
    bool stopping;        /* signaling is not told about what closes any more */
    struct control_counters counters;
    uint8_t *scratch; /* LWS_PRE + READER_CHUNK_MAX bytes: what is being written */
};

/* Try the TCP port and let go of it: libwebsockets says nothing useful when it cannot bind, and a
 * second server must stop before it touches the first one's state. ERR_IO, the reason in why. */
enum err control_port_free(const struct config *cfg, char why[WHY_MAX]);
/* The libwebsockets context, which control_wake needs, without a listening socket. ERR_NOMEM. */
enum err control_open(struct control *c, char why[WHY_MAX]);
/* Start to listen; sets port. ERR_IO with the reason in why. */
enum err control_listen(struct control *c, char why[WHY_MAX]);
/* One turn of the loop: waits for events and serves them. False when the loop is broken. */
bool control_turn(struct control *c);
/* Close every WebSocket with 1001 and wait at most a second for the news to go out. */
void control_drain(struct control *c);
/* Close every connection and the context. Signaling is not called. */
void control_close(struct control *c);

/* Take in what other threads reported and drain effects. Also after each call into sig_. */
void control_service(struct control *c);
/* Drain effects after a call into sig_ and move the deadline. */
void control_effects(struct control *c);
/* glue's deliver: effects that end in a socket. */
void control_deliver(void *ctx, const struct sig_effect *e);
/* glue's note. */
void control_note(void *ctx, const char *event, uint64_t tour, uint64_t peer, const char *detail);
/* Any thread, and signal handlers. ctx is the control. */
void control_wake(void *ctx);
/* May pages of this Origin open the WebSocket? NULL: not a browser. */
bool control_origin_ok(const struct control *c, const char *origin, const char *host);
/* A header of the request being read, copied to the heap; NULL when absent, empty or longer than
 * 16 KiB. */
char *control_header(struct lws *wsi, enum lws_token_indexes h);
/* The client's address for the log, shortened as configured. out holds 64 bytes; returns out. */
const char *control_client(struct lws *wsi, char *out);

#endif
