#include "server/api/routes.h"

#include "base/check.h"
#include "server/api/audit_list.h"
#include "server/api/audit_operations.h"
#include "server/api/audited.h"
#include "server/api/call.h"
#include "server/api/chat.h"
#include "server/api/derived.h"
#include "server/api/document.h"
#include "server/api/door.h"
#include "server/api/events.h"
#include "server/api/events_operations.h"
#include "server/api/invites.h"
#include "server/api/keeper.h"
#include "server/api/keys.h"
#include "server/api/moderation.h"
#include "server/api/node.h"
#include "server/api/orders.h"
#include "server/api/pages.h"
#include "server/api/participants.h"
#include "server/api/playback.h"
#include "server/api/recordings.h"
#include "server/api/recordings_operations.h"
#include "server/api/refuse.h"
#include "server/api/showing.h"
#include "server/api/status.h"
#include "server/api/tail.h"
#include "server/api/tours.h"
#include "server/api/tours_schemas.h"
#include "server/api/verify.h"
#include "server/api/whip.h"
#include "server/http/ws.h"
#include "server/os/log.h"

#include <stdio.h>

static const struct route routes[] = {
    {HTTP_GET, "/", DOOR_NOTHING, false, pages_index, NULL},
    {HTTP_GET, "/t/{tour}", DOOR_NOTHING, false, pages_tour, NULL},
    {HTTP_GET, "/agent/{tour}", DOOR_NOTHING, false, pages_agent, NULL},
    {HTTP_GET, "/ops", DOOR_NOTHING, false, pages_ops, NULL},
    {HTTP_GET, "/dev/components", DOOR_NOTHING, false, pages_dev, NULL},
    {HTTP_GET, "/assets/*", DOOR_NOTHING, false, pages_asset, NULL},
    {HTTP_GET, "/health", DOOR_PROBE, false, status_health, NULL},
    {HTTP_GET, "/ready", DOOR_PROBE, false, status_ready, NULL},
    {HTTP_GET, "/metrics", DOOR_PROBE, false, status_metrics, NULL},
    {HTTP_GET, WS_PATH, DOOR_NOTHING, false, status_upgrade, &operation_signal},
    {HTTP_POST, "/whip/{tour}", DOOR_OFFER, true, whip_request, NULL},
    {HTTP_OPTIONS, "/whip/{tour}", DOOR_NOTHING, true, whip_options, NULL},
    {HTTP_PATCH, "/whip/{tour}/{session}", DOOR_TOKEN, true, whip_request, NULL},
    {HTTP_DELETE, "/whip/{tour}/{session}", DOOR_TOKEN, true, whip_request, NULL},
    {HTTP_POST, "/whep/{tour}", DOOR_OFFER, true, whep_request, NULL},
    {HTTP_OPTIONS, "/whep/{tour}", DOOR_NOTHING, true, whip_options, NULL},
    {HTTP_PATCH, "/whep/{tour}/{session}", DOOR_TOKEN, true, whep_request, NULL},
    {HTTP_DELETE, "/whep/{tour}/{session}", DOOR_TOKEN, true, whep_request, NULL},
    {HTTP_GET, "/v1/openapi.json", DOOR_NOTHING, true, document_get, &operation_document},
    {HTTP_GET, "/v1/tours", DOOR_SCOPE, true, tours_list, &operation_tours_list},
    {HTTP_POST, "/v1/tours", DOOR_SCOPE, true, tours_create, &operation_tours_create},
    {HTTP_GET, "/v1/tours/{tour}", DOOR_SCOPE, true, tours_get, &operation_tours_get},
    {HTTP_PATCH, "/v1/tours/{tour}", DOOR_SCOPE, true, tours_update, &operation_tours_update},
    {HTTP_DELETE, "/v1/tours/{tour}", DOOR_SCOPE, true, tours_delete, &operation_tours_delete},
    {HTTP_POST, "/v1/tours/{tour}/end", DOOR_SCOPE, true, tours_end, &operation_tours_end},
    {HTTP_POST, "/v1/tours/{tour}/invites", DOOR_SCOPE, true, invites_create,
     &operation_invites_create},
    {HTTP_GET, "/v1/tours/{tour}/participants", DOOR_SCOPE, true, participants_list,
     &operation_participants_list},
    {HTTP_DELETE, "/v1/tours/{tour}/participants/{participant}", DOOR_SCOPE, true,
     participants_remove, &operation_participants_remove},
    {HTTP_POST, "/v1/tours/{tour}/participants/{participant}/admit", DOOR_SCOPE, true,
     participants_admit, &operation_participants_admit},
    {HTTP_POST, "/v1/tours/{tour}/participants/{participant}/lead", DOOR_SCOPE, true,
     participants_lead, &operation_participants_lead},
    {HTTP_POST, "/v1/tours/{tour}/participants/{participant}/host", DOOR_SCOPE, true,
     participants_host, &operation_participants_host},
    {HTTP_DELETE, "/v1/tours/{tour}/participants/{participant}/host", DOOR_SCOPE, true,
     participants_unhost, &operation_participants_unhost},
    {HTTP_POST, "/v1/tours/{tour}/participants/{participant}/mute", DOOR_SCOPE, true,
     participants_mute, &operation_participants_mute},
    {HTTP_POST, "/v1/tours/{tour}/participants/{participant}/allow", DOOR_SCOPE, true,
     participants_allow, &operation_participants_allow},
    {HTTP_DELETE, "/v1/tours/{tour}/participants/{participant}/hand", DOOR_SCOPE, true,
     participants_lower, &operation_participants_lower},
    {HTTP_POST, "/v1/tours/{tour}/admit", DOOR_SCOPE, true, moderation_admit,
     &operation_tours_admit},
    {HTTP_POST, "/v1/tours/{tour}/mute", DOOR_SCOPE, true, moderation_mute, &operation_tours_mute},
    {HTTP_POST, "/v1/tours/{tour}/allow", DOOR_SCOPE, true, moderation_allow,
     &operation_tours_allow},
    {HTTP_POST, "/v1/tours/{tour}/lock", DOOR_SCOPE, true, moderation_lock, &operation_tours_lock},
    {HTTP_DELETE, "/v1/tours/{tour}/lock", DOOR_SCOPE, true, moderation_unlock,
     &operation_tours_unlock},
    {HTTP_POST, "/v1/tours/{tour}/lobby", DOOR_SCOPE, true, moderation_lobby_on,
     &operation_lobby_open},
    {HTTP_DELETE, "/v1/tours/{tour}/lobby", DOOR_SCOPE, true, moderation_lobby_off,
     &operation_lobby_close},
    {HTTP_POST, "/v1/tours/{tour}/spotlight", DOOR_SCOPE, true, moderation_spotlight,
     &operation_spotlight_set},
    {HTTP_DELETE, "/v1/tours/{tour}/spotlight", DOOR_SCOPE, true, moderation_no_spotlight,
     &operation_spotlight_clear},
    {HTTP_POST, "/v1/tours/{tour}/pointer", DOOR_SCOPE, true, showing_point,
     &operation_pointer_set},
    {HTTP_DELETE, "/v1/tours/{tour}/pointer", DOOR_SCOPE, true, showing_point_no_more,
     &operation_pointer_clear},
    {HTTP_POST, "/v1/tours/{tour}/view", DOOR_SCOPE, true, showing_view, &operation_view_set},
    {HTTP_DELETE, "/v1/tours/{tour}/view", DOOR_SCOPE, true, showing_view_no_more,
     &operation_view_clear},
    {HTTP_POST, "/v1/tours/{tour}/recording", DOOR_SCOPE, true, moderation_record,
     &operation_recording_start},
    {HTTP_DELETE, "/v1/tours/{tour}/recording", DOOR_SCOPE, true, moderation_stop,
     &operation_recording_stop},
    {HTTP_GET, "/v1/tours/{tour}/chat", DOOR_SCOPE, true, chat_list, &operation_chat_list},
    {HTTP_POST, "/v1/tours/{tour}/chat", DOOR_SCOPE, true, chat_post, &operation_chat_post},
    {HTTP_DELETE, "/v1/tours/{tour}/chat/{seq}", DOOR_SCOPE, true, chat_retract,
     &operation_chat_retract},
    {HTTP_POST, "/v1/tours/{tour}/chapters", DOOR_SCOPE, true, chat_chapter,
     &operation_chapter_begin},
    {HTTP_POST, "/v1/tours/{tour}/questions/{question}/answer", DOOR_SCOPE, true, chat_answer,
     &operation_question_answer},
    {HTTP_GET, "/v1/tours/{tour}/events", DOOR_SCOPE, true, events_of_tour,
     &operation_events_of_tour},
    {HTTP_GET, "/v1/events", DOOR_SCOPE, true, events_list, &operation_events_list},
    {HTTP_GET, "/v1/events/receivers", DOOR_SCOPE, true, events_receivers,
     &operation_receivers_list},
    {HTTP_GET, "/v1/events/receivers/{receiver}/dead", DOOR_SCOPE, true, events_dead,
     &operation_dead_list},
    {HTTP_POST, "/v1/events/receivers/{receiver}/dead/retry", DOOR_SCOPE, true, events_retry_all,
     &operation_dead_retry_all},
    {HTTP_POST, "/v1/events/receivers/{receiver}/dead/{number}/retry", DOOR_SCOPE, true,
     events_retry, &operation_dead_retry},
    {HTTP_POST, "/v1/events/receivers/{receiver}/replay", DOOR_SCOPE, true, events_replay,
     &operation_replay},
    {HTTP_GET, "/v1/audit", DOOR_SCOPE, true, audit_list, &operation_audit_list},
    {HTTP_GET, "/v1/node", DOOR_SCOPE, true, node_get, &operation_node_get},
    {HTTP_POST, "/v1/node/drain", DOOR_SCOPE, true, node_drain, &operation_node_drain},
    {HTTP_DELETE, "/v1/node/drain", DOOR_SCOPE, true, node_undrain, &operation_node_undrain},
    {HTTP_GET, "/v1/recordings", DOOR_SCOPE, true, recordings_list, &operation_recordings_list},
    {HTTP_GET, "/v1/recordings/keys", DOOR_NOTHING, true, keys_public, &operation_recordings_keys},
    {HTTP_GET, "/v1/recordings/status", DOOR_SCOPE, true, keeper_status,
     &operation_recordings_status},
    {HTTP_GET, "/v1/recordings/{recording}", DOOR_SCOPE, true, recordings_one,
     &operation_recordings_get},
    {HTTP_DELETE, "/v1/recordings/{recording}", DOOR_SCOPE, true, orders_shred,
     &operation_recordings_shred},
    {HTTP_DELETE, "/v1/recordings/{recording}/participants/{participant}", DOOR_SCOPE, true,
     orders_shred_person, &operation_recordings_shred_person},
    {HTTP_GET, "/v1/recordings/{recording}/hold", DOOR_SCOPE, true, orders_held,
     &operation_hold_get},
    {HTTP_POST, "/v1/recordings/{recording}/hold", DOOR_SCOPE, true, orders_hold,
     &operation_hold_set},
    {HTTP_DELETE, "/v1/recordings/{recording}/hold", DOOR_SCOPE, true, orders_release,
     &operation_hold_release},
    {HTTP_POST, "/v1/recordings/{recording}/redactions", DOOR_SCOPE, true, orders_redact,
     &operation_redact},
    {HTTP_GET, "/v1/recordings/{recording}/access", DOOR_SCOPE, true, audit_access,
     &operation_recordings_access},
    {HTTP_GET, "/v1/recordings/{recording}/verify", DOOR_SCOPE, true, verify_state,
     &operation_verification_get},
    {HTTP_POST, "/v1/recordings/{recording}/verify", DOOR_SCOPE, true, verify_start,
     &operation_verification_start},
    {HTTP_POST, "/v1/recordings/{recording}/playback", DOOR_SCOPE, false, recordings_ticket,
     &operation_playback_allow},
    {HTTP_DELETE, "/v1/recordings/{recording}/playback", DOOR_SCOPE, false, recordings_revoke,
     &operation_playback_revoke},
    {HTTP_GET, "/v1/recordings/{recording}/thumbnails", DOOR_SCOPE, true, derived_thumbnails,
     &operation_thumbnails_list},
    {HTTP_GET, "/v1/recordings/{recording}/thumbnails/{number}", DOOR_PLAYBACK, true,
     derived_thumbnail, &operation_thumbnail_get},
    {HTTP_GET, "/v1/recordings/{recording}/tracks/{track}/waveform", DOOR_PLAYBACK, true,
     derived_waveform, &operation_waveform_get},
    {HTTP_GET, "/v1/recordings/{recording}/exports", DOOR_SCOPE, true, derived_exports,
     &operation_exports_list},
    {HTTP_POST, "/v1/recordings/{recording}/exports", DOOR_SCOPE, true, derived_export_start,
     &operation_export_start},
    {HTTP_GET, "/v1/recordings/{recording}/exports/{number}", DOOR_SCOPE, true, derived_export,
     &operation_export_get},
    {HTTP_DELETE, "/v1/recordings/{recording}/exports/{number}", DOOR_SCOPE, true, derived_export,
     &operation_export_remove},
    {HTTP_GET, "/v1/recordings/{recording}/exports/{number}/media", DOOR_PLAYBACK, true,
     derived_export_media, &operation_export_media},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{epoch}/segments", DOOR_PLAYBACK, true,
     tail_segments, &operation_segments_list},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{epoch}/segments/{number}", DOOR_PLAYBACK, true,
     tail_segment, &operation_segment_get},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{epoch}/init", DOOR_PLAYBACK, true, tail_init,
     &operation_init_get},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{file}", DOOR_PLAYBACK, true, recordings_media,
     &operation_media_get},
};

