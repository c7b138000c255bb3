#include "recorder/catalogue/catalogue_db.h"

enum err catalogue_begin(struct catalogue *c) {
    return sql_run_kept(&c->cache, "BEGIN IMMEDIATE", "");
}

enum err catalogue_commit(struct catalogue *c) {
    return sql_run_kept(&c->cache, "COMMIT", "");
}

void catalogue_rollback(struct catalogue *c) {
    if (!sqlite3_get_autocommit(c->db)) {
        sql_exec(c->db, "ROLLBACK");
    }
}
