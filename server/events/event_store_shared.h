/* What a copy of the ledger elsewhere needs to know of it (server/ledger): its name, its events in
 * their order, and which of them have been erased since they were copied. Owner: the thread of its
 * connection. */
#ifndef ORIEL_SERVER_EVENTS_EVENT_STORE_SHARED_H
#define ORIEL_SERVER_EVENTS_EVENT_STORE_SHARED_H

#include "base/bytes.h"
#include "server/events/event_store.h"

/* As what it is known elsewhere. ERR_UNKNOWN: nobody has named it. */
enum err event_store_name(struct event_store *s, char ret[ULID_CHARS + 1]);
/* From now on what is erased is noted. */
enum err event_store_set_name(struct event_store *s, const char *name);
/* The number of the last event of all, also when it is forgotten; 0: there was none. */
enum err event_store_last(struct event_store *s, int64_t *ret);
/* The id of event n. ERR_UNKNOWN: it is forgotten, or to come. */
enum err event_store_id(struct event_store *s, int64_t n, char ret[ULID_CHARS + 1]);

/* An event as it is copied. */
struct event_copy {
    int64_t n, seq, at; /* at [us since 1970] */
    bool erased;
    char id[ULID_CHARS + 1], tour[TOUR_NAME_MAX + 1], type[48];
    struct bytes body; /* its envelope; borrowed for the call */
};
/* Those behind number n in their order, while each(ctx, event) says that it takes them: it is asked
 * for one more than it takes. At most EVENT_COPIES of them. */
#define EVENT_COPIES 256
enum err event_store_copies(struct event_store *s, int64_t n,
                            bool (*each)(void *ctx, const struct event_copy *e), void *ctx);
/* Those that were erased and are not done, as they are now; *ret_place: for
 * event_store_amended_done. As before. */
enum err event_store_amended(struct event_store *s, int64_t *ret_place,
                             bool (*each)(void *ctx, const struct event_copy *e), void *ctx);
/* The copy has all of them up to this place. */
enum err event_store_amended_done(struct event_store *s, int64_t place);

#endif
