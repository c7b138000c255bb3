#include "recorder/seal/provider.h"

#include "base/alloc.h"
#include "recorder/seal/aead.h"
#include "recorder/seal/digest.h"
#include "recorder/seal/secret.h"

#include <stdio.h>
#include <string.h>

#define KEY_NAME_LEN 8 /* [bytes] of a key's fingerprint that are its id */
#define NAME_CONTEXT "oriel-kek-id/1"
#define WRAPPED_LEN (KEY_LEN + AEAD_OVERHEAD)
#define CONTEXT_OF_1 "oriel-wrap/1"

struct file_key {
    uint8_t key[KEY_LEN];
    char id[2 * KEY_NAME_LEN + 1];
};

struct file_provider {
    const struct rng *rng;
    struct file_key keys[1 + PROVIDER_OLDER_MAX]; /* the current one first */
    size_t n;
};

static enum err parse(const char *path, const char *text, size_t n, struct file_key *ret,
                      char *why) {
    uint8_t hash[SHA256_LEN];
    if (n != 2 * KEY_LEN || !hex_decode(ret->key, KEY_LEN, text)) {
        mem_wipe(ret, sizeof(*ret));
        snprintf(why, WHY_MAX, "key file %.300s: not 64 hex digits", path);
        return ERR_FORMAT;
    }
    sha256_of(bytes_of(NAME_CONTEXT, sizeof(NAME_CONTEXT) - 1), bytes_of(ret->key, KEY_LEN), hash);
    hex_encode(ret->id, hash, KEY_NAME_LEN);
    return OK;
}

static enum err load(const char *path, struct file_key *ret, char *why) {
    char text[2 * KEY_LEN + 64];
    size_t n = 0;
    enum err e = secret_read(path, text, sizeof(text), &n, why);
    e = e == OK ? parse(path, text, n, ret, why) : e;
    mem_wipe(text, sizeof(text));
    return e;
}

static enum err file_wrap(void *ctx, const struct key_context *c, const uint8_t *plain,
                          struct key_wrap *ret, char *why) {
    struct file_provider *p = ctx;
    uint8_t aad[KEY_CONTEXT_LEN];
    struct aead a = {p->keys[0].key, bytes_of(aad, sizeof(aad))};
    struct key_wrap w = {.provider = PROVIDER_FILE, .version = 2, .n = WRAPPED_LEN};
    provider_context(c, aad);
    memcpy(w.key_id, p->keys[0].id, sizeof(p->keys[0].id));
    enum err e = aead_seal(&a, p->rng, bytes_of(plain, KEY_LEN), w.bytes);
    if (e == OK) {
        *ret = w;
    } else {
        snprintf(why, WHY_MAX, "wrapping a key failed");
    }
    return e;
}

/* The AAD of an earlier release knew no subjects. */
static struct bytes context_of(const struct key_context *c, uint32_t version,
                               uint8_t out[KEY_CONTEXT_LEN]) {
    provider_context(c, out);
    if (version == 1) {
        memcpy(out, CONTEXT_OF_1, sizeof(CONTEXT_OF_1) - 1);
        return bytes_of(out, sizeof(CONTEXT_OF_1) - 1 + ID_LEN);
    }
    return bytes_of(out, KEY_CONTEXT_LEN);
}

static enum err file_unwrap(void *ctx, const struct key_context *c, const struct key_wrap *w,
                            uint8_t *ret_plain, char *why) {
    struct file_provider *p = ctx;
    uint8_t aad[KEY_CONTEXT_LEN];
    mem_wipe(ret_plain, KEY_LEN);
    if (w->n != WRAPPED_LEN || (w->version != 2 && (w->version != 1 || c->subject != 0))) {
        snprintf(why, WHY_MAX, "a wrapped key is of no known form");
        return ERR_FORMAT;
    }
    struct bytes context = context_of(c, w->version, aad);
    enum err e = ERR_AUTH;
    for (size_t i = 0; e != OK && i < p->n; i++) {
        if (!*w->key_id || strcmp(w->key_id, p->keys[i].id) == 0) {
            struct aead a = {p->keys[i].key, context};
            e = aead_open(&a, bytes_of(w->bytes, w->n), ret_plain);
        }
    }
    if (e != OK) {
        snprintf(why, WHY_MAX, "wrong key: no key file opens the wrap (it is under %.32s)",
                 *w->key_id ? w->key_id : "one that it does not name");
        return ERR_AUTH;
    }
    return OK;
}

static enum err file_check(void *ctx, char *why) {
    (void)ctx;
    (void)why;
    return OK; /* the keys are in memory */
}

static const char *file_key_id(void *ctx) {
    struct file_provider *p = ctx;
    return p->keys[0].id;
}

static void file_close(void *ctx) {
    mem_wipe(ctx, sizeof(struct file_provider));
    mem_free(ctx);
}

static enum err load_all(struct file_provider *p, const struct provider_file_config *c,
                         char why[WHY_MAX]) {
    enum err e = load(c->file, &p->keys[0], why);
    if (e == ERR_UNKNOWN && c->create) {
        e = secret_create_key(c->file, p->rng, why);
        e = e == OK ? load(c->file, &p->keys[0], why) : e;
    }
    p->n = 1;
    for (size_t i = 0; e == OK && i < c->n_older; i++) {
        e = load(c->older[i], &p->keys[p->n++], why);
        e = e == ERR_UNKNOWN ? ERR_FORMAT : e; /* only the current one may be missing */
    }
    return e;
}

enum err provider_file_open(const struct provider_file_config *c, const struct rng *rng,
                            struct key_provider *ret, char why[WHY_MAX]) {
    if (c->n_older > PROVIDER_OLDER_MAX) {
        snprintf(why, WHY_MAX, "more than %d older key files", PROVIDER_OLDER_MAX);
        return ERR_FORMAT;
    }
    struct file_provider *p = mem_zalloc(1, sizeof(*p));
    if (!p) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    p->rng = rng;
    enum err e = load_all(p, c, why);
    if (e != OK) {
        file_close(p);
        return e;
    }
    *ret = (struct key_provider){.ctx = p,
                                 .name = PROVIDER_FILE,
                                 .wrap = file_wrap,
                                 .unwrap = file_unwrap,
                                 .check = file_check,
                                 .key_id = file_key_id,
                                 .close = file_close};
    return OK;
}
