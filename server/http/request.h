/* One HTTP request and its answer. Owner: the control thread. A request lives from
 * LWS_CALLBACK_HTTP until its answer is written or the client is gone; in between it may wait for
 * another thread's reply, which finds it again by its id. */
#ifndef ORIEL_SERVER_HTTP_REQUEST_H
#define ORIEL_SERVER_HTTP_REQUEST_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/trace.h"
#include "server/http/loop.h"
#include "server/http/route.h"

enum http_header {
    H_ACCEPT,
    H_ACCEPT_ENCODING,
    H_ACCEPT_LANGUAGE,
    H_AUTHORIZATION,
    H_CONTENT_TYPE,
    H_IF_MATCH,
    H_IF_NONE_MATCH,
    H_IF_RANGE,
    H_RANGE,
    H_COOKIE,
    H_IDEMPOTENCY_KEY,
    H_TRACEPARENT,
    H_COUNT
};

#define RESPONSE_HEADERS 12
#define RESPONSE_TEXT 2048             /* [bytes] header values of one answer */
#define RESPOND_PIECE_MAX (256 * 1024) /* [bytes] of a body, written at once */

/* Where a body comes from that is not in memory. */
struct body_source {
    /* The next piece, 1 to RESPOND_PIECE_MAX bytes that stay until `taken`; empty when there is
     * none yet: request_wake says when. False: there will be none, the connection ends. */
    bool (*next)(void *ctx, struct bytes *ret);
    /* It is written: the next one is asked for. */
    void (*taken)(void *ctx);
    void *ctx;
};

struct response {
    int status;          /* 0 until there is an answer */
    const char *problem; /* the word of its code, a constant; NULL: it is none */
    struct {
        const char *name; /* with its colon, a constant */
        const char *value;
    } headers[RESPONSE_HEADERS];
    unsigned n;
    char text[RESPONSE_TEXT];
    size_t used;
    char *owned;      /* freed with the request; may be what body points to */
    const char *body; /* NULL: none, or from a source */
    struct body_source source;
    uint64_t len; /* [bytes] Content-Length */
    uint64_t sent;
    bool headers_sent;
};

struct request {
    struct loop *loop;
    struct lws *wsi;
    uint64_t id;
    char label[LOOP_LABEL];
    enum http_method method;
    const struct route *route; /* NULL: nothing is there */
    struct url_args args;
    struct trace trace;
    char *headers[H_COUNT]; /* NULL where absent */
    struct buffer query;    /* its arguments, for url_argument */
    bool bad_query;         /* one of them is too long for any */
    struct buffer body;
    int refusal; /* status decided before the body came, else 0 */
    bool dispatched;
    bool close_after; /* the rest of the body was not read: the connection cannot go on */
    bool unread;      /* a body may still come that nobody waits for */
    struct response response;
    void *own; /* of the service */
};

/* Who answers requests; called in the control thread. */
struct http_service {
    struct route_table routes;
    /* The headers of a request were read. False: memory is out, it is answered with 503. */
    bool (*begin)(struct request *r);
    /* May it do what it asks for? Said before any body is read. False: `answer` will refuse. */
    bool (*admit)(struct request *r);
    /* Call its route's handler, or refuse. Afterwards there is an answer, or one comes. */
    void (*answer)(struct request *r);
    /* It ends, answered or not, begun or not. */
    void (*end)(struct request *r);
    void *ctx;      /* for whom it concerns */
    uint8_t probes; /* routes that need this are for any Host: they are asked by machines */
    /* The answer is there, and its headers are about to be written; NULL: nobody asks. */
    void (*answers)(struct request *r);
    /* Answer a request to an address that no route has; NULL: with a 404. */
    void (*unknown)(struct request *r);
};

/* Its client, as ws_client. */
const struct addr *request_client(const struct request *r);
/* The waiting request with this id, or NULL when its client is gone. */
struct request *request_find(const struct loop *l, uint64_t id);
/* There is nothing to be written until request_wake: what the client says meanwhile waits, and that
 * it is gone is noticed. */
void request_rest(struct request *r);
/* Its answer is there; or its source has another piece, or knows that none will come. */
void request_wake(struct request *r);

#endif
