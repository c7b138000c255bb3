#include "recorder/library/library_parts.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "recorder/archive/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum err library_open(const struct library_config *config, struct library **ret,
                      char why[WHY_MAX]) {
    struct archive_config c = {.dir = config->dir,
                               .database = config->database,
                               .kek_file = config->kek_file,
                               .keys = config->keys,
                               .no_key = config->no_key,
                               .rng = config->rng,
                               .store = config->store,
                               .store_known = config->store_known};
    struct library *l = mem_zalloc(1, sizeof(*l));
    if (!l) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    l->dir = mem_strdup(config->dir);
    snprintf(why, WHY_MAX, "out of memory");
    enum err e = l->dir ? archive_open(&c, &l->archive, why) : ERR_NOMEM;
    if (e != OK) {
        mem_free(l->dir);
        mem_free(l);
        return e;
    }
    *ret = l;
    return OK;
}

enum err library_asked(const struct library *l, enum err e) {
    OWNER_CHECK(&l->owner);
    bool failed = e == ERR_IO || e == ERR_BUSY;
    return failed && catalogue_is_away(l->archive->catalogue) ? ERR_AWAY : e;
}

struct library *library_close(struct library *l) {
    if (l) {
        OWNER_CHECK(&l->owner);
        archive_close(l->archive);
        mem_free(l->dir);
        mem_free(l);
    }
    return NULL;
}

static void put_array(struct buffer *b, const char *key, const char *s, size_t cap) {
    json_put_string_n(b, key, s, strnlen(s, cap));
}

static void put_time(struct buffer *b, const char *key, wall_t at) {
    char text[WALL_TEXT_MAX];
    json_put_string(b, key, wall_text(at, text));
}

static enum err put_participant(void *ctx, const struct participant_row *r) {
    struct build *b = ctx;
    if (r->name[0]) {
        put_array(&b->out, NULL, r->name, sizeof(r->name));
    }
    return OK;
}

/* An ended recording of which something is only on this machine yet is not safe. */
static const char *state_of(const struct build *b, const struct recording_row *r) {
    char id[ID_TEXT_MAX], prefix[OBJECT_NAME_MAX];
    bool waits = false, ended = r->state == RECORDING_COMPLETE || r->state == RECORDING_INTERRUPTED;
    if (ended && b->store->waits) {
        snprintf(prefix, sizeof(prefix), "recordings/%s/", id_text(&r->id, id));
        waits = b->store->waits(b->store->ctx, prefix, &waits) != OK || waits;
    }
    return waits ? RECORDING_WAITS : recording_state_name(r->state);
}

static bool is_failing(const char *ids, const char *id) {
    for (; ids && *ids; ids += RECORDING_ID_LEN) {
        if (memcmp(ids, id, RECORDING_ID_LEN) == 0) {
            return true;
        }
    }
    return false;
}

enum err library_put_recording(struct build *b, const struct recording_row *r) {
    char id[ID_TEXT_MAX];
    json_open(&b->out, NULL, '{');
    json_put_string(&b->out, "id", id_text(&r->id, id));
    put_array(&b->out, "tour", r->tour, sizeof(r->tour));
    put_array(&b->out, "title", r->title, sizeof(r->title));
    put_time(&b->out, "started", r->started);
    if (r->state == RECORDING_OPEN) {
        json_put_null(&b->out, "ended");
    } else {
        put_time(&b->out, "ended", (wall_t){r->started.us + r->duration});
    }
    json_put_int(&b->out, "duration_ms", r->duration / US_PER_MS);
    json_put_string(&b->out, "state", state_of(b, r));
    if (r->state == RECORDING_OPEN && is_failing(b->failing, id)) {
        json_put_bool(&b->out, "failing", true);
    }
    if (r->state == RECORDING_DAMAGED) {
        char damage[OBJECT_NAME_MAX];
        enum err e = catalogue_damage(b->catalogue, &r->id, damage);
        json_put_string(&b->out, "damage", e == OK ? damage : "");
    }
    json_put_uint(&b->out, "bytes", r->bytes);
    json_open(&b->out, "participants", '[');
    enum err e = catalogue_participants(b->catalogue, &r->id, put_participant, b);
    json_close(&b->out, ']');
    return e;
}

void library_failing(struct library *l, const char *ids) {
    OWNER_CHECK(&l->owner);
    l->failing = ids;
}

