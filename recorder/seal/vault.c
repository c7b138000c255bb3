#include "recorder/seal/vault.h"

#include "recorder/seal/aead.h"
#include "recorder/seal/digest.h"

#include "base/alloc.h"
#include "base/check.h"

#include <stdio.h>

#define PROVIDERS_MAX 3
#define LOOK_EVERY US_PER_S /* whether what is cached was shredded since */
#define SUBJECT_WRAP_LEN (KEY_LEN + AEAD_OVERHEAD)

/* Bound to the row's own bytes: a row that was shredded or exchanged is not in the cache. */
struct cached {
    struct key_context row;
    uint8_t wrap[SHA256_LEN]; /* of the row */
    uint8_t key[KEY_LEN];
    us_t until; /* 0: free */
};

struct vault {
    struct key_provider providers[PROVIDERS_MAX]; /* the one that wraps is the first */
    size_t n;
    const struct rng *rng;
    struct wraps *wraps;
    us_t now, lifetime;
    us_t looked; /* when the rows of the cache were last looked at */
    bool ticked;
    struct cached cache[VAULT_CACHE];
    char why[WHY_MAX];
};

static enum err open_file(struct vault *v, const struct key_config *c, char *why) {
    bool wraps = c->provider == WRAPPER_FILE;
    struct provider_file_config f = c->file;
    if (!f.file || !*f.file) {
        if (wraps) {
            snprintf(why, WHY_MAX, "no key file is named");
        }
        return wraps ? ERR_FORMAT : OK;
    }
    f.create = f.create && wraps;
    enum err e = provider_file_open(&f, v->rng, &v->providers[v->n], why);
    if (e == ERR_UNKNOWN && !wraps) {
        if (f.n_older == 0) {
            return OK; /* nothing was ever under it, or check_key of the archive tells */
        }
        f.file = f.older[0]; /* what wraps nothing needs no current one */
        f.older++;
        f.n_older--;
        e = provider_file_open(&f, v->rng, &v->providers[v->n], why);
        e = e == ERR_UNKNOWN ? ERR_FORMAT : e;
    }
    v->n += e == OK;
    return e;
}

static enum err open_pkcs11(struct vault *v, const struct key_config *c, char *why) {
    if (!c->pkcs11.module || !*c->pkcs11.module) {
        return OK;
    }
    enum err e = provider_pkcs11_open(&c->pkcs11, v->rng, &v->providers[v->n], why);
    v->n += e == OK;
    return e;
}

static enum err open_kms(struct vault *v, const struct key_config *c, char *why) {
    if (!c->kms.endpoint || !*c->kms.endpoint) {
        return OK;
    }
    enum err e = provider_kms_open(&c->kms, &v->providers[v->n], why);
    v->n += e == OK;
    return e;
}

static void current_first(struct vault *v, const char *name) {
    for (size_t i = 1; i < v->n; i++) {
        if (strcmp(v->providers[i].name, name) == 0) {
            struct key_provider p = v->providers[0];
            v->providers[0] = v->providers[i];
            v->providers[i] = p;
        }
    }
}

enum err vault_open(const struct key_config *c, const struct rng *rng, struct vault **ret,
                    char why[WHY_MAX]) {
#define X(sym, name) name,
    static const char *const names[] = {WRAPPERS(X)};
#undef X
    const char *name = names[c->provider];
    struct vault *v = mem_zalloc(1, sizeof(*v));
    if (!v) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    v->rng = rng;
    v->lifetime = c->lifetime ? c->lifetime : VAULT_LIFETIME;
    enum err e = open_file(v, c, why);
    e = e == OK ? open_pkcs11(v, c, why) : e;
    e = e == OK ? open_kms(v, c, why) : e;
    if (e == OK) {
        current_first(v, name);
        if (!v->n || strcmp(v->providers[0].name, name) != 0) {
            snprintf(why, WHY_MAX, "there is no key provider \"%.60s\", or it is not configured",
                     name);
            e = ERR_FORMAT;
        }
    }
    if (e != OK) {
        vault_close(v);
        return e;
    }
    *ret = v;
    return OK;
}

void vault_use(struct vault *v, struct wraps *w) {
    v->wraps = w;
}

struct vault *vault_close(struct vault *v) {
    if (v) {
        for (size_t i = 0; i < v->n; i++) {
            provider_close(&v->providers[i]);
        }
        mem_wipe(v, sizeof(*v));
        mem_free(v);
    }
    return NULL;
}

const char *vault_why(const struct vault *v) {
    return v->why;
}

/* It is our right to use the key that is denied, not somebody's to have the recording. */
static enum err of_provider(enum err e) {
    return e == ERR_DENIED ? ERR_KEY_DENIED : e;
}

enum err vault_check(struct vault *v) {
    v->why[0] = '\0';
    return of_provider(v->providers[0].check(v->providers[0].ctx, v->why));
}

