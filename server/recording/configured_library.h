/* A library of the recordings that the configuration names, for a thread that opens one of its own
 * from the configuration alone. */
#ifndef ORIEL_SERVER_RECORDING_CONFIGURED_LIBRARY_H
#define ORIEL_SERVER_RECORDING_CONFIGURED_LIBRARY_H

#include "recorder/library/library.h"
#include "server/config/config.h"
#include "server/recording/stores.h"

struct configured_library {
    const struct config *config; /* outlives the library */
    struct stores *stores;       /* of this thread, outlive the library; NULL: a local folder */
    bool store_known;            /* as in library_config */
    struct rng rng;              /* the same */
    bool (*stop)(void *ctx);     /* a request to a key service is broken off when it says so */
    void *ctx;
};

/* Errors, and the reason in why, of library_open. The key configuration is made anew: a caller's
 * may be gone. */
enum err configured_library_open(const struct configured_library *c, struct library **ret,
                                 char why[WHY_MAX]);

#endif
