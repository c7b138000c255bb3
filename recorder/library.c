#include "recorder/library.h"

#include "base/text.h"
#include "recorder/archive.h"
#include "recorder/verify.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdio.h>

struct library {
    struct archive *archive;
};

/* Building one JSON text out of rows. */
struct build {
    struct text out;
    struct catalogue *catalogue;
    struct id recording;
    unsigned rows;
};

enum err library_open(const char *dir, const char *kek_file, struct library **ret,
                      char why[LIBRARY_WHY]) {
    struct archive_config c = {.dir = dir, .kek_file = kek_file};
    struct library *l = mem_zalloc(1, sizeof(*l));
    if (!l) {
        snprintf(why, LIBRARY_WHY, "out of memory");
        return ERR_NOMEM;
    }
    enum err e = archive_open(&c, &l->archive, why);
    if (e != OK) {
        mem_free(l);
        return e;
    }
    *ret = l;
    return OK;
}

struct library *library_close(struct library *l) {
    if (l) {
        archive_close(l->archive);
        mem_free(l);
    }
    return NULL;
}

struct archive *library_archive(struct library *l) {
    return l->archive;
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar, without the C library's
 * time zone. */
static void civil(int64_t days, int64_t *year, unsigned *month, unsigned *day) {
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned of_era = (unsigned)(days - era * 146097);
    unsigned y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * y + y / 4 - y / 100);
    unsigned m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int64_t)y + era * 400 + (*month <= 2);
}

/* RFC 3339, milliseconds, UTC. */
static void add_time(struct text *t, const char *key, int64_t us) {
    int64_t ms = us >= 0 ? us / 1000 : (us - 999) / 1000;
    int64_t days = ms >= 0 ? ms / 86400000 : (ms - 86399999) / 86400000;
    unsigned of_day = (unsigned)(ms - days * 86400000), month, day;
    int64_t year;
    civil(days, &year, &month, &day);
    text_add(t, ",\"%s\":\"%04" PRId64 "-%02u-%02uT%02u:%02u:%02u.%03uZ\"", key, year, month, day,
             of_day / 3600000, of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000);
}

static void add_string(struct text *t, const char *key, const char *s, size_t cap) {
    text_add(t, ",\"%s\":", key);
    text_json(t, s, cap);
}

static enum err add_participant(void *ctx, const struct participant_row *r) {
    struct build *b = ctx;
    text_add(&b->out, "%s", b->rows++ ? "," : "");
    text_json(&b->out, r->name, sizeof(r->name));
    return OK;
}

/* The fields that list and details share; leaves the object open. */
static enum err add_recording(struct build *b, const struct recording_row *r) {
    char id[ID_TEXT_MAX];
    text_add(&b->out, "{\"id\":\"%s\"", id_text(&r->id, id));
    add_string(&b->out, "tour", r->tour, sizeof(r->tour));
    add_string(&b->out, "title", r->title, sizeof(r->title));
    add_time(&b->out, "started", r->started.us);
    if (r->state == RECORDING_OPEN) {
        text_add(&b->out, ",\"ended\":null");
    } else {
        add_time(&b->out, "ended", r->started.us + r->duration);
    }
    text_add(&b->out, ",\"duration_ms\":%" PRId64 ",\"state\":\"%s\",\"bytes\":%" PRIu64,
             r->duration / US_PER_MS, recording_state_name(r->state), r->bytes);
    text_add(&b->out, ",\"participants\":[");
    b->rows = 0;
    enum err e = catalogue_participants(b->catalogue, &r->id, add_participant, b);
    text_add(&b->out, "]");
    return e;
}

static enum err add_listed(void *ctx, const struct recording_row *r) {
    struct build *b = ctx;
    if (b->out.n && b->out.p[b->out.n - 1] == '}') {
        text_add(&b->out, ",");
    }
    enum err e = add_recording(b, r);
    text_add(&b->out, "}");
    return e;
}

char *library_list_json(struct library *l, unsigned limit, unsigned offset) {
    struct build b = {.catalogue = l->archive->catalogue};
    text_add(&b.out, "{\"recordings\":[");
    enum err e = catalogue_recordings(b.catalogue, limit, offset, add_listed, &b);
    text_add(&b.out, "]}");
    if (e != OK) {
        text_free(&b.out);
        return NULL;
    }
    return text_take(&b.out);
}

static enum err add_epoch(void *ctx, const struct epoch_row *r) {
    struct build *b = ctx;
    text_add(&b->out, "%s{\"number\":%" PRIu32 ",\"start_ms\":%" PRId64, b->rows++ ? "," : "",
             r->epoch.number, r->epoch.start / US_PER_MS);
    text_add(&b->out, ",\"duration_ms\":%" PRId64 ",\"bytes\":%" PRIu64, r->duration / US_PER_MS,
             r->bytes);
    text_add(&b->out, ",\"video\":\"%s\",\"audio\":\"%s\",\"width\":%u,\"height\":%u}",
             codec_name((enum codec)r->epoch.video), codec_name((enum codec)r->epoch.audio),
             r->epoch.width, r->epoch.height);
    return OK;
}

