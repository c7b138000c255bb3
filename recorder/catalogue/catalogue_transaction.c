#include "recorder/catalogue/catalogue_db.h"

#include "base/alloc.h"

enum err catalogue_begin(struct catalogue *c) {
    return db_begin(c->db);
}

enum err catalogue_commit(struct catalogue *c) {
    return db_commit(c->db);
}

void catalogue_rollback(struct catalogue *c) {
    db_rollback(c->db);
}

struct catalogue *catalogue_close(struct catalogue *c) {
    if (c) {
        db_close(c->db);
        mem_free(c);
    }
    return NULL;
}

enum err catalogue_sync_begin(struct catalogue *c) {
    if (!c->shared) {
        return db_script(c->db, "PRAGMA synchronous=FULL");
    }
    enum err e = db_begin(c->db);
    return e == OK ? db_script(c->db, POSTGRES_SYNC) : e;
}

enum err catalogue_sync_end(struct catalogue *c, enum err e) {
    if (!c->shared) {
        (void)db_script(c->db, "PRAGMA synchronous=NORMAL");
        return e;
    }
    e = e == OK ? db_commit(c->db) : e;
    db_rollback(c->db);
    return e;
}
