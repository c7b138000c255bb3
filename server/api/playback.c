#include "server/api/playback.h"

#include "base/alloc.h"
#include "server/api/door.h"
#include "server/api/reading.h"
#include "server/http/respond.h"
#include "server/os/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHUNK (128 * 1024) /* [bytes] of one read */
_Static_assert(CHUNK <= READER_CHUNK_MAX, "the reader answers a chunk at once");
_Static_assert(READER_CHUNK_MAX <= RESPOND_PIECE_MAX, "a chunk is written at once");

/* A recording on its way. One chunk is in hand and the next is asked for meanwhile, so that the
 * client's round trip and the store's overlap; there is no third. */
struct playback {
    struct request *request;
    struct read_request q;                      /* what is read */
    bool (*refuse)(struct request *, enum err); /* NULL: nobody knows better */
    bool waiting;                               /* a read is under way */
    uint64_t at;                                /* next byte to ask for */
    uint64_t end;                               /* one past the last */
    char *chunk;                                /* read and not yet written */
    size_t chunk_len;
    char *ahead; /* read while chunk was not yet written */
    size_t ahead_len;
};

static void on_chunk(struct request *r, struct read_reply *reply);

/* Ask for another chunk. False: none is left, or none can be asked for. */
static bool ask_chunk(struct playback *p) {
    struct request *r = p->request;
    if (p->waiting || p->at >= p->end) {
        return false;
    }
    if (!door_still_open(r)) {
        LOG(LOG_LEVEL_INFO, "playback_ended", "A playback ticket is over or was taken back.",
            LOG_STR("conn", r->label), LOG_STR("recording", r->args.v[0]),
            LOG_STR("sub", call_of(r)->claims.sub));
        p->at = p->end; /* what is in hand still goes out, and nothing after it */
        return false;
    }
    uint64_t left = p->end - p->at;
    p->q.at = p->at;
    p->q.n = left < CHUNK ? (uint32_t)left : CHUNK;
    p->waiting = reading_ask_on(r, &p->q);
    return p->waiting;
}

static bool next_chunk(void *ctx, struct bytes *ret) {
    struct playback *p = ctx;
    *ret = bytes_of(p->chunk, p->chunk_len);
    return p->chunk || p->waiting || ask_chunk(p);
}

static void chunk_taken(void *ctx) {
    struct playback *p = ctx;
    mem_free(p->chunk);
    p->chunk = p->ahead;
    p->chunk_len = p->ahead_len;
    p->ahead = NULL;
    p->ahead_len = 0;
    (void)ask_chunk(p);
}

/* Kept until the client takes it. On a failure the connection ends, because the status line has
 * said otherwise already. */
static void on_chunk(struct request *r, struct read_reply *reply) {
    struct playback *p = call_of(r)->playback;
    p->waiting = false;
    if (reply->error != OK || reply->len == 0 || reply->len > READER_CHUNK_MAX) {
        LOG(LOG_LEVEL_ERROR, "playback_failed", "A recording could not be read.",
            LOG_STR("conn", r->label), LOG_STR("recording", r->args.v[0]),
            LOG_STR("error", err_name((enum err)reply->error)));
        p->at = p->end; /* next_chunk gives up */
    } else {
        char **into = p->chunk ? &p->ahead : &p->chunk;
        *(p->chunk ? &p->ahead_len : &p->chunk_len) = reply->len;
        *into = reply->data;
        p->at += reply->len;
        api_of(r)->playback_bytes += reply->len;
        reply->data = NULL;
        if (!p->ahead) {
            (void)ask_chunk(p);
        }
    }
    request_wake(r);
}

/* The range asked for, unless If-Range says that it was asked of another version. */
static enum url_range wanted(const struct request *r, uint64_t size, const char *etag,
                             uint64_t *first, uint64_t *last) {
    const char *cond = r->headers[H_IF_RANGE];
    if (cond && strcmp(cond, etag) != 0) {
        return URL_RANGE_NONE;
    }
    return url_range(r->headers[H_RANGE], size, first, last);
}

static void answer(struct request *r, const struct read_reply *reply) {
    struct playback *p = call_of(r)->playback;
    const struct body_source source = {next_chunk, chunk_taken, p};
    char etag[128], text[96];
    uint64_t first = 0, last = reply->total - 1;
    /* A finished epoch never changes; a growing one changes its size. */
    snprintf(etag, sizeof(etag), "\"%.32s-%.32s-%.9s-%.9s-%" PRIu64 "\"", r->args.v[0],
             r->args.v[1], r->args.n > 2 ? r->args.v[2] : "", r->args.n > 3 ? r->args.v[3] : "",
             reply->total);
    enum url_range range = wanted(r, reply->total, etag, &first, &last);
    respond_header(r, "accept-ranges:", "bytes");
    if (range == URL_RANGE_UNSATISFIABLE) {
        snprintf(text, sizeof(text), "bytes */%" PRIu64, reply->total);
        respond_header(r, "content-range:", text);
        respond_problem(r, 416, NULL, NULL);
        return;
    }
    respond_header(r, "etag:", etag);
    respond_header(r, "cache-control:", "private, no-cache");
    if (url_etag_listed(r->headers[H_IF_NONE_MATCH], etag)) {
        respond_status(r, 304);
        return;
    }
    respond_header(r, "content-type:", reply->type);
    if (range == URL_RANGE_ONE) {
        snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, last,
                 reply->total);
        respond_header(r, "content-range:", text);
    }
    p->q.snapshot = reply->snapshot;
    p->at = first;
    p->end = reply->total ? last + 1 : 0;
    call_of(r)->on_read = on_chunk;
    respond_stream(r, range == URL_RANGE_ONE ? 206 : 200, p->end - first, &source);
}

/* Size and type of the file. */
static void on_size(struct request *r, struct read_reply *reply) {
    struct playback *p = call_of(r)->playback;
    enum err e = (enum err)reply->error;
    p->waiting = false;
    if (e == OK) {
        answer(r, reply);
    } else if (!p->refuse || !p->refuse(r, e)) {
        reading_refuse(r, e);
    }
}

void playback_start(struct request *r, const struct read_request *q,
                    bool (*refuse)(struct request *r, enum err e)) {
    struct api *a = api_of(r);
    struct playback *p = mem_zalloc(1, sizeof(*p));
    if (!p) {
        respond_problem(r, 500, NULL, NULL);
        return;
    }
    if (a->reader && !reader_thread_begin(a->reader)) {
        a->playback_refused++;
        mem_free(p);
        respond_header(r, "retry-after:", "5");
        respond_problem(r, 503, NULL, "Too many recordings are being watched.");
        return;
    }
    p->request = r;
    p->q = *q;
    p->refuse = refuse;
    call_of(r)->playback = p;
    p->waiting = reading_ask(r, q, on_size);
}

void playback_end(struct playback *p) {
    if (!p) {
        return;
    }
    /* The place goes back when nothing of this download is under way: a reply that is still to come
     * does it for a client that is gone (reading_reply). */
    struct reader_thread *reader = api_of(p->request)->reader;
    if (reader && !p->waiting) {
        reader_thread_end(reader);
    }
    mem_free(p->chunk);
    mem_free(p->ahead);
    mem_free(p);
}
