/* The sink that is somebody's HTTP server: a signed POST per event. Owner: the thread that sends.
 */
#ifndef ORIEL_SERVER_EVENTS_WEBHOOK_H
#define ORIEL_SERVER_EVENTS_WEBHOOK_H

#include "recorder/store/http.h"
#include "server/events/sink.h"
#include "server/events/webhook_signature.h"

struct webhook {
    const struct http *http;         /* borrowed */
    const char *url;                 /* borrowed */
    const struct webhook_keys *keys; /* borrowed */
    struct http_answer answer;       /* of the last request */
    struct buffer signature;
};

/* Send through w, which is zeroed but for what it borrows. 2xx: taken. No answer, 408, 425, 429,
 * 502, 503, 504: down, with Retry-After in seconds (RFC 9110 section 10.2.3). Any other: refused.
 */
enum sink_verdict webhook_send(struct webhook *w, const struct event_row *r, wall_t wall,
                               struct sink_answer *ret);
/* The same as a sink; closing it frees what w holds, and not what it borrows. */
struct sink webhook_sink(struct webhook *w);

#endif