static enum err add_track(void *ctx, const struct track_row *r) {
    struct build *b = ctx;
    char id[ID_TEXT_MAX];
    bool programme = id_eq(&r->track.track, &ID_PROGRAMME);
    if (b->out.p && b->out.p[b->out.n - 1] == '}') {
        text_add(&b->out, ",");
    }
    text_add(&b->out, "{\"id\":\"%s\",\"kind\":\"%s\",\"codec\":\"%s\"",
             id_text(&r->track.track, id),
             programme ? PROGRAMME_TRACK : source_kind_name((enum source_kind)r->track.kind),
             codec_name((enum codec)r->track.codec));
    if (programme) {
        text_add(&b->out, ",\"participant\":null");
    } else {
        add_string(&b->out, "participant", r->participant_name, sizeof(r->participant_name));
    }
    text_add(&b->out, ",\"epochs\":[");
    b->rows = 0;
    enum err e = catalogue_epochs(b->catalogue, &b->recording, &r->track.track, add_epoch, b);
    text_add(&b->out, "]}");
    return e;
}

static enum err add_event(void *ctx, const struct event_row *r) {
    struct build *b = ctx;
    const struct entry_person *p = &r->person;
    text_add(&b->out, "%s{\"t_ms\":%" PRId64 ",\"type\":\"%s\"", b->rows++ ? "," : "",
             r->t / US_PER_MS, entry_type_name((enum entry_type)r->type));
    if (r->type == ENTRY_GAP) {
        text_add(&b->out, ",\"duration_ms\":%" PRId64, r->duration / US_PER_MS);
        add_string(&b->out, "cause", p->name, sizeof(p->name));
    } else {
        text_add(&b->out, ",\"participant\":\"%016" PRIx64 "\",\"source\":%" PRIu32 ",\"on\":%s",
                 p->participant, p->source, p->on ? "true" : "false");
        add_string(&b->out, "name", p->name, sizeof(p->name));
        add_string(&b->out, "role", p->role, sizeof(p->role));
    }
    text_add(&b->out, "}");
    return OK;
}

static enum err add_details(struct build *b, const struct recording_row *row) {
    enum err e = add_recording(b, row);
    text_add(&b->out, ",\"tracks\":[");
    e = e == OK ? catalogue_tracks(b->catalogue, &row->id, add_track, b) : e;
    text_add(&b->out, "],\"events\":[");
    b->rows = 0;
    e = e == OK ? catalogue_events(b->catalogue, &row->id, add_event, b) : e;
    text_add(&b->out, "]}");
    return e;
}

enum err library_recording_json(struct library *l, const char *id, char **ret) {
    struct build b = {.catalogue = l->archive->catalogue};
    struct recording_row row;
    if (!id_parse(id, &b.recording)) {
        return ERR_UNKNOWN;
    }
    enum err e = catalogue_recording(b.catalogue, &b.recording, &row);
    e = e == OK ? add_details(&b, &row) : e;
    if (e != OK) {
        text_free(&b.out);
        return e;
    }
    *ret = text_take(&b.out);
    return *ret ? OK : ERR_NOMEM;
}

enum err library_verify(struct library *l, const char *id,
                        void (*say)(void *ctx, const char *object, const char *what), void *ctx) {
    struct id recording;
    if (!id_parse(id, &recording)) {
        return ERR_UNKNOWN;
    }
    return verify_recording(l->archive, &recording, say, ctx);
}

/* Names are gathered before removing: a folder is not to change while it is listed. */
struct doomed {
    struct text names; /* each with its NUL */
};

static void note_doomed(void *ctx, const char *name, uint64_t size) {
    struct doomed *d = ctx;
    (void)size;
    text_bytes(&d->names, name, strlen(name) + 1);
}

static enum err remove_objects(struct archive *a, const char *id) {
    struct doomed d = {0};
    char prefix[OBJECT_NAME_MAX];
    snprintf(prefix, sizeof(prefix), "recordings/%s/", id);
    enum err e = a->store.list ? a->store.list(a->store.ctx, prefix, note_doomed, &d) : OK;
    e = e == OK && d.names.bad ? ERR_NOMEM : e;
    for (size_t at = 0; e == OK && at < d.names.n; at += strlen(d.names.p + at) + 1) {
        e = a->store.remove(a->store.ctx, d.names.p + at);
        e = e == ERR_UNKNOWN ? OK : e;
    }
    text_free(&d.names);
    return e;
}

static enum err forget_all_but_times(struct catalogue *c, const struct recording_row *row) {
    struct entry start = {.type = ENTRY_START}, end = {.type = ENTRY_END, .t = row->duration};
    start.u.start.wall = row->started;
    snprintf(end.u.end.reason, sizeof(end.u.end.reason), "shredded");
    enum err e = catalogue_begin(c);
    e = e == OK ? catalogue_forget(c, &row->id) : e;
    e = e == OK ? catalogue_apply(c, &row->id, &start) : e;
    e = e == OK ? catalogue_apply(c, &row->id, &end) : e;
    e = e == OK ? catalogue_state(c, &row->id, RECORDING_SHREDDED) : e;
    e = e == OK ? catalogue_commit(c) : e;
    catalogue_rollback(c);
    return e;
}

enum err library_shred(struct library *l, const char *id) {
    struct archive *a = l->archive;
    struct recording_row row;
    struct id recording;
    if (!id_parse(id, &recording)) {
        return ERR_UNKNOWN;
    }
    enum err e = catalogue_recording(a->catalogue, &recording, &row);
    if (e != OK || row.state == RECORDING_OPEN) {
        return e == OK ? ERR_WRONG_STATE : e;
    }
    e = wraps_shred(a->wraps, &recording);
    e = e == ERR_UNKNOWN ? OK : e; /* said before */
    e = e == OK ? forget_all_but_times(a->catalogue, &row) : e;
    e = e == OK ? catalogue_purge(a->catalogue) : e;
    return e == OK ? remove_objects(a, id) : e;
}
