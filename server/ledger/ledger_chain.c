#include "server/ledger/ledger_chain.h"

#include "recorder/db/database.h"

#include <stdio.h>

#define PAGE 500 /* records at once */

enum err ledger_chains_open(const struct postgres_config *database, struct db **ret,
                            char why[WHY_MAX]) {
    struct postgres_config c = *database;
    struct db *d = NULL;
    c.schema = LEDGER_SCHEMA;
    c.write = c.make = false;
    enum err e = db_open_postgres(&c, NULL, &d);
    e = e == OK ? db_connect(d) : e;
    if (e != OK) {
        const char *said = d ? db_postgres_why(d) : "";
        snprintf(why, WHY_MAX, "%s",
                 e == ERR_UNKNOWN ? "no audit log is in the database"
                 : *said          ? said
                                  : err_name(e));
        db_close(d);
        return e;
    }
    *ret = d;
    return OK;
}

void ledger_chains_close(struct db *d) {
    db_close(d);
}

enum err ledger_chains_each(struct db *d, void (*each)(void *ctx, const char *name), void *ctx) {
    struct db_rows *r = db_query(d, "SELECT name FROM chains ORDER BY name", "");
    enum err e = r ? db_next(r) : db_error(d);
    while (e == OK) {
        each(ctx, db_str(r, 0));
        e = db_next(r);
    }
    db_done(r);
    return e == ERR_UNKNOWN ? OK : e;
}

/* A part of them; *ret_n: how many. */
static enum err walk_page(struct db *d, const char *name, struct audit_chain *c,
                          enum audit_fault *ret_fault, unsigned *ret_n) {
    struct audit_record record;
    struct db_rows *r = db_query(d,
                                 "SELECT line FROM audit WHERE chain = ?1 AND number > ?2"
                                 " ORDER BY number LIMIT ?3",
                                 "tii", name, (int64_t)c->last.number, (int64_t)PAGE);
    enum err e = r ? db_next(r) : db_error(d);
    *ret_n = 0;
    while (e == OK && *ret_fault == AUDIT_SOUND) {
        *ret_fault = audit_chain_take(c, db_bytes(r, 0), &record);
        ++*ret_n;
        e = db_next(r);
    }
    db_done(r);
    return e == ERR_UNKNOWN ? OK : e;
}

/* How far the copy has come: whoever removes the last records has to change that, too. */
static enum err find_end(struct db *d, const char *name, struct audit_known *ret) {
    struct db_rows *r = db_query(d, "SELECT number, hash FROM chains WHERE name = ?1", "t", name);
    enum err e = r ? db_next(r) : db_error(d);
    *ret = (struct audit_known){0};
    if (e == OK && hex_decode(ret->hash, SHA256_LEN, db_str(r, 1))) {
        ret->number = (uint64_t)db_int(r, 0);
    }
    db_done(r);
    return e == ERR_UNKNOWN ? OK : e;
}

/* As one moment has it: records are removed for their age meanwhile. */
enum err ledger_chain_walk(struct db *d, const char *name, struct audit_chain *c,
                           enum audit_fault *ret_fault) {
    unsigned n = PAGE;
    enum err e = db_begin_reading(d);
    e = e == OK ? find_end(d, name, &c->known[0]) : e;
    *ret_fault = AUDIT_SOUND;
    while (e == OK && n == PAGE && *ret_fault == AUDIT_SOUND) {
        e = walk_page(d, name, c, ret_fault, &n);
    }
    db_rollback(d);
    *ret_fault = *ret_fault == AUDIT_SOUND ? audit_chain_end(c) : *ret_fault;
    return e;
}
