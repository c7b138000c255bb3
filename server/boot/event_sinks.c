#include "server/boot/event_sinks.h"

#include "base/alloc.h"
#include "server/boot/events_config.h"
#include "server/config/event_topic.h"
#include "server/events/broker_secret.h"
#include "server/events/kafka.h"
#include "server/events/nats.h"
#include "server/events/webhook.h"
#include "server/events/webhook_secret.h"

#include <stdio.h>

static void add(struct event_sinks *s, const struct courier_thread_config *c,
                const struct sink_maker *maker) {
    s->at[s->n] = *c;
    s->at[s->n++].maker = *maker;
}

static enum err make_webhook(const struct config *cfg, size_t i, struct event_sinks *ret,
                             char why[WHY_MAX]) {
    const struct config_webhook *w = &cfg->webhooks[i];
    const struct courier_thread_config c = courier_configured(cfg, w->name, &w->types);
    struct sink_maker maker;
    struct webhook_keys keys;
    enum err e = webhook_keys_load(w->secret_file, &keys, why);
    const struct webhook_config hook = {.url = w->url, .ca_file = w->ca_file, .keys = &keys};
    e = e == OK ? webhook_maker(&hook, &maker) : e;
    if (e == OK) {
        add(ret, &c, &maker);
    }
    mem_wipe(&keys, sizeof(keys));
    return e;
}

/* The secret in a file, if there is one. */
static enum err load_secret(const char *file, char **ret, char why[WHY_MAX]) {
    return *file ? broker_secret_load(file, ret, why) : OK;
}

/* What the library reads by itself: a file that is not there is told now, and not by a warning. */
static enum err check_files(const char *ca, const char *cert, const char *key, char why[WHY_MAX]) {
    enum err e = *ca ? broker_file_check(ca, why) : OK;
    e = e == OK && *cert ? broker_file_check(cert, why) : e;
    return e == OK && *key ? broker_secret_check(key, why) : e;
}

static enum err make_nats(const struct config *cfg, size_t i, struct event_sinks *ret,
                          char why[WHY_MAX]) {
    const struct config_nats *n = &cfg->nats[i];
    const struct courier_thread_config c = courier_configured(cfg, n->name, &n->types);
    struct sink_maker maker;
    char *password = NULL, *token = NULL;
    enum err e = load_secret(n->password_file, &password, why);
    e = e == OK ? load_secret(n->token_file, &token, why) : e;
    e = e == OK ? check_files(n->ca_file, n->cert_file, n->key_file, why) : e;
    e = e == OK && *n->creds_file ? broker_secret_check(n->creds_file, why) : e;
    const struct nats_config k = {.urls = n->urls.items,
                                  .n_urls = n->urls.n,
                                  .subject = *n->subject ? n->subject : EVENT_TOPIC_DEFAULT,
                                  .stream = n->stream,
                                  .user = n->user,
                                  .password = password,
                                  .token = token,
                                  .creds_file = n->creds_file,
                                  .ca_file = n->ca_file,
                                  .cert_file = n->cert_file,
                                  .key_file = n->key_file};
    e = e == OK ? nats_maker(&k, &maker) : e;
    if (e == OK) {
        add(ret, &c, &maker);
    }
    broker_secret_free(password);
    broker_secret_free(token);
    return e;
}

static enum err make_kafka(const struct config *cfg, size_t i, struct event_sinks *ret,
                           char why[WHY_MAX]) {
    const struct config_kafka *n = &cfg->kafka[i];
    const struct courier_thread_config c = courier_configured(cfg, n->name, &n->types);
    struct sink_maker maker;
    char *password = NULL;
    enum err e = load_secret(n->password_file, &password, why);
    e = e == OK ? check_files(n->ca_file, n->cert_file, n->key_file, why) : e;
    const struct kafka_config k = {.brokers = n->brokers.items,
                                   .n_brokers = n->brokers.n,
                                   .topic = *n->topic ? n->topic : EVENT_TOPIC_DEFAULT,
                                   .security_protocol = n->security_protocol,
                                   .sasl_mechanism = n->sasl_mechanism,
                                   .user = n->user,
                                   .password = password,
                                   .ca_file = n->ca_file,
                                   .cert_file = n->cert_file,
                                   .key_file = n->key_file};
    e = e == OK ? kafka_maker(&k, &maker) : e;
    if (e == OK) {
        add(ret, &c, &maker);
    }
    broker_secret_free(password);
    return e;
}

enum err event_sinks_make(const struct config *cfg, struct event_sinks *ret, char why[WHY_MAX]) {
    enum err e = OK;
    _Static_assert(CONFIG_SINKS_MAX <= EVENT_SINKS_MAX, "each has a thread");
    snprintf(why, WHY_MAX, "out of memory");
    for (size_t i = 0; i < cfg->n_webhooks && e == OK; i++) {
        e = make_webhook(cfg, i, ret, why);
    }
    for (size_t i = 0; i < cfg->n_nats && e == OK; i++) {
        e = make_nats(cfg, i, ret, why);
    }
    for (size_t i = 0; i < cfg->n_kafka && e == OK; i++) {
        e = make_kafka(cfg, i, ret, why);
    }
    return e;
}

size_t event_sinks_configured(const struct config *cfg) {
    return cfg->n_webhooks + cfg->n_nats + cfg->n_kafka;
}

void event_sinks_free(struct event_sinks *s) {
    while (s->n > 0) {
        sink_maker_free(&s->at[--s->n].maker);
    }
}
