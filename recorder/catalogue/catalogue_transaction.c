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
