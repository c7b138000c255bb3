/* What was redacted, and stays known: here, and in a copy of before. */
#include "recorder/seal/wraps_db.h"

#include "base/alloc.h"

#include <string.h>

static enum err note(struct wraps *w, const struct key_context *c, const struct wraps_span *s,
                     const struct wraps_order *o) {
    return sql_run(w->db,
                   "INSERT OR IGNORE INTO redacted(recording, subject, track, epoch, first, last,"
                   " at, who, why) VALUES(?,?,?,?,?,?,?,?,?)",
                   "didiiiitt", &c->recording, (int64_t)c->subject, &s->track, (int64_t)s->epoch,
                   (int64_t)s->first, (int64_t)s->last, o->at.us, o->who ? o->who : "",
                   o->why ? o->why : "");
}

enum err wraps_redact(struct wraps *w, const struct key_context *c, const struct wraps_change *x,
                      const struct wraps_redaction *r) {
    enum err e = wraps_batch_begin(w);
    if (e != OK) {
        return e;
    }
    e = wraps_refuse_held(w, &c->recording);
    e = e == OK ? wraps_replace(w, c, x) : e;
    for (size_t i = 0; e == OK && i < r->gone.n; i++) {
        e = note(w, c, &r->gone.p[i], &r->by);
    }
    e = wraps_batch_end(w, e);
    return e == OK ? wraps_purge(w) : e;
}

#define SPAN_COLUMNS "subject, track, epoch, first, last"

static void read_span(sqlite3_stmt *s, struct wraps_span *ret) {
    ret->subject = (uint64_t)sqlite3_column_int64(s, 0);
    sql_blob(s, 1, &ret->track, sizeof(ret->track));
    ret->epoch = (uint32_t)sqlite3_column_int64(s, 2);
    ret->first = (uint32_t)sqlite3_column_int64(s, 3);
    ret->last = (uint32_t)sqlite3_column_int64(s, 4);
}

static enum err add_span(sqlite3_stmt *s, struct wraps_spans *list) {
    struct wraps_span *p = mem_realloc(list->p, (list->n + 1) * sizeof(*p));
    if (!p) {
        return ERR_NOMEM;
    }
    list->p = p;
    read_span(s, &p[list->n++]);
    return OK;
}

enum err wraps_redacted(struct wraps *w, const struct id *recording, struct wraps_spans *ret) {
    sqlite3_stmt *s =
        sql_prepare(w->db, "SELECT " SPAN_COLUMNS " FROM redacted WHERE recording=? ORDER BY seq",
                    "d", recording);
    enum err e = s ? OK : wraps_failed(w);
    *ret = (struct wraps_spans){0};
    while (e == OK && (e = sql_step(s)) == OK) {
        e = add_span(s, ret);
    }
    sqlite3_finalize(s);
    if (e != ERR_UNKNOWN) {
        ret->p = mem_free(ret->p);
        ret->n = 0;
        return e;
    }
    return OK;
}

bool wraps_spans_have(const struct wraps_spans *s, const struct id *track, uint32_t epoch,
                      uint32_t number) {
    for (size_t i = 0; i < s->n; i++) {
        const struct wraps_span *p = &s->p[i];
        if (p->epoch == epoch && p->first <= number && number <= p->last &&
            id_eq(&p->track, track)) {
            return true;
        }
    }
    return false;
}

enum err wraps_each_redacted(struct wraps *w,
                             enum err (*each)(void *ctx, const struct key_context *c), void *ctx) {
    /* By steps of one subject, as wraps_each: the first note of each leads to it. */
    for (int64_t seq = 0;;) {
        sqlite3_stmt *s = sql_prepare(w->db,
                                      "SELECT MIN(seq), recording, subject FROM redacted"
                                      " GROUP BY recording, subject HAVING MIN(seq)>?"
                                      " ORDER BY 1 LIMIT 1",
                                      "i", seq);
        struct key_context c;
        enum err e = wraps_one_row(w, s);
        if (e == OK) {
            seq = sqlite3_column_int64(s, 0);
            sql_blob(s, 1, &c.recording, sizeof(c.recording));
            c.subject = (uint64_t)sqlite3_column_int64(s, 2);
        }
        sqlite3_finalize(s);
        e = e == OK ? each(ctx, &c) : e;
        if (e != OK) {
            return e == ERR_UNKNOWN ? OK : e;
        }
    }
}

