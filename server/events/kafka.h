/* The sink that is a topic of Kafka: an idempotent producer that asks for acks of all replicas, the
 * tour as key, so that its events of a topic are in one partition, in order; taken when the broker
 * has reported delivery. Brokers or a topic that are away: down. An event that is too large:
 * refused. In clear it connects to this machine only, whatever addresses brokers tell. Owner: the
 * control thread. */
#ifndef ORIEL_SERVER_EVENTS_KAFKA_H
#define ORIEL_SERVER_EVENTS_KAFKA_H

#include "server/events/sink.h"

/* "" or NULL is not there. Borrowed, and outlives the maker, but for the password. */
struct kafka_config {
    char *const *brokers; /* "host:port" */
    size_t n_brokers;
    const char *topic;                                     /* event_topic_ok */
    const char *security_protocol, *sasl_mechanism, *user; /* in Kafka's words */
    const char *password;                                  /* copied */
    const char *ca_file, *cert_file, *key_file;
};

/* Sinks of the kind. ERR_NOMEM. *ret untouched on failure. */
enum err kafka_maker(const struct kafka_config *c, struct sink_maker *ret);

#endif
