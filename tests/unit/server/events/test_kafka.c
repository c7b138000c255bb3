/* The real client with a cluster that librdkafka plays. Not under ThreadSanitizer: it does not see
 * how a library that is not built with it guards what threads share. */
#ifndef __SANITIZE_THREAD__
#include "server/events/kafka.h"

#include "server/config/event_topic.h"
#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <string.h>

#define PRODUCE 0 /* the request's number in Kafka's protocol */

static struct {
    rd_kafka_t *instance;
    rd_kafka_mock_cluster_t *cluster;
    struct sink_maker maker;
    struct sink sink;
    struct sink_answer answer;
    us_t stop_at;
    char *brokers;
} b;

static bool stops(void *ctx) {
    (void)ctx;
    return clock_now() >= b.stop_at;
}

static bool open_sink(us_t timeout) {
    char why[WHY_MAX];
    const struct kafka_config c = {.brokers = &b.brokers,
                                   .n_brokers = 1,
                                   .topic = EVENT_TOPIC_DEFAULT,
                                   .security_protocol = "PLAINTEXT"};
    const struct sink_run run = {.timeout = timeout, .stop = stops};
    return kafka_maker(&c, &b.maker) == OK &&
           b.maker.open(b.maker.settings, &run, &b.sink, why) == OK;
}

static bool begin(us_t timeout) {
    char why[WHY_MAX];
    memset(&b, 0, sizeof(b));
    b.stop_at = US_NEVER;
    b.instance = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    b.cluster = b.instance ? rd_kafka_mock_cluster_new(b.instance, 1) : NULL;
    if (!b.cluster) {
        return false;
    }
    b.brokers = (char *)rd_kafka_mock_cluster_bootstraps(b.cluster);
    return open_sink(timeout);
}

static void end(void) {
    b.sink.close(b.sink.ctx);
    sink_maker_free(&b.maker);
    rd_kafka_mock_cluster_destroy(b.cluster);
    rd_kafka_destroy(b.instance);
}

static enum sink_verdict send_one(const char *tour, unsigned seq, const char *body) {
    struct event_row r = {.n = 1, .seq = seq, .type = "tour.started", .body = (char *)body};
    snprintf(r.id, sizeof(r.id), "ID%u", seq);
    snprintf(r.tour, sizeof(r.tour), "%s", tour);
    b.answer = (struct sink_answer){0};
    return b.sink.send(b.sink.ctx, &r, (wall_t){1}, &b.answer);
}

static void answer_with(rd_kafka_resp_err_t e) {
    rd_kafka_mock_push_request_errors(b.cluster, PRODUCE, 1, e);
}

/* The next message of the topic, in words. */
static void read_one(rd_kafka_t *consumer, char *ret, size_t cap) {
    const void *id = NULL, *type = NULL;
    size_t n;
    rd_kafka_headers_t *headers = NULL;
    rd_kafka_message_t *m = NULL;
    us_t by = clock_now() + 20 * US_PER_S;
    while (!m && clock_now() < by) {
        m = rd_kafka_consumer_poll(consumer, 100);
        if (m && m->err) {
            rd_kafka_message_destroy(m);
            m = NULL;
        }
    }
    REQUIRE(m && rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR);
    (void)rd_kafka_header_get_last(headers, "id", &id, &n);
    (void)rd_kafka_header_get_last(headers, "eventType", &type, &n);
    snprintf(ret, cap, "%.*s %s %s %.*s", (int)m->key_len, (const char *)m->key, (const char *)id,
             (const char *)type, (int)m->len, (const char *)m->payload);
    rd_kafka_message_destroy(m);
}

TEST(an_event_is_in_kafka_when_it_is_taken) {
    char why[WHY_MAX], got[128];
    REQUIRE(begin(20 * US_PER_S));
    rd_kafka_mock_topic_create(b.cluster, "real-estate.events.tour.started", 1, 1);
    EXPECT_EQ(send_one("elm", 1, "{\"a\":1}"), SINK_TAKEN);
    EXPECT_EQ(send_one("oak", 2, "{}"), SINK_TAKEN);
    EXPECT_STR(b.answer.why, "");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", b.brokers, why, sizeof(why));
    (void)rd_kafka_conf_set(conf, "group.id", "test", why, sizeof(why));
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, "real-estate.events.tour.started", 0)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    EXPECT_EQ(rd_kafka_assign(consumer, parts), RD_KAFKA_RESP_ERR_NO_ERROR);
    read_one(consumer, got, sizeof(got));
    EXPECT_STR(got, "elm ID1 tour.started {\"a\":1}");
    read_one(consumer, got, sizeof(got));
    EXPECT_STR(got, "oak ID2 tour.started {}");
    rd_kafka_topic_partition_list_destroy(parts);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    end();
}

