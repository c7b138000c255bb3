#include "server/api/events.h"

#include "base/alloc.h"
#include "server/api/body.h"
#include "server/api/call.h"
#include "server/api/events_operations.h"
#include "server/api/refuse.h"
#include "server/events/event_store.h"
#include "server/http/respond.h"
#include "server/os/log.h"

#include <stdio.h>
#include <string.h>

/* ---- what is asked ---- */

static void ask(struct request *r, struct events_request *q) {
    struct events_thread *t = api_of(r)->events;
    q->req = r->id;
    if (!t) {
        respond_problem(r, 404, "events_off", "Nobody is told of events here.");
    } else if (!events_thread_ask(t, q)) {
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 503, NULL, "Too many questions are under way.");
    }
}

/* Receivers are told of all tours. */
static bool is_for_all(struct request *r) {
    if (*call_of(r)->claims.tour) {
        refuse_code(r, CODE_FORBIDDEN);
        return false;
    }
    return true;
}

static bool takes_receiver(struct request *r, struct events_request *q) {
    const char *name = r->args.v[0];
    if (!is_for_all(r)) {
        return false;
    }
    if (strlen(name) > EVENT_SINK_NAME_MAX) {
        respond_problem(r, 404, "receiver_unknown", NULL);
        return false;
    }
    snprintf(q->sink, sizeof(q->sink), "%.*s", EVENT_SINK_NAME_MAX, name);
    return true;
}

/* Arguments of a list. False: refused. */
static bool takes_page(struct request *r, struct events_request *q, const char **ret_tour) {
    struct faults f = {0};
    int64_t limit = EVENTS_PAGE;
    int type = -1;
    body_argument(r, &events_query_all[EVENTS_LIMIT], &limit, &f);
    body_argument(r, &events_query_all[EVENTS_AFTER], &q->from, &f);
    if (q->question == EVENTS_LIST) {
        body_argument(r, &events_query_all[EVENTS_TYPE], &type, &f);
        body_argument(r, &events_query_all[EVENTS_TOUR], ret_tour, &f);
    }
    if (f.n) {
        body_refuse(r, &f);
        return false;
    }
    q->limit = (uint32_t)limit;
    q->type = type < 0 ? EVENT_TYPE_COUNT : (uint8_t)type;
    return true;
}

void events_list(struct request *r) {
    struct events_request q = {.question = EVENTS_LIST};
    const char *only = call_of(r)->claims.tour, *tour = NULL;
    if (!takes_page(r, &q, &tour)) {
        return;
    }
    if (*only && tour && strcmp(only, tour) != 0) {
        refuse_code(r, CODE_TOKEN_TOUR);
        return;
    }
    snprintf(q.tour, sizeof(q.tour), "%s", *only ? only : tour ? tour : "");
    ask(r, &q);
}

void events_of_tour(struct request *r) {
    struct events_request q = {.question = EVENTS_LIST};
    const char *unused = NULL;
    if (takes_page(r, &q, &unused)) {
        snprintf(q.tour, sizeof(q.tour), "%.*s", TOUR_NAME_MAX, r->args.v[0]);
        ask(r, &q);
    }
}

void events_receivers(struct request *r) {
    struct events_request q = {.question = EVENTS_RECEIVERS};
    if (is_for_all(r)) {
        ask(r, &q);
    }
}

void events_dead(struct request *r) {
    struct events_request q = {.question = EVENTS_DEAD};
    const char *unused = NULL;
    if (takes_receiver(r, &q) && takes_page(r, &q, &unused)) {
        ask(r, &q);
    }
}

/* ---- what is ordered ---- */

static void note(const struct request *r, const char *what, int64_t from) {
    LOG(LOG_LEVEL_INFO, "events_again", "Events are sent again, by order.", LOG_STR("what", what),
        LOG_STR("sink", r->args.v[0]), LOG_NUM("from", from), LOG_STR("by", call_of(r)->claims.sub),
        LOG_STR("trace", r->trace.id));
}

void events_retry_all(struct request *r) {
    struct events_request q = {.question = EVENTS_RETRY};
    if (takes_receiver(r, &q)) {
        note(r, "given up", 0);
        ask(r, &q);
    }
}

void events_retry(struct request *r) {
    struct events_request q = {.question = EVENTS_RETRY};
    struct faults f = {0};
    if (!takes_receiver(r, &q)) {
        return;
    }
    const struct schema number = {.kind = SCHEMA_INTEGER, .min = 1, .max = INT64_MAX};
    if (!schema_read_text(&number, "number", r->args.v[1], &q.from, &f)) {
        respond_problem(r, 404, "event_unknown", NULL);
        return;
    }
    note(r, "given up", q.from);
    ask(r, &q);
}

void events_replay(struct request *r) {
    struct events_request q = {.question = EVENTS_REPLAY};
    struct replay_body b;
    const struct json *document;
    if (!takes_receiver(r, &q) || !body_read(r, &schema_replay, false, &b, &document)) {
        return;
    }
    json_free(document);
    q.from = b.from;
    q.since = b.since;
    note(r, "replay", b.from);
    ask(r, &q);
}

/* ---- what comes back ---- */

static void answer(struct request *r, struct events_reply *reply) {
    if (reply->error == ERR_UNKNOWN) {
        respond_problem(r, 404, "receiver_unknown", NULL);
    } else if (reply->error == ERR_RANGE) {
        respond_problem(r, 404, "event_unknown", "It is not among those that were given up.");
    } else if (reply->error != OK) {
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 503, NULL, "The ledger of events is busy, or cannot be read.");
    } else if (!reply->data) {
        respond_status(r, 204);
    } else {
        respond_header(r, "cache-control:", "no-store");
        respond_owned(r, 200, "application/json", reply->data, reply->len);
        reply->data = NULL;
    }
}

void events_reply(struct api *a, struct events_reply *reply) {
    struct request *r = request_find(a->loop, reply->req);
    if (r && !r->response.status) {
        answer(r, reply);
    }
    mem_free(reply->data);
}
