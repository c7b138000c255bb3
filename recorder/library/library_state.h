/* What a library is like as a whole: how much there is, whether its keys can be had, who signs.
 * Owner: the library's thread. */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_STATE_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_STATE_H

#include "recorder/library/library.h"

/* Of all recordings that are not shredded, those that are being made among them. */
struct library_totals {
    uint64_t recordings;
    uint64_t bytes; /* of their media, as far as they are stored */
};
/* One pass over the catalogue: tens of milliseconds for 10^5 recordings. ERR_IO, ERR_BUSY. */
enum err library_totals(struct library *l, struct library_totals *ret);

#define LIBRARY_PROVIDERS_MAX 3
struct library_provider {
    const char *name;  /* "file", "pkcs11", "kms"; valid as long as the library */
    enum err error;    /* OK: it wraps and unwraps; else of provider.h */
    char why[WHY_MAX]; /* its words; "" when it is OK */
};
/* Ask the key providers that are configured, the one that wraps first, whether they could do so
 * now, and how many there are. Each may take as long as its time-outs let it. 0: opened without. */
size_t library_providers(struct library *l, struct library_provider ret[LIBRARY_PROVIDERS_MAX]);

#define LIBRARY_SIGNER_LEN 32 /* [bytes] of an Ed25519 public key */
#define LIBRARY_SIGNERS_MAX 64
struct library_signers {
    size_t n;
    uint8_t keys[LIBRARY_SIGNERS_MAX][LIBRARY_SIGNER_LEN];
};
/* The public halves of all keys that manifests here were signed with, the present one first; of
 * more than fit the newest. ERR_IO. */
enum err library_signers(struct library *l, struct library_signers *ret);

/* From now on only what these keys signed is ours, whatever wraps.db says: for whoever has them
 * from elsewhere. n > 0. What an earlier release closed in sealed form is signed by none:
 * ERR_DENIED of library_verify. ERR_NOMEM. */
enum err library_trust(struct library *l, const struct library_signers *s);

/* Said by the owner: whoever calls next owns it, as after library_open. */
void library_hand_over(struct library *l);

#endif
