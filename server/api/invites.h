/* /v1/tours/{tour}/invites: a link by which one person joins. */
#ifndef ORIEL_SERVER_API_INVITES_H
#define ORIEL_SERVER_API_INVITES_H

#include "server/http/request.h"

/* Answers its request. */
void invites_create(struct request *r);

#endif
