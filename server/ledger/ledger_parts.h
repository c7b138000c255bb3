/* What the files of the ledger share. Owner: its thread. */
#ifndef ORIEL_SERVER_LEDGER_LEDGER_PARTS_H
#define ORIEL_SERVER_LEDGER_LEDGER_PARTS_H

#include "base/buffer.h"
#include "base/ulid.h"
#include "recorder/db/database.h"
#include "server/audit/audit_tail.h"
#include "server/events/event_store_shared.h"
#include "server/ledger/ledger.h"
#include "server/tours/tours_shared.h"

#define LEDGER_ROWS 256      /* in one transaction */
#define LEDGER_BYTES 1000000 /* [bytes] the same, of their text */

struct ledger {
    struct ledger_config c;
    struct db *db;
    uint64_t connection; /* db_connections, when the positions were asked */
    struct ulid_maker ids;
    struct buffer rows; /* JSON, as the database reads it */
    size_t n_rows;
    us_t pruned, pinged; /* pruned -1: not yet */
    /* Events. */
    struct event_store *events;   /* NULL: there is no file yet */
    char name[ULID_CHARS + 1];    /* "": not known */
    int64_t last;                 /* number of the last here */
    int64_t at, known;            /* position there; at -1: to be asked */
    bool vacuum;                  /* what was erased there is in unused parts of its files */
    char last_id[ULID_CHARS + 1]; /* of the rows */
    int64_t last_n;
    /* Tours. */
    struct tours_db *tours;    /* NULL: there is no file yet */
    char list[ULID_CHARS + 1]; /* "": not known */
    int64_t tours_last;        /* place of the last change here */
    int64_t tours_at;          /* of the copy; -1: to be asked */
    int64_t tours_to;          /* of the rows */
    /* The audit log. */
    char chain[ULID_CHARS + 1]; /* "": not known */
    struct audit_tail tail;
    bool placed;           /* the tail is where the database is */
    uint64_t removed_upto; /* what the rows say was removed for its age; 0: nothing */
    wall_t removed_at;
    uint64_t audit_last;
};

/* The time of the database, as ours: of two clocks the one that is behind counts where something is
 * removed for its age, so that neither can have all of it removed. */
#define LEDGER_NOW "(EXTRACT(EPOCH FROM now()) * 1000000)::bigint"

/* A name that nobody has. */
void ledger_new_name(struct ledger *l, wall_t wall, char ret[ULID_CHARS + 1]);
/* Begin rows anew; is there room for one more of n bytes? */
void ledger_rows_begin(struct ledger *l);
bool ledger_rows_fit(const struct ledger *l, size_t n);
/* Where the copy of `name` is, which is locked by this transaction, and made if need be. */
struct ledger_place {
    const char *ask, *make;        /* constants: statements */
    int64_t n;                     /* number of the last there; 0: none */
    char what[2 * SHA256_LEN + 1]; /* its id, or its hash */
};
enum err ledger_find_place(struct ledger *l, const char *name, struct ledger_place *p);

/* What there is here. */
enum err ledger_look_events(struct ledger *l);
enum err ledger_look_tours(struct ledger *l);
/* A part of each. Errors of ledger_step. */
enum err ledger_copy_events(struct ledger *l, const struct ledger_turn *t, bool *ret_more);
enum err ledger_erase_events(struct ledger *l, bool *ret_more);
enum err ledger_copy_tours(struct ledger *l, const struct ledger_turn *t, bool *ret_more);
enum err ledger_copy_audit(struct ledger *l, const struct ledger_turn *t, bool *ret_more);

#endif
