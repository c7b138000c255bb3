/* /v1/recordings/{recording}/{track}/{epoch}/init, .../segments, .../segments/{number}: following a
 * recording while it is made. Lists and beginnings are small answers of the reader thread; the
 * bytes of a segment go the way of all media (playback.c). */
#include "server/api/tail.h"

#include "server/api/playback.h"
#include "server/api/query.h"
#include "server/api/reading.h"
#include "server/http/respond.h"
#include "server/os/log.h"

#include <stdio.h>
#include <string.h>

/* The epoch that the path names; false: there can be no such. */
static bool epoch_of(const struct request *r, uint8_t type, struct read_request *q) {
    *q = (struct read_request){.type = type};
    snprintf(q->track, sizeof(q->track), "%.32s", r->args.v[1]);
    return strlen(r->args.v[1]) <= RECORDING_ID_LEN && url_number(r->args.v[2], &q->epoch);
}

static void refuse_epoch(struct request *r) {
    respond_problem(r, 404, "epoch_unknown",
                    "There is no such track or epoch, or nothing of it is stored yet.");
}

static void refuse_segment(struct request *r) {
    respond_problem(r, 404, "segment_unknown", "There is no such segment, or not yet.");
}

/* False: nothing of following. */
static bool refuse(struct request *r, enum err e) {
    if (e == ERR_RANGE) {
        refuse_epoch(r);
    } else if (e == ERR_SHORT) {
        refuse_segment(r);
    } else if (e == ERR_GONE) {
        respond_problem(r, 410, "segment_erased", NULL);
    } else if (e == ERR_IO || e == ERR_BUSY || e == ERR_AGAIN) {
        respond_header(r, "retry-after:", "2");
        respond_problem(r, 503, NULL, "The recordings cannot be read right now.");
    } else {
        return false;
    }
    return true;
}

static void answer(struct request *r, struct read_reply *reply) {
    if (!refuse(r, (enum err)reply->error)) {
        reading_answer(r, reply);
    }
}

void tail_init(struct request *r) {
    struct read_request q;
    if (epoch_of(r, READ_INIT, &q)) {
        (void)reading_ask(r, &q, answer);
    } else {
        refuse_epoch(r);
    }
}

/* ?after=N&limit=M; false when they are not understood. */
static bool take_query(const struct request *r, struct read_request *q) {
    const char *text = url_argument(r->query.p, r->query.n, "after");
    uint32_t after = 0;
    if (!query_limit(r, &q->n) || (text && *text && !url_number(text, &after))) {
        return false;
    }
    q->number = text && *text ? after + 1 : 0;
    return true;
}

void tail_segments(struct request *r) {
    struct read_request q;
    if (!epoch_of(r, READ_SEGMENTS, &q)) {
        refuse_epoch(r);
    } else if (!take_query(r, &q)) {
        respond_problem(r, 400, NULL, "after or limit is not understood.");
    } else {
        (void)reading_ask(r, &q, answer);
    }
}

/* Which one it is, so that whoever follows goes on behind it and somebody looks at the store. */
static void answer_damaged(struct request *r) {
    char detail[128];
    snprintf(detail, sizeof(detail), "Segment %.9s of epoch %.9s of %.32s is missing or changed.",
             r->args.v[3], r->args.v[2], r->args.v[1]);
    LOG(LOG_LEVEL_ERROR, "playback_failed", "A segment is missing or changed.",
        LOG_STR("conn", r->label), LOG_STR("recording", r->args.v[0]),
        LOG_STR("track", r->args.v[1]), LOG_STR("epoch", r->args.v[2]),
        LOG_STR("segment", r->args.v[3]));
    respond_problem(r, 500, "recording_damaged", detail);
}

static bool refuse_bytes(struct request *r, enum err e) {
    if (e == ERR_AUTH) {
        answer_damaged(r);
        return true;
    }
    return refuse(r, e);
}

void tail_segment(struct request *r) {
    struct read_request q;
    if (epoch_of(r, READ_SEGMENT, &q) && url_number(r->args.v[3], &q.number)) {
        playback_start(r, &q, refuse_bytes);
    } else {
        refuse_segment(r);
    }
}
