/* What a session's viewer can take: the bandwidth estimation of its transport, fed by what is
 * sealed for it and by its RTCP. Made when a receiving m-line has agreed on transport-wide numbers;
 * a viewer without them is estimated by REMB and reports. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_ESTIMATE_H
#define ORIEL_MEDIA_ENGINE_ESTIMATE_H

#include "media/engine/session.h"
#include "media/wire/rtcp.h"

/* A session with receiving m-lines gets one; one that only sends needs none. ERR_NOMEM. */
enum err estimate_begin(struct session *s);
void estimate_end(struct session *s);
/* Transport-wide feedback arrived. */
void estimate_feedback(struct session *s, us_t now, const struct rtcp_packet *r);
/* REMB arrived (draft-alvestrand-rmcat-remb-03). */
void estimate_remb(struct session *s, us_t now, const struct rtcp_packet *r);
/* A report block about the stream of this slot. */
void estimate_report(struct session *s, us_t now, struct slot *slot, const struct rtcp_report *b);
/* When estimate_on_timer is due; US_NEVER. */
us_t estimate_deadline(const struct session *s);
/* Feedback is missing, or a probe is due. */
void estimate_on_timer(struct session *s, us_t now);

#endif
