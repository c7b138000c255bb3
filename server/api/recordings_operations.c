#include "server/api/recordings_operations.h"

/* ---- values ---- */

static const struct schema text = {.kind = SCHEMA_TEXT};
static const struct schema text_or_null = {.kind = SCHEMA_TEXT, .null = true};
static const struct schema some_object = {.kind = SCHEMA_OPEN};
static const struct schema objects = {.kind = SCHEMA_LIST, .items = &some_object};
static const struct schema texts = {.kind = SCHEMA_LIST, .items = &text};
static const struct schema whole = {.kind = SCHEMA_INTEGER};
static const struct schema count_or_null = {.kind = SCHEMA_INTEGER, .null = true};
static const struct schema yes_or_no = {.kind = SCHEMA_BOOL};
static const struct schema time_or_null = {.kind = SCHEMA_TIME, .null = true};
static const struct schema short_text = {.kind = SCHEMA_TEXT, .max = 128};
static const struct schema page_limit = {.kind = SCHEMA_INTEGER, .max = 9999999};
static const struct schema recording_id = {
    .kind = SCHEMA_TEXT, .min = 32, .max = 32, .pattern = "^[0-9a-f]{32}$"};

/* ---- bodies ---- */

static const struct schema_member members_recording[] = {{"id", &recording_id, true, 0, NULL},
                                                         {"tour", &text, true, 0, NULL},
                                                         {"title", &text, true, 0, NULL},
                                                         {"started", &time_or_null, true, 0, NULL},
                                                         {"ended", &time_or_null, true, 0, NULL},
                                                         {"duration_ms", &whole, true, 0, NULL},
                                                         {"state", &text, true, 0, NULL},
                                                         {"bytes", &whole, true, 0, NULL},
                                                         {"participants", &texts, true, 0, NULL},
                                                         {"damage", &text, false, 0, NULL},
                                                         {0}};
static const struct schema recording = {
    .name = "Recording", .kind = SCHEMA_OBJECT, .members = members_recording};
static const struct schema list_of_recordings = {.kind = SCHEMA_LIST, .items = &recording};
static const struct schema_member members_page[] = {
    {"recordings", &list_of_recordings, true, 0, "Newest first."},
    {"next", &text_or_null, true, 0, NULL},
    {"previous", &text_or_null, true, 0, NULL},
    {0}};
static const struct schema page = {
    .name = "RecordingPage", .kind = SCHEMA_OBJECT, .members = members_page};
static const struct schema_member members_ticket[] = {{"expires_s", &whole, true, 0, NULL}, {0}};
static const struct schema ticket = {
    .name = "PlaybackTicket", .kind = SCHEMA_OBJECT, .members = members_ticket};
static const struct schema_member members_segments[] = {
    {"segments", &objects, true, 0, NULL},
    {"type", &text_or_null, true, 0, NULL},
    {"epoch_start_ms", &whole, true, 0, NULL},
    {"growing", &yes_or_no, true, 0, NULL},
    {"next_epoch", &count_or_null, true, 0, NULL},
    {"last", &count_or_null, true, 0, NULL},
    {"more", &yes_or_no, true, 0, NULL},
    {"wait_ms", &whole, true, 0, NULL},
    {0}};
static const struct schema segments = {
    .name = "SegmentPage", .kind = SCHEMA_OBJECT, .members = members_segments};

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
#define READS                                             \
    REFUSALS({403, "forbidden scope_missing token_tour"}, \
             {404, "not_found recording_off recording_unknown"}, {503, "unavailable key_denied"})
#define ORDERS                                                             \
    REFUSALS({403, "forbidden scope_missing token_tour"},                  \
             {404, "recording_off recording_unknown"},                     \
             {409, "recording_open recording_held recording_inseparable"}, \
             {503, "unavailable key_denied"})

const struct operation operation_recordings_list = {
    .id = "listRecordings",
    .tagged = true,
    .tag = "recordings",
    .summary = "The recordings, page by page, newest first.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .query = query_list,
    .answers = ANSWERS({200, "A page.", &page, NULL}),
    .refusals = READS};
const struct operation operation_recordings_keys = {
    .id = "getRecordingKeys",
    .tag = "recordings",
    .summary = "Who signs recordings here.",
    .door = OPERATION_OPEN,
    .answers = ANSWERS({200, "Public keys (RFC 7517).", &some_object, "application/jwk-set+json"}),
    .refusals = REFUSALS({404, "recording_off"})};
const struct operation operation_recordings_status = {
    .id = "getRecordingStatus",
    .tag = "recordings",
    .summary = "How recordings are kept, as a whole.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "As it is.", &some_object, NULL}),
    .refusals = READS};
const struct operation operation_recordings_get = {
    .id = "getRecording",
    .tagged = true,
    .tag = "recordings",
    .summary = "One recording: tracks, epochs, events.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The recording.", &some_object, NULL}),
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
                                                 ANSWERS({200, "The hold.", &some_object, NULL}),
                                             .refusals = READS};
const struct operation operation_hold_set = {.id = "setHold",
                                             .tag = "recordings",
                                             .summary = "Hold it: nobody shreds it.",
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
const struct operation operation_playback_allow = {
    .id = "allowPlayback",
    .tag = "recordings",
    .summary = "A cookie by which a player reads it.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "With Set-Cookie.", &ticket, NULL}),
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
    .answers = ANSWERS({200, "The list.", &some_object, NULL},
                       {202, "They are being made.", &some_object, NULL}),
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
    .answers = ANSWERS({200, "The waveform.", &some_object, NULL}),
    .refusals = ORDERS};
const struct operation operation_exports_list = {
    .id = "listExports",
    .tag = "recordings",
    .summary = "All MP4 files that were, or are being, made.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The list.", &some_object, NULL}),
    .refusals = READS};
const struct operation operation_export_start = {
    .id = "startExport",
    .tag = "recordings",
    .summary = "Make one MP4 file of it.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:write",
    .answers = ANSWERS({202, "It is being made; Location says which.", &some_object, NULL}),
    .refusals = ORDERS};
const struct operation operation_export_get = {
    .id = "getExport",
    .tag = "recordings",
    .summary = "State and progress.",
    .door = OPERATION_TOKEN,
    .scope = "recordings:read",
    .answers = ANSWERS({200, "The export.", &some_object, NULL}),
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
const struct operation operation_segments_list = {.id = "listSegments",
                                                  .tag = "recordings",
                                                  .summary = "What came behind a segment.",
                                                  .door = OPERATION_COOKIE,
                                                  .scope = "recordings:read",
                                                  .query = query_segments,
                                                  .answers =
                                                      ANSWERS({200, "A page.", &segments, NULL}),
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
