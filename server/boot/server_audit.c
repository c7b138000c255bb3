/* The audit log: what it is made of, and what signaling tells it. */
#include "base/check.h"
#include "server/boot/audit_config.h"
#include "server/boot/server_parts.h"
#include "server/os/log.h"

#include <stdio.h>
#include <string.h>

enum err server_start_audit(struct server *s, char why[WHY_MAX]) {
    const struct config *cfg = s->api.config;
    struct audit_paths paths;
    if (!cfg->audit_enabled) {
        return OK;
    }
    const struct audit_config c = audit_configured(cfg, &paths);
    enum err e = audit_start(&c, &s->api.audit, why);
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

/* The words of signaling's requests, and what each is when it turns something on or off. */
static const struct {
    const char *word;
    enum audit_action on, off;
} acts[] = {
    {"mute", AUDIT_PARTICIPANT_MUTE, AUDIT_PARTICIPANT_MUTE},
    {"mute_all", AUDIT_TOUR_MUTE_ALL, AUDIT_TOUR_MUTE_ALL},
    {"remove", AUDIT_PARTICIPANT_REMOVE, AUDIT_PARTICIPANT_REMOVE},
    {"admit", AUDIT_PARTICIPANT_ADMIT, AUDIT_PARTICIPANT_ADMIT},
    {"allow", AUDIT_PARTICIPANT_ALLOW, AUDIT_PARTICIPANT_ALLOW},
    {"host", AUDIT_PARTICIPANT_HOST, AUDIT_PARTICIPANT_UNHOST},
    {"hand_over", AUDIT_PARTICIPANT_LEAD, AUDIT_PARTICIPANT_LEAD},
    {"lock", AUDIT_TOUR_LOCK, AUDIT_TOUR_UNLOCK},
    {"lobby", AUDIT_TOUR_LOBBY, AUDIT_TOUR_LOBBY},
    {"record", AUDIT_TOUR_RECORD, AUDIT_TOUR_RECORD},
    {"retract", AUDIT_TOUR_RETRACT, AUDIT_TOUR_RETRACT},
    {"end", AUDIT_TOUR_END, AUDIT_TOUR_END},
    {"resume", AUDIT_SEAT_RESUME, AUDIT_SEAT_RESUME},
    {"take_over", AUDIT_SEAT_TAKE_OVER, AUDIT_SEAT_TAKE_OVER},
    {"observe", AUDIT_TOUR_OBSERVE, AUDIT_TOUR_OBSERVE},
};

static enum audit_action action_of(const char *word, bool on) {
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        if (strcmp(acts[i].word, word) == 0) {
            return on ? acts[i].on : acts[i].off;
        }
    }
    return AUDIT_NONE;
}

void server_act(struct server *s, const struct signaling_effect *e) {
    char number[16] = "";
    if (e->number) {
        snprintf(number, sizeof(number), "p%u", e->number);
    }
    enum audit_action what = action_of(e->name, e->on);
    CHECK(what != AUDIT_NONE); /* a test looks at each request */
    audit(s->api.audit, &(struct audit_act){.what = what,
                                            .code = e->code != CODE_OK ? code_name(e->code) : NULL,
                                            .sub = e->sub,
                                            .name = e->person,
                                            .role = e->role,
                                            .from = ws_client(&s->loop, e->conn),
                                            .tour = e->tour_name,
                                            .participant = number,
                                            .whom = e->whom,
                                            .detail = e->text});
}
