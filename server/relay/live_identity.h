/* The certificate of DTLS in the runtime folder: the file identity, which holds its private key, so
 * that a process after this one has the same fingerprint. Owner: the control thread. */
#ifndef ORIEL_SERVER_RELAY_LIVE_IDENTITY_H
#define ORIEL_SERVER_RELAY_LIVE_IDENTITY_H

#include "media/secure/dtls.h"
#include "server/os/runtime_dir.h"
#include "server/relay/live_file.h"

struct live_identity {
    wall_t wall;              /* now */
    us_t max_age;             /* [us] one that is older is not used any more */
    struct live_found *found; /* what cannot be read is counted there */
};
/* That of a process before this one, if it is whole and not too old; else a new one, which is in
 * the folder when this returns. *ret is untouched on failure, and why says what to do. ERR_CRYPTO;
 * ERR_IO. */
enum err live_identity_take(const struct runtime_dir *d, const struct live_identity *how,
                            struct dtls_identity **ret, char why[WHY_MAX]);
/* Wiped and removed, whatever is there. */
void live_identity_end(const struct runtime_dir *d);

#endif
