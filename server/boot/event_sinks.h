/* The receivers of events that the configuration names, each with what it takes to reach it. Owner:
 * the control thread. */
#ifndef ORIEL_SERVER_BOOT_EVENT_SINKS_H
#define ORIEL_SERVER_BOOT_EVENT_SINKS_H

#include "server/config/config.h"
#include "server/events/events_thread.h"

struct event_sinks {
    size_t n;
    struct courier_thread_config at[EVENT_SINKS_MAX]; /* events_thread_start takes them over */
};

/* How many there are. */
size_t event_sinks_configured(const struct config *cfg);
/* Read their secrets. Borrows from cfg, which outlives them. ERR_IO, ERR_LONG, ERR_FORMAT,
 * ERR_DENIED, ERR_NOMEM with why[WHY_MAX]. In zeroed memory; event_sinks_free in any case but when
 * events_thread_start had them. */
enum err event_sinks_make(const struct config *cfg, struct event_sinks *ret, char why[WHY_MAX]);
/* Wipes what is secret. */
void event_sinks_free(struct event_sinks *s);

#endif
