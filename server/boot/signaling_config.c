#include "server/boot/signaling_config.h"

#include "server/config/units.h"

static struct capabilities_part guests(const struct config *c) {
    struct capabilities_part p = {.has_chat = true, .has_point = true};
    capabilities_set(&p, SOURCE_MICROPHONE, c->tours_defaults_guest_audio);
    capabilities_set(&p, SOURCE_CAMERA, c->tours_defaults_guest_camera);
    capabilities_set(&p, SOURCE_SCREEN, c->tours_defaults_guest_screen);
    p.to.chat = c->tours_defaults_guest_chat;
    p.to.point = c->tours_defaults_guest_point;
    return p;
}

/* The text that Oriel comes with is there in German, too; of another one we know no translation. */
static const char *german_consent(const struct config *c) {
    bool own = strcmp(c->recording_consent_text, CONFIG_CONSENT_TEXT) != 0;
    return own || *c->recording_consent_texts_de ? c->recording_consent_texts_de
                                                 : CONFIG_CONSENT_TEXT_DE;
}

struct signaling_config signaling_configured(const struct config *c) {
    return (struct signaling_config){
        .max_message = bytes_of_kib(c->limits_message_kib),
        .max_sdp = bytes_of_kib(c->limits_sdp_kib),
        .max_depth = (uint32_t)c->limits_json_depth,
        .max_connections = (uint32_t)c->limits_connections,
        .max_tours = (uint32_t)c->limits_tours,
        .max_tours_per_sub = (uint32_t)c->limits_tours_per_sub,
        .max_participants = (uint32_t)c->limits_participants,
        .max_whep_per_token = (uint32_t)c->limits_whep_per_token,
        .max_sources = {[SOURCE_MICROPHONE] = (uint32_t)c->limits_microphones,
                        [SOURCE_CAMERA] = (uint32_t)c->limits_cameras,
                        [SOURCE_SCREEN] = (uint32_t)c->limits_screens},
        .excess_limit = us_of_s(c->limits_excess_s),
        .max_probes = (uint32_t)c->limits_probes,
        .max_seats_per_token = (uint32_t)c->limits_seats_per_token,
        .max_mix = (uint32_t)c->mix_listeners,
        .max_mix_per_tour = (uint32_t)c->mix_listeners_per_tour,
        .max_mix_per_token = (uint32_t)c->mix_listeners_per_token,
        .sessions_per_second = (uint32_t)c->limits_sessions_per_second,
        .messages_per_second = (uint32_t)c->limits_messages_per_second,
        .history = (uint32_t)c->limits_history,
        .history_bytes = bytes_of_kib(c->limits_history_kib),
        .changes_per_minute = (uint32_t)c->limits_changes_per_minute,
        .chat_per_minute = (uint32_t)c->limits_chat_per_minute,
        .invite_limit = us_of_s(c->limits_invite_s),
        .token_limit = us_of_s(c->timeouts_token_s),
        .idle_limit = us_of_s(c->timeouts_idle_s),
        .roster_tick = us_of_ms(c->limits_roster_tick_ms),
        .roster_per_second = (uint32_t)c->limits_roster_per_second,
        .seat_limit = us_of_s(c->timeouts_seat_s),
        .resume_grace = us_of_s(c->timeouts_resume_s),
        .probe_limit = us_of_s(c->timeouts_probe_s),
        .empty_tour_grace = us_of_s(c->timeouts_empty_tour_s),
        .host_limit = us_of_s(c->timeouts_host_s),
        .default_lobby = c->tours_defaults_lobby,
        .default_max_length = us_of_s(c->tours_defaults_max_length_s),
        .default_capacity = (uint32_t)c->tours_defaults_capacity,
        .default_guest = guests(c),
        .default_codec = c->media_codec,
        .default_record = c->recording_enabled ? c->recording_default : RECORD_OFF,
        .max_recording = us_of_s(c->recording_max_length_s),
        .start_bitrate_kbps = (uint32_t)c->media_start_bitrate_kbps,
        .consent_version = c->recording_consent_version,
        .consent_text = c->recording_consent_text,
        .consent_text_de = german_consent(c),
        .tour_spread = (uint32_t)c->media_tour_spread,
        .ice_tcp = c->media_tcp,
    };
}
