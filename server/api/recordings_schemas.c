#include "server/api/recordings_schemas.h"
#include "server/jobs/jobs_thread.h"
#include "server/rest/schema_basics.h"

#include <stddef.h>
#include <string.h>

#define REDACTION_MS_MAX 999999999 /* 11 days: no recording is so long */

/* ---- values ---- */

static const struct schema texts = {.kind = SCHEMA_LIST, .items = &schema_text};
static const struct schema whole = {.kind = SCHEMA_INTEGER};
static const struct schema count_or_null = {.kind = SCHEMA_INTEGER, .null = true};
static const struct schema some_time = {.kind = SCHEMA_TIME};
static const struct schema time_or_null = {.kind = SCHEMA_TIME, .null = true};
static const struct schema handle = {.kind = SCHEMA_TEXT,
                                     .pattern = "^[0-9a-f]{16}$",
                                     .about = "Who it is in this recording.",
                                     .example = "\"00000000000000a7\""};
static const struct schema track_id = {
    .kind = SCHEMA_TEXT, .pattern = "^([0-9a-f]{32}|programme)$", .example = "\"programme\""};
static const struct schema track_id_or_null = {
    .kind = SCHEMA_TEXT, .null = true, .pattern = "^([0-9a-f]{32}|programme)$"};
const struct schema schema_recording_id = {
    .kind = SCHEMA_TEXT, .min = 32, .max = 32, .pattern = "^[0-9a-f]{32}$"};

static const char *const state_words[] = {
    "recording", "complete", "interrupted", "damaged", "shredded", "waiting_for_store", NULL};
static const struct schema state = {
    .name = "RecordingState", .kind = SCHEMA_WORD, .words = state_words};
static const char *const track_words[] = {"programme", "microphone", "camera", "screen", NULL};
static const struct schema track_kind = {.kind = SCHEMA_WORD, .words = track_words};
static const char *const layout_words[] = {"faces", "stage", NULL};
static const struct schema layout = {
    .name = "ExportLayout", .kind = SCHEMA_WORD, .words = layout_words};
static const char *const export_words[] = {"waiting", "running", "done", "failed", NULL};
static const struct schema export_state = {.kind = SCHEMA_WORD, .words = export_words};
static const char *const thumbnail_words[] = {"making", "ready", "recording",
                                              "failed", "off",   NULL};
static const struct schema thumbnail_state = {.kind = SCHEMA_WORD, .words = thumbnail_words};
static const char *const swept_words[] = {"ok", "failed", "clock", "busy", NULL};
static const struct schema swept = {.kind = SCHEMA_WORD, .null = true, .words = swept_words};

/* ---- the list, and one of it ---- */

#define OF_RECORDING                                                                       \
    {"id", &schema_recording_id, true, 0, NULL}, {"tour", &schema_text, true, 0, NULL},    \
        {"title", &schema_text, true, 0, NULL}, {"started", &time_or_null, true, 0, NULL}, \
        {"ended", &time_or_null, true, 0, "null: it is being made."},                      \
        {"duration_ms", &whole, true, 0, NULL}, {"state", &state, true, 0, NULL},          \
        {"failing", &schema_yes_or_no, false, 0,                                           \
         "true, while it is being made: it cannot be written now."},                       \
        {"damage", &schema_text, false, 0,                                                 \
         "With the state damaged: the object that cannot be read, or \"keys\"."},          \
        {"bytes", &whole, true, 0, "Of its media."}, {                                     \
        "participants", &texts, true, 0, "Names that are known."                           \
    }

static const struct schema_member members_recording[] = {OF_RECORDING, {0}};
static const struct schema recording = {
    .name = "Recording", .kind = SCHEMA_OBJECT, .members = members_recording};
static const struct schema list_of_recordings = {.kind = SCHEMA_LIST, .items = &recording};
static const struct schema_member members_page[] = {
    {"recordings", &list_of_recordings, true, 0, "Newest first."},
    {"next", &schema_text_or_null, true, 0, NULL},
    {"previous", &schema_text_or_null, true, 0, NULL},
    {0}};
