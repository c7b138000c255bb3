#include "recorder/catalogue/catalogue_db.h"

#include <string.h>

/* Rows into `each` by way of `row`, which reads one into the struct that `each` is given. */
struct query {
    enum err (*row)(struct db_rows *s, void *each, void *ctx);
    void *each; /* the address of the caller's function pointer */
    void *ctx;
};

static enum err run(struct catalogue *c, struct db_rows *s, const struct query *q) {
    enum err e = s ? OK : db_error(c->db);
    while (e == OK) {
        e = db_next(s);
        if (e == ERR_UNKNOWN) {
            e = OK;
            break;
        }
        e = e == OK ? q->row(s, q->each, q->ctx) : e;
    }
    db_done(s);
    return e;
}

static enum codec column_codec(struct db_rows *s, int column) {
    char name[16];
    db_text(s, column, name, sizeof(name));
    return codec_from_name(name, strlen(name));
}

void catalogue_read_recording(struct db_rows *s, struct recording_row *r) {
    char state[16];
    memset(r, 0, sizeof(*r));
    db_blob(s, 0, &r->id, sizeof(r->id));
    db_text(s, 1, r->tour, sizeof(r->tour));
    db_text(s, 2, r->title, sizeof(r->title));
    r->started.us = db_int(s, 3);
    r->duration = db_int(s, 4);
    r->bytes = (uint64_t)db_int(s, 5);
    db_text(s, 6, state, sizeof(state));
    db_text(s, 7, r->reason, sizeof(r->reason));
    r->manifest_version = (uint32_t)db_int(s, 8);
    r->manifest.size = (uint64_t)db_int(s, 9);
    db_blob(s, 10, r->manifest.sha256, SHA256_LEN);
    for (unsigned i = 0; i < RECORDING_STATE_COUNT; i++) {
        if (strcmp(state, recording_state_name((enum recording_state)i)) == 0) {
            r->state = (enum recording_state)i;
        }
    }
}

enum err catalogue_recording(struct catalogue *c, const struct id *id, struct recording_row *ret) {
    struct db_rows *s =
        db_query(c->db, "SELECT " RECORDING_COLUMNS " FROM recordings WHERE id=?", "d", id);
    if (!s) {
        return db_error(c->db);
    }
    enum err e = db_next(s);
    if (e == OK) {
        catalogue_read_recording(s, ret);
    }
    db_done(s);
    return e;
}

enum err catalogue_totals(struct catalogue *c, struct catalogue_totals *ret) {
    struct db_rows *s =
        db_query(c->db,
                 "SELECT count(*), CAST(sum(bytes) AS BIGINT), max(started+duration)"
                 " FROM recordings WHERE state<>?",
                 "t", recording_state_name(RECORDING_SHREDDED));
    if (!s) {
        return db_error(c->db);
    }
    enum err e = db_next(s);
    if (e == OK) {
        ret->recordings = (uint64_t)db_int(s, 0);
        ret->bytes = (uint64_t)db_int(s, 1);
        ret->newest.us = db_int(s, 2);
    }
    db_done(s);
    return e;
}

typedef enum err each_track(void *ctx, const struct track_row *r);
static enum err row_track(struct db_rows *s, void *each, void *ctx) {
    struct track_row r;
    char kind[16];
    memset(&r, 0, sizeof(r));
    db_blob(s, 0, &r.track.track, sizeof(r.track.track));
    db_text(s, 1, kind, sizeof(kind));
    r.track.kind = (uint8_t)source_kind_from_name(kind);
    r.track.codec = (uint8_t)column_codec(s, 2);
    r.track.source = (uint32_t)db_int(s, 3);
    r.track.participant = (uint64_t)db_int(s, 4);
    r.track.keys = (uint8_t)db_int(s, 6);
    db_text(s, 5, r.participant_name, sizeof(r.participant_name));
    r.name_state = (enum name_state)db_int(s, 7);
    return (*(each_track **)each)(ctx, &r);
}

enum err catalogue_tracks(struct catalogue *c, const struct id *recording,
                          enum err (*each)(void *ctx, const struct track_row *r), void *ctx) {
    struct query q = {row_track, &each, ctx};
    return run(c,
               db_query(c->db,
                        "SELECT t.track,t.kind,t.codec,t.source,t.participant,p.name,t.keys,"
                        "p.name_state"
                        " FROM tracks t LEFT JOIN participants p ON p.recording=t.recording"
                        " AND p.participant=t.participant WHERE t.recording=?"
                        " ORDER BY t.track<>?, t.source, t.track",
                        "dd", recording, &ID_PROGRAMME),
               &q);
}

