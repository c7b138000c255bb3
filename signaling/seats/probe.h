/* Trying out the network before joining: a few transports that belong to nobody's tour, at the
 * workers and ports of all others, in which a client hears and sees what it sends itself. Nobody is
 * told of them: no roster, event, hook, recording or list. What a client gets of a probe is what it
 * sends into it, once for each of its transports; the server makes nothing of its own. A probe ends
 * with its connection, or after a time that it cannot lengthen. */
#ifndef ORIEL_SIGNALING_SEATS_PROBE_H
#define ORIEL_SIGNALING_SEATS_PROBE_H

#include "signaling/tours/sessions.h"

/* One way by UDP, by TCP and by a relay each, and one that sends. */
#define PROBE_PATHS_MAX 4

/* Begin the probe of this connection, which has no seat, if it has none yet, and add a transport.
 * CODE_ALREADY_JOINED, CODE_FORBIDDEN (it is another sub's or tour's), CODE_RATE_LIMITED (as many
 * transports as there may be, this sub has a probe elsewhere, had too many lately, or too many
 * offers), CODE_SERVER_FULL,
 * CODE_SERVER_OVERLOADED, CODE_INTERNAL, and those of session_make. */
enum code probe_add(struct signaling *s, us_t now, struct conn *conn, const struct claims *claims,
                    struct offer *offer);
/* The transport that was added last, and has just been. */
struct session *probe_latest(const struct probe *p);
/* End it, with its transports. NULL allowed. */
void probe_end(struct signaling *s, struct probe *p);
/* End those of which `is` is true: whose tokens were taken back. */
void probes_end(struct signaling *s, bool (*is)(void *ctx, const struct probe *p), void *ctx);
/* End what this sub tries out for this tour, from which it was removed. */
void probes_rid(struct signaling *s, const char *tour, const char *sub);
/* Free what was never ended; for signaling_free. */
void probes_free(struct signaling *s);

#endif
