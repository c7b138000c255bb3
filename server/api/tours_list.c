/* GET /v1/tours: the kept ones, newest first; or those that run now, whoever made them, by name,
 * for of those that nobody keeps nothing else stays as it is from page to page. */
#include "server/api/tours.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "server/api/body.h"
#include "server/api/call.h"
#include "server/api/tagged.h"
#include "server/api/tours_schemas.h"
#include "server/os/clock.h"
#include "server/tours/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
    struct api *api;
    const char *only; /* the tour that may be seen; "": every one */
    const char *after;
    const char *state; /* NULL: any */
    int64_t limit;
    bool running;
};

static bool is_wanted(const struct page *p, const struct tour_record *kept,
                      const struct signaling_tour_view *view) {
    const char *name = kept ? kept->name : view->tour.name;
    return (!*p->only || strcmp(name, p->only) == 0) &&
           (!p->state || strcmp(tour_json_state(kept, view), p->state) == 0);
}

/* Writes those behind p->after; the last one written, when there is one more, is in next. */
static void put_kept(struct buffer *b, const struct page *p, char next[TOUR_NAME_MAX + 1]) {
    char last[ULID_CHARS + 1] = "";
    int64_t n = 0;
    const struct registry *all = p->api->tours.registry;
    for (const struct tour_record *r = registry_before(all, p->after); r;
         r = registry_before(all, r->id)) {
        struct signaling_tour_view v;
        bool is = signaling_tour_get(p->api->signaling, clock_now(), r->name, &v) == OK;
        if (!is_wanted(p, r, is ? &v : NULL)) {
            continue;
        }
        if (n++ == p->limit) {
            memcpy(next, last, sizeof(last));
            return;
        }
        memcpy(last, r->id, sizeof(last));
        tour_json(b, r, is ? &v : NULL);
    }
}

/* ---- those that run ---- */

struct found {
    const struct page *page;
    struct buffer names; /* const char *, borrowed of signaling, which changes nothing meanwhile */
};

static void find(void *ctx, const struct signaling_tour_view *v) {
    struct found *f = ctx;
    const struct page *p = f->page;
    const struct tour_record *kept = registry_find(p->api->tours.registry, v->tour.name);
    if (v->run && strcmp(v->tour.name, p->after) > 0 && is_wanted(p, kept, v)) {
        buffer_put(&f->names, &v->tour.name, sizeof(v->tour.name));
    }
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_running(struct buffer *b, const struct page *p, char next[TOUR_NAME_MAX + 1]) {
    struct found f = {.page = p};
    const us_t now = clock_now();
    signaling_tour_each(p->api->signaling, now, find, &f);
    const char **names = (void *)f.names.p;
    size_t n = f.names.n / sizeof(*names), most = (size_t)p->limit;
    if (n > 0) {
        qsort(names, n, sizeof(*names), by_name);
    }
    for (size_t i = 0; i < n && i < most; i++) {
        struct signaling_tour_view v;
        if (signaling_tour_get(p->api->signaling, now, names[i], &v) == OK) {
            tour_json(b, registry_find(p->api->tours.registry, names[i]), &v);
        }
    }
    if (n > most) {
        snprintf(next, TOUR_NAME_MAX + 1, "%s", names[most - 1]);
    }
    b->bad = b->bad || f.names.bad;
    buffer_free(&f.names);
}

/* ---- a page ---- */

static void answer(struct request *r, const struct page *p) {
    struct buffer b = {0};
    char next[TOUR_NAME_MAX + 1] = "";
    json_open(&b, NULL, '{');
    json_open(&b, "tours", '[');
    (p->running ? put_running : put_kept)(&b, p, next);
    json_close(&b, ']');
    json_put_string(&b, "next", *next ? next : NULL);
    json_close(&b, '}');
    tagged_answer(r, "", &b);
}

void tours_list(struct request *r) {
    struct page p = {.api = api_of(r),
                     .only = call_of(r)->claims.tour,
                     .after = "",
                     .limit = TOURS_LIMIT_DEFAULT};
    int state = -1;
    struct faults f = {0};
    body_argument(r, &tours_query[TOURS_RUNNING], &p.running, &f);
    body_argument(r, &tours_query[TOURS_LIMIT], &p.limit, &f);
    body_argument(r, p.running ? &tours_query[TOURS_AFTER] : &tours_after_kept, &p.after, &f);
    body_argument(r, &tours_query[TOURS_STATE], &state, &f);
    if (f.n) {
        body_refuse(r, &f);
        return;
    }
    p.state = state < 0 ? NULL : tour_state_words[state];
    tour_changes_sweep(p.api);
    answer(r, &p);
}
