/* What a copy of the tours elsewhere needs to know of them (server/ledger): under which name they
 * are known there, and which have changed since. Owner: the thread of its connection. */
#ifndef ORIEL_SERVER_TOURS_TOURS_SHARED_H
#define ORIEL_SERVER_TOURS_TOURS_SHARED_H

#include "base/ulid.h"
#include "server/tours/tours_db.h"

/* ERR_UNKNOWN: nobody has named them. */
enum err tours_shared_name(struct tours_db *db, char ret[ULID_CHARS + 1]);
/* From now on changes are noted, and all that there are count as changed. */
enum err tours_shared_set_name(struct tours_db *db, const char *name);
/* The place of the last change; 0: there was none. */
enum err tours_shared_last(struct tours_db *db, int64_t *ret);

/* A tour that has changed, as it is now. */
struct tour_change {
    int64_t place;
    char id[ULID_CHARS + 1];
    bool removed; /* and nothing else is said of it */
    /* Borrowed for the call. */
    const char *name, *title, *made_by, *property;
    int64_t starts_at, ends_at, created_at, updated_at, ended_at, version;
};
#define TOUR_CHANGES 256
/* Those behind this place in the order of their last change, at most TOUR_CHANGES of them, each
 * once, while each(ctx, change) says that it takes them. */
enum err tours_shared_changes(struct tours_db *db, int64_t place,
                              bool (*each)(void *ctx, const struct tour_change *c), void *ctx);
/* The copy is at this place: that tours were removed long before is forgotten. */
enum err tours_shared_done(struct tours_db *db, int64_t place);

#endif
