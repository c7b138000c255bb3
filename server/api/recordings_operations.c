#include "server/api/recordings_operations.h"

#include "server/api/recordings_schemas.h"

/* ---- values ---- */

static const struct schema short_text = {.kind = SCHEMA_TEXT, .max = 128};
static const struct schema page_limit = {.kind = SCHEMA_INTEGER, .max = 9999999};

/* ---- arguments ---- */

static const struct operation_query query_list[] = {
    {"limit", &page_limit, "Recordings on the page; 100."},
    {"after", &short_text, "`next` or `previous` of an earlier page."},
    {"tour", &short_text, NULL},
    {"q", &short_text, "Words of tour, title or a name."},
    {"person", &short_text, "Words of names."},
    {"state", &short_text, NULL},
    {"from", &short_text, "Started at or after."},
    {"to", &short_text, "Started before."},
    {0}};
static const struct operation_query query_sub[] = {{"sub", &short_text, "Whose; * is everybody's."},
                                                   {0}};
static const struct operation_query query_segments[] = {
    {"after", &page_limit, "Number of the last segment that the client has."},
    {"limit", &page_limit, "Segments on the page; 100."},
    {0}};

/* ---- operations ---- */

#define ANSWERS(...)                    \
    (const struct operation_answer[]) { \
        __VA_ARGS__, {                  \
            0                           \
        }                               \
    }
#define REFUSALS(...)                    \
    (const struct operation_refusal[]) { \
        __VA_ARGS__, {                   \
            0                            \
        }                                \
    }
#define READS                                                    \
    REFUSALS({403, "forbidden scope_missing token_tour"},        \
             {404, "not_found recording_off recording_unknown"}, \
             {503, "unavailable key_denied database_unavailable"})
#define ORDERS                                                             \
    REFUSALS({403, "forbidden scope_missing token_tour"},                  \
             {404, "recording_off recording_unknown"},                     \
             {409, "recording_open recording_held recording_inseparable"}, \
             {503, "unavailable key_denied database_unavailable"})

const struct operation operation_recordings_list = {
    .id = "listRecordings",
    .tagged = true,
    .tag = "recordings",
    .summary = "The recordings, page by page, newest first.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .query = query_list,
    .answers = ANSWERS({200, "A page.", &schema_recording_page, NULL}),
    .refusals = READS};
const struct operation operation_recordings_keys = {
    .id = "getRecordingKeys",
    .tag = "recordings",
    .summary = "Who signs recordings here.",
    .door = OPERATION_OPEN,
    .answers =
        ANSWERS({200, "Public keys (RFC 7517).", &schema_public_keys, "application/jwk-set+json"}),
    .refusals = REFUSALS({404, "recording_off"})};
const struct operation operation_recordings_status = {
    .id = "getRecordingStatus",
    .tag = "recordings",
    .summary = "How recordings are kept, as a whole.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "As it is.", &schema_recordings_status, NULL}),
    .refusals = READS};
const struct operation operation_recordings_get = {
    .id = "getRecording",
    .tagged = true,
    .tag = "recordings",
    .summary = "One recording: tracks, epochs, events.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The recording.", &schema_recording_details, NULL}),
    .refusals = READS};
const struct operation operation_recordings_shred = {
    .id = "shredRecording",
    .tag = "recordings",
    .summary = "Shred it.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:write",
    .answers = ANSWERS({204, "Shredded.", NULL, NULL},
                       {202, "Shredded; not all objects are removed yet.", NULL, NULL}),
    .refusals = ORDERS};
const struct operation operation_recordings_shred_person = {
    .id = "shredParticipant",
    .tag = "recordings",
    .summary = "Shred one participant in it.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:write",
    .answers = ANSWERS({204, "Shredded.", NULL, NULL},
                       {202, "Shredded; not all objects are removed yet.", NULL, NULL}),
    .refusals = ORDERS};
const struct operation operation_hold_get = {.id = "getHold",
                                             .tag = "recordings",
                                             .summary = "Who holds it.",
                                             .door = OPERATION_TOKEN,
                                             .scope = "recordings:read",
                                             .answers =
                                                 ANSWERS({200, "The hold.", &schema_hold, NULL}),
                                             .refusals = READS};
const struct operation operation_hold_set = {.id = "setHold",
                                             .tag = "recordings",
                                             .summary = "Hold it: nobody shreds it.",
                                             .body = &schema_hold_new,
                                             .door = OPERATION_TOKEN,
                                             .scope = "recordings:write",
                                             .answers = ANSWERS({204, "Held.", NULL, NULL}),
                                             .refusals = ORDERS};
const struct operation operation_hold_release = {.id = "releaseHold",
                                                 .tag = "recordings",
                                                 .summary = "Hold it no more.",
                                                 .door = OPERATION_TOKEN,
                                                 .scope = "recordings:write",
                                                 .answers = ANSWERS({204, "Released.", NULL, NULL}),
                                                 .refusals = ORDERS};
const struct operation operation_redact = {
    .id = "redactRecording",
    .tag = "recordings",
    .summary = "Take some time out of some of its tracks, for ever.",
    .body = &schema_redaction_new,
    .door = OPERATION_TOKEN,
    .scope = "recordings:write",
    .answers = ANSWERS({204, "It is gone.", NULL, NULL},
                       {202, "It is gone; not all objects are removed yet.", NULL, NULL}),
    .refusals = REFUSALS({403, "forbidden scope_missing token_tour"},
                         {404, "recording_off recording_unknown track_unknown"},
                         {409, "recording_open recording_held recording_inseparable"
                               " recording_damaged span_empty redactions_full"},
                         {503, "unavailable key_denied audit_unavailable"})};
