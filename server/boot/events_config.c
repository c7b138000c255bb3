#include "server/boot/events_config.h"

#include "server/boot/event_sinks.h"
#include "server/boot/events_unended.h"
#include "server/config/units.h"
#include "server/events/events_erase.h"
#include "server/os/files.h"
#include "server/os/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DAY (86400 * US_PER_S)

/* What people say is only told whom the operator wants to have it. */
static uint32_t types_of(const struct config_list *l) {
    uint32_t types = l->n > 0 ? 0 : (1u << EVENT_TYPE_COUNT) - 1 - (1u << EVENT_MESSAGE);
    for (size_t i = 0; i < l->n; i++) {
        types |= 1u << event_type_from_name(l->items[i]);
    }
    return types;
}

static bool wants_messages(const struct config_list *types) {
    return types_of(types) & 1u << EVENT_MESSAGE;
}

bool events_want_messages(const struct config *cfg) {
    bool any = false;
    for (size_t i = 0; i < cfg->n_webhooks; i++) {
        any = any || wants_messages(&cfg->webhooks[i].types);
    }
    for (size_t i = 0; i < cfg->n_nats; i++) {
        any = any || wants_messages(&cfg->nats[i].types);
    }
    for (size_t i = 0; i < cfg->n_kafka; i++) {
        any = any || wants_messages(&cfg->kafka[i].types);
    }
    return any;
}

struct events_thread_config events_configured(const struct config *cfg) {
    return (struct events_thread_config){.store = cfg->events_file,
                                         .recordings = cfg->recording_dir,
                                         .keep = cfg->events_keep_days * DAY};
}

struct courier_thread_config courier_configured(const struct config *cfg, const char *name,
                                                const struct config_list *types) {
    return (struct courier_thread_config){.name = name,
                                          .types = types_of(types),
                                          .attempts = (uint32_t)cfg->events_attempts,
                                          .retry = {.first = cfg->events_retry_s * US_PER_S,
                                                    .most = cfg->events_retry_max_s * US_PER_S},
                                          .timeout = cfg->events_timeout_s * US_PER_S};
}

bool events_told(const struct config *cfg) {
    return cfg->events_enabled && event_sinks_configured(cfg) > 0;
}

static enum err start(const struct config *cfg, struct loop *loop, struct events_thread **ret,
                      char why[WHY_MAX]) {
    struct event_sinks sinks = {.n = 0};
    struct events_thread_config c = events_configured(cfg);
    if (files_make_parents(cfg->events_file) != OK) {
        snprintf(why, WHY_MAX, "events.file: %.150s: %s", cfg->events_file, strerror(errno));
        return ERR_IO;
    }
    enum err e = event_sinks_make(cfg, &sinks, why);
    e = e == OK && events_told(cfg) ? events_end_unended(cfg->events_file, why) : e;
    e = e == OK ? events_erase(cfg->events_file, cfg->recording_dir, why) : e;
    e = e == ERR_AGAIN ? OK : e; /* it is done, and in a log that the thread truncates */
    if (e != OK) {
        event_sinks_free(&sinks);
        return e;
    }
    c.wake = loop_wake;
    c.wake_ctx = loop;
    c.sinks = sinks.at;
    c.n_sinks = sinks.n;
    return events_thread_start(&c, ret, why);
}

void events_shredded(void *ctx) {
    const struct config *cfg = ctx;
    char why[WHY_MAX] = "";
    if (events_erase(cfg->events_file, cfg->recording_dir, why) != OK) {
        LOG(LOG_LEVEL_WARN, "events_not_erased",
            "What was shredded is in the ledger of events still; it is tried again.",
            LOG_STR("why", why));
    }
}

enum err events_start(const struct config *cfg, struct loop *loop, struct events_thread **ret,
                      char why[WHY_MAX]) {
    if (events_told(cfg)) {
        return start(cfg, loop, ret, why);
    }
    /* What nobody is told is not kept: it has names of people in it. A ledger of when there were
     * receivers is forgotten in its time, and what is shredded is erased in it. */
    if (access(cfg->events_file, F_OK) == 0 && start(cfg, loop, ret, why) != OK) {
        LOG(LOG_LEVEL_WARN, "events_not_pruned",
            "A ledger of events that has no receivers any more cannot be opened.",
            LOG_STR("why", why));
    }
    return OK;
}