/* A program is told which scope it needs. */
static void refuse(struct request *r, enum code refused) {
    char detail[96];
    const char *scope = r->route->about ? r->route->about->scope : NULL;
    if (refused != CODE_FORBIDDEN || !scope || call_of(r)->claims.role != ROLE_NONE) {
        refuse_code(r, refused);
        return;
    }
    snprintf(detail, sizeof(detail), "It needs %s.", scope);
    respond_problem(r, 403, "scope_missing", detail);
}

static void answer(struct request *r) {
    enum code refused = call_of(r)->refused;
    if (refused != CODE_OK) {
        LOG(LOG_LEVEL_INFO, "refused", "A request was refused.", LOG_STR("conn", r->label),
            LOG_STR("route", r->route->pattern), LOG_STR("code", code_name(refused)),
            LOG_STR("trace", r->trace.id));
        if (refused == CODE_TOKEN_NO_KEYS) {
            respond_header(r, "retry-after:", "5");
        }
        if (refused == CODE_TOKEN_ATTEMPTS) {
            respond_header(r, "retry-after:", "60");
        }
        if (call_of(r)->wait > 0) {
            respond_retry_after(r, call_of(r)->wait);
        }
        refuse(r, refused);
        return;
    }
    if (!audited_refuses(r)) {
        audited_begin(r);
        r->route->handle(r);
    }
}

static void end(struct request *r) {
    if (call_of(r)) {
        audited_note(r);
        playback_end(call_of(r)->playback);
    }
    call_end(r);
}

struct http_service routes_service(struct api *a) {
    return (struct http_service){.routes = {routes, ARRAY_LEN(routes)},
                                 .begin = call_begin,
                                 .admit = door_admits,
                                 .answer = answer,
                                 .answers = audited_note,
                                 .unknown = pages_unknown,
                                 .end = end,
                                 .ctx = a,
                                 .probes = DOOR_PROBE};
}
