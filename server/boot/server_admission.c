/* How much there is to do, looked at again and again; signaling is told when it is too much. */
#include "base/list.h"
#include "server/api/node.h"
#include "server/boot/admission_config.h"
#include "server/boot/server_parts.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/usage.h"
#include "server/relay/worker.h"

#define UPDATE_EVERY 20 /* samples of the lag: once a second */

/* Processor time since the last look, of the worker that used least [%]: there a newcomer finds
 * room as long as there is any. */
static uint64_t least_busy(struct server *s, us_t now) {
    us_t took = us_max(now - s->load.at, 1);
    uint64_t least = 100;
    for (uint32_t i = 0; i < s->api.n_workers; i++) {
        uint64_t cpu = worker_processor(s->workers[i]);
        uint64_t percent = (cpu - s->load.cpu[i]) / 10 / (uint64_t)took;
        s->load.cpu[i] = cpu;
        least = percent < least ? percent : least;
    }
    return least;
}

static uint64_t packets_lost(struct server *s) {
    uint64_t all = 0, before = s->load.lost;
    for (uint32_t i = 0; i < s->api.n_workers; i++) {
        struct worker_rim_counters n;
        worker_rim_counters(s->workers[i], &n);
        all += n.udp.pool_empty;
    }
    s->load.lost = all;
    return all - before;
}

static void update(struct server *s, us_t now) {
    struct admission *a = &s->api.admission;
    const uint64_t load[ADMISSION_COUNT] = {
        [ADMISSION_LAG] = (uint64_t)admission_lag_p99(a),
        [ADMISSION_WORKERS] = least_busy(s, now),
        [ADMISSION_ORDERS] = glue_waiting(s->api.glue),
        [ADMISSION_PACKETS] = packets_lost(s),
        [ADMISSION_MEMORY] = a->config.most[ADMISSION_MEMORY] ? usage_resident() : 0,
    };
    s->load.at = now;
    if (!admission_update(a, now, load)) {
        return;
    }
    signaling_overloaded(s->api.signaling, a->refuses ? a->config.retry_s : 0);
    LOG(LOG_LEVEL_WARN, a->refuses ? "overloaded" : "overload_over",
        a->refuses ? "Newcomers are refused: there is too much to do."
                   : "Newcomers are let in again.",
        LOG_STR("why", admission_name(a->why)), LOG_NUM("is", load[a->why]),
        LOG_NUM("most", a->config.most[a->why]));
}

static void on_probe(struct deadline *d, us_t now) {
    struct server *s = CONTAINER_OF(d, struct server, probe);
    admission_sample(&s->api.admission, now - s->load.due);
    if (++s->load.samples % UPDATE_EVERY == 0) {
        update(s, now);
        node_watch(&s->api);
    }
    s->load.due = now + ADMISSION_SAMPLE_EVERY;
    deadlines_set(s->loop.deadlines, d, s->load.due);
}

void server_start_admission(struct server *s) {
    us_t now = clock_now();
    const struct admission_config c = admission_configured(s->api.config);
    admission_init(&s->api.admission, &c);
    s->load.at = now;
    (void)least_busy(s, now);
    s->probe = (struct deadline){.timer = {.at = US_NEVER}, .due = on_probe};
    s->load.due = now + ADMISSION_SAMPLE_EVERY;
    deadlines_set(s->loop.deadlines, &s->probe, s->load.due);
}
