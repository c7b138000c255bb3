/* What was redacted of a recording, as times: the notes beside the keys name segments, the
 * catalogue knows when those were. */
#include "recorder/library/library_parts.h"

#include "base/alloc.h"
#include "base/json_write.h"

struct redacted {
    struct catalogue *catalogue;
    struct wraps_spans spans;
    struct buffer *out;
    struct id recording, track;
    us_t start;    /* of the epoch under way */
    us_t from, to; /* of the run under way; to 0: none */
};

static void put_run(struct redacted *r) {
    char id[ID_TEXT_MAX];
    if (r->to > 0) {
        json_open(r->out, NULL, '{');
        json_put_string(r->out, "track", id_text(&r->track, id));
        json_put_int(r->out, "from_ms", us_max(r->from, 0) / US_PER_MS);
        json_put_int(r->out, "to_ms", r->to / US_PER_MS);
        json_close(r->out, '}');
    }
    r->to = 0;
}

static enum err note_segment(void *ctx, const struct entry_segment *s) {
    struct redacted *r = ctx;
    us_t from = r->start + s->start;
    if (!wraps_spans_have(&r->spans, &r->track, s->epoch, s->number)) {
        put_run(r);
        return OK;
    }
    r->from = r->to > 0 ? r->from : from;
    r->to = us_max(from + s->duration, 1);
    return r->out->bad ? ERR_NOMEM : OK;
}

static bool has_epoch(const struct redacted *r, uint32_t epoch) {
    for (size_t i = 0; i < r->spans.n; i++) {
        if (r->spans.p[i].epoch == epoch && id_eq(&r->spans.p[i].track, &r->track)) {
            return true;
        }
    }
    return false;
}

static enum err look_at_epoch(void *ctx, const struct epoch_row *e) {
    struct redacted *r = ctx;
    struct segment_query q = {r->recording, &r->track, e->epoch.number};
    if (!has_epoch(r, e->epoch.number)) {
        return OK;
    }
    r->start = e->epoch.start;
    enum err err = catalogue_segments(r->catalogue, &q, note_segment, r);
    put_run(r);
    return err;
}

/* Its first span is this one. */
static bool is_first_of_track(const struct wraps_spans *s, size_t at) {
    for (size_t i = 0; i < at; i++) {
        if (id_eq(&s->p[i].track, &s->p[at].track)) {
            return false;
        }
    }
    return true;
}

enum err library_put_redacted(struct library *l, const struct id *recording, struct buffer *out) {
    struct redacted r = {.catalogue = l->archive->catalogue, .out = out, .recording = *recording};
    enum err e = wraps_redacted(l->archive->wraps, recording, &r.spans);
    if (e != OK || r.spans.n == 0) {
        return e;
    }
    json_open(out, "redacted", '[');
    for (size_t i = 0; e == OK && i < r.spans.n; i++) {
        r.track = r.spans.p[i].track;
        e = is_first_of_track(&r.spans, i)
                ? catalogue_epochs(r.catalogue, recording, &r.track, look_at_epoch, &r)
                : OK;
    }
    json_close(out, ']');
    mem_free(r.spans.p);
    return e;
}
