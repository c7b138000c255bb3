/* Adding to the ledger by request. */
#ifndef ORIEL_SIGNALING_REQUESTS_SAY_H
#define ORIEL_SIGNALING_REQUESTS_SAY_H

#include "signaling/ledger/ledger.h"
#include "signaling/requests/request.h"

/* Whether this one may say something now: CODE_FORBIDDEN, CODE_RATE_LIMITED. */
enum code say_check(struct call *c, bool allowed);
/* The string field as a text for others (its `lines` may be several), required or not:
 * CODE_BAD_FIELD with c->field. Absent: *ret is NULL. */
enum code say_text(struct call *c, const char *name, bool lines, const char **ret);
/* Add the entry, of whoever asks, and answer. The fields are freed; NULL: none. */
enum code say_add(struct call *c, struct entry_in *in, struct buffer *fields);

#endif
