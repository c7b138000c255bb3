#include "server/os/thread.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

enum err thread_start(const char *name, void *(*body)(void *), void *arg, pthread_t *ret,
                      char why[WHY_MAX]) {
    pthread_t thread;
    CHECK(strlen(name) < THREAD_NAME_MAX);
    int error = pthread_create(&thread, NULL, body, arg);
    if (error != 0) {
        snprintf(why, WHY_MAX, "cannot start the thread %s: %s", name, strerror(error));
        return ERR_IO;
    }
    (void)pthread_setname_np(thread, name); /* for people; nothing depends on it */
    *ret = thread;
    return OK;
}
