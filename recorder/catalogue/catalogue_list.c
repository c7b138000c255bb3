/* The list of recordings, page by page. A page is found by key, not by counting, so that the last
 * one costs what the first one costs; everything that is asked narrows the walk, so that a page is
 * full as long as there is something. The statement is put together of what is asked, since an
 * index only serves a condition that is there. */
#include "recorder/catalogue/catalogue_db.h"
#include "recorder/catalogue/words.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/check.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 8                     /* of one question; more do not narrow it */
#define WORD_VALUES 2                   /* of a word of the text */
#define PERSON_VALUES (WORD_VALUES + 1) /* of a word of the person */
#define OTHER_VALUES 7 /* tour, state, from, to, the two of the place, and the limit */
#define VALUES_MAX ((WORD_VALUES + PERSON_VALUES) * WORDS_MAX + OTHER_VALUES)
_Static_assert(VALUES_MAX <= DB_VALUES_MAX, "a database takes them");
#define TEXT_MAX 4096 /* [bytes] */
#define COMMON 2000   /* a word that was said so often is common */

/* No code point is greater: what begins with a word is below the word with this behind it. */
#define BEYOND "\xf4\x8f\xbf\xbf"

struct value {
    char type; /* i, d or t, as db_query has them */
    int64_t i;
    struct id id;
    char text[ENTRY_TEXT_MAX];
};
struct statement {
    struct buffer text;
    char memory[TEXT_MAX];
    struct value values[VALUES_MAX];
    unsigned n;
};

static struct value *value(struct statement *s, char type) {
    CHECK(s->n < VALUES_MAX);
    struct value *v = &s->values[s->n++];
    v->type = type;
    return v;
}

static void with_int(struct statement *s, const char *text, int64_t i) {
    buffer_str(&s->text, text);
    value(s, 'i')->i = i;
}

static void with_text(struct statement *s, const char *text, const char *word, const char *more) {
    struct value *v = value(s, 't');
    buffer_str(&s->text, text);
    snprintf(v->text, sizeof(v->text), "%s%s", word, more);
}

/* Whether what begins with this word is said so often that the next page is full of it sooner than
 * all of it is gathered. */
static enum err is_common(struct catalogue *c, const char *word, bool *ret) {
    char beyond[WORD_MAX + sizeof(BEYOND)];
    snprintf(beyond, sizeof(beyond), "%s" BEYOND, word);
    struct db_rows *s = db_query(c->db,
                                 "SELECT COUNT(*) FROM (SELECT 1 FROM words WHERE word>=?"
                                 " AND word<? LIMIT ?) AS w",
                                 "tti", word, beyond, (int64_t)COMMON);
    enum err e = s ? db_next(s) : db_error(c->db);
    *ret = e == OK && db_int(s, 0) == COMMON;
    db_done(s);
    return e;
}

/* Each word must begin one that the recording has; person: one of a participant's name. Of a rare
 * word the recordings are found first and then ordered; of a common one the list is walked in its
 * order and each recording asked. */
static enum err with_words(struct catalogue *c, struct statement *s, const char *asked,
                           bool person) {
    char word[WORD_MAX];
    enum err e = OK;
    for (unsigned i = 0; e == OK && asked && i < WORDS_MAX && words_next(&asked, word); i++) {
        bool common = false;
        e = is_common(c, word, &common);
        buffer_str(&s->text, common ? " AND EXISTS (SELECT 1 FROM words WHERE recording=id"
                                    : " AND id IN (SELECT recording FROM words WHERE 1=1");
        with_text(s, " AND word>=?", word, "");
        with_text(s, " AND word<?", word, BEYOND);
        if (person) {
            with_int(s, " AND kind=?", WORD_OF_PERSON);
        }
        buffer_str(&s->text, ")");
    }
    return e;
}

static void with_place(struct statement *s, const struct recording_query *q) {
    if (q->after) {
        with_int(s, q->before ? " AND (started,id)>(?" : " AND (started,id)<(?",
                 q->after->started.us);
        buffer_str(&s->text, ",?)");
        value(s, 'd')->id = q->after->id;
    }
}

static enum err put_together(struct catalogue *c, struct statement *s,
                             const struct recording_query *q) {
    buffer_str(&s->text, "SELECT " RECORDING_COLUMNS " FROM recordings WHERE 1=1");
    if (q->tour && *q->tour) {
        with_text(s, " AND tour=?", q->tour, "");
    }
    if (q->state) {
        with_text(s, " AND state=?", recording_state_name(*q->state), "");
    }
    if (q->from.us) {
        with_int(s, " AND started>=?", q->from.us);
    }
    if (q->to.us) {
        with_int(s, " AND started<?", q->to.us);
    }
    enum err e = with_words(c, s, q->text, false);
    e = e == OK ? with_words(c, s, q->person, true) : e;
    with_place(s, q);
    buffer_str(&s->text, q->before ? " ORDER BY started,id" : " ORDER BY started DESC,id DESC");
    with_int(s, " LIMIT ?", (int64_t)q->limit + 1);
    CHECK(!s->text.bad);
    return e;
}

static struct db_rows *ask(struct catalogue *c, const struct statement *s) {
    struct db_value values[VALUES_MAX];
    struct db_statement all = {.text = s->text.p, .values = values, .n = s->n};
    for (unsigned i = 0; i < s->n; i++) {
        const struct value *v = &s->values[i];
        bool id = v->type == 'd';
        values[i] =
            (struct db_value){v->type, v->i, id ? (const void *)v->id.b : v->text, id ? ID_LEN : 0};
    }
    return db_query_of(c->db, &all);
}

struct page {
    struct recording_row *rows;
    unsigned n;
    bool more;
};

static enum err read_page(struct db_rows *s, unsigned limit, struct page *p) {
    enum err e;
    while ((e = db_next(s)) == OK) {
        if (p->n == limit) {
            p->more = true;
            return OK;
        }
        catalogue_read_recording(s, &p->rows[p->n++]);
    }
    return e == ERR_UNKNOWN ? OK : e;
}

static enum err find_page(struct catalogue *c, const struct recording_query *q, struct page *p) {
    struct statement *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    s->text = buffer_fixed(s->memory, sizeof(s->memory));
    enum err e = put_together(c, s, q);
    struct db_rows *st = e == OK ? ask(c, s) : NULL;
    if (e == OK) {
        e = st ? read_page(st, q->limit, p) : db_error(c->db);
    }
    db_done(st);
    mem_free(s);
    return e;
}

enum err catalogue_recordings(struct catalogue *c, const struct recording_query *q, bool *ret_more,
                              enum err (*each)(void *ctx, const struct recording_row *r),
                              void *ctx) {
    CHECK(q->limit >= 1 && q->limit <= CATALOGUE_PAGE_MAX);
    struct page p = {.rows = mem_alloc(q->limit * sizeof(*p.rows))};
    enum err e = p.rows ? find_page(c, q, &p) : ERR_NOMEM;
    for (unsigned i = 0; e == OK && i < p.n; i++) {
        e = each(ctx, &p.rows[q->before ? p.n - 1 - i : i]);
    }
    mem_free(p.rows);
    if (e == OK) {
        *ret_more = p.more;
    }
    return e;
}
