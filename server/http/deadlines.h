/* Deadlines of connections, on libwebsockets' clock. They run between services of sockets, so a
 * connection may be ended from one. Owner: the control thread. */
#ifndef ORIEL_SERVER_HTTP_DEADLINES_H
#define ORIEL_SERVER_HTTP_DEADLINES_H

#include "base/timers.h"
#include "server/http/lws.h"

struct deadline {
    struct timer timer;
    void (*due)(struct deadline *d); /* not set any more; may set it again */
};

struct deadlines {
    struct lws_context *lws; /* NULL: stopped */
    struct lws_sorted_usec_list sul;
    struct timers timers;
};

/* Room for cap deadlines at once. ERR_NOMEM leaves *d safe to stop and free. */
enum err deadlines_open(struct deadlines *d, struct lws_context *lws, size_t cap);
/* Nothing is due any more: before the context is destroyed. Safe on a zeroed struct. */
void deadlines_stop(struct deadlines *d);
/* After the context was destroyed, which clears what was set. Safe on a zeroed struct. */
void deadlines_free(struct deadlines *d);
/* Set or move x; US_NEVER clears it. */
void deadlines_set(struct deadlines *d, struct deadline *x, us_t at);

#endif
