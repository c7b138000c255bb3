#include "server/events/kafka.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/check.h"
#include "server/config/event_topic.h"
#include "server/events/broker_secret.h"
#include "server/net/dial.h"
#include "server/os/clock.h"
#include "server/os/files.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define SLICE_MS 100            /* after so long it looks whether it is to stop */
#define GRACE (2 * US_PER_S)    /* [us] a report that is late by that will not come */
#define RECONNECT_MAX_MS "1000" /* the courier waits for longer when it has to */

/* What a maker has. */
struct settings {
    struct kafka_config c;
    char *password;
};

struct kafka {
    const struct settings *settings;
    struct sink_run run;
    struct lookups *lookups;
    atomic_bool dropping; /* the producer is: nobody waits for what its threads look up */
    rd_kafka_t *producer; /* NULL: it has to be made; none outlives a failure */
    /* Written by the callbacks that run in rd_kafka_poll. */
    uint64_t asked;    /* number of the last message; those before it were given up */
    uint64_t reported; /* that was reported on last */
    rd_kafka_resp_err_t result;
    char trouble[EVENT_WHY_MAX]; /* the last that the library told since then */
};

static bool given(const char *text) {
    return text && *text;
}

/* ---- callbacks ---- */

static void on_report(rd_kafka_t *k, const rd_kafka_message_t *m, void *opaque) {
    struct kafka *w = opaque;
    uint64_t n = (uint64_t)(uintptr_t)m->_private;
    (void)k;
    if (n == w->asked) {
        w->reported = n;
        w->result = m->err;
    }
}

static void on_trouble(rd_kafka_t *k, int error, const char *reason, void *opaque) {
    struct kafka *w = opaque;
    (void)k;
    /* That all are away is told after why the last one is. */
    if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !*w->trouble) {
        snprintf(w->trouble, sizeof(w->trouble), "%.190s", reason);
    }
}

/* The library would write to standard error. What matters comes to on_trouble, too. */
static void on_log(const rd_kafka_t *k, int level, const char *facility, const char *text) {
    (void)k;
    (void)level;
    (void)facility;
    (void)text;
}

/* Runs in a thread of the library; 0 or errno. A broker on this machine may tell addresses of
 * others, to which names of people and the password would go in clear. */
static int connect_here(int fd, const struct sockaddr *a, int len, const char *id, void *opaque) {
    (void)id;
    (void)opaque;
    if (!dial_is_here(a)) {
        return EACCES;
    }
    return connect(fd, a, (socklen_t)len) == 0 || errno == EINPROGRESS ? 0 : errno;
}

static bool is_dropped(void *ctx) {
    const struct kafka *w = ctx;
    return atomic_load(&w->dropping) || w->run.stop(w->run.stop_ctx);
}

/* Runs in a thread of the library, for which rd_kafka_destroy waits. Without a name, free *ret. */
static int resolve(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **ret, void *opaque) {
    struct kafka *w = opaque;
    const struct patience p = {clock_now() + w->run.timeout, is_dropped, w};
    if (node || service) {
        return lookups_ask(w->lookups, &(struct lookups_query){node, service, hints}, &p, ret);
    }
    freeaddrinfo(*ret);
    return 0;
}

/* ---- its configuration ---- */

static bool is_clear(const struct kafka_config *c) {
    return given(c->security_protocol) && strstr(c->security_protocol, "PLAINTEXT");
}

struct pair {
    const char *key, *value;
};

/* What is not given keeps the library's default. */
static bool set_all(rd_kafka_conf_t *conf, const struct pair *p, size_t n, char why[WHY_MAX]) {
    bool good = true;
    for (size_t i = 0; i < n && good; i++) {
        good = !given(p[i].value) ||
               rd_kafka_conf_set(conf, p[i].key, p[i].value, why, WHY_MAX) == RD_KAFKA_CONF_OK;
    }
    return good;
}