const char *vault_provider(const struct vault *v, size_t i) {
    return i < v->n ? v->providers[i].name : NULL;
}

enum err vault_check_provider(struct vault *v, size_t i, char why[WHY_MAX]) {
    CHECK(i < v->n);
    why[0] = '\0';
    return of_provider(v->providers[i].check(v->providers[i].ctx, why));
}

static struct key_provider *provider_of(struct vault *v, const struct key_wrap *w) {
    for (size_t i = 0; i < v->n; i++) {
        if (strcmp(v->providers[i].name, w->provider) == 0) {
            return &v->providers[i];
        }
    }
    snprintf(v->why, sizeof(v->why),
             "wrong key: the key is under provider \"%.16s\", which is not configured",
             w->provider);
    return NULL;
}

static enum err wrap(struct vault *v, const struct key_context *c, const uint8_t *plain,
                     struct key_wrap *ret) {
    CHECK(v->rng);
    v->why[0] = '\0';
    return of_provider(v->providers[0].wrap(v->providers[0].ctx, c, plain, ret, v->why));
}

static enum err unwrap(struct vault *v, const struct key_context *c, const struct key_wrap *w,
                       uint8_t ret[KEY_LEN]) {
    v->why[0] = '\0';
    struct key_provider *p = provider_of(v, w);
    return p ? of_provider(p->unwrap(p->ctx, c, w, ret, v->why)) : ERR_AUTH;
}

static void fingerprint(const struct key_context *c, const struct key_wrap *w,
                        uint8_t ret[SHA256_LEN]) {
    uint8_t context[KEY_CONTEXT_LEN];
    provider_context(c, context);
    sha256_of(bytes_of(context, sizeof(context)), bytes_of(w->bytes, w->n), ret);
}

/* Is the row still what the key was opened of? A database that does not answer says nothing. */
static bool is_stale(struct vault *v, const struct cached *x) {
    struct key_wrap w;
    uint8_t hash[SHA256_LEN];
    enum err e = wraps_get(v->wraps, &x->row, &w);
    if (e == OK) {
        fingerprint(&x->row, &w, hash);
    }
    return e == ERR_UNKNOWN || (e == OK && memcmp(hash, x->wrap, sizeof(hash)) != 0);
}

void vault_tick(struct vault *v, us_t now) {
    bool look = v->wraps && (!v->ticked || now - v->looked >= LOOK_EVERY);
    v->now = now;
    v->ticked = true;
    v->looked = look ? now : v->looked;
    for (size_t i = 0; i < VAULT_CACHE; i++) {
        struct cached *x = &v->cache[i];
        if (x->until && (x->until <= now || (look && is_stale(v, x)))) {
            mem_wipe(x, sizeof(*x));
        }
    }
}

/* The one that is cached, else a free place, else the one that goes next. */
static struct cached *place_of(struct vault *v, const uint8_t wrap_hash[SHA256_LEN]) {
    struct cached *place = &v->cache[0];
    for (size_t i = 0; i < VAULT_CACHE; i++) {
        struct cached *x = &v->cache[i];
        if (x->until && memcmp(x->wrap, wrap_hash, SHA256_LEN) == 0) {
            return x;
        }
        if (x->until < place->until) {
            place = x;
        }
    }
    return place;
}

static enum err cached_unwrap(struct vault *v, const struct key_context *c,
                              const struct key_wrap *w, uint8_t ret[KEY_LEN]) {
    uint8_t hash[SHA256_LEN];
    fingerprint(c, w, hash);
    struct cached *x = place_of(v, hash);
    if (x->until && memcmp(x->wrap, hash, SHA256_LEN) == 0) {
        memcpy(ret, x->key, KEY_LEN);
        return OK;
    }
    enum err e = unwrap(v, c, w, ret);
    if (e == OK && v->ticked) {
        x->row = *c;
        memcpy(x->wrap, hash, sizeof(hash));
        memcpy(x->key, ret, KEY_LEN);
        x->until = v->now + v->lifetime;
    }
    return e;
}

/* What is left of a keyset is sealed under a key of the root key that the row wraps. */
static enum err seal_keyset(struct vault *v, const struct key_context *c, const uint8_t *root,
                            const struct keyset *left, struct buffer *ret) {
    uint8_t key[KEY_LEN], context[KEY_CONTEXT_LEN];
    struct buffer plain = {0};
    struct aead a = {key, bytes_of(context, sizeof(context))};
    provider_context(c, context);
    keyset_encode(left, &plain);
    enum err e = plain.bad ? ERR_NOMEM : keys_expand(root, "oriel-keyset/1", bytes_of("", 0), key);
    uint8_t *sealed = e == OK ? mem_alloc(plain.n + AEAD_OVERHEAD) : NULL;
    e = e == OK && !sealed ? ERR_NOMEM : e;
    if (e == OK) {
        struct bytes text = bytes_of(plain.p, plain.n);
        e = aead_seal(&a, v->rng, text, sealed);
        buffer_put(ret, sealed, plain.n + AEAD_OVERHEAD);
        e = e == OK && ret->bad ? ERR_NOMEM : e;
    }
    buffer_free(&plain);
    mem_free(sealed);
    mem_wipe(key, sizeof(key));
    return e;
}

