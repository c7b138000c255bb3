/* The tours that outlive the process (docs/survival.md): their log in the runtime folder. */
#include "server/auth/auth.h"
#include "server/boot/server_parts.h"
#include "server/config/units.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <stdio.h>

static void tell_tours(const struct tours_left *f) {
    uint64_t dropped = f->damaged + f->version + f->older + f->full + f->unreadable;
    if (f->rebuilt.tours) {
        LOG(LOG_LEVEL_WARN, "tours_go_on",
            "The process before this one did not end in good order. Its tours go on: people come "
            "back to their seats.",
            LOG_NUM("tours", f->rebuilt.tours), LOG_NUM("seats", f->rebuilt.seats),
            LOG_NUM("waiting", f->rebuilt.waiting));
    } else if (dropped) {
        LOG(LOG_LEVEL_WARN, "tours_dropped",
            "The process before this one did not end in good order, and its tours cannot be gone "
            "on with: people join again.",
            LOG_NUM("damaged", f->damaged), LOG_NUM("version", f->version),
            LOG_NUM("older", f->older), LOG_NUM("full", f->full),
            LOG_NUM("unreadable", f->unreadable));
    }
}

enum err server_tours_log(struct server *s, char why[WHY_MAX]) {
    struct api *a = &s->api;
    if (!s->runtime) {
        return OK;
    }
    s->tours_log = tours_log_open(s->runtime, (size_t)bytes_of_mib(a->config->limits_tours_log_mib),
                                  &a->tours_left);
    if (!s->tours_log) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    return OK;
}

static bool is_revoked(void *ctx, const char *sub) {
    const struct server *s = ctx;
    return auth_revoked(s->api.auth, sub);
}

void server_tours_again(struct server *s) {
    struct api *a = &s->api;
    if (s->tours_log) {
        tours_log_rebuild(s->tours_log, a->signaling, clock_now(), &a->tours_left);
        tell_tours(&a->tours_left);
        /* Tokens may have been taken back since. Without memory for it they are not let go on. */
        if (signaling_revoke_all(a->signaling, clock_now(), is_revoked, s) != OK) {
            LOG(LOG_LEVEL_ERROR, "revoked_not_ended",
                "no memory to end what revoked people have in tours");
        }
    }
}

void server_stop_kept(struct server *s) {
    if (s->tours_log && s->api.signaling) {
        signaling_keep_no_more(s->api.signaling);
    }
    s->tours_log = tours_log_end(s->tours_log);
}