/* How many spans of this subject are in `a` and not, as they are, in `b`. */
static size_t missing(const struct wraps_spans *a, const struct wraps_spans *b, uint64_t subject) {
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        const struct wraps_span *x = &a->p[i];
        bool there = x->subject != subject;
        for (size_t k = 0; !there && k < b->n; k++) {
            const struct wraps_span *y = &b->p[k];
            there = y->subject == subject && y->epoch == x->epoch && y->first == x->first &&
                    y->last == x->last && id_eq(&y->track, &x->track);
        }
        n += !there;
    }
    return n;
}

/* The newer row in the place of the older one, if there are both. */
static enum err take_row(struct wraps *w, struct wraps *newer, const struct key_context *c,
                         bool *ret_other_key) {
    struct key_wrap old, fresh;
    uint8_t *keyset = NULL;
    size_t n = 0;
    enum err e = wraps_get(w, c, &old);
    e = e == OK ? wraps_get(newer, c, &fresh) : e;
    e = e == OK ? wraps_keyset(newer, c, &keyset, &n) : e;
    if (e == OK && n) {
        struct wraps_change x = {&old, &fresh, bytes_of(keyset, n)};
        e = wraps_replace(w, c, &x);
        *ret_other_key =
            strcmp(old.provider, fresh.provider) != 0 || strcmp(old.key_id, fresh.key_id) != 0;
    }
    mem_free(keyset);
    return e == ERR_UNKNOWN ? OK : e;
}

/* By steps of one row: two databases, and one is written. */
static enum err take_notes(struct wraps *w, struct wraps *newer, const struct key_context *c) {
    for (int64_t seq = 0;;) {
        sqlite3_stmt *s = sql_prepare(newer->db,
                                      "SELECT " SPAN_COLUMNS ", at, who, why, seq FROM redacted"
                                      " WHERE recording=? AND subject=? AND seq>?"
                                      " ORDER BY seq LIMIT 1",
                                      "dii", &c->recording, (int64_t)c->subject, seq);
        struct wraps_span span;
        char who[WRAPS_TEXT_MAX], why[WRAPS_TEXT_MAX];
        struct wraps_order o = {.who = who, .why = why};
        enum err e = wraps_one_row(newer, s);
        if (e == OK) {
            read_span(s, &span);
            o.at.us = sqlite3_column_int64(s, 5);
            sql_text(s, 6, who, sizeof(who));
            sql_text(s, 7, why, sizeof(why));
            seq = sqlite3_column_int64(s, 8);
        }
        sqlite3_finalize(s);
        e = e == OK ? note(w, c, &span, &o) : e;
        if (e != OK) {
            return e == ERR_UNKNOWN ? OK : e;
        }
    }
}

enum err wraps_redact_again(struct wraps *w, struct wraps *newer, const struct key_context *c,
                            bool *ret_other_key) {
    *ret_other_key = false;
    struct wraps_spans ours = {0}, theirs = {0};
    enum err e = wraps_redacted(w, &c->recording, &ours);
    e = e == OK ? wraps_redacted(newer, &c->recording, &theirs) : e;
    bool news = missing(&theirs, &ours, c->subject) > 0;
    bool behind = missing(&ours, &theirs, c->subject) == 0;
    mem_free(ours.p);
    mem_free(theirs.p);
    if (e != OK || !news) {
        return e == OK ? ERR_UNKNOWN : e;
    }
    e = wraps_batch_begin(w);
    if (e != OK) {
        return e;
    }
    e = behind ? take_row(w, newer, c, ret_other_key) : OK;
    e = e == OK ? take_notes(w, newer, c) : e;
    return wraps_batch_end(w, e);
}