static const char *file_of(const char *file, char path[PATH_MAX]) {
    return given(file) ? files_credential(file, path) : "";
}

static bool set_conf(const struct kafka *w, rd_kafka_conf_t *conf, char why[WHY_MAX]) {
    const struct kafka_config *c = &w->settings->c;
    struct buffer brokers = {0};
    char ms[24], ca[PATH_MAX], cert[PATH_MAX], key[PATH_MAX];
    snprintf(ms, sizeof(ms), "%lld", (long long)(w->run.timeout / US_PER_MS));
    for (size_t i = 0; i < c->n_brokers; i++) {
        buffer_printf(&brokers, "%s%s", i ? "," : "", c->brokers[i]);
    }
    const struct pair pairs[] = {
        {"bootstrap.servers", brokers.bad ? "" : brokers.p},
        {"client.id", "oriel"},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"linger.ms", "0"},
        {"message.timeout.ms", ms},
        {"request.timeout.ms", ms},
        {"socket.timeout.ms", ms},
        {"socket.connection.setup.timeout.ms", ms},
        {"topic.metadata.propagation.max.ms", ms},
        {"reconnect.backoff.max.ms", RECONNECT_MAX_MS},
        {"partitioner", "murmur2_random"}, /* that of the Java clients */
        {"security.protocol", given(c->security_protocol) ? c->security_protocol : "SSL"},
        {"sasl.mechanism", c->sasl_mechanism},
        {"sasl.username", c->user},
        {"sasl.password", w->settings->password},
        {"ssl.ca.location", file_of(c->ca_file, ca)},
        {"ssl.certificate.location", file_of(c->cert_file, cert)},
        {"ssl.key.location", file_of(c->key_file, key)},
        {"ssl.endpoint.identification.algorithm", "https"},
    };
    bool good = !brokers.bad && set_all(conf, pairs, ARRAY_LEN(pairs), why);
    buffer_free(&brokers);
    return good;
}

static bool make_producer(struct kafka *w, char why[WHY_MAX]) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    snprintf(why, WHY_MAX, "out of memory");
    if (set_conf(w, conf, why)) {
        rd_kafka_conf_set_opaque(conf, w);
        rd_kafka_conf_set_dr_msg_cb(conf, on_report);
        rd_kafka_conf_set_error_cb(conf, on_trouble);
        rd_kafka_conf_set_log_cb(conf, on_log);
        rd_kafka_conf_set_resolve_cb(conf, resolve);
        if (is_clear(&w->settings->c)) {
            rd_kafka_conf_set_connect_cb(conf, connect_here);
        }
        w->trouble[0] = '\0';
        w->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, WHY_MAX);
    }
    if (!w->producer) {
        rd_kafka_conf_destroy(conf); /* which rd_kafka_new takes over only when it works */
    }
    return w->producer != NULL;
}

