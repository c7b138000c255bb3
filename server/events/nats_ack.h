/* What JetStream answers to a message that was published: a PubAck (docs.nats.io, JetStream wire
 * API reference). Sans-I/O. Thread: any. */
#ifndef ORIEL_SERVER_EVENTS_NATS_ACK_H
#define ORIEL_SERVER_EVENTS_NATS_ACK_H

#include "base/bytes.h"
#include "server/events/sink.h"

#define NATS_ACK_MAX 16384 /* [bytes] longer ones are not read */

/* Taken: a stream has stored it, or had it before. Refused: the stream takes no message as large.
 * Down, with the reason in why: any other error is the stream's state and not the event's; and what
 * is no PubAck, for then somebody else answers. */
enum sink_verdict nats_ack_read(struct bytes answer, char why[EVENT_WHY_MAX]);

#endif
