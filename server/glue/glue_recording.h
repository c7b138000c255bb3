/* What signaling says of recordings and of who is in them. Owner: the control thread. */
#ifndef ORIEL_SERVER_GLUE_GLUE_RECORDING_H
#define ORIEL_SERVER_GLUE_GLUE_RECORDING_H

#include "server/glue/glue_parts.h"

/* Somebody is in the tour, or is not any more. */
void glue_participant(struct glue *g, const struct signaling_effect *e);
/* A source is off by intent, or is not any more; the worker is not told here. */
void glue_muted(struct glue *g, const struct signaling_effect *e);
/* Something was said, asked or shown. */
void glue_entry(struct glue *g, const struct signaling_effect *e);
/* Start or stop. */
void glue_record(struct glue *g, const struct signaling_effect *e);
/* Pause, or go on. */
void glue_record_pause(struct glue *g, const struct signaling_effect *e);
/* The tour's recording is no longer one that is refused for the quota. */
void glue_record_accepted(struct glue *g, struct tour *t);
/* What waited for the recorder to have its orders is tapped. */
void glue_taps(struct glue *g);
/* Recordings that were refused begin, if there is room again. */
void glue_record_refused(struct glue *g);

/* The recorder says that this one has begun. */
void glue_recording_begins(struct glue *g, uint64_t tour, const char *recording);

#endif
