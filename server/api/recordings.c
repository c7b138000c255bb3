/* /v1/recordings: lists, details, tickets and playback. Every answer waits for the reader thread;
 * a playback asks it for one chunk at a time, when the client has taken the last one. */
#include "base/alloc.h"
#include "server/api/routes.h"
#include "server/http/respond.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <inttypes.h>
#include <stdlib.h>

#define CHUNK (128 * 1024) /* [bytes] of one read */
_Static_assert(CHUNK <= READER_CHUNK_MAX, "the reader answers a chunk at once");

/* What the reply that a request waits for will be used for. */
enum step {
    STEP_WHOLE,  /* the answer as it is: the list, details */
    STEP_TICKET, /* is the token allowed to see this tour? */
    STEP_SIZE,   /* size and type of the file */
    STEP_BYTES   /* a chunk */
};

static bool is_id(const char *s) {
    return strspn(s, "0123456789abcdef") == RECORDING_ID_LEN && !s[RECORDING_ID_LEN];
}

/* "12.webm" or "12.mp4" */
static bool parse_file(const char *file, uint32_t *epoch) {
    size_t n = strspn(file, "0123456789");
    if (n == 0 || n > 9 || (strcmp(file + n, ".webm") != 0 && strcmp(file + n, ".mp4") != 0)) {
        return false;
    }
    *epoch = (uint32_t)strtoul(file, NULL, 10);
    return true;
}

static bool post(struct request *r, enum step step, const struct read_request *q) {
    struct read_request copy = *q;
    copy.req = r->id;
    snprintf(copy.recording, sizeof(copy.recording), "%.32s", r->args.v[0]);
    snprintf(copy.tour, sizeof(copy.tour), "%s", r->claims.tour);
    if (!r->control->reader || !reader_thread_post(r->control->reader, &copy)) {
        return false;
    }
    r->playback.step = (uint8_t)step;
    r->playback.waiting = true;
    return true;
}

static void ask(struct request *r, enum step step, const struct read_request *q) {
    if (!r->control->reader) {
        respond_problem(r, 404, "recording_off", "Recording is switched off.");
    } else if (r->args.n > 0 && !is_id(r->args.v[0])) {
        respond_problem(r, 404, "recording_unknown", NULL);
    } else if (!post(r, step, q)) {
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 503, NULL, "Too many reads are under way.");
    }
}

void recordings_ask(struct request *r, const struct read_request *q) {
    ask(r, STEP_WHOLE, q);
}

void recordings_list(struct control *c, struct request *r) {
    struct read_request q = {.type = READ_LIST};
    (void)c;
    if (r->bad_query) {
        respond_problem(r, 400, NULL, "The query is not understood.");
        return;
    }
    if (r->list) {
        q.list = *r->list;
    }
    if (*r->claims.tour) {
        if (*q.list.tour && strcmp(q.list.tour, r->claims.tour) != 0) {
            respond_code(r, SIG_TOKEN_TOUR);
            return;
        }
        snprintf(q.list.tour, sizeof(q.list.tour), "%s", r->claims.tour);
    }
    recordings_ask(r, &q);
}

void recordings_one(struct control *c, struct request *r) {
    (void)c;
    struct read_request q = {.type = READ_RECORDING};
    recordings_ask(r, &q);
}

void recordings_ticket(struct control *c, struct request *r) {
    (void)c;
    struct read_request q = {.type = READ_ALLOWED};
    ask(r, STEP_TICKET, &q);
}

static bool media_request(const struct request *r, struct read_request *q) {
    if (r->route->handle != recordings_media) {
        return r->route->handle == tail_segment ? tail_read_request(r, q)
                                                : derived_read_request(r, q);
    }
    *q = (struct read_request){.type = READ_MEDIA};
    snprintf(q->track, sizeof(q->track), "%.32s", r->args.v[1]);
    return strlen(r->args.v[1]) <= RECORDING_ID_LEN && parse_file(r->args.v[2], &q->epoch);
}