const struct schema schema_recording_page = {
    .name = "RecordingPage", .kind = SCHEMA_OBJECT, .members = members_page};

static const struct schema_member members_epoch[] = {
    {"number", &whole, true, 0, NULL},
    {"start_ms", &whole, true, 0, "In the recording."},
    {"duration_ms", &whole, true, 0, NULL},
    {"bytes", &whole, true, 0, NULL},
    {"video", &schema_text, true, 0, "Codec, or none."},
    {"audio", &schema_text, true, 0, "Codec, or none."},
    {"width", &whole, true, 0, "In pixels; 0: not known."},
    {"height", &whole, true, 0, NULL},
    {0}};
static const struct schema epoch = {
    .name = "RecordingEpoch", .kind = SCHEMA_OBJECT, .members = members_epoch};
static const struct schema epochs = {.kind = SCHEMA_LIST, .items = &epoch};
static const struct schema_member members_track[] = {
    {"id", &track_id, true, 0, NULL},
    {"kind", &track_kind, true, 0, NULL},
    {"codec", &schema_text, true, 0, "none: of the programme each epoch says its own."},
    {"participant", &schema_text_or_null, true, 0, "A name; null: it is everybody's."},
    {"erased", &schema_yes_or_no, false, 0, "true: whose it is was shredded."},
    {"sealed", &schema_yes_or_no, false, 0, "true: the name cannot be opened for now."},
    {"epochs", &epochs, true, 0, NULL},
    {0}};
static const struct schema track = {
    .name = "RecordingTrack", .kind = SCHEMA_OBJECT, .members = members_track};
static const struct schema tracks = {.kind = SCHEMA_LIST, .items = &track};

/* What is said in a tour has the members of its kind besides. */
static const struct schema_member members_happening[] = {
    {"t_ms", &whole, true, 0, "When, in the recording."},
    {"type", &schema_text, true, 0,
     "participant, mute, consent, stage, mark, pause, gap, entry and more."},
    {"participant", &handle, false, 0, "Whom it is about, or who says it."},
    {"source", &whole, false, 0, NULL},
    {"on", &schema_yes_or_no, false, 0, "It begins; false: it ends."},
    {"name", &schema_text, false, 0, NULL},
    {"role", &schema_text, false, 0, NULL},
    {"track", &track_id_or_null, false, 0, "Of a gap; null: of all tracks."},
    {"duration_ms", &whole, false, 0, "Of a gap."},
    {"cause", &schema_text, false, 0, "Of a gap."},
    {"kind", &schema_text, false, 0,
     "Of an entry: chat, question, answer, chapter, hand and more."},
    {"seq", &whole, false, 0, "Of an entry: its number in the tour's ledger."},
    {"text", &schema_text, false, 0, NULL},
    {"title", &schema_text, false, 0, "Of a chapter."},
    {"retracted", &schema_yes_or_no, false, 0, "true: it was taken back."},
    {"erased", &schema_yes_or_no, false, 0, "true: whose it is was shredded."},
    {"sealed", &schema_yes_or_no, false, 0, "true: it cannot be opened for now."},
    {0}};
static const struct schema happening = {
    .name = "RecordingEvent",
    .kind = SCHEMA_OPEN,
    .members = members_happening,
    .about = "An entry has the members of its kind, too (docs/protocol.md, the ledger)."};
static const struct schema happenings = {.kind = SCHEMA_LIST, .items = &happening};
static const struct schema_member members_redacted[] = {{"track", &track_id, true, 0, NULL},
                                                        {"from_ms", &whole, true, 0, NULL},
                                                        {"to_ms", &whole, true, 0, NULL},
                                                        {0}};
static const struct schema redacted = {
    .name = "RedactedSpan", .kind = SCHEMA_OBJECT, .members = members_redacted};
