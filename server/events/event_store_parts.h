/* What the files of the store of events share. Owner: the thread of its connection. */
#ifndef ORIEL_SERVER_EVENTS_EVENT_STORE_PARTS_H
#define ORIEL_SERVER_EVENTS_EVENT_STORE_PARTS_H

#include "base/buffer.h"
#include "recorder/db/sql_cache.h"
#include "server/events/event_store.h"

struct event_store {
    sqlite3 *db;
    struct sql_cache cache;
    struct buffer body; /* of the event that is written */
    /* What the sink wants, with a comma before and behind each name; "": all. */
    char types[EVENT_TYPE_COUNT * 48];
    us_t retry_most; /* [us] 0: not known */
};

/* What event_store_shared.h wants: format 4. */
const char *event_store_shared_schema(void);
/* The first n numbers of the first row of q, which is given back. ERR_UNKNOWN: there is no row. */
enum err event_store_numbers(struct event_store *s, sqlite3_stmt *q, int64_t *ret, int n);
/* Note which recording it is about, and who takes which seat. In a transaction. */
enum err event_store_remember(struct event_store *s, const struct event *e);
/* Was what it is about shredded? Known before it was stored. */
enum err event_store_is_erased(struct event_store *s, const struct event *e, bool *ret);
/* Add blanks to the envelope of e where what would stand there erased is longer. */
void event_store_pad(struct buffer *body, const struct event *e);

#endif