typedef enum err each_participant(void *ctx, const struct participant_row *r);
static enum err row_participant(struct db_rows *s, void *each, void *ctx) {
    struct participant_row r;
    r.participant = (uint64_t)db_int(s, 0);
    db_text(s, 1, r.name, sizeof(r.name));
    db_text(s, 2, r.role, sizeof(r.role));
    db_text(s, 3, r.consent, sizeof(r.consent));
    r.name_state = (enum name_state)db_int(s, 4);
    return (*(each_participant **)each)(ctx, &r);
}

enum err catalogue_participants(struct catalogue *c, const struct id *recording,
                                enum err (*each)(void *ctx, const struct participant_row *r),
                                void *ctx) {
    struct query q = {row_participant, &each, ctx};
    return run(c,
               db_query(c->db,
                        "SELECT participant,name,role,consent,name_state FROM participants"
                        " WHERE recording=? ORDER BY participant",
                        "d", recording),
               &q);
}

#define AREA "s.width*s.height*65536+s.width" /* the largest by area; take_larger reads it */

/* An epoch is as large as its largest segment, by area. */
static void take_larger(struct entry_epoch *e, uint64_t area) {
    uint16_t width = (uint16_t)area;
    if (width && area >> 16 > (uint64_t)e->width * e->height) {
        e->height = (uint16_t)((area >> 16) / width);
        e->width = width;
    }
}

void catalogue_read_epoch(struct db_rows *s, struct entry_epoch *e) {
    memset(e, 0, sizeof(*e));
    db_blob(s, 0, &e->track, sizeof(e->track));
    e->number = (uint32_t)db_int(s, 1);
    e->video = (uint8_t)column_codec(s, 2);
    e->audio = (uint8_t)column_codec(s, 3);
    e->width = (uint16_t)db_int(s, 4);
    e->height = (uint16_t)db_int(s, 5);
    e->start = db_int(s, 6);
    struct bytes init = db_bytes(s, 7);
    if (init.n && init.n <= EPOCH_INIT_MAX) {
        memcpy(e->init, init.p, init.n);
        e->init_len = (uint16_t)init.n;
    }
}

typedef enum err each_epoch(void *ctx, const struct epoch_row *r);
static enum err row_epoch(struct db_rows *s, void *each, void *ctx) {
    struct epoch_row r = {0};
    catalogue_read_epoch(s, &r.epoch);
    r.duration = db_int(s, 8);
    r.bytes = (uint64_t)db_int(s, 9);
    r.segments = (uint32_t)db_int(s, 10);
    take_larger(&r.epoch, (uint64_t)db_int(s, 11));
    return (*(each_epoch **)each)(ctx, &r);
}

enum err catalogue_epochs(struct catalogue *c, const struct id *recording, const struct id *track,
                          enum err (*each)(void *ctx, const struct epoch_row *r), void *ctx) {
    struct query q = {row_epoch, &each, ctx};
    return run(
        c,
        db_query(c->db,
                 "SELECT " EPOCH_COLUMNS
                 ",COALESCE(MAX(s.start+s.duration),0),CAST(COALESCE(SUM(s.bytes),0) AS BIGINT),"
                 "COUNT(s.number),COALESCE(MAX(" AREA "),0) FROM epochs e LEFT JOIN segments s"
                 " ON s.recording=e.recording AND s.track=e.track AND s.epoch=e.number"
                 " WHERE e.recording=?1 AND (?3=0 OR e.track=?2)"
                 " GROUP BY e.recording,e.track,e.number ORDER BY e.track,e.number",
                 "ddi", recording, track ? track : &ID_NONE, (int64_t)(track != NULL)),
        &q);
}

