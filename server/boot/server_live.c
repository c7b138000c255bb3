/* What outlives the process (docs/survival.md): the runtime folder, and the files in it. */
#include "server/boot/server_parts.h"
#include "server/config/units.h"
#include "server/os/clock.h"
#include "server/os/crash_loop.h"
#include "server/os/log.h"
#include "server/os/runtime_dir.h"
#include "server/relay/live_file.h"
#include "server/relay/live_identity.h"

static void tell_found(const struct live_found *f) {
    uint64_t dropped = 0;
#define X(name, text) dropped += f->dropped.name;
    LIVE_DROPPED(X)
#undef X
    if (f->sessions || dropped) {
        LOG(LOG_LEVEL_WARN, "live_state_found",
            "The process before this one did not end in good order. Its sessions were removed: "
            "people join again.",
            LOG_NUM("sessions", f->sessions), LOG_NUM("damaged", f->dropped.damaged),
            LOG_NUM("version", f->dropped.version), LOG_NUM("unreadable", f->dropped.unreadable));
    }
}

/* What was left may be what the process dies of. */
static void begin_clean(struct server *s) {
    s->api.found.clean = true;
    unsigned n = runtime_dir_clear(s->runtime);
    LOG(LOG_LEVEL_ERROR, "crash_loop",
        "The process has died three times within half a minute while there was something to go on "
        "with: what it left was removed unread. People join again.",
        LOG_NUM("files", n));
}

enum err server_start_live(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    const char *path = a->config->runtime_dir;
    if (!*path) {
        return OK;
    }
    enum err e = runtime_dir_open(path, &s->runtime, why);
    if (e != OK) {
        return e;
    }
    if (!runtime_dir_in_memory(s->runtime)) {
        LOG(LOG_LEVEL_WARN, "runtime_dir_on_disk",
            "runtime_dir is on no tmpfs: keys of sessions come to a disk, where they stay after "
            "they have been wiped, and the system writes them there again and again.",
            LOG_STR("path", path));
    }
    if (crash_loop_begins(s->runtime, clock_now())) {
        begin_clean(s);
        return OK;
    }
    for (uint32_t i = 0; i < WORKERS_MAX; i++) { /* it may have had more workers */
        live_file_take(s->runtime, i, &a->found);
    }
    tell_found(&a->found);
    if (a->found.sessions == 0 && !tours_log_is_left(s->runtime)) {
        crash_loop_over(s->runtime);
    }
    return OK;
}

enum err server_identity(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    if (s->runtime) {
        const struct live_identity how = {.wall = clock_wall(),
                                          .max_age = us_of_days(a->config->media_certificate_days),
                                          .found = &a->found};
        return live_identity_take(s->runtime, &how, &s->identity, why);
    }
    s->identity = dtls_identity_new(clock_wall());
    return s->identity ? OK : ERR_CRYPTO;
}

enum err server_live_file(struct server *s, uint32_t i, struct worker_config *w,
                          char why[WHY_MAX]) {
    const struct session_file is = {
        .worker = i, .n_slots = w->engine.max_peers, .wall_at_zero = w->engine.wall_at_zero};
    enum err e = s->runtime ? live_file_new(s->runtime, &is, &s->live[i], why) : OK;
    e = e == OK && s->live[i] ? live_file_settle(s->live[i], why) : e;
    w->live = s->live[i];
    return e;
}

void server_stop_live(struct server *s) {
    server_stop_kept(s);
    for (uint32_t i = 0; i < WORKERS_MAX; i++) {
        s->live[i] = live_file_end(s->live[i]);
    }
    if (s->runtime) {
        live_identity_end(s->runtime);
        crash_loop_over(s->runtime);
    }
    s->runtime = runtime_dir_close(s->runtime);
}