static enum err open_keyset(const struct key_context *c, const uint8_t root[KEY_LEN],
                            struct bytes sealed, struct keyset *ret) {
    uint8_t key[KEY_LEN], context[KEY_CONTEXT_LEN];
    struct aead a = {key, bytes_of(context, sizeof(context))};
    if (sealed.n < AEAD_OVERHEAD) {
        return ERR_FORMAT;
    }
    size_t n = sealed.n - AEAD_OVERHEAD;
    uint8_t *plain = mem_alloc(n ? n : 1);
    if (!plain) {
        return ERR_NOMEM;
    }
    provider_context(c, context);
    enum err e = keys_expand(root, "oriel-keyset/1", bytes_of("", 0), key);
    e = e == OK ? aead_open(&a, sealed, plain) : e;
    e = e == OK ? keyset_decode(bytes_of(plain, n), &c->recording, ret) : e;
    mem_wipe(plain, n);
    mem_free(plain);
    mem_wipe(key, sizeof(key));
    return e;
}

/* The keyset that a row's root key gives. */
static enum err keyset_of(struct vault *v, const struct key_context *c, const uint8_t *root,
                          struct keyset *ret) {
    uint8_t *sealed = NULL;
    size_t n = 0;
    enum err e = wraps_keyset(v->wraps, c, &sealed, &n);
    if (e == OK && n == 0) {
        keyset_init(ret, &c->recording, root);
    } else if (e == OK) {
        e = open_keyset(c, root, bytes_of(sealed, n), ret);
    }
    mem_free(sealed);
    return e;
}

enum err vault_new(struct vault *v, const struct id *recording, struct keyset *ret) {
    struct key_context c = {*recording, 0};
    struct key_wrap w;
    uint8_t root[KEY_LEN];
    rng_fill(v->rng, root, sizeof(root));
    enum err e = wrap(v, &c, root, &w);
    e = e == OK ? wraps_put(v->wraps, &c, &w) : e;
    if (e == OK) {
        keyset_init(ret, recording, root);
    }
    mem_wipe(root, sizeof(root));
    return e;
}

enum err vault_recording(struct vault *v, const struct id *recording, struct keyset *ret) {
    struct key_context c = {*recording, 0};
    struct key_wrap w;
    uint8_t root[KEY_LEN];
    enum err e = wraps_get(v->wraps, &c, &w);
    e = e == OK ? cached_unwrap(v, &c, &w, root) : e;
    e = e == OK ? keyset_of(v, &c, root, ret) : e;
    mem_wipe(root, sizeof(root));
    return e;
}

static enum err wrap_subject(struct vault *v, const struct keyset *recording,
                             const struct key_context *c, const uint8_t root[KEY_LEN],
                             struct key_wrap *ret) {
    uint8_t key[KEY_LEN], context[KEY_CONTEXT_LEN];
    struct aead a = {key, bytes_of(context, sizeof(context))};
    *ret = (struct key_wrap){
        .provider = VAULT_RECORDING_PROVIDER, .version = 2, .n = SUBJECT_WRAP_LEN};
    provider_context(c, context);
    enum err e = keyset_single(recording, KEYSET_SUBJECTS, key);
    e = e == OK ? aead_seal(&a, v->rng, bytes_of(root, KEY_LEN), ret->bytes) : e;
    mem_wipe(key, sizeof(key));
    return e;
}

enum err vault_new_subject(struct vault *v, const struct keyset *recording, uint64_t subject,
                           struct keyset *ret, struct key_wrap *ret_wrap) {
    struct key_context c = {recording->recording, subject};
    uint8_t root[KEY_LEN];
    rng_fill(v->rng, root, sizeof(root));
    enum err e = wrap_subject(v, recording, &c, root, ret_wrap);
    if (e == OK) {
        keyset_init(ret, &c.recording, root);
    }
    mem_wipe(root, sizeof(root));
    return e;
}

enum err vault_put_subject(struct vault *v, const struct key_context *c, const struct key_wrap *w) {
    return wraps_put(v->wraps, c, w);
}

enum err vault_batch_begin(struct vault *v) {
    return wraps_batch_begin(v->wraps);
}

enum err vault_batch_end(struct vault *v, enum err e) {
    return wraps_batch_end(v->wraps, e);
}