void recordings_media(struct control *c, struct request *r) {
    struct read_request q;
    if (!media_request(r, &q)) {
        respond_problem(r, 404, NULL, NULL);
        return;
    }
    if (c->reader && !reader_thread_begin(c->reader)) {
        c->counters.playback_refused++;
        respond_header(r, "retry-after:", "5");
        respond_problem(r, 503, NULL, "Too many recordings are being watched.");
        return;
    }
    r->playback.place = c->reader != NULL;
    ask(r, STEP_SIZE, &q);
}

void derived_thumbnail(struct control *c, struct request *r) {
    recordings_media(c, r);
}

void derived_waveform(struct control *c, struct request *r) {
    recordings_media(c, r);
}

void derived_export_media(struct control *c, struct request *r) {
    recordings_media(c, r);
}

bool recordings_next(struct request *r) {
    struct playback *p = &r->playback;
    struct read_request q;
    if (!p->active || p->waiting || p->at >= p->end || !media_request(r, &q)) {
        return false;
    }
    if (!routes_may_go_on(r)) {
        LOG(LOG_LEVEL_INFO, "playback_ended", "A playback ticket is over or was taken back.",
            LOG_STR("conn", r->label), LOG_STR("recording", r->args.v[0]),
            LOG_STR("sub", r->claims.sub));
        p->at = p->end; /* what is in hand still goes out, and nothing after it */
        return false;
    }
    uint64_t left = p->end - p->at;
    q.at = p->at;
    q.n = left < CHUNK ? (uint32_t)left : CHUNK;
    q.snapshot = p->snapshot;
    return post(r, STEP_BYTES, &q);
}

void recordings_taken(struct request *r) {
    struct playback *p = &r->playback;
    mem_free(p->chunk);
    p->chunk = p->ahead;
    p->chunk_len = p->ahead_len;
    p->ahead = NULL;
    p->ahead_len = 0;
    (void)recordings_next(r);
}

/* The place goes back when nothing of this download is under way: a reply that is still to come
 * does it for a client that is gone. */
static void give_back(struct control *c) {
    if (c->reader) {
        reader_thread_end(c->reader);
    }
}

void recordings_gone(struct request *r) {
    struct playback *p = &r->playback;
    if (p->place && !p->waiting) {
        give_back(r->control);
    }
    p->chunk = mem_free(p->chunk);
    p->ahead = mem_free(p->ahead);
}

static void answer_whole(struct request *r, struct read_reply *reply) {
    respond_header(r, "cache-control:", "no-store");
    respond_owned(r, 200, reply->type, reply->data, reply->len);
    reply->data = NULL;
}

static void put_cookie(struct request *r, const char *ticket, int64_t age_s) {
    char cookie[AUTH_TICKET_MAX + 160];
    snprintf(cookie, sizeof(cookie),
             "oriel_play=%s; HttpOnly; SameSite=Strict; Path=/v1/recordings/%.32s; Max-Age=%" PRId64
             "%s",
             ticket, r->args.v[0], age_s, r->control->tls ? "; Secure" : "");
    respond_header(r, "set-cookie:", cookie);
    respond_header(r, "cache-control:", "no-store");
}

static void answer_ticket(struct request *r) {
    struct control *c = r->control;
    char ticket[AUTH_TICKET_MAX];
    struct buffer b = {0};
    struct auth_ticket t = {.number = ++c->tickets,
                            .expires = clock_now() + c->config->ticket_s * US_PER_S};
    snprintf(t.sub, sizeof(t.sub), "%s", r->claims.sub);
    auth_ticket_make(c->ticket_key, r->args.v[0], &t, ticket);
    LOG(LOG_LEVEL_INFO, "playback_ticket", "A recording was opened.", LOG_STR("conn", r->label),
        LOG_STR("recording", r->args.v[0]), LOG_STR("sub", r->claims.sub));
    put_cookie(r, ticket, c->config->ticket_s);
    buffer_printf(&b, "{\"expires_s\":%" PRId64 "}", c->config->ticket_s);
    respond_buffer(r, 200, "application/json", &b);
}

