/* A thread per sink around courier.h, with a connection to the store of its own: a receiver that is
 * slow holds up nobody else. Owner: the control thread, unless it says otherwise. */
#ifndef ORIEL_SERVER_EVENTS_COURIER_THREAD_H
#define ORIEL_SERVER_EVENTS_COURIER_THREAD_H

#include "base/rng.h"
#include "server/events/courier.h"
#include "server/events/sink.h"

#include <stdint.h>

struct courier_thread;

/* One sink; all borrowed until the start returns, but for the maker, which is taken over. */
struct courier_thread_config {
    const char *store; /* path of the events' file */
    const char *name;  /* of the sink */
    struct sink_maker maker;
    uint32_t types; /* see courier_config */
    uint32_t attempts;
    struct retry_policy retry;
    us_t timeout; /* [us] of a whole request */
};

/* ERR_NOMEM, ERR_IO with why[WHY_MAX]; the maker is freed then. Store and sink are opened by the
 * thread, and tried again when that fails. */
enum err courier_thread_start(const struct courier_thread_config *c, struct courier_thread **ret,
                              char why[WHY_MAX]);
/* Something was appended. Any thread. NULL allowed. */
void courier_thread_wake(struct courier_thread *t);
/* It is to end, and courier_thread_stop will be called. NULL allowed. */
void courier_thread_ring(struct courier_thread *t);
/* A request under way is broken off within a second; it is made again at the next start. NULL
 * allowed; returns NULL. */
struct courier_thread *courier_thread_stop(struct courier_thread *t);

struct courier_state {
    uint64_t sent, refused, dead; /* since the start */
    uint64_t behind;              /* stored, and not settled; as of the last second */
    bool failing;                 /* the last one did not get through */
};
/* How it goes. Any thread. */
struct courier_state courier_thread_state(const struct courier_thread *t);
/* What the last failure said; "": nothing, or it works. Any thread. */
void courier_thread_why(const struct courier_thread *t, char ret[EVENT_WHY_MAX]);
/* That of the sink. Any thread. */
const char *courier_thread_name(const struct courier_thread *t);

#endif
