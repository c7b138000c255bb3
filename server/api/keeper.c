/* How the recordings are kept, as a whole: what there is against the quota, when what was swept,
 * which key provider fails. For the page of whoever operates this. */
#include "server/api/keeper.h"

#include "base/json_write.h"
#include "server/api/call.h"
#include "server/api/refuse.h"
#include "server/config/units.h"
#include "server/http/respond.h"
#include "server/os/clock.h"

static void put_time(struct buffer *b, const char *key, wall_t at) {
    char text[WALL_TEXT_MAX];
    json_put_string(b, key, at.us ? wall_text(at, text) : NULL);
}

/* 0 is no limit. */
static void put_limit(struct buffer *b, const char *key, uint64_t limit) {
    if (limit) {
        json_put_uint(b, key, limit);
    } else {
        json_put_null(b, key);
    }
}

static void put_quota(struct buffer *b, const struct api *a, const struct keeper_state *s) {
    json_open(b, "quota", '{');
    put_limit(b, "recordings", (uint64_t)a->config->recording_quota_recordings);
    put_limit(b, "bytes", bytes_of_mib(a->config->recording_quota_mib));
    json_put_bool(b, "reached", s->quota_reached);
    json_put_uint(b, "refused", glue_refused(a->glue));
    json_close(b, '}');
}

static void put_retention(struct buffer *b, const struct api *a, const struct keeper_state *s) {
    json_open(b, "retention", '{');
    put_limit(b, "days", (uint64_t)a->config->recording_retention_days);
    json_put_string(b, "last", s->swept ? keeper_result_name(s->last) : NULL);
    put_time(b, "last_run", s->last_run);
    put_time(b, "last_ok", s->last_ok);
    json_put_bool(b, "clock_wrong", s->clock_wrong);
    json_put_uint(b, "shredded", s->shredded);
    json_put_uint(b, "held", s->held);
    json_put_uint(b, "undated", s->undated);
    json_put_uint(b, "keyless", s->keyless);
    json_put_uint(b, "orphans", s->orphans);
    json_put_uint(b, "failed", s->failed);
    json_close(b, '}');
}

static void put_providers(struct buffer *b, const struct keeper_state *s) {
    json_open(b, "keys", '[');
    for (uint32_t i = 0; i < s->n_providers; i++) {
        const struct keeper_provider *p = &s->providers[i];
        json_open(b, NULL, '{');
        json_put_string(b, "provider", p->name);
        json_put_bool(b, "up", !*p->reason);
        if (*p->reason) {
            json_put_string(b, "reason", p->reason);
            json_put_int(b, "failing_s", us_max(clock_now() - p->since, 0) / US_PER_S);
        }
        json_close(b, '}');
    }
    json_close(b, ']');
}

void keeper_status(struct request *r) {
    const struct api *a = api_of(r);
    struct keeper_state s;
    struct buffer b = {0};
    if (!a->keeper) {
        refuse_recording_off(r);
        return;
    }
    if (*call_of(r)->claims.tour) { /* it is about all tours */
        refuse_code(r, CODE_TOKEN_TOUR);
        return;
    }
    keeper_thread_state(a->keeper, &s);
    json_open(&b, NULL, '{');
    json_put_uint(&b, "recordings", s.totals.recordings);
    json_put_uint(&b, "bytes", s.totals.bytes);
    put_quota(&b, a, &s);
    put_retention(&b, a, &s);
    put_providers(&b, &s);
    json_close(&b, '}');
    respond_header(r, "cache-control:", "no-store");
    respond_buffer(r, 200, "application/json", &b);
}
