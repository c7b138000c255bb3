#include "recorder/catalogue/catalogue_db.h"
#include "recorder/db/database_sqlite.h"

#include <stdio.h>

#define SCHEMA_WITH_WORDS 3

/* migrations[v] takes a database of user_version v to v + 1. Never edit one that was released. */
static const char *const migrations[CATALOGUE_SCHEMA] = {
    "CREATE TABLE recordings(id BLOB PRIMARY KEY, tour TEXT NOT NULL DEFAULT '',"
    " title TEXT NOT NULL DEFAULT '', started INTEGER NOT NULL DEFAULT 0,"
    " duration INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
    " state TEXT NOT NULL DEFAULT 'recording', reason TEXT NOT NULL DEFAULT '',"
    " manifest_version INTEGER NOT NULL DEFAULT 0, manifest_size INTEGER NOT NULL DEFAULT 0,"
    " manifest_sha256 BLOB);"
    "CREATE INDEX recordings_by_start ON recordings(started);"
    "CREATE TABLE participants(recording BLOB, participant INTEGER, name TEXT NOT NULL DEFAULT '',"
    " role TEXT NOT NULL DEFAULT '', consent TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY(recording, participant)) WITHOUT ROWID;"
    "CREATE TABLE tracks(recording BLOB, track BLOB, kind TEXT, codec TEXT, source INTEGER,"
    " participant INTEGER, PRIMARY KEY(recording, track)) WITHOUT ROWID;"
    "CREATE TABLE epochs(recording BLOB, track BLOB, number INTEGER, video TEXT, audio TEXT,"
    " width INTEGER, height INTEGER, start INTEGER, init BLOB,"
    " PRIMARY KEY(recording, track, number)) WITHOUT ROWID;"
    "CREATE TABLE segments(recording BLOB, track BLOB, epoch INTEGER, number INTEGER,"
    " start INTEGER, duration INTEGER, width INTEGER, height INTEGER, first_is_key INTEGER,"
    " adopted INTEGER, bytes INTEGER, size INTEGER, sha256 BLOB, keys BLOB,"
    " PRIMARY KEY(recording, track, epoch, number)) WITHOUT ROWID;"
    "CREATE TABLE journals(recording BLOB, number INTEGER, size INTEGER, sha256 BLOB,"
    " PRIMARY KEY(recording, number)) WITHOUT ROWID;"
    "CREATE TABLE events(recording BLOB, t INTEGER, type TEXT, participant INTEGER,"
    " source INTEGER, on_off INTEGER, duration INTEGER, name TEXT, role TEXT,"
    " PRIMARY KEY(recording, t, type, participant, source, on_off)) WITHOUT ROWID;",
    /* Gaps of two tracks may begin at the same time. */
    "ALTER TABLE events RENAME TO events_of_1;"
    "CREATE TABLE events(recording BLOB, t INTEGER, type TEXT, participant INTEGER,"
    " source INTEGER, on_off INTEGER, track BLOB, duration INTEGER, name TEXT, role TEXT,"
    " PRIMARY KEY(recording, t, type, participant, source, on_off, track)) WITHOUT ROWID;"
    "INSERT INTO events SELECT recording, t, type, participant, source, on_off, zeroblob(16),"
    " duration, name, role FROM events_of_1;"
    "DROP TABLE events_of_1;",
    /* Where the rows stand in the journal; the words that are searched for; pages by key. */
    "ALTER TABLE recordings ADD COLUMN entries INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE recordings ADD COLUMN objects INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE recordings ADD COLUMN chain BLOB;"
    "CREATE TABLE words(word TEXT, kind INTEGER, recording BLOB, participant INTEGER,"
    " PRIMARY KEY(word, kind, recording, participant)) WITHOUT ROWID;"
    "CREATE INDEX words_by_recording ON words(recording, word);"
    "DROP INDEX recordings_by_start;"
    "CREATE INDEX recordings_by_start ON recordings(started, id);"
    "CREATE INDEX recordings_by_tour ON recordings(tour, started, id);"
    "CREATE INDEX recordings_by_state ON recordings(state, started, id);",
    /* How the media objects of a track are keyed. */
    "ALTER TABLE tracks ADD COLUMN keys INTEGER NOT NULL DEFAULT 0;",
    /* Whether a segment has sound; an event for each entry: gaps of several voices in the programme
     * may begin at the same time. Of rows that were there before the position is not known. */
    "ALTER TABLE segments ADD COLUMN sound INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE events RENAME TO events_of_4;"
    "CREATE TABLE events(recording BLOB, t INTEGER, type TEXT, participant INTEGER,"
    " source INTEGER, on_off INTEGER, track BLOB, duration INTEGER, name TEXT, role TEXT,"
    " seq INTEGER, PRIMARY KEY(recording, t, type, participant, source, on_off, track, seq))"
    " WITHOUT ROWID;"
    "INSERT INTO events SELECT recording, t, type, participant, source, on_off, track, duration,"
    " name, role, 0 FROM events_of_4;"
    "DROP TABLE events_of_4;",
    /* What is known of a name (enum name_state), and texts that wait for their keys. */
    "ALTER TABLE participants ADD COLUMN name_state INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE texts(recording BLOB, seq INTEGER, participant INTEGER, type TEXT, sealed BLOB,"
    " PRIMARY KEY(recording, seq)) WITHOUT ROWID;",
    /* What who follows asks for every few seconds, and would be looked for in all segments where
     * there is none: the size of an epoch's first pictures (0: none; width * 65536 + height),
     * whether a segment of it has sound, whether a voice was heard in the recording. */
    "ALTER TABLE epochs ADD COLUMN picture INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE epochs ADD COLUMN sound INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE recordings ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;"
    "UPDATE epochs SET"
    " picture=COALESCE((SELECT s.width*65536+s.height FROM segments s"
    " WHERE s.recording=epochs.recording AND s.track=epochs.track AND s.epoch=epochs.number"
    " AND s.width>0 ORDER BY s.number LIMIT 1),0),"
    " sound=EXISTS(SELECT 1 FROM segments s WHERE s.recording=epochs.recording"
    " AND s.track=epochs.track AND s.epoch=epochs.number AND s.sound=2);"
    "UPDATE recordings SET heard=EXISTS(SELECT 1 FROM events v WHERE v.recording=recordings.id"
    " AND v.type='voice' AND v.source<>0);",
    /* The object for which a recording is damaged. */
    "ALTER TABLE recordings ADD COLUMN damage TEXT NOT NULL DEFAULT '';",
    /* What an entry of the tour says besides its text, which is its name. */
    "ALTER TABLE events ADD COLUMN said TEXT NOT NULL DEFAULT '';",
};

