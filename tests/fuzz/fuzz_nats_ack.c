/* libs: server_events */
/* Arbitrary bytes as what answers a message to JetStream, as a template of topics, and as the
 * address of a broker. Whatever is accepted can be used. */
#include "server/config/event_topic.h"
#include "server/config/outbound_url.h"
#include "server/events/nats_ack.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void answers(const uint8_t *data, size_t n) {
    char why[EVENT_WHY_MAX];
    memset(why, 'x', sizeof(why));
    enum sink_verdict v = nats_ack_read((struct bytes){data, n}, why);
    CHECK(memchr(why, '\0', sizeof(why)) != NULL);
    CHECK((v == SINK_TAKEN) == (*why == '\0'));
}

static void topics(const char *text) {
    char topic[EVENT_TOPIC_MAX];
    if (event_subject_ok(text)) {
        event_topic_write(text, "participant.consent_changed", "elm", topic);
        CHECK(*topic && !strpbrk(topic, "{} \r\n*>") && !strstr(topic, ".."));
    } else {
        CHECK(!event_topic_ok(text));
    }
}

static void addresses(const char *text) {
    bool here = false;
    if (outbound_nats_ok(text)) {
        CHECK(strstr(text, "://") && strlen(text) <= OUTBOUND_URL_MAX && !strpbrk(text, "@ ,\r\n"));
    }
    if (outbound_broker_ok(text, &here)) {
        CHECK(strlen(text) <= OUTBOUND_URL_MAX && !strpbrk(text, "@ ,/\r\n"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char *text = malloc(n + 1);
    CHECK(text != NULL);
    if (n > 0) {
        memcpy(text, data, n);
    }
    text[n] = '\0';
    answers(data, n);
    topics(text);
    addresses(text);
    free(text);
    return 0;
}
