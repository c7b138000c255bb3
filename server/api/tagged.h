/* Answers with an ETag of their bytes (RFC 9110 section 8.8.3), which are not sent to who has them.
 */
#ifndef ORIEL_SERVER_API_TAGGED_H
#define ORIEL_SERVER_API_TAGGED_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "server/http/request.h"

#define TAGGED_ETAG 96 /* [bytes] */

/* The tag of these bytes, the same in every process: "LEAD-HASH", or "HASH" where lead is "".
 * Returns out. */
const char *tagged_etag(const char *lead, struct bytes body, char out[TAGGED_ETAG]);
/* Add the ETag of what is to be answered. True: the client has it (If-None-Match), and has got 304.
 */
bool tagged(struct request *r, const char *lead, struct bytes body);
/* Answer with this JSON, which nobody is to keep, and which is empty then; or with 304. */
void tagged_answer(struct request *r, const char *lead, struct buffer *body);

#endif
