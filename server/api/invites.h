/* /v1/tours/{tour}/invites: a link by which one person joins. */
#ifndef ORIEL_SERVER_API_INVITES_H
#define ORIEL_SERVER_API_INVITES_H

#include "server/api/api.h"
#include "server/http/request.h"

/* Append the page with the token in its fragment. */
void invite_link(struct buffer *b, const struct api *a, const struct claims *c, const char *token);
/* Answers its request. */
void invites_create(struct request *r);

#endif
