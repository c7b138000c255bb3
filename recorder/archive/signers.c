#include "recorder/archive/signers.h"

#include "base/alloc.h"

#include <string.h>

struct search {
    signers_try *attempt;
    void *ctx;
    enum err e;     /* of the last one */
    unsigned tried; /* public keys */
};

static enum err try_one(void *ctx, const uint8_t verifying[KEY_LEN]) {
    struct search *s = ctx;
    struct signing_key k = {0};
    memcpy(k.verifying, verifying, KEY_LEN);
    s->e = s->attempt(s->ctx, &k);
    s->tried++;
    return s->e == ERR_AUTH ? OK : ERR_EXISTS; /* no other one is asked */
}

enum err signers_trust(struct archive *a, const uint8_t (*keys)[KEY_LEN], size_t n) {
    uint8_t(*copy)[KEY_LEN] = mem_alloc(n * KEY_LEN);
    if (!copy) {
        return ERR_NOMEM;
    }
    memcpy(copy, keys, n * KEY_LEN);
    mem_free(a->trusted);
    a->trusted = copy;
    a->n_trusted = n;
    return OK;
}

enum err signers_find(struct archive *a, signers_try *attempt, void *ctx, bool *ret_earlier) {
    struct search s = {attempt, ctx, ERR_DENIED, 0};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < a->n_trusted; i++) {
        e = try_one(&s, a->trusted[i]);
    }
    if (!a->n_trusted) {
        e = wraps_each_signer(a->wraps, try_one, &s);
    }
    if (e != OK && e != ERR_EXISTS) {
        return e;
    }
    if (s.tried == 0 && a->has_signer) { /* an earlier release wrote here: only the file knows */
        (void)try_one(&s, a->signer.verifying);
    }
    if (s.e == OK && ret_earlier) {
        *ret_earlier = s.tried > 1 && !a->n_trusted;
    }
    return s.e;
}
