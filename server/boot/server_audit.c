/* The audit log: what it is made of, and what signaling tells it. */
#include "server/audit/audit_reader.h"
#include "server/boot/audit_config.h"
#include "server/boot/server_parts.h"
#include "server/http/request.h"
#include "server/os/log.h"

#include <stdio.h>
#include <string.h>

enum err server_start_audit(struct server *s, char why[WHY_MAX]) {
    const struct config *cfg = s->api.config;
    struct audit_paths paths;
    if (!cfg->audit_enabled) {
        return OK;
    }
    struct audit_config c = audit_configured(cfg, &paths);
    c.wake = loop_wake;
    c.wake_ctx = &s->loop;
    enum err e = audit_start(&c, &s->api.audit, why);
    e = e == OK ? audit_reader_start(cfg->audit_dir, loop_wake, &s->loop, &s->api.audit_reader, why)
                : e;
    audit(s->api.audit,
          &(struct audit_act){.what = AUDIT_SERVER_START, .detail = "oriel " ORIEL_VERSION});
    return e;
}

void server_swept(void *ctx, const char *of, const char *what) {
    const struct server *s = ctx;
    audit_kept(s->api.audit, &(struct audit_act){.what = AUDIT_RECORDING_SWEEP,
                                                 .sub = "recording.retention_days",
                                                 .recording = of,
                                                 .detail = what});
}

bool server_may_sweep(void *ctx, const char *of) {
    const struct server *s = ctx;
    const struct audit_act act = {
        .what = AUDIT_SHRED_ORDER, .sub = "recording.retention_days", .recording = of};
    return audit_kept_first(s->api.audit, &act) || !s->api.config->audit_mandatory;
}

/* All of them: whichever is missing does not compile, for it would be missing in the log. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch"
static enum audit_action action_of(enum signaling_act act, bool on) {
    switch (act) {
    case ACT_NONE:
        return AUDIT_NONE;
    case ACT_MUTE:
        return AUDIT_PARTICIPANT_MUTE;
    case ACT_MUTE_ALL:
        return AUDIT_TOUR_MUTE_ALL;
    case ACT_REMOVE:
        return AUDIT_PARTICIPANT_REMOVE;
    case ACT_ADMIT:
        return AUDIT_PARTICIPANT_ADMIT;
    case ACT_ALLOW:
        return AUDIT_PARTICIPANT_ALLOW;
    case ACT_HOST:
        return on ? AUDIT_PARTICIPANT_HOST : AUDIT_PARTICIPANT_UNHOST;
    case ACT_HAND_OVER:
        return AUDIT_PARTICIPANT_LEAD;
    case ACT_LOWER_HAND:
        return AUDIT_PARTICIPANT_LOWER_HAND;
    case ACT_SPOTLIGHT:
        return AUDIT_TOUR_SPOTLIGHT;
    case ACT_LOCK:
        return on ? AUDIT_TOUR_LOCK : AUDIT_TOUR_UNLOCK;
    case ACT_LOBBY:
        return AUDIT_TOUR_LOBBY;
    case ACT_RECORD:
        return AUDIT_TOUR_RECORD;
    case ACT_RETRACT:
        return AUDIT_TOUR_RETRACT;
    case ACT_INVITE:
        return AUDIT_INVITE_CREATE;
    case ACT_END:
        return AUDIT_TOUR_END;
    case ACT_RESUME:
        return AUDIT_SEAT_RESUME;
    case ACT_TAKE_OVER:
        return AUDIT_SEAT_TAKE_OVER;
    case ACT_OBSERVE:
        return AUDIT_TOUR_OBSERVE;
    }
    return AUDIT_NONE;
}
#pragma GCC diagnostic pop

/* Of a WebSocket, or of a request (WHIP), if it is still there. */
static const struct addr *client_of(struct server *s, const struct signaling_effect *e) {
    const struct request *r = e->req ? request_find(&s->loop, e->req) : NULL;
    return r ? request_client(r) : e->req ? NULL : ws_client(&s->loop, e->conn);
}

void server_act(struct server *s, const struct signaling_effect *e) {
    char number[16] = "";
    if (e->number) {
        snprintf(number, sizeof(number), "p%u", e->number);
    }
    audit(s->api.audit, &(struct audit_act){.what = action_of((enum signaling_act)e->act, e->on),
                                            .code = e->code != CODE_OK ? code_name(e->code) : NULL,
                                            .sub = e->sub,
                                            .name = e->person,
                                            .role = e->role,
                                            .from = client_of(s, e),
                                            .tour = e->tour_name,
                                            .participant = number,
                                            .whom = e->whom,
                                            .detail = e->text});
}
