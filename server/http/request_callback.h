/* HTTP as libwebsockets calls it. */
#ifndef ORIEL_SERVER_HTTP_REQUEST_CALLBACK_H
#define ORIEL_SERVER_HTTP_REQUEST_CALLBACK_H

#include "server/http/lws.h"

/* Protocol 0 of the vhost. */
int request_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t len);
#define REQUEST_SESSION_SIZE sizeof(struct request *)

#endif
