/* One HTTP request and its answer. Owner: the control thread. A request lives from
 * LWS_CALLBACK_HTTP until its answer is written or the client is gone; in between it may wait for
 * signaling or the reader thread, which find it again by its id. */
#ifndef ORIEL_SERVER_HTTP_HTTP_H
#define ORIEL_SERVER_HTTP_HTTP_H

#include "base/buffer.h"
#include "server/http/control.h"
#include "server/http/urls.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER,
    HTTP_METHOD_COUNT
};
/* "GET" ...; never NULL. */
const char *http_method_name(enum http_method m);

enum http_header {
    H_AUTHORIZATION,
    H_CONTENT_TYPE,
    H_IF_MATCH,
    H_IF_NONE_MATCH,
    H_IF_RANGE,
    H_RANGE,
    H_COOKIE,
    H_ORIGIN,
    H_COUNT
};

#define RESPONSE_HEADERS 12
#define RESPONSE_TEXT 2048 /* [bytes] header values of one answer */

struct response {
    int status; /* 0 until there is an answer */
    struct {
        const char *name; /* with its colon, a constant */
        const char *value;
    } headers[RESPONSE_HEADERS];
    unsigned n;
    char text[RESPONSE_TEXT];
    size_t used;
    char *owned;      /* freed with the request; may be what body points to */
    const char *body; /* NULL: none, or a stream */
    uint64_t len;     /* [bytes] Content-Length */
    uint64_t sent;
    bool headers_sent;
};

/* A recording on its way. One chunk is in hand and the next is asked for meanwhile, so that the
 * client's round trip and the store's overlap; there is no third. */
struct playback {
    bool place;        /* of a download (reader_thread_begin) */
    bool active;       /* the body comes from here */
    bool waiting;      /* a read is under way */
    uint8_t step;      /* enum in api/recordings.c */
    uint64_t at;       /* next byte to ask for */
    uint64_t end;      /* one past the last */
    uint64_t snapshot; /* of the file that was promised */
    char *chunk;       /* read and not yet written */
    size_t chunk_len;
    char *ahead; /* read while chunk was not yet written */
    size_t ahead_len;
};

struct route;

struct request {
    struct control *control;
    struct lws *wsi;
    uint64_t id;
    char label[CONTROL_LABEL];
    enum http_method method;
    const struct route *route; /* NULL: nothing is there */
    struct url_args args;
    char *headers[H_COUNT]; /* NULL where absent */
    struct read_list *list; /* what the query asks of the recordings list; NULL: no query */
    bool bad_query;         /* it cannot be understood */
    bool says_audio;        /* the query has an argument of this name: */
    char audio[8];          /* cut off when it is longer than any word that is known */
    struct buffer body;
    int early;             /* status decided before the body came, else 0 */
    enum sig_code refused; /* what the token lacks; SIG_OK: it will do */
    bool dispatched;
    bool close_after;     /* the rest of the body was not read: the connection cannot go on */
    bool unread;          /* a body may still come that nobody waits for */
    struct claims claims; /* of routes that need a token */
    /* Of whom a playback cookie let in: it must hold for as long as the answer takes. expires 0:
     * it was a token. */
    struct auth_ticket ticket;
    struct response response;
    struct playback playback;
};

/* Protocol 0 of the vhost. */
int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len);
#define HTTP_SESSION_SIZE sizeof(struct request *)

/* The waiting request with this id, or NULL when its client is gone. */
struct request *http_find(struct control *c, uint64_t id);
/* Bytes of a stream may be written, or the answer is ready. */
void http_wake(struct request *r);

#endif
