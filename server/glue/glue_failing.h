/* Which recordings cannot be written now, by what the recorder says of them. Owner: the control
 * thread. */
#ifndef ORIEL_SERVER_GLUE_GLUE_FAILING_H
#define ORIEL_SERVER_GLUE_GLUE_FAILING_H

#include "server/glue/glue_parts.h"

/* Whatever the recorder has said. */
void glue_failing_note(struct glue *g, const struct recorder_event *e);
void glue_failing_free(struct glue *g);

#endif
