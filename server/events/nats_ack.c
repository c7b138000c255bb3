#include "server/events/nats_ack.h"

#include "json/json_read.h"

#include <inttypes.h>
#include <stdio.h>

/* err_code of "message size exceeds maximum allowed" (nats-server, server/errors.json). */
#define TOO_LARGE 10054

static const struct json_limits limits = {.bytes = NATS_ACK_MAX, .depth = 8, .values = 256};

static enum sink_verdict read_error(const struct json *error, char why[EVENT_WHY_MAX]) {
    char text[128];
    int64_t code = 0;
    (void)json_get_text_if_any(json_member(error, "description"), text, sizeof(text));
    (void)json_get_int(json_member(error, "err_code"), 0, INT32_MAX, &code);
    snprintf(why, EVENT_WHY_MAX, "JetStream: %s (%" PRId64 ")", *text ? text : "an error", code);
    return code == TOO_LARGE ? SINK_REFUSED : SINK_DOWN;
}

enum sink_verdict nats_ack_read(struct bytes answer, char why[EVENT_WHY_MAX]) {
    const struct json *ack = NULL;
    enum sink_verdict v = SINK_DOWN;
    uint64_t seq = 0;
    snprintf(why, EVENT_WHY_MAX, "what was answered is no acknowledgement of JetStream");
    if (json_read(answer.p, answer.n, &limits, &ack, NULL) != OK) {
        return v;
    }
    const struct json *error = json_member_set(ack, "error");
    if (error) {
        v = read_error(error, why);
    } else if (json_get_string(json_member(ack, "stream"), NULL) &&
               json_get_uint(json_member(ack, "seq"), INT64_MAX, &seq) && seq > 0) {
        why[0] = '\0';
        v = SINK_TAKEN;
    }
    json_free(ack);
    return v;
}
