/* Refusals that several answers have in common. */
#ifndef ORIEL_SERVER_API_REFUSE_H
#define ORIEL_SERVER_API_REFUSE_H

#include "server/http/respond.h"
#include "signaling/words/codes.h"

/* With a code that signaling knows. */
void refuse_code(struct request *r, enum code code);
/* The key provider does not let this server open the recording: nothing of who asks. */
void refuse_key_denied(struct request *r);
/* The database that must be asked cannot be: it is as before when it is back. */
void refuse_database_away(struct request *r);
/* Nothing is recorded here. */
void refuse_recording_off(struct request *r);
/* There is no such recording. */
void refuse_recording_unknown(struct request *r);

#endif
