/* DESIGN. An event that is erased keeps its place: receivers count on numbers without holes. Its
 * new envelope is padded with blanks to the length of the old one, which is never shorter, so that
 * SQLite writes it where the old one was and moves nothing: what is moved may leave a copy in a
 * page's free space. The log
 * has the old page still; it is truncated before the order counts as done. */
#include "server/events/event_store_parts.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

/* ---- what is known of recordings ---- */

static bool is_about_people(uint8_t type) {
    switch ((enum event_type)type) {
    case EVENT_RECORDING_STARTED:
    case EVENT_RECORDING_PAUSED:
    case EVENT_RECORDING_FAILING:
    case EVENT_RECORDING_COMPLETED:
    case EVENT_RECORDING_ERASED:
    case EVENT_PARTICIPANT_ERASED:
        return false;
    default:
        return true;
    }
}

enum err event_store_remember(struct event_store *s, const struct event *e) {
    enum err err = OK;
    if (*e->recording && e->type != EVENT_RECORDING_ERASED && e->type != EVENT_PARTICIPANT_ERASED) {
        err = sql_run_kept(&s->cache, "INSERT OR IGNORE INTO recorded VALUES(?1, ?2, ?3)", "ttt",
                           e->recording, e->tour, e->session);
    }
    if (err == OK && e->type == EVENT_PARTICIPANT_JOINED && e->person) {
        err = sql_run_kept(&s->cache, "INSERT OR IGNORE INTO seat VALUES(?1, ?2, ?3)", "tii",
                           e->session, (int64_t)e->person, (int64_t)e->number);
    }
    return err;
}

/* Of a recording as a whole: what was said until the order, and is stored only now. The wall clock
 * may have been set back before it was carried out (what is later than that was said before), and
 * after (what was posted later is kept, whatever its time is). */
#define SHREDDED_IN(table)                                                   \
    "SELECT 1 FROM recorded r JOIN " table " x ON x.recording = r.recording" \
    " WHERE r.session = ?1 AND ((x.person <> 0 AND x.person = ?2)"           \
    " OR (x.person = 0 AND x.now >= ?4 AND (x.at >= ?3 OR (?4 > 0 AND x.wall < ?3))))"

enum err event_store_is_erased(struct event_store *s, const struct event *e, bool *ret) {
    int64_t found = 0;
    enum err err = ERR_UNKNOWN;
    if (is_about_people(e->type) && *e->session) {
        err = event_store_numbers(
            s,
            sql_borrow(&s->cache,
                       SHREDDED_IN("erased") " UNION ALL " SHREDDED_IN("early") " LIMIT 1", "tiii",
                       e->session, (int64_t)e->person, e->at.us, e->posted),
            &found, 1);
    }
    *ret = err == OK;
    return err == ERR_UNKNOWN ? OK : err;
}

/* ---- erasing ---- */

#define ERASED_MEMBER ",\"erased\":true" /* what event_write has instead of all other data */

void event_store_pad(struct buffer *body, const struct event *e) {
    size_t least = sizeof(ERASED_MEMBER) - 1;
    for (size_t has = e->n > 0 ? e->n + 1 : 0; has < least && !e->erased; has++) {
        buffer_str(body, " ");
    }
}

/* ERR_UNKNOWN: nobody told of it, or it was done before. */
static enum err find(struct event_store *s, struct event_erasure *x) {
    sqlite3_stmt *q = sql_borrow(&s->cache,
                                 "SELECT r.tour, r.session, COALESCE((SELECT number FROM seat"
                                 " WHERE session = r.session AND person = ?2), 0)"
                                 " FROM recorded r WHERE r.recording = ?1 AND NOT EXISTS"
                                 " (SELECT 1 FROM erased x WHERE x.recording = ?1"
                                 " AND x.person IN (0, ?2))",
                                 "ti", x->recording, (int64_t)x->person);
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(s->db));
    if (e == OK) {
        sql_text(q, 0, x->tour, sizeof(x->tour));
        sql_text(q, 1, x->session, sizeof(x->session));
        x->number = (uint32_t)sqlite3_column_int64(q, 2);
    }
    sql_give_back(&s->cache, q);
    return e;
}

/* Those that are to be erased and are not yet, some of them: in the order of the index, so that
 * none is sorted. Those of an earlier format say of nobody whom they are about, so that all of them
 * in the run are. */
#define ERASED_MAX 1000 /* events that one call erases */
#define TO_ERASE                                                                          \
    "SELECT n, seq, at, type, id, tour, length(CAST(body AS BLOB)),"                      \
    " json_extract(body, '$.metadata.correlationId')"                                     \
    " FROM event INDEXED BY event_session"                                                \
    " WHERE session = ?1 AND ?1 <> '' AND erased = 0"                                     \
    " AND type NOT LIKE 'recording.%' AND type <> 'participant.erased'"                   \
    " AND ((?2 = 0 AND (at <= ?3 OR (at > ?5 AND n <= ?6))) OR (?2 <> 0 AND (person = ?2" \
    " OR (person = 0 AND json_extract(body, '$.data.participant.id') IS NOT NULL))))"     \
    " ORDER BY person, n LIMIT ?4"

struct target {
    int64_t n, length;
    uint64_t seq;
    struct event *e; /* as it will be */
};

static void read_target(sqlite3_stmt *q, struct target *t) {
    char type[48];
    t->n = sqlite3_column_int64(q, 0);
    t->seq = (uint64_t)sqlite3_column_int64(q, 1);
    t->length = sqlite3_column_int64(q, 6);
    t->e->at = (wall_t){sqlite3_column_int64(q, 2)};
    sql_text(q, 3, type, sizeof(type));
    t->e->type = (uint8_t)event_type_from_name(type);
    sql_text(q, 4, t->e->id, sizeof(t->e->id));
    sql_text(q, 5, t->e->tour, sizeof(t->e->tour));
    sql_text(q, 7, t->e->correlation, sizeof(t->e->correlation));
}

