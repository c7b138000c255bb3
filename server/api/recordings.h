/* /v1/recordings: lists, details, tickets and media. Each answers its request, or sees to it that
 * it will be. */
#ifndef ORIEL_SERVER_API_RECORDINGS_H
#define ORIEL_SERVER_API_RECORDINGS_H

#include "server/http/request.h"

/* What is asked for of all of them. */
void recordings_list(struct request *r);
/* Details of one. */
void recordings_one(struct request *r);
/* A cookie that lets a player in. */
void recordings_ticket(struct request *r);
/* Such cookies end, one's own or ?sub='s. */
void recordings_revoke(struct request *r);
/* One file of one. */
void recordings_media(struct request *r);

#endif
