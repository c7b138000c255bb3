/* /v1/recordings/status: how the recordings are kept, as a whole. */
#ifndef ORIEL_SERVER_API_KEEPER_H
#define ORIEL_SERVER_API_KEEPER_H

#include "server/http/request.h"

/* Answers its request. */
void keeper_status(struct request *r);

#endif
