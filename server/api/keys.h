/* /v1/recordings/keys: the public keys that recordings are signed with. */
#ifndef ORIEL_SERVER_API_KEYS_H
#define ORIEL_SERVER_API_KEYS_H

#include "server/http/request.h"

/* Answers its request. */
void keys_public(struct request *r);

#endif
