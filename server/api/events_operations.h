/* What can be asked of the ledger of events. */
#ifndef ORIEL_SERVER_API_EVENTS_OPERATIONS_H
#define ORIEL_SERVER_API_EVENTS_OPERATIONS_H

#include "server/rest/operation.h"

/* Arguments of lists, in this order. */
enum { EVENTS_LIMIT, EVENTS_AFTER, EVENTS_TYPE, EVENTS_TOUR };
extern const struct operation_query events_query_all[];

/* The body of a replay. */
struct replay_body {
    struct schema_given given;
    int64_t from;
    wall_t since;
};
extern const struct schema schema_replay;

extern const struct operation operation_events_list, operation_events_of_tour,
    operation_receivers_list, operation_dead_list, operation_dead_retry, operation_dead_retry_all,
    operation_replay;

#endif
