/* Changes of the tours that the API keeps: signaling, memory and database agree in the end, and who
 * asked is answered when it is durable. */
#ifndef ORIEL_SERVER_API_TOUR_CHANGES_H
#define ORIEL_SERVER_API_TOUR_CHANGES_H

#include "base/list.h"
#include "server/api/tours_json.h"
#include "server/http/request.h"

struct api;

/* What there is. Borrowed parts are made and taken apart by boot. */
struct tour_changes {
    struct registry *registry;
    struct tours_thread *thread; /* NULL: there are no tours of the API */
    struct ulid_maker ulids;
    size_t most_ended;   /* that are kept */
    size_t per_sub;      /* that have not ended, made by one; 0: any number */
    size_t per_issuer;   /* likewise, by all of one issuer */
    uint64_t refused;    /* for these two */
    struct link waiting; /* struct change, in the order of their orders */
    uint64_t tags;
};

/* Before anything else. */
void tour_changes_init(struct tour_changes *c);
/* What still waits will not be answered. */
void tour_changes_free(struct tour_changes *c);
/* Tell signaling of the tours that did not end; at the start. */
void tour_changes_declare(struct api *a);

/* All answer the request, now or later; key is its idempotency key (keyed.h). */
/* The record, which it takes, is a tour from now on. */
void tour_changes_make(struct request *r, uint64_t key, struct tour_record *record);
/* The tour is from now on as `next`, which it takes, says; lobby_too: and so is the lobby of its
 * run, whatever hosts have made of it. */
void tour_changes_update(struct request *r, struct tour_record *kept, struct tour_record *next,
                         bool lobby_too);
/* It ends for good, or is forgotten as well. */
void tour_changes_end(struct request *r, struct tour_record *kept, bool forget);

/* Tours whose ends_at is over end for good, so that they take no place any more, and where too many
 * that ended are kept the oldest are forgotten. Looks at a few in each call. */
void tour_changes_sweep(struct api *a);
/* The thread has replied. */
void tour_changes_service(struct api *a);

#endif