enum err library_allowed(struct library *l, const char *id, const char *tour) {
    OWNER_CHECK(&l->owner);
    struct recording_row row;
    struct id recording;
    if (!id_parse(id, &recording)) {
        return ERR_UNKNOWN;
    }
    enum err e = catalogue_recording(l->archive->catalogue, &recording, &row);
    return e == OK && *tour && strncmp(row.tour, tour, sizeof(row.tour)) != 0 ? ERR_DENIED : e;
}

/* Why there is no name where there should be one. */
static void put_name_state(struct buffer *b, enum name_state s) {
    if (s == NAME_ERASED) {
        json_put_bool(b, "erased", true);
    } else if (s == NAME_SEALED) {
        json_put_bool(b, "sealed", true);
    }
}

static enum err put_epoch(void *ctx, const struct epoch_row *r) {
    struct build *b = ctx;
    json_open(&b->out, NULL, '{');
    json_put_uint(&b->out, "number", r->epoch.number);
    json_put_int(&b->out, "start_ms", r->epoch.start / US_PER_MS);
    json_put_int(&b->out, "duration_ms", r->duration / US_PER_MS);
    json_put_uint(&b->out, "bytes", r->bytes);
    json_put_string(&b->out, "video", codec_name((enum codec)r->epoch.video));
    json_put_string(&b->out, "audio", codec_name((enum codec)r->epoch.audio));
    json_put_uint(&b->out, "width", r->epoch.width);
    json_put_uint(&b->out, "height", r->epoch.height);
    json_close(&b->out, '}');
    return OK;
}

static enum err put_track(void *ctx, const struct track_row *r) {
    struct build *b = ctx;
    char id[ID_TEXT_MAX];
    bool programme = id_eq(&r->track.track, &ID_PROGRAMME);
    const char *kind =
        programme ? PROGRAMME_TRACK : source_kind_name((enum source_kind)r->track.kind);
    json_open(&b->out, NULL, '{');
    json_put_string(&b->out, "id", id_text(&r->track.track, id));
    json_put_string(&b->out, "kind", kind);
    json_put_string(&b->out, "codec", codec_name((enum codec)r->track.codec));
    if (programme) {
        json_put_null(&b->out, "participant");
    } else {
        put_array(&b->out, "participant", r->participant_name, sizeof(r->participant_name));
        put_name_state(&b->out, r->name_state);
    }
    json_open(&b->out, "epochs", '[');
    enum err e = catalogue_epochs(b->catalogue, &b->recording, &r->track.track, put_epoch, b);
    json_close(&b->out, ']');
    json_close(&b->out, '}');
    return e;
}

/* What was taken back is not shown, wherever in the recording that was. */
static enum err note_retracted(void *ctx, const struct event_row *r) {
    struct build *b = ctx;
    uint64_t target;
    if (r->type == ENTRY_SAID && strcmp(r->person.role, "retract") == 0 &&
        sscanf(r->fields, "{\"target\":%19" SCNu64 "}", &target) == 1) {
        buffer_put(&b->retracted, &target, sizeof(target));
    }
    return b->retracted.bad ? ERR_NOMEM : OK;
}

static bool is_retracted(const struct build *b, const struct event_row *r) {
    uint64_t target;
    for (size_t at = 0; at < b->retracted.n; at += sizeof(target)) {
        memcpy(&target, b->retracted.p + at, sizeof(target));
        if (target == r->person.source) {
            return strcmp(r->person.role, "pointer") != 0;
        }
    }
    return false;
}

static void put_said(struct build *b, const struct event_row *r) {
    const struct entry_person *p = &r->person;
    bool chapter = strcmp(p->role, "chapter") == 0;
    size_t n = strlen(r->fields);
    put_array(&b->out, "kind", p->role, sizeof(p->role));
    json_put_uint(&b->out, "seq", p->source);
    json_put_handle(&b->out, "participant", p->participant);
    if (is_retracted(b, r)) {
        json_put_bool(&b->out, "retracted", true);
        return;
    }
    if (*r->text) {
        json_put_string(&b->out, chapter ? "title" : "text", r->text);
    }
    if (n > 2) {
        buffer_put(&b->out, ",", 1);
        buffer_put(&b->out, r->fields + 1, n - 2);
        b->out.comma = true;
    }
    put_name_state(&b->out, r->name_state);
}

