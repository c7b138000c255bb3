/* The sink that is somebody's HTTP server: a signed POST per event. 2xx: taken. No answer, 408,
 * 425, 429, 502, 503, 504: down, with Retry-After in seconds (RFC 9110 section 10.2.3). Any other:
 * refused. Owner: the control thread. */
#ifndef ORIEL_SERVER_EVENTS_WEBHOOK_H
#define ORIEL_SERVER_EVENTS_WEBHOOK_H

#include "recorder/store/http.h"
#include "server/events/sink.h"
#include "server/events/webhook_signature.h"

struct webhook_config {
    const char *url, *ca_file;       /* borrowed: they outlive the maker; ca_file may be NULL */
    const struct webhook_keys *keys; /* copied */
    /* NULL: libcurl (recorder/store/http.h). */
    enum err (*http_open)(const struct http_config *c, struct http *ret);
    void (*http_close)(struct http *h);
};

/* Sinks of the kind. ERR_NOMEM, ERR_IO. *ret untouched on failure. */
enum err webhook_maker(const struct webhook_config *c, struct sink_maker *ret);

#endif
