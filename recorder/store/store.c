#include "recorder/store/store.h"

#include "base/alloc.h"
#include "base/buffer.h"

#include <openssl/evp.h>

#define PIECE (1u << 20) /* [bytes] read at once for a digest */

bool store_name_ok(const char *name) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789/_.-";
    size_t n = strlen(name);
    if (n == 0 || n >= OBJECT_NAME_MAX || strspn(name, allowed) != n || name[n - 1] == '/') {
        return false;
    }
    /* No part is empty or starts with a dot: no "..", no hidden file, no leading slash. */
    return name[0] != '/' && name[0] != '.' && !strstr(name, "//") && !strstr(name, "/.");
}

const char *store_why(const struct store *s) {
    return s->why ? s->why(s->ctx) : "";
}

enum err store_never_replaces(const struct store *s, struct bytes identity) {
    enum err e = s->put(s->ctx, STORE_IDENTITY, identity);
    return e == ERR_EXISTS ? OK : e == OK ? ERR_UNSUPPORTED : e;
}

enum err store_peek(const struct store *s, const char *name, struct store_part *part) {
    if (s->peek) {
        return s->peek(s->ctx, name, part);
    }
    uint64_t size = 0;
    enum err e = s->size(s->ctx, name, &size);
    if (e != OK || part->at > size) {
        return e != OK ? e : ERR_RANGE;
    }
    uint64_t left = size - part->at;
    size_t n = part->n < left ? part->n : (size_t)left;
    e = n ? s->read(s->ctx, name, part->at, part->out, n) : OK;
    if (e == OK) {
        part->got = n;
        part->size = size;
    }
    return e;
}

enum err store_remove(const struct store *s, const char *name) {
    enum err e = s->remove(s->ctx, name);
    return e == ERR_UNKNOWN ? OK : e;
}

/* Names are gathered before removing: a folder is not to change while it is listed. */
struct doomed {
    bool (*picked)(const void *ctx, const char *name);
    const void *ctx;
    struct buffer names; /* each with its NUL */
};

static void note_doomed(void *ctx, const char *name, uint64_t size) {
    struct doomed *d = ctx;
    (void)size;
    if (!d->picked || d->picked(d->ctx, name)) {
        buffer_put(&d->names, name, strlen(name) + 1);
    }
}

enum err store_remove_below(const struct store *s, const char *prefix,
                            bool (*picked)(const void *ctx, const char *name), const void *ctx) {
    struct doomed d = {.picked = picked, .ctx = ctx};
    enum err e = s->list ? s->list(s->ctx, prefix, note_doomed, &d) : OK;
    e = e == OK && d.names.bad ? ERR_NOMEM : e;
    for (size_t at = 0; e == OK && at < d.names.n; at += strlen(d.names.p + at) + 1) {
        e = store_remove(s, d.names.p + at);
    }
    buffer_free(&d.names);
    return e;
}

enum err store_digest_bytes(struct bytes object, struct store_digest *ret) {
    static const uint8_t nothing;
    ret->size = object.n;
    return EVP_Digest(object.n ? object.p : &nothing, object.n, ret->sha256, NULL, EVP_sha256(),
                      NULL) == 1
               ? OK
               : ERR_CRYPTO;
}

/* Hash [0, size) piece by piece. */
static enum err hash_pieces(const struct store *s, const char *name, EVP_MD_CTX *md,
                            struct store_digest *ret) {
    uint8_t *piece = mem_alloc(PIECE);
    enum err e = !piece ? ERR_NOMEM : EVP_DigestInit(md, EVP_sha256()) == 1 ? OK : ERR_CRYPTO;
    struct store_part p = {.out = piece, .n = PIECE};
    bool more = e == OK;
    while (more) {
        e = store_peek(s, name, &p);
        if (e == OK && EVP_DigestUpdate(md, piece, p.got) != 1) {
            e = ERR_CRYPTO;
        }
        p.at += p.got;
        more = e == OK && p.got > 0 && p.at < p.size;
    }
    mem_free(piece);
    if (e == OK && EVP_DigestFinal(md, ret->sha256, NULL) != 1) {
        e = ERR_CRYPTO;
    }
    ret->size = p.at;
    return e;
}

enum err store_digest_of(const struct store *s, const char *name, struct store_digest *ret) {
    if (s->digest) {
        return s->digest(s->ctx, name, ret);
    }
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    if (!md) {
        return ERR_NOMEM;
    }
    enum err e = hash_pieces(s, name, md, ret);
    EVP_MD_CTX_free(md);
    return e;
}

bool store_digest_eq(const struct store_digest *a, const struct store_digest *b) {
    return a->size == b->size && memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0;
}
