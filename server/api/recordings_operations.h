/* What the document says of /v1/recordings and /v1/signal. docs/api.md says more. */
#ifndef ORIEL_SERVER_API_RECORDINGS_OPERATIONS_H
#define ORIEL_SERVER_API_RECORDINGS_OPERATIONS_H

#include "server/rest/operation.h"

extern const struct operation operation_recordings_list, operation_recordings_keys,
    operation_recordings_status, operation_recordings_get, operation_recordings_shred,
    operation_recordings_shred_person, operation_verification_start, operation_verification_get,
    operation_hold_get, operation_hold_set, operation_hold_release, operation_redact,
    operation_playback_allow, operation_playback_revoke, operation_thumbnails_list,
    operation_thumbnail_get, operation_waveform_get, operation_exports_list, operation_export_start,
    operation_export_get, operation_export_remove, operation_export_media, operation_segments_list,
    operation_segment_get, operation_init_get, operation_media_get, operation_signal;

#endif
