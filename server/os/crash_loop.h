/* What a process has left may be what kills the next one. So each start that finds something to go
 * on with is noted in the runtime folder, and the third within half a minute goes on with nothing.
 * Owner: the control thread. */
#ifndef ORIEL_SERVER_OS_CRASH_LOOP_H
#define ORIEL_SERVER_OS_CRASH_LOOP_H

#include "base/time.h"
#include "server/os/runtime_dir.h"

#define CRASH_LOOP_DEATHS 3
#define CRASH_LOOP_WITHIN (30 * US_PER_S)

/* A process begins, and has not looked yet at what is there. True: it is the third in this time
 * that follows a death, and is to use nothing of it (runtime_dir_clear). What cannot be noted is
 * not counted. */
bool crash_loop_begins(const struct runtime_dir *d, us_t now);
/* There was nothing to go on with, or the process ends in good order: nothing is noted any more. */
void crash_loop_over(const struct runtime_dir *d);

#endif