static const struct schema list_of_redacted = {.kind = SCHEMA_LIST, .items = &redacted};
static const struct schema_member members_details[] = {
    OF_RECORDING,
    {"redacted", &list_of_redacted, false, 0, "What was taken out of its tracks for ever."},
    {"tracks", &tracks, true, 0, NULL},
    {"events", &happenings, true, 0, "Its timeline."},
    {0}};
const struct schema schema_recording_details = {
    .name = "RecordingDetails", .kind = SCHEMA_OBJECT, .members = members_details};

/* ---- segments ---- */

static const struct schema_member members_segment[] = {
    {"number", &whole, true, 0, NULL},
    {"start_ms", &whole, true, 0, "In its epoch."},
    {"duration_ms", &whole, true, 0, NULL},
    {"bytes", &whole, true, 0, NULL},
    {"key", &schema_yes_or_no, true, 0, "It begins with a key frame."},
    {"erased", &schema_yes_or_no, false, 0, "true: it was shredded or redacted."},
    {0}};
static const struct schema segment = {
    .name = "Segment", .kind = SCHEMA_OBJECT, .members = members_segment};
static const struct schema list_of_segments = {.kind = SCHEMA_LIST, .items = &segment};
static const struct schema_member members_segments[] = {
    {"segments", &list_of_segments, true, 0, NULL},
    {"type", &schema_text_or_null, true, 0, "For MediaSource; null while nothing is stored."},
    {"epoch_start_ms", &whole, true, 0, NULL},
    {"growing", &schema_yes_or_no, true, 0, "Segments may still come."},
    {"next_epoch", &count_or_null, true, 0, NULL},
    {"last", &count_or_null, true, 0, "Number of the newest segment."},
    {"more", &schema_yes_or_no, true, 0, "There are further segments already."},
    {"wait_ms", &whole, true, 0, "When to ask again."},
    {0}};
const struct schema schema_segment_page = {
    .name = "SegmentPage", .kind = SCHEMA_OBJECT, .members = members_segments};

/* ---- holds, tickets ---- */

static const struct schema_member members_hold[] = {
    {"held", &schema_yes_or_no, true, 0, NULL},
    {"since", &some_time, false, 0, "When it is held."},
    {"by", &schema_text, false, 0, NULL},
    {"reason", &schema_text, false, 0, NULL},
    {0}};
const struct schema schema_hold = {.name = "Hold", .kind = SCHEMA_OBJECT, .members = members_hold};
static const struct schema reason = {
    .kind = SCHEMA_TEXT, .min = 1, .max = 128, .example = "\"a court asks\""};
static const struct schema_member members_hold_new[] = {{"reason", &reason, true, 0, NULL}, {0}};
const struct schema schema_hold_new = {
    .name = "HoldNew", .kind = SCHEMA_OBJECT, .members = members_hold_new};

static bool is_track(const char *text) {
    size_t n = strspn(text, "0123456789abcdef");
    return strcmp(text, PROGRAMME_TRACK) == 0 || (n == RECORDING_ID_LEN && !text[n]);
}

static const struct schema track_to_redact = {.kind = SCHEMA_TEXT,
                                              .pattern = "^([0-9a-f]{32}|programme)$",
                                              .good = is_track,
                                              .example = "\"programme\""};
static const struct schema tracks_to_redact = {
    .kind = SCHEMA_LIST, .items = &track_to_redact, .min = 1, .max = JOB_TRACKS_MAX};
static const struct schema moment_ms = {.kind = SCHEMA_INTEGER, .max = REDACTION_MS_MAX};
#define MEMBER(name, field, schema, about) \
    { name, &(schema), true, offsetof(struct redaction_body, field), about }
static const struct schema_member members_redaction_new[] = {
    MEMBER("tracks", tracks, tracks_to_redact, "Of which something is to go."),
    MEMBER("from_ms", from_ms, moment_ms, "In the recording."),
    MEMBER("to_ms", to_ms, moment_ms, "Behind from_ms, and not of it any more."),
    MEMBER("reason", reason, reason, "Kept for ever, as who orders it."),
    {0}};