void recordings_revoke(struct control *c, struct request *r) {
    const char *sub = r->list && *r->list->sub ? r->list->sub : r->claims.sub;
    bool everybody = strcmp(sub, "*") == 0;
    if (r->bad_query || !is_id(r->args.v[0])) {
        respond_problem(r, r->bad_query ? 400 : 404, r->bad_query ? NULL : "recording_unknown",
                        NULL);
        return;
    }
    if (*r->claims.tour && strcmp(sub, r->claims.sub) != 0) {
        respond_code(r, SIG_FORBIDDEN); /* others' tickets: only for who may see every tour */
        return;
    }
    struct revocation_time t = {c->tickets, clock_now(), c->config->ticket_s * US_PER_S};
    revocations_add(&c->revocations, r->args.v[0], everybody ? "" : sub, &t);
    LOG(LOG_LEVEL_INFO, "playback_revoked", "Playback tickets were taken back.",
        LOG_STR("conn", r->label), LOG_STR("recording", r->args.v[0]), LOG_STR("sub", sub),
        LOG_STR("by", r->claims.sub));
    put_cookie(r, "", 0);
    respond_status(r, 204);
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

static void answer_media(struct request *r, const struct read_reply *reply) {
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
    r->playback.active = true;
    r->playback.snapshot = reply->snapshot;
    r->playback.at = first;
    r->playback.end = reply->total ? last + 1 : 0;
    r->response.len = r->playback.end - first;
    respond_status(r, range == URL_RANGE_ONE ? 206 : 200);
}

/* A chunk: kept until the client takes it. On a failure the connection ends, because the status
 * line has said otherwise already. */
static void take_chunk(struct request *r, struct read_reply *reply) {
    struct playback *p = &r->playback;
    if (reply->error != OK || reply->len == 0 || reply->len > READER_CHUNK_MAX) {
        LOG(LOG_LEVEL_ERROR, "playback_failed", "A recording could not be read.",
            LOG_STR("conn", r->label), LOG_STR("recording", r->args.v[0]),
            LOG_STR("error", err_name((enum err)reply->error)));
        p->at = p->end; /* recordings_next gives up at the next writable */
    } else {
        char **into = p->chunk ? &p->ahead : &p->chunk;
        *(p->chunk ? &p->ahead_len : &p->chunk_len) = reply->len;
        *into = reply->data;
        p->at += reply->len;
        r->control->counters.playback_bytes += reply->len;
        reply->data = NULL;
        if (!p->ahead) {
            (void)recordings_next(r);
        }
    }
    http_wake(r);
}

void recordings_key_denied(struct request *r) {
    respond_header(r, "retry-after:", "30");
    respond_problem(r, 503, "key_denied",
                    "The key provider denies the use of the recording's key, or it is disabled.");
}

static void answer_error(struct request *r, enum err e) {
    if (tail_answer_error(r, e)) {
        return;
    }
    if (e == ERR_DENIED) {
        respond_code(r, SIG_TOKEN_TOUR);
    } else if (e == ERR_KEY_DENIED) {
        recordings_key_denied(r);
    } else if (e == ERR_RANGE) {
        respond_problem(r, 400, NULL, "after, state, from or to is not understood.");
    } else if (e == ERR_UNKNOWN || e == ERR_FORMAT) {
        respond_problem(r, 404, "recording_unknown", NULL);
    } else if (e == ERR_AUTH) {
        respond_problem(r, 500, "recording_damaged", "The stored data is not authentic.");
    } else {
        respond_problem(r, 500, NULL, NULL);
    }
}

static void take_reply(struct request *r, struct read_reply *reply) {
    enum step step = (enum step)r->playback.step;
    r->playback.waiting = false;
    if (step == STEP_BYTES) {
        take_chunk(r, reply);
    } else if (reply->error != OK) {
        answer_error(r, (enum err)reply->error);
    } else if (step == STEP_SIZE) {
        answer_media(r, reply);
    } else if (step == STEP_TICKET) {
        answer_ticket(r);
    } else {
        answer_whole(r, reply);
    }
}

void recordings_reply(struct control *c, struct read_reply *reply) {
    struct request *r = http_find(c, reply->req);
    if (r) {
        take_reply(r, reply);
    } else if (read_is_file(reply->type_asked)) {
        give_back(c);
    }
    mem_free(reply->data);
}
