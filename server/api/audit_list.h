/* GET /v1/audit: the audit log, page by page; GET /v1/recordings/{recording}/access: what it has of
 * one recording, for who may see that. Every answer waits for the thread that reads it. */
#ifndef ORIEL_SERVER_API_AUDIT_LIST_H
#define ORIEL_SERVER_API_AUDIT_LIST_H

#include "server/api/api.h"
#include "server/audit/audit_reader.h"

/* Answers its request, now or later. */
void audit_list(struct request *r);
void audit_access(struct request *r);
/* From the thread; takes over its data. */
void audit_list_reply(struct api *a, struct audit_reply *reply);

#endif
