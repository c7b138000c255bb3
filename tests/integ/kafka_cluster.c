/* A cluster of Kafka brokers for a test: librdkafka's mock cluster as a process of its own, which
 * ends with its standard input.
 *
 *     kafka_cluster BROKERS TOPIC PARTITIONS
 *
 * Prints the addresses of its brokers, then does what it is told, a line each, and says ok: `down`
 * and `up` (all brokers), `refuse N` (the next N messages are too large), `slow MS` (each answer
 * takes so long). */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRODUCE 0 /* the number of the request in Kafka's protocol */
#define LINE_MAX_BYTES 64

static int brokers;

static void for_each(rd_kafka_mock_cluster_t *m, const char *what, int n) {
    for (int id = 1; id <= brokers; id++) {
        if (strcmp(what, "down") == 0) {
            rd_kafka_mock_broker_set_down(m, id);
        } else if (strcmp(what, "up") == 0) {
            rd_kafka_mock_broker_set_up(m, id);
        } else {
            rd_kafka_mock_broker_set_rtt(m, id, n);
        }
    }
}

static int obey(rd_kafka_mock_cluster_t *m, const char *line) {
    char what[8] = "";
    int n = 0, read = sscanf(line, "%7s %d", what, &n);
    if (read == 2 && strcmp(what, "refuse") == 0) {
        while (n-- > 0) {
            rd_kafka_mock_push_request_errors(m, PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
        }
    } else if (strcmp(what, "down") == 0 || strcmp(what, "up") == 0 ||
               (read == 2 && strcmp(what, "slow") == 0)) {
        for_each(m, what, n);
    } else {
        return 0;
    }
    return 1;
}

int main(int argc, char **argv) {
    char why[256] = "", line[LINE_MAX_BYTES];
    if (argc != 4) {
        fputs("usage: kafka_cluster BROKERS TOPIC PARTITIONS\n", stderr);
        return 2;
    }
    brokers = atoi(argv[1]);
    rd_kafka_t *k = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
    rd_kafka_mock_cluster_t *m = k ? rd_kafka_mock_cluster_new(k, brokers) : NULL;
    if (!m || rd_kafka_mock_topic_create(m, argv[2], atoi(argv[3]), brokers) != 0) {
        fprintf(stderr, "kafka_cluster: %s\n", why);
        return 1;
    }
    printf("%s\n", rd_kafka_mock_cluster_bootstraps(m));
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        puts(obey(m, line) ? "ok" : "what?");
        fflush(stdout);
    }
    rd_kafka_mock_cluster_destroy(m);
    rd_kafka_destroy(k);
    return 0;
}