#undef MEMBER
const struct schema schema_redaction_new = {
    .name = "RedactionNew", .kind = SCHEMA_OBJECT, .members = members_redaction_new};

static const struct schema_member members_ticket[] = {{"expires_s", &whole, true, 0, NULL}, {0}};
const struct schema schema_ticket = {
    .name = "PlaybackTicket", .kind = SCHEMA_OBJECT, .members = members_ticket};

/* ---- what is made of them ---- */

static const struct schema_member members_thumbnail[] = {{"number", &whole, true, 0, NULL},
                                                         {"t_ms", &whole, true, 0, NULL},
                                                         {"width", &whole, true, 0, NULL},
                                                         {"height", &whole, true, 0, NULL},
                                                         {0}};
static const struct schema thumbnail = {
    .name = "Thumbnail", .kind = SCHEMA_OBJECT, .members = members_thumbnail};
static const struct schema thumbnails = {.kind = SCHEMA_LIST, .items = &thumbnail};
static const struct schema_member members_thumbnails[] = {
    {"state", &thumbnail_state, true, 0, "making: ask again."},
    {"error", &schema_text, false, 0, "With failed."},
    {"thumbnails", &thumbnails, true, 0, NULL},
    {0}};
const struct schema schema_thumbnail_list = {
    .name = "ThumbnailList", .kind = SCHEMA_OBJECT, .members = members_thumbnails};

static const struct schema_member members_export[] = {
    {"number", &whole, true, 0, NULL},
    {"state", &export_state, true, 0, NULL},
    {"layout", &layout, true, 0, NULL},
    {"permille", &whole, false, 0, "How far it is, until it is done."},
    {"error", &schema_text, false, 0, "With failed."},
    {"created", &some_time, false, 0, "With done."},
    {"bytes", &whole, false, 0, "With done."},
    {0}};
const struct schema schema_export = {
    .name = "Export", .kind = SCHEMA_OBJECT, .members = members_export};
static const struct schema exports = {.kind = SCHEMA_LIST, .items = &schema_export};
static const struct schema_member members_exports[] = {{"exports", &exports, true, 0, NULL}, {0}};
const struct schema schema_export_list = {
    .name = "ExportList", .kind = SCHEMA_OBJECT, .members = members_exports};
static const struct schema_member members_export_new[] = {
    {"layout", &layout, false, 0, "faces, where it is not there."}, {0}};
const struct schema schema_export_new = {
    .name = "ExportNew", .kind = SCHEMA_OBJECT, .members = members_export_new};

/* ---- a check of all of it ---- */

static const char *const verification_words[] = {"none", "waiting", "running",
                                                 "done", "failed",  NULL};
static const struct schema verification_state = {.kind = SCHEMA_WORD, .words = verification_words};
static const char *const result_words[] = {"ok", "damaged", "shredded", NULL};
static const struct schema result = {.kind = SCHEMA_WORD, .null = true, .words = result_words};
static const struct schema_member members_finding[] = {
    {"object", &schema_text, true, 0, "Its name in the store; empty: of the recording as a whole."},
    {"what", &schema_text, true, 0, "For people."},
    {"problem", &schema_text, true, 0,
     "missing, changed, unlisted, disagrees, signature, unclosed, key, left, later, journal, "
     "unproved,"
     " earlier_key or other."},
    {"kind", &schema_text, false, 0,
     "Of the object: media, journal, manifest, thumbnail, waveform, export or supplement."},
    {"track", &track_id, false, 0, "Of media and waveforms."},
    {"epoch", &whole, false, 0, "Of media."},
    {"segment", &whole, false, 0, "Of media."},
    {0}};
static const struct schema finding = {
    .name = "Finding", .kind = SCHEMA_OBJECT, .members = members_finding};
