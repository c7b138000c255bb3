/* What the copies of events and of the audit log have in common. */
#include "server/ledger/ledger_parts.h"
#include "server/os/clock.h"

void ledger_new_name(struct ledger *l, wall_t wall, char ret[ULID_CHARS + 1]) {
    const struct rng rng = clock_rng();
    ulid_next(&l->ids, wall, &rng, ret);
}

void ledger_rows_begin(struct ledger *l) {
    buffer_cut(&l->rows, 0);
    l->n_rows = 0;
}

bool ledger_rows_fit(const struct ledger *l, size_t n) {
    return l->n_rows == 0 || (l->n_rows < LEDGER_ROWS && l->rows.n + n < LEDGER_BYTES);
}

enum err ledger_find_place(struct ledger *l, const char *name, struct ledger_place *p) {
    struct db_rows *r = db_query(l->db, p->ask, "t", name);
    enum err e = r ? db_next(r) : db_error(l->db);
    p->n = 0;
    *p->what = '\0';
    if (e == OK) {
        p->n = db_int(r, 0);
        db_text(r, 1, p->what, sizeof(p->what));
    }
    db_done(r);
    return e == ERR_UNKNOWN ? db_run(l->db, p->make, "t", name) : e;
}
