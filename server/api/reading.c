#include "server/api/reading.h"

#include "base/alloc.h"
#include "server/api/refuse.h"
#include "server/api/tagged.h"

#include <stdio.h>

bool reading_ask_on(struct request *r, const struct read_request *q) {
    struct reader_thread *reader = api_of(r)->reader;
    struct read_request copy = *q;
    copy.req = r->id;
    snprintf(copy.recording, sizeof(copy.recording), "%.32s", r->args.v[0]);
    snprintf(copy.tour, sizeof(copy.tour), "%s", call_of(r)->claims.tour);
    if (reader && (q->type == READ_LIST || q->type == READ_RECORDING)) {
        copy.failing = glue_failing(api_of(r)->glue);
    }
    return reader && reader_thread_post(reader, &copy);
}

bool reading_ask(struct request *r, const struct read_request *q,
                 void (*on_read)(struct request *r, struct read_reply *reply)) {
    call_of(r)->on_read = on_read;
    if (!api_of(r)->reader) {
        refuse_recording_off(r);
    } else if (r->args.n > 0 && !call_names_recording(r->args.v[0])) {
        refuse_recording_unknown(r);
    } else if (!reading_ask_on(r, q)) {
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 503, NULL, "Too many reads are under way.");
    } else {
        return true;
    }
    return false;
}

void reading_refuse(struct request *r, enum err e) {
    if (e == ERR_DENIED) {
        refuse_code(r, CODE_TOKEN_TOUR);
    } else if (e == ERR_KEY_DENIED) {
        refuse_key_denied(r);
    } else if (e == ERR_AWAY) {
        refuse_database_away(r);
    } else if (e == ERR_RANGE) {
        respond_problem(r, 400, NULL, "after, state, from or to is not understood.");
    } else if (e == ERR_UNKNOWN || e == ERR_FORMAT) {
        refuse_recording_unknown(r);
    } else if (e == ERR_WRONG_STATE) {
        respond_problem(r, 409, "recording_open", "The recording is not finished yet.");
    } else if (e == ERR_AUTH) {
        respond_problem(r, 500, "recording_damaged", "The stored data is not authentic.");
    } else {
        respond_problem(r, 500, NULL, NULL);
    }
}

void reading_answer(struct request *r, struct read_reply *reply) {
    if (reply->error != OK) {
        reading_refuse(r, (enum err)reply->error);
        return;
    }
    respond_header(r, "cache-control:", "no-store");
    if (!tagged(r, "", bytes_of(reply->data, reply->len))) {
        respond_owned(r, 200, reply->type, reply->data, reply->len);
        reply->data = NULL;
    }
}

void reading_reply(struct api *a, struct read_reply *reply) {
    struct request *r = request_find(a->loop, reply->req);
    if (r) {
        call_of(r)->on_read(r, reply);
    } else if (read_is_file(reply->type_asked)) {
        reader_thread_end(a->reader); /* the place of a download whose client is gone */
    }
    mem_free(reply->data);
}
