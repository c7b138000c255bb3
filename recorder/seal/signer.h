/* The signing key of an installation: what says of a recording "this is what we recorded, all of
 * it". It lies in a file (64 hex digits, the Ed25519 seed) apart from the keys that read, so that
 * who may read cannot sign; its public half is for everybody. Thread: any. */
#ifndef ORIEL_RECORDER_SEAL_SIGNER_H
#define ORIEL_RECORDER_SEAL_SIGNER_H

#include "base/rng.h"
#include "recorder/seal/keys.h"

/* Read it; with create, a missing file is made with a random key (secret.h). ERR_UNKNOWN (no file),
 * ERR_IO, ERR_FORMAT, ERR_CRYPTO; the reason in why[WHY_MAX]. */
enum err signer_load(const char *path, const struct rng *create, struct signing_key *ret,
                     char why[WHY_MAX]);

#endif
