/* What the API's document says of the audit log. Constant tables. Thread: any. */
#ifndef ORIEL_SERVER_API_AUDIT_OPERATIONS_H
#define ORIEL_SERVER_API_AUDIT_OPERATIONS_H

#include "server/rest/operation.h"

/* Arguments of GET /v1/audit, in this order. */
enum {
    AUDIT_ASK_WHO,
    AUDIT_ASK_WHAT,
    AUDIT_ASK_RECORDING,
    AUDIT_ASK_TOUR,
    AUDIT_ASK_OUTCOME,
    AUDIT_ASK_FROM,
    AUDIT_ASK_TO,
    AUDIT_ASK_ORDER, /* its words: 0 is newest first, 1 oldest first */
    AUDIT_ASK_AFTER,
    AUDIT_ASK_LIMIT
};
extern const struct operation_query audit_query[];
extern const char *const audit_outcome_words[]; /* those of a record */

/* Arguments of GET /v1/recordings/{recording}/access, in this order. */
enum { ACCESS_ASK_AFTER, ACCESS_ASK_LIMIT };
extern const struct operation_query access_query[];

extern const struct operation operation_audit_list, operation_recordings_access;

#endif
