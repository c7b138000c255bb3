#include "server/api/routes.h"

#include "base/check.h"
#include "server/api/call.h"
#include "server/api/derived.h"
#include "server/api/door.h"
#include "server/api/keeper.h"
#include "server/api/keys.h"
#include "server/api/orders.h"
#include "server/api/pages.h"
#include "server/api/playback.h"
#include "server/api/recordings.h"
#include "server/api/refuse.h"
#include "server/api/status.h"
#include "server/api/tail.h"
#include "server/api/whip.h"
#include "server/http/ws.h"
#include "server/os/log.h"

static const struct route routes[] = {
    {HTTP_GET, "/", DOOR_NOTHING, false, pages_index},
    {HTTP_GET, "/t/{tour}", DOOR_NOTHING, false, pages_tour},
    {HTTP_GET, "/agent/{tour}", DOOR_NOTHING, false, pages_agent},
    {HTTP_GET, "/ops", DOOR_NOTHING, false, pages_ops},
    {HTTP_GET, "/assets/*", DOOR_NOTHING, false, pages_asset},
    {HTTP_GET, "/health", DOOR_PROBE, false, status_health},
    {HTTP_GET, "/ready", DOOR_PROBE, false, status_ready},
    {HTTP_GET, "/metrics", DOOR_PROBE, false, status_metrics},
    {HTTP_GET, WS_PATH, DOOR_NOTHING, false, status_upgrade},
    {HTTP_POST, "/whip/{tour}", DOOR_OFFER, true, whip_request},
    {HTTP_OPTIONS, "/whip/{tour}", DOOR_NOTHING, true, whip_options},
    {HTTP_PATCH, "/whip/{tour}/{session}", DOOR_TOKEN, true, whip_request},
    {HTTP_DELETE, "/whip/{tour}/{session}", DOOR_TOKEN, true, whip_request},
    {HTTP_POST, "/whep/{tour}", DOOR_OFFER, true, whep_request},
    {HTTP_OPTIONS, "/whep/{tour}", DOOR_NOTHING, true, whip_options},
    {HTTP_PATCH, "/whep/{tour}/{session}", DOOR_TOKEN, true, whep_request},
    {HTTP_DELETE, "/whep/{tour}/{session}", DOOR_TOKEN, true, whep_request},
    {HTTP_GET, "/v1/recordings", DOOR_OPS, true, recordings_list},
    {HTTP_GET, "/v1/recordings/keys", DOOR_NOTHING, true, keys_public},
    {HTTP_GET, "/v1/recordings/status", DOOR_OPS, true, keeper_status},
    {HTTP_GET, "/v1/recordings/{recording}", DOOR_OPS, true, recordings_one},
    {HTTP_DELETE, "/v1/recordings/{recording}", DOOR_OPS, true, orders_shred},
    {HTTP_DELETE, "/v1/recordings/{recording}/participants/{participant}", DOOR_OPS, true,
     orders_shred_person},
    {HTTP_GET, "/v1/recordings/{recording}/hold", DOOR_OPS, true, orders_held},
    {HTTP_POST, "/v1/recordings/{recording}/hold", DOOR_OPS, true, orders_hold},
    {HTTP_DELETE, "/v1/recordings/{recording}/hold", DOOR_OPS, true, orders_release},
    {HTTP_POST, "/v1/recordings/{recording}/playback", DOOR_OPS, false, recordings_ticket},
    {HTTP_DELETE, "/v1/recordings/{recording}/playback", DOOR_OPS, false, recordings_revoke},
    {HTTP_GET, "/v1/recordings/{recording}/thumbnails", DOOR_OPS, true, derived_thumbnails},
    {HTTP_GET, "/v1/recordings/{recording}/thumbnails/{number}", DOOR_PLAYBACK, true,
     derived_thumbnail},
    {HTTP_GET, "/v1/recordings/{recording}/tracks/{track}/waveform", DOOR_PLAYBACK, true,
     derived_waveform},
    {HTTP_GET, "/v1/recordings/{recording}/exports", DOOR_OPS, true, derived_exports},
    {HTTP_POST, "/v1/recordings/{recording}/exports", DOOR_OPS, true, derived_export_start},
    {HTTP_GET, "/v1/recordings/{recording}/exports/{number}", DOOR_OPS, true, derived_export},
    {HTTP_DELETE, "/v1/recordings/{recording}/exports/{number}", DOOR_OPS, true, derived_export},
    {HTTP_GET, "/v1/recordings/{recording}/exports/{number}/media", DOOR_PLAYBACK, true,
     derived_export_media},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{epoch}/segments", DOOR_PLAYBACK, true,
     tail_segments},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{epoch}/segments/{number}", DOOR_PLAYBACK, true,
     tail_segment},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{epoch}/init", DOOR_PLAYBACK, true, tail_init},
    {HTTP_GET, "/v1/recordings/{recording}/{track}/{file}", DOOR_PLAYBACK, true, recordings_media},
};

static void answer(struct request *r) {
    enum code refused = call_of(r)->refused;
    if (refused != CODE_OK) {
        LOG(LOG_LEVEL_INFO, "refused", "A request was refused.", LOG_STR("conn", r->label),
            LOG_STR("route", r->route->pattern), LOG_STR("code", code_name(refused)));
        if (refused == CODE_TOKEN_NO_KEYS) {
            respond_header(r, "retry-after:", "5");
        }
        if (refused == CODE_TOKEN_ATTEMPTS) {
            respond_header(r, "retry-after:", "60");
        }
        if (call_of(r)->wait > 0) {
            respond_retry_after(r, call_of(r)->wait);
        }
        refuse_code(r, refused);
        return;
    }
    r->route->handle(r);
}

static void end(struct request *r) {
    if (call_of(r)) {
        playback_end(call_of(r)->playback);
    }
    call_end(r);
}

struct http_service routes_service(struct api *a) {
    return (struct http_service){.routes = {routes, ARRAY_LEN(routes)},
                                 .begin = call_begin,
                                 .admit = door_admits,
                                 .answer = answer,
                                 .end = end,
                                 .ctx = a,
                                 .probes = DOOR_PROBE};
}
