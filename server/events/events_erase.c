#include "server/events/events_erase.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "recorder/library/library_notes.h"
#include "server/os/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct erasing {
    struct event_store *store;
    struct ulid_maker ids;
    int64_t place; /* of the last one that was carried out */
};

static void put_person(struct buffer *b, const struct event_erasure *x) {
    char id[24];
    if (x->number) {
        snprintf(id, sizeof(id), "p%" PRIu32, x->number);
        json_open(b, "participant", '{');
        json_put_string(b, "id", id);
        json_close(b, '}');
    } else {
        json_put_null(b, "participant");
    }
    snprintf(id, sizeof(id), "%016" PRIx64, x->person);
    json_put_string(b, "recorded_as", id);
}

/* What receivers are told. It names nobody: who it is they know by the run and the id there. */
static struct event *told(struct erasing *g, const struct event_erasure *x) {
    struct buffer data = {0};
    struct rng rng = clock_rng();
    json_open(&data, NULL, '{');
    json_put_string(&data, "recording", x->recording);
    if (x->person) {
        put_person(&data, x);
    }
    json_close(&data, '}');
    enum event_type type = x->person ? EVENT_PARTICIPANT_ERASED : EVENT_RECORDING_ERASED;
    struct event *e = data.bad ? NULL : event_new(type, data.p + 1, data.n - 2);
    buffer_free(&data);
    if (e) {
        e->at = clock_wall();
        ulid_next(&g->ids, e->at, &rng, e->id);
        memcpy(e->tour, x->tour, sizeof(e->tour));
        memcpy(e->session, x->session, sizeof(e->session));
        memcpy(e->recording, x->recording, sizeof(e->recording));
    }
    return e;
}

static enum err erase(struct erasing *g, struct event_erasure *x, bool *ret_more) {
    enum err e = event_store_erase(g->store, x, ret_more);
    struct event *event = e == OK && !*ret_more ? told(g, x) : NULL;
    if (e == OK && !*ret_more) {
        e = event ? event_store_append(g->store, event) : ERR_NOMEM;
    }
    mem_free(event);
    return e;
}

/* One part in a transaction of its own: whoever appends meanwhile does not wait for all of them. */
static enum err carry_out_some(struct erasing *g, struct event_erasure *x, bool *ret_more) {
    *ret_more = false;
    enum err e = event_store_begin(g->store);
    if (e == OK && x->last == 0) { /* nobody appends from here on, so nothing is of later */
        x->wall = clock_wall();
        x->now = clock_now();
    }
    e = e == OK ? erase(g, x, ret_more) : e;
    enum err end = e == OK || e == ERR_UNKNOWN ? event_store_commit(g->store) : e;
    event_store_rollback(g->store);
    return end == OK ? e : end;
}

/* ERR_UNKNOWN: there was nothing to tell. */
static enum err carry_out_all(struct erasing *g, struct event_erasure *x) {
    bool more = true;
    enum err e = OK;
    while (e == OK && more) {
        e = carry_out_some(g, x, &more);
    }
    return e;
}

static enum err carry_out(void *ctx, const struct library_erasure *o) {
    struct erasing *g = ctx;
    struct event_erasure x = {.person = o->participant, .at = o->at};
    snprintf(x.recording, sizeof(x.recording), "%s", o->recording);
    enum err e = carry_out_all(g, &x);
    if (e == OK || e == ERR_UNKNOWN) {
        g->place = o->place;
    }
    return e == ERR_UNKNOWN ? OK : e;
}

/* Those that came before anybody had told of their recording, of which somebody has by now. */
static enum err carry_out_early(struct erasing *g, int64_t *ret_done) {
    struct event_erasure x;
    enum err e = OK;
    while (e == OK && (e = event_store_early(g->store, &x)) == OK) {
        e = carry_out_all(g, &x);
    }
    return e == ERR_UNKNOWN ? event_store_early_done(g->store, ret_done) : e;
}

enum err events_erase_in(struct event_store *s, const char *recordings, char why[WHY_MAX]) {
    struct erasing g = {.store = s};
    int64_t done = 0, early = 0;
    enum err e = event_store_erased_to(s, &done);
    g.place = done;
    e = e == OK ? library_erasures(recordings, done, carry_out, &g) : e;
    e = e == OK ? carry_out_early(&g, &early) : e;
    if (e == OK && (g.place != done || early > 0)) {
        e = event_store_set_erased_to(s, g.place);
        e = e == ERR_BUSY ? ERR_AGAIN : e;
    }
    if (e != OK) {
        snprintf(why, WHY_MAX, "events of what was shredded: %s", err_name(e));
    }
    return e;
}

enum err events_erase(const char *path, const char *recordings, char why[WHY_MAX]) {
    struct event_store *s = NULL;
    if (access(path, F_OK) != 0) {
        return OK;
    }
    enum err e = event_store_open(path, &s, why);
    e = e == OK ? events_erase_in(s, recordings, why) : e;
    event_store_close(s);
    return e;
}