const struct operation operation_verification_start = {
    .id = "verifyRecording",
    .tag = "recordings",
    .summary = "Check all of it; when that runs already, how far it is.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({202, "It waits or runs.", &schema_verification, NULL}),
    .refusals = REFUSALS({403, "forbidden scope_missing token_tour"},
                         {404, "recording_off recording_unknown"}, {409, "recording_open"},
                         {503, "unavailable database_unavailable audit_unavailable"})};
const struct operation operation_verification_get = {
    .id = "getVerification",
    .tag = "recordings",
    .summary = "How far the check is, or what the last one found.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The check.", &schema_verification, NULL}),
    .refusals = READS};
const struct operation operation_playback_allow = {
    .id = "allowPlayback",
    .tag = "recordings",
    .summary = "A cookie by which a player reads it.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "With Set-Cookie.", &schema_ticket, NULL}),
    .refusals = READS};
const struct operation operation_playback_revoke = {
    .id = "revokePlayback",
    .tag = "recordings",
    .summary = "Cookies given out until now are void.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .query = query_sub,
    .answers = ANSWERS({204, "They are.", NULL, NULL}),
    .refusals = READS};
const struct operation operation_thumbnails_list = {
    .id = "listThumbnails",
    .tag = "recordings",
    .summary = "Which pictures there are.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The list.", &schema_thumbnail_list, NULL}),
    .refusals = ORDERS};
const struct operation operation_thumbnail_get = {
    .id = "getThumbnail",
    .tag = "recordings",
    .summary = "One picture.",
    .door = OPERATION_COOKIE,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The picture.", NULL, "image/jpeg"}),
    .refusals = ORDERS};
const struct operation operation_waveform_get = {
    .id = "getWaveform",
    .tag = "recordings",
    .summary = "Loudness of a track.",
    .door = OPERATION_COOKIE,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The waveform.", NULL, "application/octet-stream"}),
    .refusals = ORDERS};
const struct operation operation_exports_list = {
    .id = "listExports",
    .tag = "recordings",
    .summary = "All MP4 files that were, or are being, made.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The list.", &schema_export_list, NULL}),
    .refusals = READS};
const struct operation operation_export_start = {
    .id = "startExport",
    .tag = "recordings",
    .summary = "Make one MP4 file of it.",
    .body = &schema_export_new,
    .door = OPERATION_TOKEN,
    .scope = "recordings:write",
    .answers = ANSWERS({202, "It is being made; Location says which.", &schema_export, NULL}),
    .refusals = ORDERS};
const struct operation operation_export_get = {
    .id = "getExport",
    .tag = "recordings",
    .summary = "State and progress.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The export.", &schema_export, NULL}),
    .refusals = READS};
const struct operation operation_export_remove = {.id = "removeExport",
                                                  .tag = "recordings",
                                                  .summary = "Cancel or remove it.",
                                                  .door = OPERATION_TOKEN,
                                                  .scope = "recordings:write",
                                                  .answers =
                                                      ANSWERS({204, "It is gone.", NULL, NULL}),
                                                  .refusals = ORDERS};
const struct operation operation_export_media = {
    .id = "getExportMedia",
    .tag = "recordings",
    .summary = "The MP4 file; ranges.",
    .door = OPERATION_COOKIE,
    .scope = "recordings:read",
    .answers =
        ANSWERS({200, "The file.", NULL, "video/mp4"}, {206, "A part of it.", NULL, "video/mp4"}),
    .refusals = READS};
const struct operation operation_segments_list = {
    .id = "listSegments",
    .tag = "recordings",
    .summary = "What came behind a segment.",
    .door = OPERATION_COOKIE,
    .scope = "recordings:read",
    .query = query_segments,
    .answers = ANSWERS({200, "A page.", &schema_segment_page, NULL}),
    .refusals = READS};
const struct operation operation_segment_get = {
    .id = "getSegment",
    .tag = "recordings",
    .summary = "One media segment; ranges.",
    .door = OPERATION_COOKIE,
    .scope = "recordings:read",
    .answers =
        ANSWERS({200, "The segment.", NULL, "video/*"}, {206, "A part of it.", NULL, "video/*"}),
    .refusals = READS};
const struct operation operation_init_get = {
    .id = "getInit",
    .tag = "recordings",
    .summary = "What a player must have before any segment.",
    .door = OPERATION_COOKIE,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The initialization segment.", NULL, "video/*"},
                       {206, "A part of it.", NULL, "video/*"}),
    .refusals = READS};
const struct operation operation_media_get = {
    .id = "getMedia",
    .tag = "recordings",
    .summary = "A whole epoch of a track, as a file; ranges.",
    .door = OPERATION_COOKIE,
    .scope = "recordings:read",
    .answers =
        ANSWERS({200, "The file.", NULL, "video/*"}, {206, "A part of it.", NULL, "video/*"}),
    .refusals = READS};

const struct operation operation_signal = {
    .id = "openSignal",
    .tag = "signal",
    .summary = "The WebSocket of a tour, subprotocol oriel.v1 (docs/protocol.md).",
    .answers = ANSWERS({101, "It is open.", NULL, NULL}),
    .refusals = REFUSALS({426, "upgrade_required"})};
