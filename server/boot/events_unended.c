#include "server/boot/events_unended.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "server/events/event_store.h"
#include "server/os/clock.h"

#include <stdio.h>

#define UNENDED_MAX 100000 /* more than a process has; the loop ends */

static struct event *end_of(const struct event_unended *u, struct ulid_maker *ids) {
    struct buffer data = {0};
    struct rng rng = clock_rng();
    json_open(&data, NULL, '{');
    if (*u->recording) {
        json_put_string(&data, "recording", u->recording);
        json_put_bool(&data, "recovered", true);
    } else {
        json_put_string(&data, "title", u->title);
        json_put_string(&data, "reason", "crash");
    }
    json_close(&data, '}');
    enum event_type type = *u->recording ? EVENT_RECORDING_COMPLETED : EVENT_TOUR_ENDED;
    struct event *e = data.bad ? NULL : event_new(type, data.p + 1, data.n - 2);
    buffer_free(&data);
    if (e) {
        e->at = clock_wall();
        ulid_next(ids, e->at, &rng, e->id);
        snprintf(e->tour, sizeof(e->tour), "%s", u->tour);
        snprintf(e->session, sizeof(e->session), "%s", u->session);
        snprintf(e->recording, sizeof(e->recording), "%s", u->recording);
    }
    return e;
}

/* What was appended has an end, so the next look finds another. */
static enum err end_each(struct event_store *s) {
    struct ulid_maker ids = {0};
    struct event_unended u;
    enum err e = event_store_begin(s);
    for (int i = 0; i < UNENDED_MAX && e == OK; i++) {
        e = event_store_unended(s, &u);
        if (e == ERR_UNKNOWN) {
            break;
        }
        struct event *end = e == OK ? end_of(&u, &ids) : NULL;
        e = e == OK && !end ? ERR_NOMEM : e;
        e = e == OK ? event_store_append(s, end) : e;
        mem_free(end);
    }
    e = e == OK || e == ERR_UNKNOWN ? event_store_commit(s) : e;
    event_store_rollback(s);
    return e;
}

enum err events_end_unended(const char *path, char why[WHY_MAX]) {
    struct event_store *s;
    enum err e = event_store_open(path, &s, why);
    if (e != OK) {
        return e;
    }
    e = end_each(s);
    if (e != OK) {
        snprintf(why, WHY_MAX, "%.200s: %s", path, err_name(e));
    }
    event_store_close(s);
    return e;
}
