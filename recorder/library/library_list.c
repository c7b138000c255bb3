/* The list of recordings, page by page. */
#include "recorder/library/library_parts.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/json_write.h"

#include <inttypes.h>
#include <stdio.h>

#define LIMIT_DEFAULT 100

/* A cursor is a place in the list and a direction: "n" or "p", the start time and the id in hex.
 * Nobody but us takes it apart, and what we did not write is refused. */
static void put_cursor(struct buffer *b, const char *key, char direction,
                       const struct recording_place *at) {
    char text[LIBRARY_CURSOR_MAX];
    int n = snprintf(text, sizeof(text), "%c%016" PRIx64, direction, (uint64_t)at->started.us);
    hex_encode(text + n, at->id.b, ID_LEN);
    json_put_string(b, key, text);
}

static bool read_cursor(const char *text, struct recording_place *ret, bool *ret_before) {
    char time[17];
    uint8_t us[8];
    if (strlen(text) != 1 + 16 + 2 * ID_LEN || (*text != 'n' && *text != 'p')) {
        return false;
    }
    memcpy(time, text + 1, 16);
    time[16] = '\0';
    if (!hex_decode(us, sizeof(us), time) || !hex_decode(ret->id.b, ID_LEN, text + 17)) {
        return false;
    }
    struct rd rd = rd_of(us, sizeof(us));
    ret->started.us = (int64_t)rd_u64(&rd);
    *ret_before = *text == 'p';
    return true;
}

static bool read_state(const char *name, enum recording_state *ret) {
    for (unsigned i = 0; i < RECORDING_STATE_COUNT; i++) {
        if (strcmp(name, recording_state_name((enum recording_state)i)) == 0) {
            *ret = (enum recording_state)i;
            return true;
        }
    }
    return false;
}

/* What is asked, in the catalogue's terms. */
struct question {
    struct recording_query q;
    struct recording_place after;
    enum recording_state state;
};

static bool asked(const char *s) {
    return s && *s;
}

static bool understand(const struct library_query *l, struct question *ret) {
    struct recording_query *q = &ret->q;
    unsigned limit = l->limit ? l->limit : LIMIT_DEFAULT;
    *q = (struct recording_query){.limit = limit < LIBRARY_PAGE_MAX ? limit : LIBRARY_PAGE_MAX,
                                  .tour = l->tour,
                                  .text = l->text,
                                  .person = l->person,
                                  .state = asked(l->state) ? &ret->state : NULL,
                                  .after = asked(l->after) ? &ret->after : NULL};
    return (!q->state || read_state(l->state, &ret->state)) &&
           (!q->after || read_cursor(l->after, &ret->after, &q->before)) &&
           (!asked(l->from) || wall_parse(l->from, &q->from)) &&
           (!asked(l->to) || wall_parse(l->to, &q->to));
}

struct list {
    struct build build;
    struct recording_place first, last;
    unsigned n;
};

static enum err put_listed(void *ctx, const struct recording_row *r) {
    struct list *l = ctx;
    l->last = (struct recording_place){r->started, r->id};
    l->first = l->n++ ? l->first : l->last;
    enum err e = library_put_recording(&l->build, r);
    json_close(&l->build.out, '}');
    return e;
}

static void put_cursors(struct list *l, const struct recording_query *q, bool more) {
    struct buffer *out = &l->build.out;
    bool older = l->n && (q->before || more), newer = l->n && (q->before ? more : q->after != NULL);
    if (older) {
        put_cursor(out, "next", 'n', &l->last);
    } else {
        json_put_null(out, "next");
    }
    if (newer) {
        put_cursor(out, "previous", 'p', &l->first);
    } else {
        json_put_null(out, "previous");
    }
}

enum err library_list_json(struct library *l, const struct library_query *query, char **ret) {
    OWNER_CHECK(&l->owner);
    struct list list = {.build = {.catalogue = l->archive->catalogue,
                                  .store = &l->archive->store,
                                  .failing = l->failing}};
    struct buffer *out = &list.build.out;
    struct question question;
    bool more = false;
    if (!understand(query, &question)) {
        return ERR_RANGE;
    }
    json_open(out, NULL, '{');
    json_open(out, "recordings", '[');
    enum err e = catalogue_recordings(list.build.catalogue, &question.q, &more, put_listed, &list);
    json_close(out, ']');
    put_cursors(&list, &question.q, more);
    json_close(out, '}');
    if (e != OK) {
        buffer_free(out);
        return e;
    }
    *ret = buffer_take(out);
    return *ret ? OK : ERR_NOMEM;
}