TEST(what_a_broker_answers_is_understood) {
    static const struct {
        rd_kafka_resp_err_t e;
        enum sink_verdict verdict;
    } rows[] = {{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, SINK_REFUSED},
                {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, SINK_TAKEN}, /* it is tried again */
                {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, SINK_DOWN},
                /* Fatal for an idempotent producer: there has to be another. */
                {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, SINK_DOWN}};
    REQUIRE(begin(20 * US_PER_S));
    EXPECT_EQ(send_one("elm", 1, "{}"), SINK_TAKEN);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        answer_with(rows[i].e);
        EXPECT_EQ(send_one("elm", i + 2, "{}"), rows[i].verdict);
        EXPECT((*b.answer.why == '\0') == (rows[i].verdict == SINK_TAKEN));
        EXPECT_EQ(send_one("elm", i + 2, "{}"), SINK_TAKEN);
    }
    end();
}

TEST(brokers_that_are_away_are_told_and_found_again) {
    REQUIRE(begin(US_PER_S));
    rd_kafka_mock_broker_set_down(b.cluster, 1);
    EXPECT_EQ(send_one("elm", 1, "{}"), SINK_DOWN);
    EXPECT(strstr(b.answer.why, "Connect to") || strstr(b.answer.why, "Disconnected") ||
           strstr(b.answer.why, "timed out"));
    rd_kafka_mock_broker_set_up(b.cluster, 1);
    us_t by = clock_now() + 20 * US_PER_S;
    enum sink_verdict v = SINK_DOWN;
    while (v == SINK_DOWN && clock_now() < by) {
        v = send_one("elm", 1, "{}");
    }
    EXPECT_EQ(v, SINK_TAKEN);
    end();
}

/* As one that a broker of this machine tells the address of. */
TEST(in_clear_nothing_goes_to_another_machine) {
    memset(&b, 0, sizeof(b));
    b.stop_at = US_NEVER;
    b.brokers = (char *)"192.0.2.1:9092"; /* nobody's */
    REQUIRE(open_sink(US_PER_S));
    EXPECT_EQ(send_one("elm", 1, "{}"), SINK_DOWN);
    EXPECT(strstr(b.answer.why, strerror(EACCES)) != NULL);
    b.sink.close(b.sink.ctx);
    sink_maker_free(&b.maker);
}

TEST(a_stop_does_not_wait_for_a_broker_that_is_slow) {
    REQUIRE(begin(30 * US_PER_S));
    EXPECT_EQ(send_one("elm", 1, "{}"), SINK_TAKEN);
    rd_kafka_mock_broker_set_rtt(b.cluster, 1, 20000);
    us_t from = clock_now();
    b.stop_at = from + 300 * US_PER_MS;
    EXPECT_EQ(send_one("elm", 2, "{}"), SINK_DOWN);
    b.sink.close(b.sink.ctx);
    EXPECT(clock_now() - from < 10 * US_PER_S);
    char why[WHY_MAX];
    const struct sink_run run = {.timeout = US_PER_S, .stop = stops};
    EXPECT_EQ(b.maker.open(b.maker.settings, &run, &b.sink, why), OK);
    end();
}

TEST(what_kafka_cannot_be_told_is_an_error) {
    static char *brokers[] = {(char *)"127.0.0.1:1"};
    static const struct kafka_config rows[] = {
        {.security_protocol = "SSL", .ca_file = "/nowhere/ca.pem"},
        {.security_protocol = "SASL_SSL", .sasl_mechanism = "NONE", .user = "a", .password = "b"}};
    static const char *const words[] = {"ssl.ca.location", "NONE"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char why[WHY_MAX] = "";
        struct sink_maker m;
        struct sink s;
        struct kafka_config c = rows[i];
        const struct sink_run run = {.timeout = US_PER_S, .stop = stops};
        c.brokers = brokers;
        c.n_brokers = 1;
        c.topic = "a";
        EXPECT_EQ(kafka_maker(&c, &m), OK);
        EXPECT_EQ(m.open(m.settings, &run, &s, why), ERR_IO);
        if (!strstr(why, words[i])) {
            test_fail(__FILE__, __LINE__, "it says: %s", why);
        }
        sink_maker_free(&m);
    }
}
#endif