/* What is under way is given up. */
static void drop_producer(struct kafka *w) {
    if (w->producer) {
        rd_kafka_purge(w->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        atomic_store(&w->dropping, true);
        rd_kafka_destroy(w->producer);
        atomic_store(&w->dropping, false);
        w->producer = NULL;
    }
}

/* ---- one event ---- */

static rd_kafka_resp_err_t produce(struct kafka *w, const struct event_row *r, const char *topic) {
    void *number = (void *)(uintptr_t)++w->asked;
    return rd_kafka_producev(
        w->producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(r->tour, strlen(r->tour)),
        RD_KAFKA_V_VALUE(r->body, strlen(r->body)), RD_KAFKA_V_HEADER("id", r->id, -1),
        RD_KAFKA_V_HEADER("eventType", r->type, -1), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_OPAQUE(number), RD_KAFKA_V_END);
}

/* The report on it; ERR__TIMED_OUT: there is none, or it is to stop. */
static rd_kafka_resp_err_t await(struct kafka *w) {
    us_t by = clock_now() + w->run.timeout + GRACE;
    while (w->reported != w->asked && clock_now() < by && !w->run.stop(w->run.stop_ctx)) {
        rd_kafka_poll(w->producer, SLICE_MS);
    }
    return w->reported == w->asked ? w->result : RD_KAFKA_RESP_ERR__TIMED_OUT;
}

/* What says that this event is not liked, whatever becomes of the brokers. */
static bool is_refusal(rd_kafka_resp_err_t e) {
    return e == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || e == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
           e == RD_KAFKA_RESP_ERR_INVALID_RECORD || e == RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
}

static enum sink_verdict failed(struct kafka *w, rd_kafka_resp_err_t e, const char *topic,
                                char why[EVENT_WHY_MAX]) {
    bool late = e == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || e == RD_KAFKA_RESP_ERR__TIMED_OUT;
    snprintf(why, EVENT_WHY_MAX, "%.70s: %.120s", topic,
             late && *w->trouble ? w->trouble : rd_kafka_err2str(e));
    bool refused = is_refusal(e);
    if (!refused || rd_kafka_fatal_error(w->producer, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        /* It would remember for minutes what was wrong with a topic, and go on trying to connect
         * while the courier waits; of what is under way we would be told nothing more. */
        drop_producer(w);
    }
    return refused ? SINK_REFUSED : SINK_DOWN;
}

static enum sink_verdict send_event(void *ctx, const struct event_row *r, wall_t wall,
                                    struct sink_answer *ret) {
    struct kafka *w = ctx;
    char topic[EVENT_TOPIC_MAX], why[WHY_MAX];
    (void)wall;
    if (!w->producer && !make_producer(w, why)) {
        snprintf(ret->why, sizeof(ret->why), "%.190s", why);
        return SINK_DOWN;
    }
    event_topic_write(w->settings->c.topic, r->type, r->tour, topic);
    rd_kafka_resp_err_t e = produce(w, r, topic);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
        w->reported = w->asked; /* nothing will come */
    } else {
        e = await(w);
    }
    if (e == RD_KAFKA_RESP_ERR_NO_ERROR) {
        w->trouble[0] = '\0';
        return SINK_TAKEN;
    }
    return failed(w, e, topic, ret->why);
}

/* What the library has to say of brokers that come and go waits for somebody who listens, and grows
 * for as long as nothing is sent. */
static void listen_idle(void *ctx) {
    struct kafka *w = ctx;
    if (w->producer) {
        rd_kafka_poll(w->producer, 0);
    }
}

static void kafka_free(struct kafka *w) {
    drop_producer(w);
    lookups_free(w->lookups);
    mem_free(w);
}

static void close_kafka(void *ctx) {
    kafka_free(ctx);
}

static enum err open_kafka(const void *settings, const struct sink_run *run, struct sink *ret,
                           char why[WHY_MAX]) {
    struct kafka *w = mem_zalloc(1, sizeof(*w));
    if (!w) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    w->settings = settings;
    w->run = *run;
    w->lookups = lookups_new(NULL);
    snprintf(why, WHY_MAX, "out of memory");
    if (!w->lookups || !make_producer(w, why)) {
        enum err e = w->lookups ? ERR_IO : ERR_NOMEM;
        kafka_free(w);
        return e;
    }
    *ret = (struct sink){.ctx = w, .send = send_event, .close = close_kafka, .idle = listen_idle};
    return OK;
}

static void settings_free(void *settings) {
    struct settings *x = settings;
    broker_secret_free(x->password);
    mem_free(x);
}

enum err kafka_maker(const struct kafka_config *c, struct sink_maker *ret) {
    struct settings *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    x->c = *c;
    x->password = given(c->password) ? mem_strdup(c->password) : NULL;
    if (given(c->password) && !x->password) {
        settings_free(x);
        return ERR_NOMEM;
    }
    *ret = (struct sink_maker){x, open_kafka, settings_free};
    return OK;
}