static enum err unwrap_subject(const struct keyset *recording, const struct key_context *c,
                               const struct key_wrap *w, uint8_t root[KEY_LEN]) {
    uint8_t key[KEY_LEN], context[KEY_CONTEXT_LEN];
    struct aead a = {key, bytes_of(context, sizeof(context))};
    if (strcmp(w->provider, VAULT_RECORDING_PROVIDER) != 0 || w->version != 2 ||
        w->n != SUBJECT_WRAP_LEN) {
        return ERR_AUTH;
    }
    provider_context(c, context);
    enum err e = keyset_single(recording, KEYSET_SUBJECTS, key);
    e = e == OK ? aead_open(&a, bytes_of(w->bytes, w->n), root) : e;
    mem_wipe(key, sizeof(key));
    return e;
}

enum err vault_subject(struct vault *v, const struct keyset *recording, uint64_t subject,
                       struct keyset *ret) {
    struct key_context c = {recording->recording, subject};
    struct key_wrap w;
    uint8_t root[KEY_LEN];
    enum err e = wraps_get(v->wraps, &c, &w);
    if (e == ERR_UNKNOWN) {
        e = wraps_shredded(v->wraps, &c, NULL);
        return e == OK ? ERR_GONE : e == ERR_UNKNOWN ? ERR_AUTH : e;
    }
    e = e == OK ? unwrap_subject(recording, &c, &w, root) : e;
    e = e == OK ? keyset_of(v, &c, root, ret) : e;
    mem_wipe(root, sizeof(root));
    return e == ERR_FORMAT ? ERR_AUTH : e;
}

enum err vault_replace(struct vault *v, const struct key_context *c, const struct keyset *recording,
                       const struct keyset *left, const struct wraps_redaction *gone) {
    struct key_wrap old, fresh;
    struct buffer sealed = {0};
    uint8_t root[KEY_LEN];
    enum err e = wraps_get(v->wraps, c, &old);
    if (e != OK) {
        return e;
    }
    rng_fill(v->rng, root, sizeof(root));
    e = c->subject ? wrap_subject(v, recording, c, root, &fresh) : wrap(v, c, root, &fresh);
    e = e == OK ? seal_keyset(v, c, root, left, &sealed) : e;
    if (e == OK) {
        struct wraps_change x = {&old, &fresh, bytes_of(sealed.p, sealed.n)};
        e = wraps_redact(v->wraps, c, &x, gone);
    }
    buffer_free(&sealed);
    mem_wipe(root, sizeof(root));
    return e;
}

enum err vault_redacted(struct vault *v, const struct id *recording, struct wraps_spans *ret) {
    return wraps_redacted(v->wraps, recording, ret);
}

enum err vault_probe_make(struct vault *v, const struct id *id, struct key_wrap *ret) {
    struct key_context c = {*id, 0};
    uint8_t key[KEY_LEN];
    rng_fill(v->rng, key, sizeof(key));
    enum err e = wrap(v, &c, key, ret);
    mem_wipe(key, sizeof(key));
    return e;
}

enum err vault_probe(struct vault *v, const struct id *id, const struct key_wrap *w) {
    struct key_context c = {*id, 0};
    uint8_t key[KEY_LEN];
    enum err e = unwrap(v, &c, w, key);
    mem_wipe(key, sizeof(key));
    return e;
}

bool vault_is_current(const struct vault *v, const struct key_wrap *w) {
    const struct key_provider *p = &v->providers[0];
    return strcmp(w->provider, VAULT_RECORDING_PROVIDER) == 0 ||
           (strcmp(w->provider, p->name) == 0 && strcmp(w->key_id, p->key_id(p->ctx)) == 0);
}

static enum err rewrap(struct vault *v, const struct key_context *c, const struct key_wrap *w,
                       struct key_wrap *ret) {
    struct key_provider *p = &v->providers[0];
    uint8_t plain[KEY_LEN];
    if (p->rewrap && strcmp(p->name, w->provider) == 0) {
        v->why[0] = '\0';
        return of_provider(p->rewrap(p->ctx, c, w, ret, v->why));
    }
    enum err e = unwrap(v, c, w, plain);
    e = e == OK ? wrap(v, c, plain, ret) : e;
    mem_wipe(plain, sizeof(plain));
    return e;
}

enum err vault_rewrap(struct vault *v, const struct key_context *c, const struct key_wrap *w) {
    struct key_wrap fresh;
    uint8_t *keyset = NULL;
    size_t n = 0;
    enum err e = rewrap(v, c, w, &fresh);
    e = e == OK ? wraps_keyset(v->wraps, c, &keyset, &n) : e;
    if (e == OK) {
        struct wraps_change x = {w, &fresh, bytes_of(keyset, n)};
        e = wraps_replace(v->wraps, c, &x);
    }
    mem_free(keyset);
    return e;
}
