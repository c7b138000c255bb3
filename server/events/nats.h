/* The sink that is a stream of NATS JetStream: an event is published with its id as Nats-Msg-Id, so
 * that the stream knows one that comes twice within its window, and taken when the stream says that
 * it has it. A server that is away, or a stream that is not there: down. An event that is too
 * large: refused. Owner: the control thread. */
#ifndef ORIEL_SERVER_EVENTS_NATS_H
#define ORIEL_SERVER_EVENTS_NATS_H

#include "server/events/sink.h"

/* "" or NULL is not there. Borrowed, and outlives the maker, but for the secrets. */
struct nats_config {
    char *const *urls; /* "tls://host:port", "nats://host:port": tried in this order */
    size_t n_urls;
    const char *subject;          /* event_subject_ok */
    const char *stream;           /* that is to have it; "": any */
    const char *user;             /* with password */
    const char *password, *token; /* copied */
    const char *creds_file, *ca_file, *cert_file, *key_file;
};

/* Sinks of the kind. ERR_NOMEM, ERR_IO. *ret untouched on failure. */
enum err nats_maker(const struct nats_config *c, struct sink_maker *ret);

#endif
