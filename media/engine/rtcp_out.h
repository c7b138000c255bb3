/* RTCP to a client: a compound of reports at least every 500 ms, and between them (RFC 5506,
 * reduced size) requests for lost packets and key frames and transport feedback at their own
 * deadlines. A packet is composed when it can be sent, so it says what is true then. Owner: the
 * engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_RTCP_OUT_H
#define ORIEL_MEDIA_ENGINE_RTCP_OUT_H

#include "media/engine/session.h"

/* When rtcp_out has something; US_NEVER while nothing may be sent. */
us_t rtcp_out_deadline(const struct session *s);
/* The next packet; false when there is nothing to say now. */
bool rtcp_out(struct session *s, us_t now, struct datagram *ret);

#endif
