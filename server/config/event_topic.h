/* Where a broker is to put an event: a template of the operator's. Thread: any. */
#ifndef ORIEL_SERVER_CONFIG_EVENT_TOPIC_H
#define ORIEL_SERVER_CONFIG_EVENT_TOPIC_H

#include <stdbool.h>

#define EVENT_TOPIC_DEFAULT "real-estate.events.{service}.{action}"
#define EVENT_TOPIC_TEMPLATE_MAX 128 /* [bytes] */
#define EVENT_TOPIC_MAX 250          /* [bytes] with NUL; Kafka allows no more */

/* Of A-Z a-z 0-9 _ - in parts that dots divide, at most EVENT_TOPIC_TEMPLATE_MAX, with {service}
 * and {action} at most once each; as a subject of NATS with {tour}, too: a topic of Kafka is
 * nothing that there may be one of per tour. */
bool event_topic_ok(const char *template);
bool event_subject_ok(const char *template);
/* A good one filled in: {service} is what stands before the first dot of the event's type, {action}
 * what stands behind it. */
void event_topic_write(const char *template, const char *type, const char *tour,
                       char ret[EVENT_TOPIC_MAX]);

#endif