/* Words are found by a program, not by SQL: those of rows that were there before. */
static enum err all_words(struct catalogue *c) {
    enum err e = OK;
    struct db_rows *s = db_query(c->db,
                                 "SELECT id,0,0,tour FROM recordings UNION ALL"
                                 " SELECT id,0,0,title FROM recordings UNION ALL"
                                 " SELECT recording,1,participant,name FROM participants",
                                 "");
    if (!s) {
        return db_error(c->db);
    }
    while (e == OK && (e = db_next(s)) == OK) {
        struct words_of of = {.kind = (enum word_kind)db_int(s, 1),
                              .participant = (uint64_t)db_int(s, 2)};
        char text[ENTRY_TEXT_MAX];
        db_blob(s, 0, &of.recording, sizeof(of.recording));
        db_text(s, 3, text, sizeof(text));
        e = catalogue_put_words(c, &of, text);
    }
    db_done(s);
    return e == ERR_UNKNOWN ? OK : e;
}

enum err catalogue_migrate(struct catalogue *c, bool write) {
    int64_t version = 0;
    enum err e = sql_version(db_file(c->db), &version);
    if (e != OK || version == CATALOGUE_SCHEMA) {
        return e;
    }
    if (version > CATALOGUE_SCHEMA || version < 0 || !write) {
        return ERR_UNSUPPORTED;
    }
    for (; e == OK && version < CATALOGUE_SCHEMA; version++) {
        char bump[64];
        snprintf(bump, sizeof(bump), "PRAGMA user_version=%d;", (int)version + 1);
        e = catalogue_begin(c);
        e = e == OK ? db_script(c->db, migrations[version]) : e;
        e = e == OK && version + 1 == SCHEMA_WITH_WORDS ? all_words(c) : e;
        e = e == OK ? db_script(c->db, bump) : e;
        e = e == OK ? catalogue_commit(c) : e;
        if (e != OK) {
            catalogue_rollback(c);
        }
    }
    return e;
}
