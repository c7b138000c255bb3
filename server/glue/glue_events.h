/* What other programs are told (server/events): effects of signaling and reports of the recorder as
 * events. Nothing waits for it. Owner: the control thread. */
#ifndef ORIEL_SERVER_GLUE_GLUE_EVENTS_H
#define ORIEL_SERVER_GLUE_GLUE_EVENTS_H

#include "server/glue/glue_parts.h"

/* The tour begins: give its run a name that no other run has, of this process or another. */
void glue_event_run(struct glue *g, struct tour *t);
/* EFFECT_TOUR; t: the tour that begins or has ended, or NULL. */
void glue_event_tour(struct glue *g, const struct signaling_effect *e, const struct tour *t);
/* Somebody is in the tour. */
void glue_event_joined(struct glue *g, const struct tour *t, struct person *p);
/* They mute, or consent, or do not: told at once, or when a second has passed since it was told
 * last, and then as it is by then. */
void glue_event_changed(struct glue *g, const struct tour *t, struct person *p);
/* They leave; what was not told of them is told first. */
void glue_event_left(struct glue *g, const struct tour *t, struct person *p);
/* Tell what is due at g->now. */
void glue_events_service(struct glue *g);
/* EFFECT_ENTRY; by: who, or NULL. Only what is a message, once, with config.messages. */
void glue_event_entry(struct glue *g, const struct signaling_effect *e, const struct tour *t,
                      const struct person *by);
/* The recorder is to begin a recording: it may say so after the tour has ended. NULL: nothing. */
void glue_event_ordered(struct glue *g, const struct tour *t);
/* None may begin, for the quota. NULL: nothing. */
void glue_event_refused(struct glue *g, const struct tour *t);
/* EFFECT_RECORD_PAUSE. */
void glue_event_paused(struct glue *g, const struct signaling_effect *e, const struct tour *t);
/* What the recorder reports, also when its tour has ended. */
void glue_event_recorder(struct glue *g, const struct recorder_event *e);
/* The process ends: what is open is told as ended. */
void glue_events_end(struct glue *g);
/* Forget recordings that have not ended. */
void glue_events_free(struct glue *g);

#endif
