/* What outlives the process: tours that run, who is in them and what was said, as records of a log
 * (base/record_log.h, docs/survival.md). Written at the end of each call, before anybody is told of
 * what it has changed. */
#ifndef ORIEL_SIGNALING_KEPT_WRITE_H
#define ORIEL_SIGNALING_KEPT_WRITE_H

#include "signaling/state/state.h"

/* Write what was marked (unkept.h). Where there is no place for it nothing is kept any more, until
 * there is: the log is spoiled, for what is not true any more is not to be gone on with. */
void kept_write(struct signaling *s);
/* Nothing is to be found, and nothing is kept any more. */
void kept_end(struct signaling *s);
/* All of it as one batch, which is not committed. Marks are not touched. */
void kept_put_all(struct signaling *s, struct record_log *log);

#endif
