/* What recordings, and what is made and said of them, look like in the API. */
#ifndef ORIEL_SERVER_API_RECORDINGS_SCHEMAS_H
#define ORIEL_SERVER_API_RECORDINGS_SCHEMAS_H

#include "server/rest/schema.h"

extern const struct schema schema_recording_page, schema_recording_details, schema_segment_page;
extern const struct schema schema_hold, schema_hold_new, schema_redaction_new, schema_verification;
extern const struct schema schema_thumbnail_list, schema_export, schema_export_list,
    schema_export_new;
extern const struct schema schema_ticket, schema_public_keys, schema_recordings_status;
/* 32 hex digits. */
extern const struct schema schema_recording_id;

/* The body of POST .../redactions. */
struct redaction_body {
    struct schema_given given;
    const struct json *tracks;
    int64_t from_ms, to_ms;
    const char *reason;
};

#endif
