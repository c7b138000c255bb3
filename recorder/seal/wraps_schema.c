/* The tables of wraps.db, and how those of earlier releases become them. */
#include "recorder/seal/wraps_db.h"

static bool has(struct wraps *w, const char *probe) {
    return sql_exec(w->db, probe) == OK;
}

/* Releases 1 and 2: one row for each recording; the second knows begun and store. */
static enum err make_2(struct wraps *w) {
    enum err e = sql_exec(w->db, "CREATE TABLE IF NOT EXISTS wraps(seq INTEGER PRIMARY KEY,"
                                 " recording BLOB NOT NULL UNIQUE, wrap BLOB NOT NULL);"
                                 "CREATE TABLE IF NOT EXISTS store(one INTEGER PRIMARY KEY"
                                 " CHECK(one=1), id BLOB NOT NULL, placed INTEGER NOT NULL,"
                                 " wrap BLOB NOT NULL);");
    if (e == OK && !has(w, "SELECT begun FROM wraps LIMIT 0")) {
        e = sql_exec(w->db, "ALTER TABLE wraps ADD COLUMN begun INTEGER NOT NULL DEFAULT 0");
    }
    return e;
}

/* The third: rows of subjects that say who wrapped them. The new columns have defaults that are
 * true of what an earlier release writes, should one be used again. */
static enum err make_3(struct wraps *w) {
    return sql_exec(
        w->db,
        "ALTER TABLE wraps RENAME TO wraps_of_2;"
        "CREATE TABLE wraps(seq INTEGER PRIMARY KEY, recording BLOB NOT NULL, wrap BLOB NOT NULL,"
        " begun INTEGER NOT NULL DEFAULT 0, subject INTEGER NOT NULL DEFAULT 0,"
        " provider TEXT NOT NULL DEFAULT 'file', key_id TEXT NOT NULL DEFAULT '',"
        " version INTEGER NOT NULL DEFAULT 1, keyset BLOB, UNIQUE(recording, subject));"
        "INSERT INTO wraps(seq, recording, wrap, begun)"
        " SELECT seq, recording, wrap, begun FROM wraps_of_2;"
        "DROP TABLE wraps_of_2;"
        "ALTER TABLE store ADD COLUMN provider TEXT NOT NULL DEFAULT 'file';"
        "ALTER TABLE store ADD COLUMN key_id TEXT NOT NULL DEFAULT '';"
        "ALTER TABLE store ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
        "CREATE TABLE holds(recording BLOB PRIMARY KEY, since INTEGER NOT NULL, who TEXT NOT NULL,"
        " why TEXT NOT NULL);"
        "CREATE TABLE shredded(recording BLOB NOT NULL, subject INTEGER NOT NULL,"
        " at INTEGER NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,"
        " PRIMARY KEY(recording, subject));");
}

/* The fourth: who signs. seq grows with every order, so that the greatest is the present one. */
static enum err make_4(struct wraps *w) {
    return sql_exec(w->db,
                    "CREATE TABLE IF NOT EXISTS signers(seq INTEGER PRIMARY KEY AUTOINCREMENT,"
                    " verifying BLOB NOT NULL UNIQUE)");
}

/* The fifth: what was redacted. */
static enum err make_5(struct wraps *w) {
    return sql_exec(w->db,
                    "CREATE TABLE IF NOT EXISTS redacted(seq INTEGER PRIMARY KEY,"
                    " recording BLOB NOT NULL, subject INTEGER NOT NULL, track BLOB NOT NULL,"
                    " epoch INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
                    " at INTEGER NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,"
                    " UNIQUE(recording, subject, track, epoch, first, last))");
}

/* What is there is looked at itself: a program of an earlier release sets user_version back. */
static enum err migrate(struct wraps *w) {
    enum err e = sql_exec(w->db, "BEGIN IMMEDIATE");
    e = e == OK ? make_2(w) : e;
    if (e == OK && !has(w, "SELECT subject FROM wraps LIMIT 0")) {
        e = make_3(w);
    }
    e = e == OK ? make_4(w) : e;
    e = e == OK ? make_5(w) : e;
    e = e == OK ? sql_exec(w->db, "PRAGMA user_version=5") : e;
    e = e == OK ? sql_exec(w->db, "COMMIT") : e;
    if (!sqlite3_get_autocommit(w->db)) {
        sql_exec(w->db, "ROLLBACK");
    }
    return e;
}

/* Who may not change the file sees that of an earlier release as if it were of this one: views of
 * this connection alone stand before its tables. */
static enum err read_older(struct wraps *w) {
    static const char defaults[] = "'file' AS provider, '' AS key_id, 1 AS version";
    bool begun = has(w, "SELECT begun FROM wraps LIMIT 0");
    bool store = has(w, "SELECT id FROM store LIMIT 0");
    char text[1024];
    sqlite3_snprintf(
        sizeof(text), text,
        "CREATE TEMP VIEW wraps AS SELECT seq, recording, wrap, %s AS begun,"
        " 0 AS subject, %s, NULL AS keyset FROM main.wraps;"
        "CREATE TEMP VIEW store AS SELECT %s, %s%s;"
        "CREATE TEMP VIEW holds AS SELECT 0 AS recording, 0 AS since, '' AS who,"
        " '' AS why WHERE 0;"
        "CREATE TEMP VIEW shredded AS SELECT 0 AS rowid, 0 AS recording, 0 AS subject, 0 AS at,"
        " '' AS who, '' AS why WHERE 0;",
        begun ? "begun" : "0", defaults,
        store ? "id, placed, wrap" : "0 AS id, 0 AS placed, 0 AS wrap", defaults,
        store ? " FROM main.store" : " WHERE 0");
    return sql_exec(w->db, text);
}

static enum err read_older_signers(struct wraps *w) {
    return has(w, "SELECT verifying FROM signers LIMIT 0")
               ? OK
               : sql_exec(w->db, "CREATE TEMP VIEW signers AS SELECT 0 AS seq, x'' AS verifying"
                                 " WHERE 0");
}

static enum err read_older_redacted(struct wraps *w) {
    return has(w, "SELECT seq FROM redacted LIMIT 0")
               ? OK
               : sql_exec(w->db, "CREATE TEMP VIEW redacted AS SELECT 0 AS seq, 0 AS recording,"
                                 " 0 AS subject, 0 AS track, 0 AS epoch, 0 AS first, 0 AS last,"
                                 " 0 AS at, '' AS who, '' AS why WHERE 0");
}

enum err wraps_check_schema(struct wraps *w, bool create) {
    int64_t version = 0;
    enum err e = sql_version(w->db, &version);
    if (e != OK || version == WRAPS_SCHEMA) {
        return e;
    }
    if (version > WRAPS_SCHEMA || version < 0) {
        return ERR_UNSUPPORTED;
    }
    if (create) {
        return migrate(w);
    }
    e = has(w, "SELECT subject FROM wraps LIMIT 0") ? OK : read_older(w);
    e = e == OK ? read_older_signers(w) : e;
    return e == OK ? read_older_redacted(w) : e;
}