/* What entries of the ledger call a participant; recordings of before it was noted do not say. */
static void put_id(struct build *b, uint32_t number) {
    char id[16];
    if (number) {
        snprintf(id, sizeof(id), "p%" PRIu32, number);
        json_put_string(&b->out, "id", id);
    }
}

static enum err put_event(void *ctx, const struct event_row *r) {
    struct build *b = ctx;
    const struct entry_person *p = &r->person;
    json_open(&b->out, NULL, '{');
    json_put_int(&b->out, "t_ms", r->t / US_PER_MS);
    json_put_string(&b->out, "type", entry_type_name((enum entry_type)r->type));
    if (r->type == ENTRY_GAP) {
        char id[ID_TEXT_MAX];
        if (id_eq(&r->track, &ID_NONE)) {
            json_put_null(&b->out, "track");
        } else {
            json_put_string(&b->out, "track", id_text(&r->track, id));
        }
        json_put_int(&b->out, "duration_ms", r->duration / US_PER_MS);
        put_array(&b->out, "cause", p->name, sizeof(p->name));
    } else if (r->type == ENTRY_SAID) {
        put_said(b, r);
    } else {
        json_put_handle(&b->out, "participant", p->participant);
        if (r->type == ENTRY_PARTICIPANT) {
            put_id(b, p->source);
        } else {
            json_put_uint(&b->out, "source", p->source);
        }
        json_put_bool(&b->out, "on", p->on);
        put_array(&b->out, "name", p->name, sizeof(p->name));
        put_array(&b->out, "role", p->role, sizeof(p->role));
        if (r->type == ENTRY_PARTICIPANT || r->type == ENTRY_MARK) {
            put_name_state(&b->out, r->name_state);
        }
    }
    json_close(&b->out, '}');
    return OK;
}

static enum err put_details(struct library *l, struct build *b, const struct recording_row *row) {
    enum err e = library_put_recording(b, row);
    bool shredded = row->state == RECORDING_SHREDDED;
    e = e == OK && !shredded ? library_put_redacted(l, &row->id, &b->out) : e;
    json_open(&b->out, "tracks", '[');
    e = e == OK ? catalogue_tracks(b->catalogue, &row->id, put_track, b) : e;
    json_close(&b->out, ']');
    json_open(&b->out, "events", '[');
    e = e == OK ? catalogue_events(b->catalogue, &row->id, note_retracted, b) : e;
    e = e == OK ? catalogue_events(b->catalogue, &row->id, put_event, b) : e;
    json_close(&b->out, ']');
    json_close(&b->out, '}');
    return e;
}

enum err library_recording_json(struct library *l, const char *id, char **ret) {
    OWNER_CHECK(&l->owner);
    struct build b = {
        .catalogue = l->archive->catalogue, .store = &l->archive->store, .failing = l->failing};
    struct recording_row row;
    if (!id_parse(id, &b.recording)) {
        return ERR_UNKNOWN;
    }
    enum err e = catalogue_recording(b.catalogue, &b.recording, &row);
    e = e == OK ? put_details(l, &b, &row) : e;
    buffer_free(&b.retracted);
    if (e != OK) {
        buffer_free(&b.out);
        return e;
    }
    *ret = buffer_take(&b.out);
    return *ret ? OK : ERR_NOMEM;
}

enum err library_verify(struct library *l, const char *id,
                        void (*say)(void *ctx, const char *object, const char *what), void *ctx) {
    OWNER_CHECK(&l->owner);
    struct id recording;
    return id_parse(id, &recording) ? verify_recording(l->archive, &recording, say, ctx)
                                    : ERR_UNKNOWN;
}

enum err library_verify_chain(struct library *l, const char *id,
                              void (*say)(void *ctx, const char *object, const char *what),
                              void *ctx) {
    OWNER_CHECK(&l->owner);
    struct id recording;
    return id_parse(id, &recording) ? verify_chain(l->archive, &recording, say, ctx) : ERR_UNKNOWN;
}

enum err library_public_key(struct library *l, char *out) {
    OWNER_CHECK(&l->owner);
    uint8_t verifying[KEY_LEN];
    enum err e = wraps_signer(l->archive->wraps, verifying);
    if (e == ERR_UNKNOWN && l->archive->has_signer) { /* nobody has written here yet */
        memcpy(verifying, l->archive->signer.verifying, KEY_LEN);
        e = OK;
    }
    if (e == OK) {
        hex_encode(out, verifying, KEY_LEN);
    }
    return e;
}
