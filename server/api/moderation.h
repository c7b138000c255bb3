/* /v1/tours/{tour}/...: what a platform does with a tour that runs, and with several people in it:
 * lock, lobby, admit, mute, allow, spotlight, recording. */
#ifndef ORIEL_SERVER_API_MODERATION_H
#define ORIEL_SERVER_API_MODERATION_H

#include "server/http/request.h"
#include "server/rest/operation.h"

extern const struct operation operation_tours_lock, operation_tours_unlock, operation_lobby_open,
    operation_lobby_close, operation_tours_admit, operation_tours_mute, operation_tours_allow,
    operation_spotlight_set, operation_spotlight_clear, operation_recording_start,
    operation_recording_stop;

/* Each answers its request. */
void moderation_lock(struct request *r);
void moderation_unlock(struct request *r);
void moderation_lobby_on(struct request *r);
void moderation_lobby_off(struct request *r);
void moderation_admit(struct request *r);
void moderation_mute(struct request *r);
void moderation_allow(struct request *r);
void moderation_spotlight(struct request *r);
void moderation_no_spotlight(struct request *r);
void moderation_record(struct request *r);
void moderation_stop(struct request *r);

#endif
