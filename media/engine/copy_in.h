/* Copies of the pictures of replicas, given by their origin (copy.h). Owner: the engine's thread.
 */
#ifndef ORIEL_MEDIA_ENGINE_COPY_IN_H
#define ORIEL_MEDIA_ENGINE_COPY_IN_H

#include "media/engine/flow.h"

/* It has been announced. */
void copy_await(struct layer *l, us_t now);
/* While it is on its way no key frame is asked for. */
bool copy_serves(const struct layer *l, us_t now);
/* A message of it. */
void copy_input(struct layer *l, us_t now, const struct relay *m);
/* A live packet of the layer has come, and may be kept or not: it may have ended the need of it, or
 * its use. */
void copy_overtaken(struct layer *l, const struct media_packet *p, bool keep);
/* What is live has a hole: so would what begins with the copy. */
void copy_torn(struct layer *l);
/* From time to time: what does not come is not waited for. */
void copy_late(struct flow *f, us_t now);

#endif
