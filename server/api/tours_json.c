#include "server/api/tours_json.h"

#include "base/json_write.h"
#include "base/terms.h"
#include "server/http/urls.h"

#include <inttypes.h>
#include <stdio.h>

static const char *record_word(enum record_mode mode) {
    static const char *const words[] = {
#define X(sym, name) [sym] = name,
        RECORD_MODES(X)
#undef X
    };
    return words[mode];
}

static void put_time(struct buffer *b, const char *key, wall_t at) {
    char text[WALL_TEXT_MAX];
    json_put_string(b, key, at.us ? wall_text(at, text) : NULL);
}

static void put_count(struct buffer *b, const char *key, uint64_t n) {
    if (n) {
        json_put_uint(b, key, n);
    } else {
        json_put_null(b, key);
    }
}

const char *tour_json_state(const struct tour_record *kept,
                            const struct signaling_tour_view *view) {
    return (kept && kept->ended_at.us) || !view ? "ended" : view->state;
}

static void put_plan(struct buffer *b, const struct signaling_tour *t) {
    json_put_string(b, "title", t->title && *t->title ? t->title : t->name);
    json_put_string(b, "record", record_word(t->record));
    json_put_string(b, "codec", codec_name(t->codec));
    json_put_bool(b, "lobby", t->lobby);
    put_time(b, "starts_at", t->starts_at);
    put_time(b, "ends_at", t->ends_at);
    put_count(b, "max_length_s", (uint64_t)(t->max_length / US_PER_S));
    put_count(b, "capacity", t->capacity);
    if (t->property) {
        json_put_raw(b, "property", t->property);
    } else {
        json_put_null(b, "property");
    }
    put_count(b, "microphones", t->quota.sources[SOURCE_MICROPHONE]);
    put_count(b, "cameras", t->quota.sources[SOURCE_CAMERA]);
    put_count(b, "screens", t->quota.sources[SOURCE_SCREEN]);
    put_count(b, "kbps", t->quota.kbps);
}

static void put_run(struct buffer *b, const struct signaling_tour_view *v) {
    static const struct signaling_tour_view none = {0};
    v = v ? v : &none;
    put_time(b, "began_at", v->began);
    json_put_uint(b, "participants", v->participants);
    json_put_uint(b, "waiting", v->waiting);
    json_put_uint(b, "viewers", v->viewers);
    json_put_bool(b, "locked", v->locked);
    json_put_bool(b, "lobby_open", v->lobby_on);
    json_put_bool(b, "recording", v->recording);
    json_put_bool(b, "recording_paused", v->recording_paused);
    json_put_bool(b, "recording_failing", v->recording_failing);
    put_time(b, "recording_since", v->recording_since);
    put_time(b, "recording_paused_since", v->recording_paused_since);
    json_put_string(b, "lead", v->lead);
    json_put_string(b, "missed", v->missed);
}

void tour_json(struct buffer *b, const struct tour_record *kept,
               const struct signaling_tour_view *view) {
    static const wall_t never = {0};
    const struct signaling_tour plan = kept ? tour_record_plan(kept) : view->tour;
    json_open(b, NULL, '{');
    json_put_string(b, "name", plan.name);
    if (kept) {
        json_put_string(b, "id", kept->id);
    }
    json_put_bool(b, "kept", kept != NULL);
    json_put_string(b, "state", tour_json_state(kept, view));
    put_plan(b, &plan);
    put_time(b, "created_at", kept ? kept->created_at : never);
    put_time(b, "updated_at", kept ? kept->updated_at : never);
    put_time(b, "ended_at", kept ? kept->ended_at : never);
    put_run(b, view);
    json_close(b, '}');
}

const char *tour_version(const struct tour_record *r, char out[TOUR_VERSION]) {
    snprintf(out, TOUR_VERSION, "%s.%" PRIu64, r->id, r->version);
    return out;
}

bool tour_is_matched(const struct tour_record *r, const char *if_match) {
    char version[TOUR_VERSION], etag[TOUR_VERSION + 2];
    snprintf(etag, sizeof(etag), "\"%s-", tour_version(r, version));
    return url_etag_matched(if_match, etag);
}
