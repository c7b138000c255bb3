/* What other programs are told (server/events): effects of signaling and reports of the recorder as
 * events. Nothing waits for it. Owner: the control thread. */
#ifndef ORIEL_SERVER_GLUE_GLUE_EVENTS_H
#define ORIEL_SERVER_GLUE_GLUE_EVENTS_H

#include "server/glue/glue_parts.h"

/* EFFECT_TOUR; t: the tour that begins or has ended, or NULL. */
void glue_event_tour(struct glue *g, const struct signaling_effect *e, const struct tour *t);
/* EFFECT_PARTICIPANT; before: what was known of the person, or NULL. */
void glue_event_participant(struct glue *g, const struct signaling_effect *e, const struct tour *t,
                            const struct person *before);
/* EFFECT_MUTED; p: who, or NULL. */
void glue_event_muted(struct glue *g, const struct signaling_effect *e, const struct tour *t,
                      const struct person *p);
/* EFFECT_RECORD_PAUSE. */
void glue_event_paused(struct glue *g, const struct signaling_effect *e, const struct tour *t);
/* What the recorder reports, also when its tour has ended. */
void glue_event_recorder(struct glue *g, const struct recorder_event *e);
/* Forget recordings that have not ended. */
void glue_events_free(struct glue *g);

#endif
