/* libwebsockets, included by this one door. */
#ifndef ORIEL_SERVER_HTTP_LWS_H
#define ORIEL_SERVER_HTTP_LWS_H

#include <libwebsockets.h>

#endif
