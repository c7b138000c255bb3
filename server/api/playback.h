/* Bytes of recordings and of what was made of them, ranges included: the reader thread gives a
 * chunk at a time, when the client has taken the last but one. */
#ifndef ORIEL_SERVER_API_PLAYBACK_H
#define ORIEL_SERVER_API_PLAYBACK_H

#include "server/api/call.h"

/* Answer with the file that q names, type and what goes with it (READ_MEDIA and those like it).
 * refuse says what is wrong where it knows better than reading_refuse, else it returns false; NULL:
 * it never does. */
void playback_start(struct request *r, const struct read_request *q,
                    bool (*refuse)(struct request *r, enum err e));
/* The request ends: what its playback has goes back. NULL allowed. */
void playback_end(struct playback *p);

#endif
