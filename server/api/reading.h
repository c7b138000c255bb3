/* Questions to the reader thread, and what its replies become. */
#ifndef ORIEL_SERVER_API_READING_H
#define ORIEL_SERVER_API_READING_H

#include "server/api/call.h"

/* Ask about the recording that the path names, if it names one; the reply goes to on_read, unless
 * the client is gone by then. False: it cannot be asked, and the request is refused. */
bool reading_ask(struct request *r, const struct read_request *q,
                 void (*on_read)(struct request *r, struct read_reply *reply));
/* Ask on, for a request that is answered already. False: it cannot be asked now. */
bool reading_ask_on(struct request *r, const struct read_request *q);
/* on_read for what is the answer as it is: lists, details. */
void reading_answer(struct request *r, struct read_reply *reply);
/* Refuse for what the reader says is wrong. */
void reading_refuse(struct request *r, enum err e);
/* From the reader thread; takes over its data. */
void reading_reply(struct api *a, struct read_reply *reply);

#endif
