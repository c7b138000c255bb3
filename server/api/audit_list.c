#include "server/api/audit_list.h"

#include "base/alloc.h"
#include "server/api/audit_operations.h"
#include "server/api/body.h"
#include "server/api/reading.h"
#include "server/api/refuse.h"
#include "server/http/respond.h"

#include <stdio.h>
#include <string.h>

/* What was asked for is in the log as well: who looks for one person is another look. */
static void note_words(struct request *r, const struct audit_question *q) {
    char *out = call_of(r)->detail;
    const struct {
        const char *name, *value;
    } words[] = {{"who", q->who},   {"what", q->what},       {"recording", q->recording},
                 {"tour", q->tour}, {"outcome", q->outcome}, {NULL, NULL}};
    size_t n = 0, cap = sizeof(call_of(r)->detail);
    for (size_t i = 0; words[i].name && n < cap; i++) {
        if (*words[i].value) {
            n += (size_t)snprintf(out + n, cap - n, "%s%s=%s", n ? " " : "", words[i].name,
                                  words[i].value);
        }
    }
}

/* An argument that is a text, in memory of its own. */
static void take_text(const struct request *r, unsigned which, char *out, size_t cap,
                      struct faults *f) {
    const char *text = NULL;
    body_argument(r, &audit_query[which], (void *)&text, f);
    snprintf(out, cap, "%s", text ? text : "");
}

static bool takes(struct request *r, struct audit_question *q) {
    struct faults f = {0};
    char after[AUDIT_CURSOR_TEXT_MAX];
    int outcome = -1, order = 0;
    int64_t limit = AUDIT_PAGE;
    take_text(r, AUDIT_ASK_WHO, q->who, sizeof(q->who), &f);
    take_text(r, AUDIT_ASK_WHAT, q->what, sizeof(q->what), &f);
    take_text(r, AUDIT_ASK_RECORDING, q->recording, sizeof(q->recording), &f);
    take_text(r, AUDIT_ASK_TOUR, q->tour, sizeof(q->tour), &f);
    take_text(r, AUDIT_ASK_AFTER, after, sizeof(after), &f);
    body_argument(r, &audit_query[AUDIT_ASK_OUTCOME], &outcome, &f);
    body_argument(r, &audit_query[AUDIT_ASK_FROM], &q->since, &f);
    body_argument(r, &audit_query[AUDIT_ASK_TO], &q->until, &f);
    body_argument(r, &audit_query[AUDIT_ASK_ORDER], &order, &f);
    body_argument(r, &audit_query[AUDIT_ASK_LIMIT], &limit, &f);
    if (f.n) {
        body_refuse(r, &f);
        return false;
    }
    snprintf(q->outcome, sizeof(q->outcome), "%s", outcome < 0 ? "" : audit_outcome_words[outcome]);
    q->newest_first = order == 0;
    q->limit = (uint32_t)limit;
    (void)audit_cursor_read(after, &q->after);
    return true;
}

static void ask(struct request *r, const struct audit_question *q) {
    struct audit_reader *reader = api_of(r)->audit_reader;
    if (!reader) {
        respond_problem(r, 404, "audit_off", "Nobody records who does what here.");
    } else if (!audit_reader_ask(reader, q)) {
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 503, NULL, "Too many questions are under way.");
    }
}

void audit_list(struct request *r) {
    struct audit_question q = {.req = r->id};
    const char *only = call_of(r)->claims.tour;
    if (!takes(r, &q)) {
        return;
    }
    if (*only && *q.tour && strcmp(only, q.tour) != 0) {
        refuse_code(r, CODE_TOKEN_TOUR);
        return;
    }
    if (*only) {
        snprintf(q.tour, sizeof(q.tour), "%s", only);
    }
    note_words(r, &q);
    ask(r, &q);
}

/* ---- of one recording ---- */

static bool takes_access(struct request *r, struct audit_question *q) {
    struct faults f = {0};
    const char *after = "";
    int64_t limit = AUDIT_PAGE;
    body_argument(r, &access_query[ACCESS_ASK_AFTER], (void *)&after, &f);
    body_argument(r, &access_query[ACCESS_ASK_LIMIT], &limit, &f);
    if (f.n) {
        body_refuse(r, &f);
        return false;
    }
    *q = (struct audit_question){
        .req = r->id, .limit = (uint32_t)limit, .newest_first = true, .of_one = true};
    snprintf(q->recording, sizeof(q->recording), "%.32s", r->args.v[0]);
    (void)audit_cursor_read(after, &q->after);
    return true;
}

/* The recording may be seen. */
static void access_allowed(struct request *r, struct read_reply *reply) {
    struct audit_question q;
    if (reply->error != OK) {
        reading_refuse(r, (enum err)reply->error);
    } else if (takes_access(r, &q)) {
        ask(r, &q);
    }
}

void audit_access(struct request *r) {
    const struct read_request q = {.type = READ_ALLOWED};
    struct audit_question good;
    if (takes_access(r, &good)) {
        (void)reading_ask(r, &q, access_allowed);
    }
}

/* ---- what comes back ---- */

static void answer(struct request *r, struct audit_reply *reply) {
    if (reply->error != OK) {
        respond_header(r, "retry-after:", "5");
        respond_problem(r, 503, NULL, "The audit log cannot be read now.");
        return;
    }
    respond_header(r, "cache-control:", "no-store");
    respond_owned(r, 200, "application/json", reply->data, reply->len);
    reply->data = NULL;
}

void audit_list_reply(struct api *a, struct audit_reply *reply) {
    struct request *r = request_find(a->loop, reply->req);
    if (r && !r->response.status) {
        answer(r, reply);
    }
    mem_free(reply->data);
}
