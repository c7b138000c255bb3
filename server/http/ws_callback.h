/* WebSockets as libwebsockets calls them. */
#ifndef ORIEL_SERVER_HTTP_WS_CALLBACK_H
#define ORIEL_SERVER_HTTP_WS_CALLBACK_H

#include "server/http/lws.h"

/* Protocol 1 of the vhost. */
int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                size_t len);
#define WS_SESSION_SIZE sizeof(struct ws_conn *)

#endif