static const struct schema findings = {.kind = SCHEMA_LIST, .items = &finding};
static const struct schema_member members_verification[] = {
    {"state", &verification_state, true, 0, "none: nobody asked since the server started."},
    {"permille", &whole, true, 0, "How far it is."},
    {"ordered", &time_or_null, true, 0, NULL},
    {"ended", &time_or_null, true, 0, NULL},
    {"result", &result, true, 0, "null until it is done."},
    {"opened", &schema_yes_or_no, true, 0,
     "false: no key was to be had; signature and sealed objects were checked."},
    {"error", &schema_text, false, 0, "Why it failed, or why nothing was opened."},
    {"findings", &findings, true, 0, "100 at most."},
    {"findings_left_out", &whole, true, 0, "So many more."},
    {0}};
const struct schema schema_verification = {
    .name = "Verification", .kind = SCHEMA_OBJECT, .members = members_verification};

/* ---- all of them ---- */

static const struct schema_member members_key[] = {
    {"kty", &schema_text, true, 0, NULL},
    {"crv", &schema_text, true, 0, NULL},
    {"alg", &schema_text, true, 0, NULL},
    {"use", &schema_text, true, 0, NULL},
    {"kid", &schema_text, true, 0, "Its thumbprint (RFC 7638)."},
    {"x", &schema_text, true, 0, NULL},
    {"hex", &schema_text, true, 0, "As `oriel recordings public-key` prints it."},
    {"pem", &schema_text, true, 0, NULL},
    {"current", &schema_yes_or_no, true, 0, "It signs now."},
    {0}};
static const struct schema key = {
    .name = "PublicKey", .kind = SCHEMA_OBJECT, .members = members_key};
static const struct schema keys = {.kind = SCHEMA_LIST, .items = &key};
static const struct schema_member members_keys[] = {{"keys", &keys, true, 0, NULL}, {0}};
const struct schema schema_public_keys = {
    .name = "PublicKeySet", .kind = SCHEMA_OBJECT, .members = members_keys};

static const struct schema_member members_quota[] = {
    {"recordings", &count_or_null, true, 0, "null: any number."},
    {"bytes", &count_or_null, true, 0, NULL},
    {"reached", &schema_yes_or_no, true, 0, NULL},
    {"refused", &whole, true, 0, "Recordings that could not begin."},
    {0}};
static const struct schema quota = {.kind = SCHEMA_OBJECT, .members = members_quota};
static const struct schema_member members_retention[] = {
    {"days", &count_or_null, true, 0, "null: for ever."},
    {"last", &swept, true, 0, "null: there was no sweep."},
    {"last_run", &time_or_null, true, 0, NULL},
    {"last_ok", &time_or_null, true, 0, NULL},
    {"clock_wrong", &schema_yes_or_no, true, 0, NULL},
    {"shredded", &whole, true, 0, NULL},
    {"held", &whole, true, 0, NULL},
    {"undated", &whole, true, 0, NULL},
    {"keyless", &whole, true, 0, NULL},
    {"orphans", &whole, true, 0, NULL},
    {"failed", &whole, true, 0, NULL},
    {0}};
static const struct schema retention = {.kind = SCHEMA_OBJECT, .members = members_retention};
static const struct schema_member members_provider[] = {
    {"provider", &schema_text, true, 0, NULL},
    {"up", &schema_yes_or_no, true, 0, NULL},
    {"reason", &schema_text, false, 0, "Why it fails."},
    {"failing_s", &whole, false, 0, "For how long."},
    {0}};
static const struct schema provider = {
    .name = "KeyProvider", .kind = SCHEMA_OBJECT, .members = members_provider};
static const struct schema providers = {.kind = SCHEMA_LIST, .items = &provider};
static const struct schema_member members_status[] = {
    {"recordings", &whole, true, 0, NULL}, {"bytes", &whole, true, 0, NULL},
    {"quota", &quota, true, 0, NULL},      {"retention", &retention, true, 0, NULL},
    {"keys", &providers, true, 0, NULL},   {0}};
const struct schema schema_recordings_status = {
    .name = "RecordingsStatus", .kind = SCHEMA_OBJECT, .members = members_status};
