/* Origins that stand in the pages' Content-Security-Policy. Pure functions. */
#ifndef ORIEL_SERVER_CONFIG_WEB_ORIGIN_H
#define ORIEL_SERVER_CONFIG_WEB_ORIGIN_H

#include <stdbool.h>

#define WEB_ORIGINS_BYTES 2048 /* of web.images and web.frame_ancestors: every answer has them */

/* A host-source of CSP that says who it is: https://HOST[:PORT], where HOST is a name, an IPv4
 * address, or "*." and a name of two parts at least; http:// for this machine only (localhost,
 * 127.x). No path, and nothing that could end the directive that it stands in. IPv6 is none: CSP
 * has no form for it. */
bool web_origin_ok(const char *text);

#endif
