#include "server/events/nats_ack.h"
#include "tests/unit/test.h"

#include <string.h>

TEST(what_jetstream_answers_is_understood) {
    static const struct {
        const char *answer;
        enum sink_verdict verdict;
        const char *why;
    } rows[] = {
        {"{\"stream\":\"EVENTS\",\"seq\":1}", SINK_TAKEN, ""},
        {"{\"stream\":\"E\",\"seq\":9007199254740993,\"duplicate\":true,\"domain\":\"d\"}",
         SINK_TAKEN, ""},
        {"{\"error\":{\"code\":400,\"err_code\":10054,\"description\":\"message size exceeds "
         "maximum "
         "allowed\"},\"stream\":\"EVENTS\",\"seq\":0}",
         SINK_REFUSED, "JetStream: message size exceeds maximum allowed (10054)"},
        {"{\"error\":{\"code\":503,\"err_code\":10077,\"description\":\"maximum bytes "
         "exceeded\"},\"stream\":\"EVENTS\",\"seq\":0}",
         SINK_DOWN, "JetStream: maximum bytes exceeded (10077)"},
        {"{\"error\":7,\"stream\":\"EVENTS\",\"seq\":5}", SINK_DOWN, "JetStream: an error (0)"},
        {"{\"stream\":\"EVENTS\",\"seq\":0}", SINK_DOWN, NULL},
        {"{\"stream\":\"EVENTS\",\"seq\":-1}", SINK_DOWN, NULL},
        {"{\"stream\":5,\"seq\":1}", SINK_DOWN, NULL},
        {"{\"seq\":1}", SINK_DOWN, NULL},
        {"{}", SINK_DOWN, NULL},
        {"[]", SINK_DOWN, NULL},
        {"OK", SINK_DOWN, NULL},
        {"", SINK_DOWN, NULL}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char why[EVENT_WHY_MAX];
        const struct bytes b = {(const uint8_t *)rows[i].answer, strlen(rows[i].answer)};
        EXPECT_EQ(nats_ack_read(b, why), rows[i].verdict);
        EXPECT_STR(why, rows[i].why ? rows[i].why
                                    : "what was answered is no acknowledgement of JetStream");
    }
}
