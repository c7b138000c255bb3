#include "server/config/event_topic.h"
#include "tests/unit/test.h"

#include <string.h>

#define LONG_64 "0123456789012345678901234567890123456789012345678901234567890123"

TEST(a_topic_is_made_of_the_type_of_an_event) {
    static const struct {
        const char *template, *topic;
    } rows[] = {{EVENT_TOPIC_DEFAULT, "real-estate.events.participant.consent_changed"},
                {"a", "a"},
                {"a_{action}-{tour}.{service}", "a_consent_changed-Elm_1.participant"},
                {"{tour}.x", "Elm_1.x"}};
    char topic[EVENT_TOPIC_MAX];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EXPECT(event_subject_ok(rows[i].template));
        event_topic_write(rows[i].template, "participant.consent_changed", "Elm_1", topic);
        EXPECT_STR(topic, rows[i].topic);
    }
}

TEST(a_topic_that_no_broker_would_take_is_refused) {
    static const char *const bad[] = {"",        ".a",    "a.",           "a..b",
                                      "a b",     "a.*",   "a.>",          "{",
                                      "{tours}", "{tour", "{tour}{tour}", "{service}.{service}",
                                      "a/b",     "a\n",   "\xc3\xa9",     LONG_64 LONG_64 "a"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        EXPECT(!event_subject_ok(bad[i]));
        EXPECT(!event_topic_ok(bad[i]));
    }
    EXPECT(event_topic_ok(LONG_64 LONG_64));
    EXPECT(event_subject_ok("{tour}"));
    EXPECT(!event_topic_ok("{tour}")); /* a topic of Kafka for each tour */
}

TEST(the_longest_topic_fits) {
    char template[EVENT_TOPIC_TEMPLATE_MAX + 1], topic[EVENT_TOPIC_MAX];
    memset(template, 'a', EVENT_TOPIC_TEMPLATE_MAX);
    memcpy(template, "{service}{action}{tour}", 23);
    template[EVENT_TOPIC_TEMPLATE_MAX] = '\0';
    EXPECT(event_subject_ok(template));
    /* As long as struct event_row has room for. */
    event_topic_write(template, "participant01234567.0123456789012345678901234567", LONG_64, topic);
    EXPECT_EQ(strlen(topic), 105 + 47 + 64);
}
