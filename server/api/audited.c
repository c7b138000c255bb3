#include "server/api/audited.h"

#include "base/check.h"
#include "server/api/chat.h"
#include "server/api/events_operations.h"
#include "server/api/moderation.h"
#include "server/api/participants.h"
#include "server/api/recordings_operations.h"
#include "server/api/tours_schemas.h"
#include "server/api/whip.h"
#include "server/http/respond.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const struct operation *of;
    enum audit_action what;
} acts[] = {
    {&operation_recordings_list, AUDIT_RECORDINGS_LIST},
    {&operation_recordings_get, AUDIT_RECORDING_GET},
    {&operation_recordings_shred, AUDIT_RECORDING_SHRED},
    {&operation_recordings_shred_person, AUDIT_PERSON_SHRED},
    {&operation_hold_set, AUDIT_RECORDING_HOLD},
    {&operation_hold_release, AUDIT_RECORDING_RELEASE},
    {&operation_playback_allow, AUDIT_RECORDING_TICKET},
    {&operation_playback_revoke, AUDIT_RECORDING_UNTICKET},
    {&operation_thumbnails_list, AUDIT_RECORDING_THUMBNAILS},
    {&operation_thumbnail_get, AUDIT_RECORDING_THUMBNAILS},
    {&operation_waveform_get, AUDIT_RECORDING_WAVEFORM},
    {&operation_exports_list, AUDIT_EXPORT_LIST},
    {&operation_export_start, AUDIT_EXPORT_ORDER},
    {&operation_export_remove, AUDIT_EXPORT_REMOVE},
    {&operation_export_media, AUDIT_EXPORT_DOWNLOAD},
    {&operation_segments_list, AUDIT_RECORDING_PLAY},
    {&operation_segment_get, AUDIT_RECORDING_PLAY},
    {&operation_init_get, AUDIT_RECORDING_PLAY},
    {&operation_media_get, AUDIT_RECORDING_PLAY},
    {&operation_tours_create, AUDIT_TOUR_CREATE},
    {&operation_tours_update, AUDIT_TOUR_UPDATE},
    {&operation_tours_delete, AUDIT_TOUR_DELETE},
    {&operation_tours_end, AUDIT_TOUR_END},
    {&operation_tours_lock, AUDIT_TOUR_LOCK},
    {&operation_tours_unlock, AUDIT_TOUR_UNLOCK},
    {&operation_invites_create, AUDIT_INVITE_CREATE},
    {&operation_participants_list, AUDIT_PARTICIPANTS_LIST},
    {&operation_participants_remove, AUDIT_PARTICIPANT_REMOVE},
    {&operation_participants_admit, AUDIT_PARTICIPANT_ADMIT},
    {&operation_participants_lead, AUDIT_PARTICIPANT_LEAD},
    {&operation_participants_host, AUDIT_PARTICIPANT_HOST},
    {&operation_participants_unhost, AUDIT_PARTICIPANT_UNHOST},
    {&operation_participants_mute, AUDIT_PARTICIPANT_MUTE},
    {&operation_participants_allow, AUDIT_PARTICIPANT_ALLOW},
    {&operation_tours_admit, AUDIT_PARTICIPANT_ADMIT},
    {&operation_tours_mute, AUDIT_TOUR_MUTE_ALL},
    {&operation_tours_allow, AUDIT_PARTICIPANT_ALLOW},
    {&operation_lobby_open, AUDIT_TOUR_LOBBY},
    {&operation_lobby_close, AUDIT_TOUR_LOBBY},
    {&operation_recording_start, AUDIT_TOUR_RECORD},
    {&operation_recording_stop, AUDIT_TOUR_RECORD},
    {&operation_chat_retract, AUDIT_TOUR_RETRACT},
    {&operation_events_list, AUDIT_EVENTS_LIST},
    {&operation_events_of_tour, AUDIT_EVENTS_LIST},
    {&operation_dead_list, AUDIT_EVENTS_LIST},
    {&operation_dead_retry, AUDIT_EVENTS_RETRY},
    {&operation_dead_retry_all, AUDIT_EVENTS_RETRY},
    {&operation_replay, AUDIT_EVENTS_REPLAY},
};

static enum audit_action act_of(const struct request *r) {
    const struct route *route = r->route;
    if (!route || r->method == HTTP_OPTIONS) {
        return AUDIT_NONE;
    }
    for (size_t i = 0; route->about && i < ARRAY_LEN(acts); i++) {
        if (acts[i].of == route->about) {
            return acts[i].what;
        }
    }
    /* Who watches a tour unseen. */
    bool observes = route->handle == whep_request && r->method == HTTP_POST &&
                    call_of(r)->claims.role == ROLE_OPS;
    return observes ? AUDIT_TOUR_OBSERVE : AUDIT_NONE;
}

bool audited_refuses(struct request *r) {
    const struct api *a = api_of(r);
    if (!a->config->audit_mandatory || audit_works(a->audit) || !audit_is_required(act_of(r))) {
        return false;
    }
    respond_header(r, "retry-after:", "5");
    respond_problem(r, 503, "audit_unavailable",
                    "It cannot be recorded now who asks for this, and must be.");
    return true;
}

/* What the path names {name}, or NULL. */
static const char *named(const struct request *r, const char *name) {
    unsigned n = 0;
    for (const char *p = strchr(r->route->pattern, '{'); p; p = strchr(p + 1, '{')) {
        if (strncmp(p, name, strlen(name)) == 0) {
            return n < r->args.n ? r->args.v[n] : NULL;
        }
        n++;
    }
    return NULL;
}

/* NULL: it was done, in the end or as far as the client wanted it. */
static const char *why_not(const struct request *r, char text[16]) {
    const struct response *a = &r->response;
    if (call_of(r)->refused != CODE_OK) {
        return code_name(call_of(r)->refused);
    }
    if (a->status >= 200 && a->status < 400) {
        return NULL;
    }
    snprintf(text, 16, "http_%d", a->status);
    return a->status == 0 ? "unanswered" : a->problem ? a->problem : text;
}

void audited_note(struct request *r) {
    struct call *call = call_of(r);
    enum audit_action what = call ? act_of(r) : AUDIT_NONE;
    char code[16];
    if (what == AUDIT_NONE || call->noted || (call->refused != CODE_OK && !*call->claims.sub)) {
        return;
    }
    call->noted = true;
    const char *track = named(r, "{track}"), *number = named(r, "{number}");
    const char *receiver = named(r, "{receiver}");
    /* Of a file that is played in pieces only the track is told. */
    bool piece = what == AUDIT_RECORDING_PLAY || what == AUDIT_RECORDING_THUMBNAILS;
    audit(api_of(r)->audit, &(struct audit_act){.what = what,
                                                .code = why_not(r, code),
                                                .who = &call->claims,
                                                .role = call->claims.scopes ? "service" : NULL,
                                                .from = call->has_client ? &call->client : NULL,
                                                .tour = named(r, "{tour}"),
                                                .recording = named(r, "{recording}"),
                                                .participant = named(r, "{participant}"),
                                                .detail = receiver         ? receiver
                                                          : track || piece ? track
                                                                           : number,
                                                .trace = r->trace.id});
}
