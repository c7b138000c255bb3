/* Which operations are acts to the audit log: one table, in which each has its row. Thread: any. */
#ifndef ORIEL_SERVER_API_AUDITED_ACTS_H
#define ORIEL_SERVER_API_AUDITED_ACTS_H

#include "server/api/call.h"
#include "server/rest/operation.h"

struct audited_act {
    const struct operation *of; /* NULL: it is none of the API's */
    enum audit_action what;
    const char *detail; /* how, where another operation has the same word; or NULL */
};

/* NULL: it is none. */
const struct audited_act *audited_act_of(const struct request *r);
/* Has somebody decided what this is to the audit log: an act, or none? A test asks it of each
 * route.
 */
bool audited_knows(const struct operation *o);

#endif
