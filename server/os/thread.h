/* A thread of ours: it has a name, which `top -H`, perf and a debugger show. The control thread is
 * the process's first and has the name of the process. Thread: any. */
#ifndef ORIEL_SERVER_OS_THREAD_H
#define ORIEL_SERVER_OS_THREAD_H

#include "base/err.h"

#include <pthread.h>

#define THREAD_NAME_MAX 16 /* [bytes] of Linux, with the NUL (pthread_setname_np(3)) */

/* Run body(arg) in a thread of this name, which is shorter than THREAD_NAME_MAX. ERR_IO with the
 * reason in why[WHY_MAX]: none could be started; *ret is untouched then. */
enum err thread_start(const char *name, void *(*body)(void *), void *arg, pthread_t *ret,
                      char why[WHY_MAX]);

#endif
