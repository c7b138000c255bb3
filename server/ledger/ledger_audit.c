/* The audit log of this node, in the database: the lines as they are, so that whoever has them can
 * verify them. */
#include "base/alloc.h"
#include "base/json_write.h"
#include "server/ledger/ledger_parts.h"
#include "server/os/files.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLOCKS (60 * US_PER_S) /* two looks at a clock in one addition to the log */

/* ---- the name of the chain: a file beside the log ---- */

static bool name_file(const struct ledger *l, char path[PATH_MAX]) {
    return snprintf(path, PATH_MAX, "%s/chain", l->c.audit) < PATH_MAX;
}

static enum err rename_chain(struct ledger *l, wall_t wall) {
    char path[PATH_MAX];
    ledger_new_name(l, wall, l->chain);
    bool ok = name_file(l, path);
    if (ok) {
        (void)unlink(path);
    }
    enum err e = ok ? files_create(path, bytes_of(l->chain, ULID_CHARS)) : ERR_IO;
    if (e != OK) {
        *l->chain = '\0';
    }
    l->placed = false;
    return e == OK ? OK : ERR_IO;
}

static enum err find_name(struct ledger *l, wall_t wall) {
    char path[PATH_MAX], *text = NULL;
    size_t n = 0;
    if (*l->chain || !name_file(l, path)) {
        return *l->chain ? OK : ERR_IO;
    }
    enum err e = access(path, F_OK) == 0 ? files_read(path, 64, &text, &n) : ERR_UNKNOWN;
    bool good = e == OK && n == ULID_CHARS && ulid_valid(text);
    if (good) {
        snprintf(l->chain, sizeof(l->chain), "%s", text);
    }
    mem_free(text);
    return good ? OK : e == OK || e == ERR_UNKNOWN || e == ERR_LONG ? rename_chain(l, wall) : e;
}

/* ---- copying ---- */

static bool put_line(void *ctx, const struct audit_record *r, struct bytes line) {
    struct ledger *l = ctx;
    struct buffer *b = &l->rows;
    if (!ledger_rows_fit(l, line.n)) {
        return false;
    }
    json_open(b, NULL, '{');
    json_put_uint(b, "number", r->number);
    json_put_int(b, "at", r->e.at.us);
    json_put_string(b, "what", r->word);
    json_put_string_n(b, "line", (const char *)line.p, line.n);
    json_close(b, '}');
    l->n_rows++;
    if (r->e.what == AUDIT_PRUNE && r->is_signed) {
        l->removed_upto = r->upto;
        l->removed_at = r->e.at;
    }
    return !b->bad;
}

static enum err insert(struct ledger *l, const struct audit_tail *t) {
    char hash[2 * SHA256_LEN + 1];
    hex_encode(hash, t->last.hash, SHA256_LEN);
    enum err e =
        db_run(l->db,
               "INSERT INTO audit(chain, number, at, what, line)"
               " SELECT ?1, x.number, x.at, x.what, x.line FROM json_to_recordset(?2::json)"
               " AS x(number bigint, at bigint, what text, line text)",
               "tt", l->chain, l->rows.p);
    return e == OK ? db_run(l->db, "UPDATE chains SET number = ?2, hash = ?3 WHERE name = ?1",
                            "tit", l->chain, (int64_t)t->last.number, hash)
                   : e;
}

/* What a signed record says was removed is removed here, too, but nothing that is too young for
 * that: whoever can write and sign records here cannot say when that is. */
static enum err remove_old(struct ledger *l) {
    if (!l->removed_upto || !l->c.keep_audit) {
        return OK;
    }
    return db_run(l->db,
                  "DELETE FROM audit WHERE chain = ?1 AND number <= ?2 AND NOT EXISTS"
                  " (SELECT 1 FROM audit a WHERE a.chain = ?1 AND a.number <= ?2"
                  " AND a.at >= LEAST(?3, " LEDGER_NOW ") - ?4)",
                  "tiii", l->chain, (int64_t)l->removed_upto, l->removed_at.us,
                  (int64_t)l->c.keep_audit - CLOCKS);
}

/* In a transaction. ERR_WRONG_STATE: the copy is of another log. *ret: where it is then. */
static enum err copy_some(struct ledger *l, uint64_t upto, struct audit_tail *ret) {
    struct ledger_place p = {.ask = "SELECT number, hash FROM chains WHERE name = ?1 FOR UPDATE",
                             .make = "INSERT INTO chains VALUES(?1, 0, '')"};
    struct audit_known known = {0};
    enum err e = ledger_find_place(l, l->chain, &p);
    if (e != OK) {
        return e;
    }
    known.number = (uint64_t)p.n;
    if (p.n > 0 && !hex_decode(known.hash, SHA256_LEN, p.what)) {
        return ERR_WRONG_STATE;
    }
    *ret = l->tail;
    if (!l->placed || memcmp(&known, &l->tail.last, sizeof(known)) != 0) {
        e = audit_tail_seek(l->c.audit, &known, ret);
    }
    const struct audit_tail_reader r = {.upto = upto, .each = put_line, .ctx = l};
    ledger_rows_begin(l);
    l->removed_upto = 0;
    json_open(&l->rows, NULL, '[');
    e = e == OK ? audit_tail_read(l->c.audit, ret, &r) : e;
    json_close(&l->rows, ']');
    if (e != OK || l->rows.bad || l->n_rows == 0) {
        return e == OK && l->rows.bad ? ERR_NOMEM : e;
    }
    e = insert(l, ret);
    return e == OK ? remove_old(l) : e;
}

enum err ledger_copy_audit(struct ledger *l, const struct ledger_turn *t, bool *ret_more) {
    struct audit_tail tail;
    if (!*l->c.audit || (l->placed && l->tail.last.number >= t->audit_last)) {
        return OK;
    }
    enum err e = find_name(l, t->wall);
    e = e == OK ? db_begin_reading(l->db) : e;
    e = e == OK ? copy_some(l, t->audit_last, &tail) : e;
    e = e == OK ? db_commit(l->db) : e;
    db_rollback(l->db);
    if (e == ERR_WRONG_STATE) {
        *ret_more = true;
        return rename_chain(l, t->wall);
    }
    if (e == OK) {
        l->tail = tail;
        l->placed = true;
        *ret_more = *ret_more || l->n_rows > 0;
    }
    return e;
}