void catalogue_read_segment(struct db_rows *s, struct entry_segment *r) {
    memset(r, 0, sizeof(*r));
    db_blob(s, 0, &r->track, sizeof(r->track));
    r->epoch = (uint32_t)db_int(s, 1);
    r->number = (uint32_t)db_int(s, 2);
    r->start = db_int(s, 3);
    r->duration = db_int(s, 4);
    r->width = (uint16_t)db_int(s, 5);
    r->height = (uint16_t)db_int(s, 6);
    r->first_is_key = db_int(s, 7) != 0;
    r->adopted = db_int(s, 8) != 0;
    r->bytes = (uint64_t)db_int(s, 9);
    r->info.size = (uint64_t)db_int(s, 10);
    db_blob(s, 11, r->info.sha256, SHA256_LEN);
    r->sound = (uint8_t)db_int(s, 13);
    struct bytes keys = db_bytes(s, 12);
    size_t n = keys.n / 8;
    struct rd rd = rd_of(keys.p, n * 8);
    for (size_t i = 0; i < n && i < SEGMENT_KEYS_MAX; i++) {
        r->keys[i].at_ms = rd_u32(&rd);
        r->keys[i].offset = rd_u32(&rd);
        r->n_keys++;
    }
}

typedef enum err each_segment(void *ctx, const struct entry_segment *r);
static enum err row_segment(struct db_rows *s, void *each, void *ctx) {
    struct entry_segment r;
    catalogue_read_segment(s, &r);
    return (*(each_segment **)each)(ctx, &r);
}

enum err catalogue_segments(struct catalogue *c, const struct segment_query *q,
                            enum err (*each)(void *ctx, const struct entry_segment *s), void *ctx) {
    struct query query = {row_segment, &each, ctx};
    return run(c,
               db_query(c->db,
                        "SELECT " SEGMENT_COLUMNS " FROM segments WHERE recording=?1"
                        " AND (?4=0 OR (track=?2 AND epoch=?3))"
                        " ORDER BY track,epoch,number",
                        "ddii", &q->recording, q->track ? q->track : &ID_NONE, (int64_t)q->epoch,
                        (int64_t)(q->track != NULL)),
               &query);
}

typedef enum err each_journal(void *ctx, uint32_t number, const struct object_info *info);
static enum err row_journal(struct db_rows *s, void *each, void *ctx) {
    struct object_info info = {.size = (uint64_t)db_int(s, 1)};
    db_blob(s, 2, info.sha256, SHA256_LEN);
    return (*(each_journal **)each)(ctx, (uint32_t)db_int(s, 0), &info);
}

enum err catalogue_journal_objects(struct catalogue *c, const struct id *recording,
                                   enum err (*each)(void *ctx, uint32_t number,
                                                    const struct object_info *info),
                                   void *ctx) {
    struct query q = {row_journal, &each, ctx};
    return run(c,
               db_query(c->db,
                        "SELECT number,size,sha256 FROM journals WHERE recording=?"
                        " ORDER BY number",
                        "d", recording),
               &q);
}

typedef enum err each_event(void *ctx, const struct event_row *r);
static enum err row_event(struct db_rows *s, void *each, void *ctx) {
    struct event_row r;
    char type[16];
    memset(&r, 0, sizeof(r));
    r.t = db_int(s, 0);
    db_text(s, 1, type, sizeof(type));
    for (unsigned i = 0; i < ENTRY_TYPE_COUNT; i++) {
        if (strcmp(type, entry_type_name((enum entry_type)i)) == 0) {
            r.type = (uint8_t)i;
        }
    }
    r.person.participant = (uint64_t)db_int(s, 2);
    r.person.source = (uint32_t)db_int(s, 3);
    r.person.on = db_int(s, 4) != 0;
    r.duration = db_int(s, 5);
    db_text(s, 6, r.person.name, sizeof(r.person.name));
    db_text(s, 7, r.person.role, sizeof(r.person.role));
    db_blob(s, 8, &r.track, sizeof(r.track));
    r.name_state = (enum name_state)db_int(s, 9);
    const char *text = db_str(s, 6);
    const char *fields = db_str(s, 10);
    if (!text || !fields) {
        return ERR_NOMEM;
    }
    r.text = r.type == ENTRY_SAID ? text : "";
    r.fields = fields;
    return (*(each_event **)each)(ctx, &r);
}

enum err catalogue_events(struct catalogue *c, const struct id *recording,
                          enum err (*each)(void *ctx, const struct event_row *r), void *ctx) {
    struct query q = {row_event, &each, ctx};
    return run(c,
               db_query(c->db,
                        "SELECT e.t,e.type,e.participant,e.source,e.on_off,e.duration,e.name,"
                        "e.role,e.track,p.name_state,e.said FROM events e LEFT JOIN participants p"
                        " ON p.recording=e.recording AND p.participant=e.participant"
                        " WHERE e.recording=? ORDER BY e.t,e.seq",
                        "d", recording),
               &q);
}
