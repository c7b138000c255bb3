/* WHIP (RFC 9725) and WHEP. */
#ifndef ORIEL_SERVER_API_WHIP_H
#define ORIEL_SERVER_API_WHIP_H

#include "server/api/api.h"

/* Give the request to signaling; its answer comes by whip_answer. */
void whip_request(struct request *r);
/* The same for WHEP. */
void whep_request(struct request *r);
/* What OPTIONS at either endpoint says. */
void whip_options(struct request *r);
/* Signaling's answer (EFFECT_HTTP). */
void whip_answer(struct api *a, const struct signaling_effect *e);

#endif
