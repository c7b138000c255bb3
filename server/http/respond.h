/* Making an answer: status, headers, body. Each of these may be called once per request; the
 * answer goes out when the socket is writable. */
#ifndef ORIEL_SERVER_HTTP_RESPOND_H
#define ORIEL_SERVER_HTTP_RESPOND_H

#include "base/problem.h"
#include "server/http/request.h"

/* Add a header; name is a constant with its colon ("etag:"). The value is copied; one that does
 * not fit is left out. */
void respond_header(struct request *r, const char *name, const char *value);
/* An answer without a body. */
void respond_status(struct request *r, int status);
/* A body that outlives the request (pages). */
void respond_static(struct request *r, int status, const char *type, struct bytes body);
/* A body on the heap (mem_free), ownership passes. NULL is answered as 500. */
void respond_owned(struct request *r, int status, const char *type, char *body, size_t len);
/* The bytes of a buffer, which is empty then; a bad one is answered as 500. */
void respond_buffer(struct request *r, int status, const char *type, struct buffer *body);
/* application/problem+json (RFC 9457): {"type","title","status","code"[,"detail"]}. code and title
 * NULL: the usual ones for this status. */
void respond_problem(struct request *r, int status, const char *code, const char *detail);
/* The same with all of it given. */
void respond_with(struct request *r, const struct problem *p);
/* len bytes that come piece by piece from a source; its ctx must last as long as the request. */
void respond_stream(struct request *r, int status, uint64_t len, const struct body_source *from);
/* To OPTIONS, as the table of routes says. */
void respond_options(struct request *r);
/* Add the Allow header of a 405. */
void respond_allow(struct request *r);

/* The answer, whole and at once, where there is no request to answer: to an upgrade that is
 * refused. With 429 and 503 it says to come again in `wait` [us]. 0, or -1 when the connection is
 * broken. */
int respond_refuse(struct loop *l, struct lws *wsi, int status, us_t wait);
/* Add Retry-After (RFC 9110 section 10.2.3): this many microseconds, in whole seconds, one at
 * least.
 */
void respond_retry_after(struct request *r, us_t wait);
/* Write what can be written now: headers first, then the body. 0 = go on, -1 = close; *ret_done
 * when the answer is complete. */
int respond_write(struct request *r, bool *ret_done);

#endif