static enum err overwrite(struct event_store *s, const struct target *t) {
    buffer_cut(&s->body, 0);
    event_write(&s->body, t->e, t->seq);
    while (!s->body.bad && (int64_t)s->body.n < t->length) {
        buffer_str(&s->body, " ");
    }
    return s->body.bad
               ? ERR_NOMEM
               : sql_run_kept(&s->cache, "UPDATE event SET body = ?2, erased = 1 WHERE n = ?1",
                              "it", t->n, s->body.p);
}

/* What is written moves no row to where the walk comes yet: person and n are what they were. */
static enum err overwrite_each(struct event_store *s, sqlite3_stmt *q, struct target *t,
                               bool *ret_more) {
    int64_t done = 0;
    enum err e;
    while ((e = sql_step(q)) == OK) {
        read_target(q, t);
        e = overwrite(s, t);
        if (e != OK) {
            return e;
        }
        done++;
    }
    *ret_more = done == ERASED_MAX;
    return e == ERR_UNKNOWN ? OK : e;
}

static int64_t known_or_never(int64_t us) {
    return us ? us : INT64_MAX;
}

static enum err overwrite_some(struct event_store *s, const struct event_erasure *x,
                               bool *ret_more) {
    struct target t = {.e = event_new(EVENT_MESSAGE, "", 0)};
    if (!t.e) {
        return ERR_NOMEM;
    }
    t.e->erased = true;
    snprintf(t.e->session, sizeof(t.e->session), "%s", x->session);
    sqlite3_stmt *q =
        sql_borrow(&s->cache, TO_ERASE, "tiiiii", x->session, (int64_t)x->person, x->at.us,
                   (int64_t)ERASED_MAX, known_or_never(x->wall.us), x->last);
    enum err e = q ? overwrite_each(s, q, &t, ret_more) : sql_error(sqlite3_errcode(s->db));
    sql_give_back(&s->cache, q);
    mem_free(t.e);
    return e;
}

static enum err note_done(struct event_store *s, const struct event_erasure *x, const char *sql) {
    return sql_run_kept(&s->cache, sql, "tiiii", x->recording, (int64_t)x->person, x->at.us,
                        known_or_never(x->wall.us), known_or_never(x->now));
}

/* Nobody has told of the recording: that may still wait to be stored, with all that was said. */
static enum err note_early(struct event_store *s, const struct event_erasure *x) {
    int64_t is_known = 0;
    enum err e = event_store_numbers(
        s, sql_borrow(&s->cache, "SELECT 1 FROM recorded WHERE recording = ?1", "t", x->recording),
        &is_known, 1);
    if (e == ERR_UNKNOWN) {
        e = note_done(s, x, "INSERT OR IGNORE INTO early VALUES(?1, ?2, ?3, ?4, ?5)");
    }
    return e == OK ? ERR_UNKNOWN : e;
}

static enum err find_last(struct event_store *s, int64_t *ret) {
    return event_store_numbers(
        s, sql_borrow(&s->cache, "SELECT COALESCE(MAX(n), 0) FROM event", ""), ret, 1);
}

enum err event_store_erase(struct event_store *s, struct event_erasure *x, bool *ret_more) {
    *ret_more = false;
    enum err e = find(s, x);
    if (e == ERR_UNKNOWN) {
        return note_early(s, x);
    }
    e = e == OK && x->last == 0 ? find_last(s, &x->last) : e;
    e = e == OK ? overwrite_some(s, x, ret_more) : e;
    return e != OK || *ret_more ? e
                                : note_done(s, x, "INSERT INTO erased VALUES(?1, ?2, ?3, ?4, ?5)");
}

enum err event_store_early(struct event_store *s, struct event_erasure *ret) {
    sqlite3_stmt *q = sql_borrow(&s->cache,
                                 "SELECT y.recording, y.person, y.at FROM early y"
                                 " JOIN recorded r ON r.recording = y.recording"
                                 " WHERE NOT EXISTS (SELECT 1 FROM erased x"
                                 " WHERE x.recording = y.recording AND x.person IN (0, y.person))"
                                 " LIMIT 1",
                                 "");
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(s->db));
    if (e == OK) {
        *ret = (struct event_erasure){.person = (uint64_t)sqlite3_column_int64(q, 1),
                                      .at = {sqlite3_column_int64(q, 2)}};
        sql_text(q, 0, ret->recording, sizeof(ret->recording));
    }
    sql_give_back(&s->cache, q);
    return e;
}

#define EARLY_DONE                                     \
    " FROM early WHERE EXISTS (SELECT 1 FROM erased x" \
    " WHERE x.recording = early.recording AND x.person IN (0, early.person))"

enum err event_store_early_done(struct event_store *s, int64_t *ret) {
    return event_store_numbers(s, sql_borrow(&s->cache, "SELECT COUNT(*)" EARLY_DONE, ""), ret, 1);
}

enum err event_store_erased_to(struct event_store *s, int64_t *ret) {
    return event_store_numbers(s, sql_borrow(&s->cache, "SELECT place FROM shreds", ""), ret, 1);
}

enum err event_store_set_erased_to(struct event_store *s, int64_t place) {
    enum err e = sql_truncate_log(s->db);
    e = e == OK ? sql_run_kept(&s->cache, "DELETE" EARLY_DONE, "") : e;
    return e == OK ? sql_run_kept(&s->cache, "UPDATE shreds SET place = ?1", "i", place) : e;
}
