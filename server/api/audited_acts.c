#include "server/api/audited_acts.h"

#include "base/check.h"
#include "server/api/audit_operations.h"
#include "server/api/chat.h"
#include "server/api/document.h"
#include "server/api/events_operations.h"
#include "server/api/moderation.h"
#include "server/api/node.h"
#include "server/api/participants.h"
#include "server/api/recordings_operations.h"
#include "server/api/showing.h"
#include "server/api/tours_schemas.h"
#include "server/api/whip.h"

static const struct audited_act acts[] = {
    {&operation_recordings_list, AUDIT_RECORDINGS_LIST, NULL},
    {&operation_recordings_get, AUDIT_RECORDING_GET, NULL},
    {&operation_recordings_access, AUDIT_RECORDING_ACCESS, NULL},
    {&operation_recordings_shred, AUDIT_RECORDING_SHRED, NULL},
    {&operation_recordings_shred_person, AUDIT_PERSON_SHRED, NULL},
    {&operation_hold_set, AUDIT_RECORDING_HOLD, NULL},
    {&operation_hold_release, AUDIT_RECORDING_RELEASE, NULL},
    {&operation_redact, AUDIT_RECORDING_REDACT, NULL},
    {&operation_verification_start, AUDIT_RECORDING_VERIFY, NULL},
    {&operation_playback_allow, AUDIT_RECORDING_TICKET, NULL},
    {&operation_playback_revoke, AUDIT_RECORDING_UNTICKET, NULL},
    {&operation_thumbnails_list, AUDIT_RECORDING_THUMBNAILS, NULL},
    {&operation_thumbnail_get, AUDIT_RECORDING_THUMBNAILS, NULL},
    {&operation_waveform_get, AUDIT_RECORDING_WAVEFORM, NULL},
    {&operation_exports_list, AUDIT_EXPORT_LIST, NULL},
    {&operation_export_start, AUDIT_EXPORT_ORDER, NULL},
    {&operation_export_remove, AUDIT_EXPORT_REMOVE, NULL},
    {&operation_export_media, AUDIT_EXPORT_DOWNLOAD, NULL},
    {&operation_segments_list, AUDIT_RECORDING_PLAY, NULL},
    {&operation_segment_get, AUDIT_RECORDING_PLAY, NULL},
    {&operation_init_get, AUDIT_RECORDING_PLAY, NULL},
    {&operation_media_get, AUDIT_RECORDING_PLAY, NULL},
    {&operation_tours_create, AUDIT_TOUR_CREATE, NULL},
    {&operation_tours_update, AUDIT_TOUR_UPDATE, NULL},
    {&operation_tours_delete, AUDIT_TOUR_DELETE, NULL},
    {&operation_tours_end, AUDIT_TOUR_END, NULL},
    {&operation_tours_lock, AUDIT_TOUR_LOCK, NULL},
    {&operation_tours_unlock, AUDIT_TOUR_UNLOCK, NULL},
    {&operation_invites_create, AUDIT_INVITE_CREATE, NULL},
    {&operation_participants_list, AUDIT_PARTICIPANTS_LIST, NULL},
    {&operation_participants_remove, AUDIT_PARTICIPANT_REMOVE, NULL},
    {&operation_participants_admit, AUDIT_PARTICIPANT_ADMIT, NULL},
    {&operation_participants_lead, AUDIT_PARTICIPANT_LEAD, NULL},
    {&operation_participants_host, AUDIT_PARTICIPANT_HOST, NULL},
    {&operation_participants_unhost, AUDIT_PARTICIPANT_UNHOST, NULL},
    {&operation_participants_mute, AUDIT_PARTICIPANT_MUTE, NULL},
    {&operation_participants_allow, AUDIT_PARTICIPANT_ALLOW, NULL},
    {&operation_tours_admit, AUDIT_PARTICIPANT_ADMIT, NULL},
    {&operation_tours_mute, AUDIT_TOUR_MUTE_ALL, NULL},
    {&operation_tours_allow, AUDIT_PARTICIPANT_ALLOW, NULL},
    {&operation_lobby_open, AUDIT_TOUR_LOBBY, "on=true"},
    {&operation_lobby_close, AUDIT_TOUR_LOBBY, "on=false"},
    {&operation_recording_start, AUDIT_TOUR_RECORD, "on=true"},
    {&operation_recording_stop, AUDIT_TOUR_RECORD, "on=false"},
    {&operation_chat_retract, AUDIT_TOUR_RETRACT, NULL},
    {&operation_participants_lower, AUDIT_PARTICIPANT_LOWER_HAND, NULL},
    {&operation_spotlight_set, AUDIT_TOUR_SPOTLIGHT, "on=true"},
    {&operation_spotlight_clear, AUDIT_TOUR_SPOTLIGHT, "on=false"},
    {&operation_chat_list, AUDIT_CHAT_LIST, NULL},
    {&operation_events_list, AUDIT_EVENTS_LIST, NULL},
    {&operation_events_of_tour, AUDIT_EVENTS_LIST, NULL},
    {&operation_dead_list, AUDIT_EVENTS_LIST, NULL},
    {&operation_dead_retry, AUDIT_EVENTS_RETRY, NULL},
    {&operation_dead_retry_all, AUDIT_EVENTS_RETRY, "all"},
    {&operation_replay, AUDIT_EVENTS_REPLAY, NULL},
    {&operation_audit_list, AUDIT_AUDIT_LIST, NULL},
    {&operation_node_drain, AUDIT_SERVER_DRAIN, NULL},
    {&operation_node_undrain, AUDIT_SERVER_UNDRAIN, NULL},
};

/* What neither shows people nor does anything to them, or says of itself who it was. */
static const struct operation *const others[] = {
    &operation_signal,          /* its requests are told by signaling */
    &operation_document,        /* the API, */
    &operation_recordings_keys, /* public keys, */
    &operation_recordings_status,
    &operation_node_get,
    &operation_receivers_list,
    &operation_tours_list, /* what tours there are, and how they are set up */
    &operation_tours_get,
    &operation_hold_get,
    &operation_export_get,
    &operation_verification_get,
    &operation_chat_post, /* what is said stands in the tour, with a name */
    &operation_chapter_begin,
    &operation_question_answer,
    &operation_pointer_set, /* and so does what is shown */
    &operation_pointer_clear,
    &operation_view_set,
    &operation_view_clear,
};

bool audited_knows(const struct operation *o) {
    bool is_known = false;
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        is_known |= acts[i].of == o;
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        is_known |= others[i] == o;
    }
    return is_known;
}

const struct audited_act *audited_act_of(const struct request *r) {
    static const struct audited_act observes = {NULL, AUDIT_TOUR_OBSERVE, NULL};
    const struct route *route = r->route;
    if (!route || r->method == HTTP_OPTIONS) {
        return NULL;
    }
    for (size_t i = 0; route->about && i < ARRAY_LEN(acts); i++) {
        if (acts[i].of == route->about) {
            return &acts[i];
        }
    }
    /* Who watches a tour unseen. */
    bool is_unseen = route->handle == whep_request && r->method == HTTP_POST &&
                     call_of(r)->claims.role == ROLE_OPS;
    return is_unseen ? &observes : NULL;
}
