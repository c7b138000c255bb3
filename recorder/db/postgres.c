#include "recorder/db/postgres.h"

#include "base/alloc.h"
#include "base/check.h"
#include "recorder/db/database_kind.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_MAX 96   /* prepared statements of a connection */
#define TEXT_MAX 8192 /* [bytes] of a statement */
#define SILENT "it does not answer"
#define PARAMS_MAX 64 /* of a connection; libpq knows about 40 */

/* Types, as the server numbers them (pg_type.dat). */
enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25 };

struct postgres_db {
    struct db db;
    struct postgres_config c;
    struct postgres_session session;
    PGconn *conn; /* NULL: there is none */
    bool connecting;
    bool open, lost;                 /* a transaction; its connection was lost */
    us_t retry_at, retry_step, most; /* most: an answer is waited for [us] */
    int64_t changes;
    uint64_t connections;
    const char *kept[KEPT_MAX];
    char why[POSTGRES_WHY_MAX];
};

static struct postgres_db *of(struct db *d) {
    return (struct postgres_db *)d;
}

static void note_why(struct postgres_db *x, const char *text) {
    snprintf(x->why, sizeof(x->why), "%s", text ? text : "");
    x->why[strcspn(x->why, "\r\n")] = '\0';
}

static void disconnect(struct postgres_db *x) {
    PQfinish(x->conn);
    x->conn = NULL;
    x->lost = x->open;
    memset(x->kept, 0, sizeof(x->kept));
}

static enum err lose(struct postgres_db *x, const char *why) {
    note_why(x, why ? why : PQerrorMessage(x->conn));
    disconnect(x);
    return ERR_IO;
}

/* What the server said of an error, by its SQLSTATE. */
static enum err error_of(const char *state) {
    static const struct {
        const char *begins;
        enum err e;
    } all[] = {{"23", ERR_EXISTS}, {"53100", ERR_NOSPACE}, {"53", ERR_BUSY},
               {"40", ERR_BUSY},   {"55P03", ERR_BUSY},    {"57014", ERR_BUSY}};
    for (size_t i = 0; state && i < ARRAY_LEN(all); i++) {
        if (strncmp(state, all[i].begins, strlen(all[i].begins)) == 0) {
            return all[i].e;
        }
    }
    return ERR_IO;
}

