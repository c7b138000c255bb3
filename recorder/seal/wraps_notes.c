/* What was ordered, and stays known: holds and shreds. */
#include "recorder/seal/wraps_db.h"

enum err wraps_refuse_held(struct wraps *w, const struct id *recording) {
    enum err e = wraps_held(w, recording, NULL);
    return e == OK ? ERR_DENIED : e == ERR_UNKNOWN ? OK : e;
}

static enum err shred_rows(struct wraps *w, const struct key_context *c,
                           const struct wraps_order *o, bool needs_row) {
    bool all = c->subject == 0;
    enum err e = sql_run(w->db,
                         all ? "DELETE FROM wraps WHERE recording=?1 AND ?2=0"
                             : "DELETE FROM wraps WHERE recording=?1 AND subject=?2",
                         "di", &c->recording, (int64_t)c->subject);
    if (e == OK && needs_row && sqlite3_changes(w->db) == 0) {
        return ERR_UNKNOWN;
    }
    return e == OK ? sql_run(w->db, "INSERT OR IGNORE INTO shredded VALUES(?,?,?,?,?)", "diitt",
                             &c->recording, (int64_t)c->subject, o->at.us, o->who, o->why)
                   : e;
}

static enum err shred(struct wraps *w, const struct key_context *c, const struct wraps_order *o,
                      bool needs_row) {
    enum err e = wraps_batch_begin(w);
    if (e != OK) {
        return e;
    }
    e = wraps_refuse_held(w, &c->recording);
    e = e == OK ? shred_rows(w, c, o, needs_row) : e;
    e = wraps_batch_end(w, e);
    if (e != OK && e != ERR_UNKNOWN) {
        return e;
    }
    /* Also when the row is gone already: an earlier call may have been kept from finishing. */
    enum err purged = sql_truncate_log(w->db);
    return purged == OK ? e : purged;
}

enum err wraps_shred(struct wraps *w, const struct key_context *c, const struct wraps_order *o) {
    return shred(w, c, o, true);
}

enum err wraps_shred_person(struct wraps *w, const struct key_context *c,
                            const struct wraps_order *o) {
    return c->subject ? shred(w, c, o, false) : ERR_UNKNOWN;
}

enum err wraps_shred_again(struct wraps *w, const struct wraps_note *n) {
    struct wraps_order o = {n->at, n->who, n->why};
    enum err e = wraps_batch_begin(w);
    if (e != OK) {
        return e;
    }
    e = shred_rows(w, &n->what, &o, true);
    bool nothing = e == ERR_UNKNOWN;
    e = nothing ? wraps_note_shredded(w, n) : e;
    if (e == OK && n->what.subject == 0) {
        e = sql_run(w->db, "DELETE FROM holds WHERE recording=?", "d", &n->what.recording);
    }
    e = wraps_batch_end(w, e);
    return e == OK && nothing ? ERR_UNKNOWN : e;
}

/* recording, subject, at, who, why */
static void read_note(sqlite3_stmt *s, struct wraps_note *ret) {
    sql_blob(s, 0, &ret->what.recording, sizeof(ret->what.recording));
    ret->what.subject = (uint64_t)sqlite3_column_int64(s, 1);
    ret->at.us = sqlite3_column_int64(s, 2);
    ret->place = 0;
    sql_text(s, 3, ret->who, sizeof(ret->who));
    sql_text(s, 4, ret->why, sizeof(ret->why));
}

static enum err one_note(struct wraps *w, sqlite3_stmt *s, struct wraps_note *ret) {
    enum err e = wraps_one_row(w, s);
    if (e == OK && ret) {
        read_note(s, ret);
    }
    sqlite3_finalize(s);
    return e;
}

enum err wraps_shredded(struct wraps *w, const struct key_context *c, struct wraps_note *ret) {
    return one_note(w,
                    sql_prepare(w->db,
                                "SELECT recording, subject, at, who, why FROM shredded"
                                " WHERE recording=? AND subject IN (0, ?) ORDER BY subject LIMIT 1",
                                "di", &c->recording, (int64_t)c->subject),
                    ret);
}

typedef enum err each_note(void *ctx, const struct wraps_note *n);

struct walk {
    int64_t behind;
    bool all; /* recordings, too */
    each_note *each;
    void *ctx;
};

static enum err each_shredded(struct wraps *w, const struct walk *k) {
    /* By steps of one row, as wraps_each. */
    for (int64_t at = k->behind;;) {
        sqlite3_stmt *s = sql_prepare(w->db,
                                      "SELECT recording, subject, at, who, why, rowid FROM shredded"
                                      " WHERE rowid>? AND (? OR subject<>0) ORDER BY rowid LIMIT 1",
                                      "ii", at, (int64_t)k->all);
        struct wraps_note n;
        enum err e = wraps_one_row(w, s);
        if (e == OK) {
            read_note(s, &n);
            n.place = at = sqlite3_column_int64(s, 5);
        }
        sqlite3_finalize(s);
        if (e != OK) {
            return e == ERR_UNKNOWN ? OK : e;
        }
        e = k->each(k->ctx, &n);
        if (e != OK) {
            return e;
        }
    }
}

enum err wraps_each_shredded(struct wraps *w,
                             enum err (*each)(void *ctx, const struct wraps_note *n), void *ctx) {
    return each_shredded(w, &(struct walk){0, true, each, ctx});
}

enum err wraps_each_shredded_behind(struct wraps *w, int64_t place,
                                    enum err (*each)(void *ctx, const struct wraps_note *n),
                                    void *ctx) {
    return each_shredded(w, &(struct walk){place, true, each, ctx});
}

enum err wraps_each_shredded_person(struct wraps *w,
                                    enum err (*each)(void *ctx, const struct wraps_note *n),
                                    void *ctx) {
    return each_shredded(w, &(struct walk){0, false, each, ctx});
}

enum err wraps_note_shredded(struct wraps *w, const struct wraps_note *n) {
    return sql_run(w->db, "INSERT OR IGNORE INTO shredded VALUES(?,?,?,?,?)", "diitt",
                   &n->what.recording, (int64_t)n->what.subject, n->at.us, n->who, n->why);
}

enum err wraps_hold(struct wraps *w, const struct id *recording, const struct wraps_order *o) {
    enum err e = sql_run(w->db,
                         "INSERT OR REPLACE INTO holds SELECT recording, ?, ?, ? FROM wraps"
                         " WHERE recording=? AND subject=0",
                         "ittd", o->at.us, o->who, o->why, recording);
    return e == OK && sqlite3_changes(w->db) == 0 ? ERR_UNKNOWN : e;
}

enum err wraps_release(struct wraps *w, const struct id *recording) {
    enum err e = sql_run(w->db, "DELETE FROM holds WHERE recording=?", "d", recording);
    return e == OK && sqlite3_changes(w->db) == 0 ? ERR_UNKNOWN : e;
}

enum err wraps_held(struct wraps *w, const struct id *recording, struct wraps_note *ret) {
    return one_note(w,
                    sql_prepare(w->db,
                                "SELECT recording, 0, since, who, why FROM holds WHERE recording=?",
                                "d", recording),
                    ret);
}
