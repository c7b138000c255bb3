/* /v1/recordings/{recording}/{track}/{epoch}/init, .../segments, .../segments/{number}: following a
 * recording while it is made. Lists and beginnings are small answers of the reader thread; the
 * bytes of a segment go the way of all media (recordings.c). */
#include "server/api/routes.h"
#include "server/http/respond.h"
#include "server/os/log.h"

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

void tail_init(struct control *c, struct request *r) {
    struct read_request q;
    (void)c;
    if (epoch_of(r, READ_INIT, &q)) {
        recordings_ask(r, &q);
    } else {
        refuse_epoch(r);
    }
}

/* ?after=N&limit=M; false when they are not understood. */
static bool take_query(const struct request *r, struct read_request *q) {
    const struct read_list *l = r->list;
    uint32_t after = 0;
    if (r->bad_query || (l && *l->after && !url_number(l->after, &after))) {
        return false;
    }
    q->number = l && *l->after ? after + 1 : 0;
    q->n = l ? l->limit : 0;
    return true;
}

void tail_segments(struct control *c, struct request *r) {
    struct read_request q;
    (void)c;
    if (!epoch_of(r, READ_SEGMENTS, &q)) {
        refuse_epoch(r);
    } else if (!take_query(r, &q)) {
        respond_problem(r, 400, NULL, "after or limit is not understood.");
    } else {
        recordings_ask(r, &q);
    }
}

bool tail_read_request(const struct request *r, struct read_request *q) {
    return epoch_of(r, READ_SEGMENT, q) && url_number(r->args.v[3], &q->number);
}

void tail_segment(struct control *c, struct request *r) {
    struct read_request q;
    if (tail_read_request(r, &q)) {
        recordings_media(c, r);
    } else {
        refuse_segment(r);
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

bool tail_answer_error(struct request *r, enum err e) {
    void (*handle)(struct control *, struct request *) = r->route->handle;
    if (handle != tail_init && handle != tail_segments && handle != tail_segment) {
        return false;
    }
    if (e == ERR_RANGE) {
        refuse_epoch(r);
    } else if (e == ERR_SHORT) {
        refuse_segment(r);
    } else if (e == ERR_GONE) {
        respond_problem(r, 410, "segment_erased", NULL);
    } else if (e == ERR_AUTH && handle == tail_segment) {
        answer_damaged(r);
    } else if (e == ERR_IO || e == ERR_BUSY || e == ERR_AGAIN) {
        respond_header(r, "retry-after:", "2");
        respond_problem(r, 503, NULL, "The recordings cannot be read right now.");
    } else {
        return false;
    }
    return true;
}
