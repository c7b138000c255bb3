/* Deadlines of connections, on libwebsockets' clock. They run between services of sockets, so a
 * connection may be ended from one. Owner: the control thread. */
#ifndef ORIEL_SERVER_HTTP_DEADLINES_H
#define ORIEL_SERVER_HTTP_DEADLINES_H

#include "base/timers.h"

struct lws_context;

struct deadline {
    struct timer timer;
    void (*due)(struct deadline *d, us_t now); /* not set any more; may set it again */
};

struct deadlines;
/* Room for cap deadlines at once. NULL when memory is out. */
struct deadlines *deadlines_new(size_t cap);
/* From now on they are due. */
void deadlines_run(struct deadlines *d, struct lws_context *lws);
/* Nothing is due any more: before the context is destroyed. NULL allowed. */
void deadlines_stop(struct deadlines *d);
/* After the context was destroyed, which clears what was set. NULL allowed; returns NULL. */
struct deadlines *deadlines_free(struct deadlines *d);
/* Call those that are due at now, of a flood the first ones. libwebsockets' clock does it by
 * itself. */
void deadlines_due(struct deadlines *d, us_t now);
/* Set or move x; US_NEVER clears it. */
void deadlines_set(struct deadlines *d, struct deadline *x, us_t at);

#endif
