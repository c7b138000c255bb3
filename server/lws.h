/* libwebsockets, included by this one door. */
#ifndef ORIEL_SERVER_LWS_H
#define ORIEL_SERVER_LWS_H

#include <libwebsockets.h>

#endif
