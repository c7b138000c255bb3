/* Files DIR/derived/RECORDING: something was made, or was being made, of these recordings. Blocks;
 * the jobs thread's. */
#ifndef ORIEL_SERVER_JOBS_MARKERS_H
#define ORIEL_SERVER_JOBS_MARKERS_H

#include "base/err.h"

/* Make one, durably, where there is none. ERR_NOSPACE, ERR_IO. */
enum err markers_put(const char *dir, const char *recording);
/* Remove one; that it is gone is enough. */
void markers_remove(const char *dir, const char *recording);
/* Call each for those there are; it may remove them. */
void markers_each(const char *dir, void (*each)(void *ctx, const char *recording), void *ctx);

#endif