static bool is_good(const PGresult *r) {
    ExecStatusType s = PQresultStatus(r);
    return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

/* All was sent, and there is an answer to be had. */
static bool exchange(struct postgres_db *x, us_t until) {
    int left;
    while ((left = PQflush(x->conn)) > 0) {
        if (!x->c.wait(x->c.ctx, PQsocket(x->conn), true, until) || !PQconsumeInput(x->conn)) {
            return false;
        }
    }
    while (left == 0 && PQisBusy(x->conn)) {
        if (!x->c.wait(x->c.ctx, PQsocket(x->conn), false, until) || !PQconsumeInput(x->conn)) {
            return false;
        }
    }
    return left == 0;
}

/* The last result of what was sent; of several statements the first that failed. */
static enum err take_result(struct postgres_db *x, int sent, PGresult **ret) {
    us_t until = x->c.clock(x->c.ctx) + x->most;
    PGresult *last = NULL;
    while (sent) {
        if (!exchange(x, until)) {
            PQclear(last);
            bool late = x->c.clock(x->c.ctx) >= until;
            return lose(x, late ? SILENT : NULL);
        }
        PGresult *r = PQgetResult(x->conn);
        if (!r) {
            break;
        }
        if (last && !is_good(last)) {
            PQclear(r);
        } else {
            PQclear(last);
            last = r;
        }
    }
    if (last && is_good(last)) {
        *ret = last;
        return OK;
    }
    enum err e = error_of(last ? PQresultErrorField(last, PG_DIAG_SQLSTATE) : NULL);
    note_why(x, last ? PQresultErrorMessage(last) : PQerrorMessage(x->conn));
    PQclear(last);
    if (PQstatus(x->conn) != CONNECTION_OK || !sent) {
        disconnect(x);
    }
    return e;
}

static enum err run_text(struct postgres_db *x, const char *text) {
    PGresult *r = NULL;
    enum err e = take_result(x, PQsendQuery(x->conn, text), &r);
    PQclear(r);
    return e;
}

/* ---- a connection ---- */

static bool is_local(const char *host) {
    return !host || !*host || *host == '/' || *host == '@' || strcmp(host, "localhost") == 0 ||
           strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

const char *postgres_url_wrong(const char *url) {
    const char *wrong = NULL;
    char *said = NULL;
    if (strncmp(url, "postgresql://", 13) != 0 && strncmp(url, "postgres://", 11) != 0) {
        return "must be postgresql://USER@HOST/DATABASE";
    }
    PQconninfoOption *all = PQconninfoParse(url, &said);
    if (!all) {
        PQfreemem(said);
        return "is no connection URI of PostgreSQL";
    }
    for (const PQconninfoOption *o = all; o->keyword; o++) {
        if (o->val && strcmp(o->keyword, "password") == 0) {
            wrong = "must not hold the password: name its file in database.password_file";
        } else if (o->val && strcmp(o->keyword, "options") == 0) {
            wrong = "must not hold options";
        }
    }
    PQconninfoFree(all);
    return wrong;
}

struct params {
    const char *keys[PARAMS_MAX + 1], *values[PARAMS_MAX + 1];
    size_t n;
};

static void add(struct params *p, const char *key, const char *value) {
    CHECK(p->n < PARAMS_MAX);
    p->keys[p->n] = key;
    p->values[p->n++] = value;
}

/* What the operator says counts; where he says nothing, the identity of a server that is elsewhere
 * is checked, and a connection that died is noticed. */
static void put_params(struct params *p, const PQconninfoOption *all, const char *password) {
    const char *host = NULL, *sslmode = NULL;
    static const char *const ours[][2] = {{"application_name", "oriel"},
                                          {"keepalives_idle", "10"},
                                          {"keepalives_interval", "5"},
                                          {"keepalives_count", "3"},
                                          {"tcp_user_timeout", "20000"}};
    /* The later one of the same name counts. */
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        add(p, ours[i][0], ours[i][1]);
    }
    for (const PQconninfoOption *o = all; o->keyword; o++) {
        if (o->val) {
            add(p, o->keyword, o->val);
            host = strcmp(o->keyword, "host") == 0 ? o->val : host;
            sslmode = strcmp(o->keyword, "sslmode") == 0 ? o->val : sslmode;
        }
    }
    if (!sslmode && !is_local(host)) {
        add(p, "sslmode", "verify-full");
    }
    if (*password) {
        add(p, "password", password);
    }
    add(p, "client_encoding", "UTF8");
}

static enum err reach(struct postgres_db *x) {
    us_t until = x->c.clock(x->c.ctx) + x->c.connect_most;
    PostgresPollingStatusType s = PGRES_POLLING_WRITING;
    while (PQstatus(x->conn) != CONNECTION_BAD && s != PGRES_POLLING_OK) {
        if (s == PGRES_POLLING_FAILED) {
            break;
        }
        if (!x->c.wait(x->c.ctx, PQsocket(x->conn), s == PGRES_POLLING_WRITING, until)) {
            return lose(x, SILENT);
        }
        s = PQconnectPoll(x->conn);
    }
    bool good = PQstatus(x->conn) == CONNECTION_OK && PQsetnonblocking(x->conn, 1) == 0;
    return good ? OK : lose(x, NULL);
}

static void say_nothing(void *ctx, const char *message) {
    (void)ctx;
    (void)message;
}

static enum err start(struct postgres_db *x) {
    char password[POSTGRES_PASSWORD_MAX] = "";
    enum err e = x->c.password ? x->c.password(x->c.ctx, password) : OK;
    if (e != OK) {
        note_why(x, "the password cannot be read");
        return e == ERR_NOMEM ? e : ERR_IO;
    }
    PQconninfoOption *all = PQconninfoParse(x->c.url, NULL);
    if (all) {
        struct params p = {0};
        put_params(&p, all, password);
        x->conn = PQconnectStartParams(p.keys, p.values, 0);
    }
    PQconninfoFree(all);
    mem_wipe(password, sizeof(password));
    if (!x->conn) {
        return ERR_NOMEM;
    }
    PQsetNoticeProcessor(x->conn, say_nothing, NULL);
    return reach(x);
}

/* One value of a row that is there. */
static enum err ask_one(struct db *d, const char *text, const char *value, int64_t *ret) {
    struct db_rows *r = db_query(d, text, "t", value);
    enum err e = r ? db_next(r) : db_error(d);
    if (e == OK) {
        *ret = db_int(r, 0);
    }
    db_done(r);
    return e;
}

static enum err set_up(struct postgres_db *x) {
    char text[512];
    struct db *d = &x->db;
    const char *encoding = PQparameterStatus(x->conn, "server_encoding");
    if (PQserverVersion(x->conn) < POSTGRES_LEAST || !encoding || strcmp(encoding, "UTF8") != 0) {
        note_why(x, "it must be PostgreSQL 13 or later, and the database UTF8");
        return ERR_UNSUPPORTED;
    }
    long long ms = (long long)(x->c.answer_most / US_PER_MS);
    snprintf(text, sizeof(text),
             "SET synchronous_commit TO off; SET statement_timeout TO %lld; SET lock_timeout TO"
             " %lld; SET idle_in_transaction_session_timeout TO 60000;"
             " SET search_path TO %s",
             ms * 3 / 4, ms / 2, x->c.schema);
    int64_t there = 1;
    enum err e = run_text(x, text);
    e = e == OK
            ? ask_one(d, "SELECT COUNT(*) FROM pg_namespace WHERE nspname=?", x->c.schema, &there)
            : e;
    if (e == OK && there == 0) {
        snprintf(text, sizeof(text), "CREATE SCHEMA %s", x->c.schema);
        e = x->c.write || x->c.make ? run_text(x, text) : ERR_UNKNOWN;
        e = e == ERR_EXISTS ? OK : e; /* somebody was quicker */
    }
    if (e == OK && x->c.write) {
        /* One that was killed a moment ago may still hold it: it is waited for. */
        snprintf(text, sizeof(text), "SELECT pg_advisory_lock(hashtextextended('%s', 0))",
                 x->c.schema);
        e = run_text(x, text);
        if (e == ERR_BUSY) {
            note_why(x, "another server writes in this database");
        }
    }
    return e == OK && x->session.begin ? x->session.begin(x->session.ctx, d) : e;
}

/* As db_connect says it. */
static enum err connect_now(struct postgres_db *x) {
    if (x->conn) {
        return OK;
    }
    us_t now = x->c.clock(x->c.ctx);
    if (x->lost || x->connecting || now < x->retry_at) {
        return ERR_IO;
    }
    x->connecting = true;
    enum err e = start(x);
    e = e == OK ? set_up(x) : e;
    x->connecting = false;
    if (e == OK) {
        x->connections++;
        x->retry_step = 0;
        return OK;
    }
    if (x->conn) {
        disconnect(x);
    }
    x->open = x->lost = false;
    x->retry_step =
        x->retry_step ? us_min(2 * x->retry_step, POSTGRES_RETRY_MAX) : POSTGRES_RETRY_FIRST;
    x->retry_at = x->c.clock(x->c.ctx) + x->retry_step;
    return e;
}

/* What is wrong with the way to it must not look like an answer. */
static enum err ready(struct postgres_db *x) {
    enum err e = connect_now(x);
    return e == OK || e == ERR_NOMEM || e == ERR_BUSY ? e : ERR_IO;
}

/* ---- statements ---- */

/* ? and ?N are $N here. */
static void put_text(char out[TEXT_MAX], const char *text) {
    size_t n = 0;
    unsigned next = 1;
    bool quoted = false;
    for (const char *p = text; *p; p++) {
        CHECK(n + 16 < TEXT_MAX);
        quoted ^= *p == '\'';
        if (*p != '?' || quoted) {
            out[n++] = *p;
            continue;
        }
        out[n++] = '$';
        if (p[1] < '0' || p[1] > '9') {
            n += (size_t)snprintf(out + n, TEXT_MAX - n, "%u", next++);
        }
    }
    out[n] = '\0';
}

struct bound {
    Oid types[DB_VALUES_MAX];
    const char *values[DB_VALUES_MAX];
    int lengths[DB_VALUES_MAX], formats[DB_VALUES_MAX];
    uint8_t numbers[DB_VALUES_MAX][8];
};

static void put_values(struct bound *b, const struct db_statement *s) {
    for (size_t i = 0; i < s->n; i++) {
        const struct db_value *v = &s->values[i];
        b->formats[i] = v->type != 't';
        b->types[i] = v->type == 'i' ? OID_INT8 : v->type == 't' ? OID_TEXT : OID_BYTEA;
        b->values[i] = v->p;
        b->lengths[i] = (int)v->n;
        if (v->type == 'i') {
            struct wr w = wr_of(b->numbers[i], 8);
            wr_u64(&w, (uint64_t)v->i);
            b->values[i] = (const char *)b->numbers[i];
            b->lengths[i] = 8;
        }
    }
}

/* Its number among the kept, which is new if there was none; KEPT_MAX: no place is left. */
static unsigned find_kept(const struct postgres_db *x, const char *text) {
    unsigned i = 0;
    while (i < KEPT_MAX && x->kept[i] && x->kept[i] != text) {
        i++;
    }
    return i;
}

static enum err send_kept(struct postgres_db *x, const struct db_statement *s,
                          const struct bound *b, PGresult **ret) {
    char name[16], text[TEXT_MAX];
    unsigned i = s->keep ? find_kept(x, s->text) : KEPT_MAX;
    int n = (int)s->n;
    if (i == KEPT_MAX) {
        put_text(text, s->text);
        return take_result(
            x, PQsendQueryParams(x->conn, text, n, b->types, b->values, b->lengths, b->formats, 1),
            ret);
    }
    snprintf(name, sizeof(name), "k%u", i);
    if (!x->kept[i]) {
        put_text(text, s->text);
        enum err e = take_result(x, PQsendPrepare(x->conn, name, text, n, b->types), ret);
        if (e != OK) {
            return e;
        }
        PQclear(*ret);
        x->kept[i] = s->text;
    }
    return take_result(
        x, PQsendQueryPrepared(x->conn, name, n, b->values, b->lengths, b->formats, 1), ret);
}

static enum err query(struct db *d, struct db_rows *r, const struct db_statement *s) {
    struct postgres_db *x = of(d);
    struct bound b;
    PGresult *result = NULL;
    enum err e = ready(x);
    if (e != OK) {
        return e;
    }
    put_values(&b, s);
    e = send_kept(x, s, &b, &result);
    if (e == OK) {
        x->changes = strtoll(PQcmdTuples(result), NULL, 10);
        r->of_kind = result;
        r->row = -1;
    }
    return e;
}

static enum err next(struct db_rows *r) {
    return ++r->row < PQntuples(r->of_kind) ? OK : ERR_UNKNOWN;
}

static void done(struct db_rows *r) {
    PQclear(r->of_kind);
}

static struct bytes bytes(struct db_rows *r, int column) {
    if (PQgetisnull(r->of_kind, r->row, column)) {
        return bytes_of(NULL, 0);
    }
    return bytes_of(PQgetvalue(r->of_kind, r->row, column),
                    (size_t)PQgetlength(r->of_kind, r->row, column));
}

static const char *str(struct db_rows *r, int column) {
    return PQgetisnull(r->of_kind, r->row, column) ? "" : PQgetvalue(r->of_kind, r->row, column);
}

static int64_t integer(struct db_rows *r, int column) {
    struct bytes b = bytes(r, column);
    struct rd rd = rd_of(b.p, b.n);
    if (b.n == 0) {
        return 0;
    }
    switch (PQftype(r->of_kind, column)) {
    case OID_BOOL:
        return rd_u8(&rd);
    case OID_INT2:
        return (int16_t)rd_u16(&rd);
    case OID_INT4:
        return (int32_t)rd_u32(&rd);
    default:
        /* A statement of ours that gives another type is wrong. */
        CHECK(PQftype(r->of_kind, column) == OID_INT8);
        return (int64_t)rd_u64(&rd);
    }
}

static int64_t changes(const struct db *d) {
    return ((const struct postgres_db *)d)->changes;
}

static enum err script(struct db *d, const char *text) {
    enum err e = ready(of(d));
    return e == OK ? run_text(of(d), text) : e;
}

/* ---- transactions ---- */

static void rollback(struct db *d) {
    struct postgres_db *x = of(d);
    if (x->open && x->conn && run_text(x, "ROLLBACK") != OK && x->conn) {
        disconnect(x); /* whatever it is in, it is out of */
    }
    x->open = x->lost = false;
}

static enum err begin(struct db *d, bool write) {
    struct postgres_db *x = of(d);
    char text[200];
    enum err e = ready(x);
    CHECK(!x->open);
    if (e != OK) {
        return e;
    }
    snprintf(text, sizeof(text), "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('%s', 1))",
             x->c.schema);
    x->open = true;
    e = run_text(x, write ? text : "BEGIN ISOLATION LEVEL REPEATABLE READ");
    if (e != OK) {
        rollback(d);
    }
    return e;
}

/* A transaction in which something failed is committed as nothing, which is no error there. */
static enum err commit(struct db *d) {
    struct postgres_db *x = of(d);
    PGresult *r = NULL;
    if (!x->open || !x->conn) {
        return ERR_IO;
    }
    enum err e = take_result(x, PQsendQuery(x->conn, "COMMIT"), &r);
    bool real = e == OK && strcmp(PQcmdStatus(r), "COMMIT") == 0;
    PQclear(r);
    x->open = x->conn == NULL || (e != OK && PQtransactionStatus(x->conn) != PQTRANS_IDLE);
    x->lost = x->open && !x->conn;
    return e == OK && !real ? ERR_IO : e;
}

static bool is_open(const struct db *d) {
    return ((const struct postgres_db *)d)->open;
}

static struct db *close_it(struct db *d) {
    PQfinish(of(d)->conn);
    return mem_free(d);
}

static const struct db_kind kind = {close_it, query,  next,  done,   integer,  bytes,  str,
                                    changes,  script, begin, commit, rollback, is_open};

enum err db_open_postgres(const struct postgres_config *c, const struct postgres_session *s,
                          struct db **ret) {
    struct postgres_db *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    x->db.kind = &kind;
    x->c = *c;
    x->session = s ? *s : (struct postgres_session){0};
    x->most = c->answer_most;
    *ret = &x->db;
    return OK;
}

enum err db_connect(struct db *d) {
    return connect_now(of(d));
}

const char *db_postgres_why(const struct db *d) {
    return ((const struct postgres_db *)d)->why;
}

bool db_is_away(const struct db *d) {
    const struct postgres_db *x = (const struct postgres_db *)d;
    return !x->conn && *x->why;
}

uint64_t db_connections(const struct db *d) {
    return ((const struct postgres_db *)d)->connections;
}

enum err db_maintain(struct db *d, const char *text, us_t most) {
    struct postgres_db *x = of(d);
    enum err e = script(d, "SET statement_timeout TO 0");
    if (e == OK) {
        x->most = most;
        e = run_text(x, text);
        x->most = x->c.answer_most;
    }
    if (x->conn) {
        char back[64];
        snprintf(back, sizeof(back), "SET statement_timeout TO %lld",
                 (long long)(x->c.answer_most / US_PER_MS) * 3 / 4);
        enum err reset = run_text(x, back);
        e = e == OK ? reset : e;
    }
    return e;
}
