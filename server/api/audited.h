/* What the audit log is told of requests: which are acts, who asked, and what became of it. */
#ifndef ORIEL_SERVER_API_AUDITED_H
#define ORIEL_SERVER_API_AUDITED_H

#include "server/api/call.h"
#include "json/json_read.h"

/* It cannot be recorded now, and what is not recorded is not done (audit.mandatory): it is refused.
 */
bool audited_refuses(struct request *r);
/* Before it is handled: whom it is done to may be gone afterwards. */
void audited_begin(struct request *r);
/* This is the body of what it is about to do, read and understood. */
void audited_body(struct request *r, const struct json *body);
/* There is an answer, or there will be none. Once for each request; what a token lacks to be one is
 * told by the door. */
void audited_note(struct request *r);

#endif
