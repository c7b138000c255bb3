#include "recorder/library/library_state.h"

#include "recorder/archive/signers.h"
#include "recorder/library/library_parts.h"

#include <string.h>

_Static_assert(LIBRARY_SIGNER_LEN == KEY_LEN, "an Ed25519 public key");

enum err library_totals(struct library *l, struct library_totals *ret) {
    OWNER_CHECK(&l->owner);
    struct catalogue_totals t;
    enum err e = catalogue_totals(l->archive->catalogue, &t);
    if (e == OK) {
        *ret = (struct library_totals){t.recordings, t.bytes};
    }
    return e;
}

size_t library_providers(struct library *l, struct library_provider ret[LIBRARY_PROVIDERS_MAX]) {
    OWNER_CHECK(&l->owner);
    size_t n = 0;
    const char *name;
    while (l->archive->vault && n < LIBRARY_PROVIDERS_MAX &&
           (name = vault_provider(l->archive->vault, n))) {
        struct library_provider *p = &ret[n];
        *p = (struct library_provider){.name = name};
        p->error = vault_check_provider(l->archive->vault, n, p->why);
        n++;
    }
    return n;
}

static enum err note_signer(void *ctx, const uint8_t verifying[KEY_LEN]) {
    struct library_signers *s = ctx;
    if (s->n < LIBRARY_SIGNERS_MAX) {
        memcpy(s->keys[s->n++], verifying, KEY_LEN);
    }
    return OK;
}

enum err library_signers(struct library *l, struct library_signers *ret) {
    OWNER_CHECK(&l->owner);
    ret->n = 0;
    enum err e = wraps_each_signer(l->archive->wraps, note_signer, ret);
    if (e == OK && ret->n == 0 && l->archive->has_signer) { /* nobody has written here yet */
        e = note_signer(ret, l->archive->signer.verifying);
    }
    return e;
}

enum err library_trust(struct library *l, const struct library_signers *s) {
    OWNER_CHECK(&l->owner);
    return signers_trust(l->archive, (const uint8_t(*)[KEY_LEN])s->keys, s->n);
}

void library_hand_over(struct library *l) {
    OWNER_RELEASE(&l->owner);
}
