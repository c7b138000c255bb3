#include "recorder/catalogue/catalogue.h"

#include "recorder/catalogue/catalogue_db.h"

#include "base/check.h"

#include <stdio.h>

static const char *const state_names[RECORDING_STATE_COUNT] = {
#define X(sym, name) [sym] = name,
    RECORDING_STATE_LIST(X)
#undef X
};

const char *recording_state_name(enum recording_state s) {
    CHECK((unsigned)s < RECORDING_STATE_COUNT);
    return state_names[s];
}

enum err catalogue_state(struct catalogue *c, const struct id *recording, enum recording_state s) {
    return db_run(c->db,
                  "INSERT INTO recordings(id,state) VALUES(?,?)"
                  " ON CONFLICT(id) DO UPDATE SET state=excluded.state, damage=''",
                  "dt", recording, recording_state_name(s));
}

enum err catalogue_damaged(struct catalogue *c, const struct id *recording, const char *object) {
    return db_run(c->db,
                  "INSERT INTO recordings(id,state,damage) VALUES(?,'damaged',?)"
                  " ON CONFLICT(id) DO UPDATE SET state='damaged', damage=excluded.damage",
                  "dt", recording, object);
}

enum err catalogue_damage(struct catalogue *c, const struct id *recording,
                          char ret[OBJECT_NAME_MAX]) {
    struct db_rows *s = db_query(c->db, "SELECT damage FROM recordings WHERE id=?", "d", recording);
    enum err e = s ? db_next(s) : db_error(c->db);
    ret[0] = '\0';
    if (e == OK) {
        db_text(s, 0, ret, OBJECT_NAME_MAX);
    }
    db_done(s);
    return e;
}

enum err catalogue_manifest(struct catalogue *c, const struct id *recording, uint32_t version,
                            const struct object_info *info) {
    /* This row is what truncation and replay are detected against: synced before it counts. */
    enum err e = catalogue_sync_begin(c);
    e = e == OK ? db_run(c->db,
                         "UPDATE recordings SET damage='', manifest_version=?,"
                         " manifest_size=?, "
                         "manifest_sha256=?,"
                         " state=CASE reason WHEN 'stopped' THEN 'complete' ELSE 'interrupted' END"
                         " WHERE id=?",
                         "iibd", (int64_t)version, (int64_t)info->size, info->sha256,
                         (size_t)SHA256_LEN, recording)
                : e;
    return catalogue_sync_end(c, e);
}

/* Ids that are in the catalogue at all: one walk over an index. */
static enum err read_ids(struct db_rows *s, struct id_list *ret) {
    enum err e;
    while ((e = db_next(s)) == OK) {
        struct id id;
        db_blob(s, 0, &id, sizeof(id));
        e = id_list_add(ret, &id);
        if (e != OK) {
            return e;
        }
    }
    return e == ERR_UNKNOWN ? OK : e;
}

enum err catalogue_ids(struct catalogue *c, enum catalogue_set which, struct id_list *ret) {
    static const char *const texts[] = {
        [CATALOGUE_ALL] = "SELECT id FROM recordings ORDER BY id",
        [CATALOGUE_KEPT] = "SELECT id FROM recordings WHERE state<>'shredded' ORDER BY id",
        [CATALOGUE_UNFINISHED] = "SELECT id FROM recordings"
                                 " WHERE state IN('recording','damaged') ORDER BY id",
        [CATALOGUE_SEALED] = "SELECT DISTINCT recording FROM texts ORDER BY recording"};
    struct db_rows *s = db_query(c->db, texts[which], "");
    enum err e = s ? read_ids(s, ret) : db_error(c->db);
    db_done(s);
    return e;
}

enum err catalogue_forget(struct catalogue *c, const struct id *recording) {
#define OF_RECORDING(table) "DELETE FROM " table " WHERE recording=?"
    static const char *const texts[] = {"DELETE FROM recordings WHERE id=?",
                                        OF_RECORDING("participants"),
                                        OF_RECORDING("tracks"),
                                        OF_RECORDING("epochs"),
                                        OF_RECORDING("segments"),
                                        OF_RECORDING("journals"),
                                        OF_RECORDING("events"),
                                        OF_RECORDING("words"),
                                        OF_RECORDING("texts")};
#undef OF_RECORDING
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(texts); i++) {
        e = db_run(c->db, texts[i], "d", recording);
    }
    return e;
}

static enum err keep_times(struct catalogue *c, const struct recording_row *row) {
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

enum err catalogue_shredded(struct catalogue *c, const struct id *recording) {
    struct recording_row row;
    enum err e = catalogue_recording(c, recording, &row);
    return e == OK ? keep_times(c, &row) : e;
}

static enum err forget_person(struct catalogue *c, const struct id *recording,
                              uint64_t participant) {
    static const char *const changes[] = {
        "UPDATE participants SET name='', name_state=2 WHERE recording=? AND participant=?",
        "UPDATE events SET name='',said='' WHERE recording=? AND participant=?"
        " AND type IN('participant','mark','entry')",
        "DELETE FROM texts WHERE recording=? AND participant=?",
        "DELETE FROM words WHERE recording=? AND participant=?"};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(changes); i++) {
        e = db_run(c->db, changes[i], "di", recording, (int64_t)participant);
    }
    return e;
}

enum err catalogue_forget_person(struct catalogue *c, const struct id *recording,
                                 uint64_t participant) {
    bool alone = !db_is_open(c->db);
    enum err e = alone ? catalogue_begin(c) : OK;
    e = e == OK ? forget_person(c, recording, participant) : e;
    e = e == OK && alone ? catalogue_commit(c) : e;
    if (alone) {
        catalogue_rollback(c);
    }
    return e;
}

/* Every table is asked: an earlier release forgot them one by one, and may have died on the way. */
enum err catalogue_is_forgotten(struct catalogue *c, const struct id *recording,
                                uint64_t participant, bool *ret) {
    struct db_rows *s =
        db_query(c->db,
                 "SELECT 1 FROM participants WHERE recording=?1 AND participant=?2"
                 " AND (name_state<>2 OR name<>'')"
                 " UNION ALL SELECT 1 FROM events WHERE recording=?1 AND participant=?2"
                 " AND type IN('participant','mark','entry') AND (name<>'' OR said<>'')"
                 " UNION ALL SELECT 1 FROM texts WHERE recording=?1 AND participant=?2"
                 " UNION ALL SELECT 1 FROM words WHERE recording=?1 AND participant=?2 LIMIT 1",
                 "di", recording, (int64_t)participant);
    enum err e = s ? db_next(s) : db_error(c->db);
    *ret = e == ERR_UNKNOWN;
    db_done(s);
    return e == ERR_UNKNOWN ? OK : e;
}
