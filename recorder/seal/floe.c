/* DESIGN. All derived keys are at most 48 bytes, one block of SHA-384, so HKDF-Expand (RFC 5869
 * section 2.3) is a single HMAC over info | 01. */
#include "recorder/seal/floe.h"

#include "base/alloc.h"
#include "base/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define MESSAGE_KEY_LEN 48
#define GCM_IV_LEN 12
#define GCM_TAG_LEN 16
#define LENGTH_FIELD_LEN 4
#define NOT_LAST 0xffffffffu
#define PURPOSE_MAX 20                   /* [bytes] "DEK:" and a number, or a longer word */
#define SEGMENTS_MAX ((uint64_t)1 << 40) /* of one message, FLOE specification */

/* The key schedule of one message and the cipher with the key of the current segment range. */
struct schedule {
    uint8_t info[FLOE_PARAMS_LEN + FLOE_IV_LEN]; /* what every derivation starts with */
    uint8_t message_key[MESSAGE_KEY_LEN];
    uint8_t aad[FLOE_AAD_MAX];
    size_t aad_len;
    uint32_t segment_len;
    uint8_t rotation;
    bool keyed;
    uint64_t key_range; /* segment number >> rotation that the cipher is keyed for */
    EVP_CIPHER_CTX *cipher;
};

struct floe_sealer {
    struct schedule s;
    const struct rng *rng;
    uint64_t next;
    bool done;
};

struct floe_opener {
    struct schedule s;
    struct floe_source source;
    uint64_t sealed_size, plain_size, segments;
    bool cached; /* plain holds the segment `number` */
    uint64_t number;
    size_t plain_len;
    uint8_t *sealed, *plain; /* one segment each */
};

static enum err expand(struct bytes key, const struct schedule *s, struct bytes purpose,
                       struct bytes out) {
    uint8_t info[sizeof(s->info) + PURPOSE_MAX + FLOE_AAD_MAX + 1], block[EVP_MAX_MD_SIZE];
    struct wr w = wr_of(info, sizeof(info));
    unsigned len = 0;
    wr_bytes(&w, s->info, sizeof(s->info));
    wr_bytes(&w, purpose.p, purpose.n);
    wr_bytes(&w, s->aad, s->aad_len);
    wr_u8(&w, 1);
    CHECK(!w.bad && out.n <= MESSAGE_KEY_LEN);
    if (!HMAC(EVP_sha384(), key.p, (int)key.n, info, wr_len(&w), block, &len) ||
        len != MESSAGE_KEY_LEN) {
        return ERR_CRYPTO;
    }
    memcpy((uint8_t *)(uintptr_t)out.p, block, out.n);
    mem_wipe(block, sizeof(block));
    return OK;
}

static void write_params(uint8_t *out, uint32_t segment_len) {
    struct wr w = wr_of(out, FLOE_PARAMS_LEN);
    wr_u8(&w, 0); /* AEAD AES-256-GCM */
    wr_u8(&w, 0); /* KDF HKDF-Expand-SHA-384 */
    wr_u32(&w, segment_len);
    wr_u32(&w, FLOE_IV_LEN);
}

static bool segment_len_ok(uint32_t n) {
    return n > FLOE_SEGMENT_OVERHEAD && n <= FLOE_SEGMENT_MAX;
}

static void schedule_free(struct schedule *s) {
    EVP_CIPHER_CTX_free(s->cipher);
    mem_wipe(s, sizeof(*s));
}

/* s->info and s->segment_len are set. Gives the header tag that belongs to them. */
static enum err schedule_init(struct schedule *s, const struct floe_context *c,
                              uint8_t tag[FLOE_TAG_LEN]) {
    if (c->aad.n > FLOE_AAD_MAX) {
        return ERR_LONG;
    }
    s->rotation = c->rotation ? c->rotation : FLOE_ROTATION;
    s->aad_len = c->aad.n;
    if (c->aad.n) {
        memcpy(s->aad, c->aad.p, c->aad.n);
    }
    s->cipher = EVP_CIPHER_CTX_new();
    if (!s->cipher) {
        return ERR_NOMEM;
    }
    struct bytes key = bytes_of(c->key, FLOE_KEY_LEN);
    enum err e = expand(key, s, bytes_of("HEADER_TAG:", 11), bytes_of(tag, FLOE_TAG_LEN));
    if (e == OK) {
        e = expand(key, s, bytes_of("MESSAGE_KEY:", 12),
                   bytes_of(s->message_key, sizeof(s->message_key)));
    }
    return e;
}

static enum err schedule_key(struct schedule *s, uint64_t number) {
    uint64_t range = number >> s->rotation;
    if (s->keyed && s->key_range == range) {
        return OK;
    }
    uint8_t purpose[PURPOSE_MAX], key[FLOE_KEY_LEN];
    struct wr w = wr_of(purpose, sizeof(purpose));
    wr_bytes(&w, "DEK:", 4);
    wr_u64(&w, range << s->rotation);
    enum err e = expand(bytes_of(s->message_key, sizeof(s->message_key)), s,
                        bytes_of(purpose, wr_len(&w)), bytes_of(key, sizeof(key)));
    s->keyed = false;
    if (e == OK && EVP_CipherInit_ex(s->cipher, EVP_aes_256_gcm(), NULL, key, NULL, 1) != 1) {
        e = ERR_CRYPTO;
    }
    mem_wipe(key, sizeof(key));
    s->keyed = e == OK;
    s->key_range = range;
    return e;
}

/* IV and associated data of one segment into the cipher. */
static bool segment_init(struct schedule *s, uint64_t number, bool last, const uint8_t *iv,
                         int encrypt) {
    uint8_t aad[9];
    struct wr w = wr_of(aad, sizeof(aad));
    int n;
    wr_u64(&w, number);
    wr_u8(&w, last);
    return EVP_CipherInit_ex(s->cipher, NULL, NULL, NULL, iv, encrypt) == 1 &&
           EVP_CipherUpdate(s->cipher, NULL, &n, aad, sizeof(aad)) == 1;
}

static enum err segment_seal(struct schedule *s, uint64_t number, bool last, struct bytes plain,
                             uint8_t *out) {
    uint8_t *iv = out + LENGTH_FIELD_LEN, *text = iv + GCM_IV_LEN;
    int n = 0, rest = 0;
    put_be32(out, last ? (uint32_t)plain.n + FLOE_SEGMENT_OVERHEAD : NOT_LAST);
    enum err e = schedule_key(s, number);
    if (e != OK) {
        return e;
    }
    bool ok =
        segment_init(s, number, last, iv, 1) &&
        (plain.n == 0 || EVP_CipherUpdate(s->cipher, text, &n, plain.p, (int)plain.n) == 1) &&
        EVP_CipherFinal_ex(s->cipher, text + n, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, text + plain.n) == 1;
    return ok ? OK : ERR_CRYPTO;
}

static enum err segment_open(struct schedule *s, uint64_t number, bool last, struct bytes sealed,
                             uint8_t *out) {
    uint8_t tag[GCM_TAG_LEN];
    const uint8_t *iv = sealed.p + LENGTH_FIELD_LEN, *text = iv + GCM_IV_LEN;
    size_t len = sealed.n - FLOE_SEGMENT_OVERHEAD;
    int n = 0, rest = 0;
    if (be32(sealed.p) != (last ? (uint32_t)sealed.n : NOT_LAST)) {
        return ERR_AUTH;
    }
    enum err e = schedule_key(s, number);
    if (e != OK) {
        return e;
    }
    memcpy(tag, text + len, sizeof(tag));
    if (!segment_init(s, number, last, iv, 0) ||
        (len && EVP_CipherUpdate(s->cipher, out, &n, text, (int)len) != 1) ||
        EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_LEN, tag) != 1) {
        return ERR_CRYPTO;
    }
    if (EVP_CipherFinal_ex(s->cipher, out + n, &rest) != 1) {
        mem_wipe(out, len);
        return ERR_AUTH;
    }
    return OK;
}

uint64_t floe_sealed_size(uint32_t segment_len, uint64_t n) {
    uint64_t room = segment_len - FLOE_SEGMENT_OVERHEAD;
    uint64_t segments = n ? (n + room - 1) / room : 1;
    return FLOE_HEADER_LEN + n + segments * FLOE_SEGMENT_OVERHEAD;
}

enum err floe_plain_size(uint32_t segment_len, uint64_t sealed, uint64_t *ret) {
    if (!segment_len_ok(segment_len) || sealed < FLOE_HEADER_LEN + FLOE_SEGMENT_OVERHEAD) {
        return ERR_SHORT;
    }
    uint64_t body = sealed - FLOE_HEADER_LEN;
    uint64_t segments = body / segment_len + (body % segment_len != 0);
    uint64_t last = body - (segments - 1) * segment_len;
    if (last < FLOE_SEGMENT_OVERHEAD || segments > SEGMENTS_MAX) {
        return ERR_SHORT;
    }
    *ret = body - segments * FLOE_SEGMENT_OVERHEAD;
    return OK;
}

enum err floe_sealer_new(const struct floe_context *c, const struct rng *rng, uint8_t *header,
                         struct floe_sealer **ret) {
    if (!segment_len_ok(c->segment_len)) {
        return ERR_RANGE;
    }
    struct floe_sealer *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    write_params(s->s.info, c->segment_len);
    rng_fill(rng, s->s.info + FLOE_PARAMS_LEN, FLOE_IV_LEN);
    s->s.segment_len = c->segment_len;
    s->rng = rng;
    memcpy(header, s->s.info, sizeof(s->s.info));
    enum err e = schedule_init(&s->s, c, header + sizeof(s->s.info));
    if (e != OK) {
        floe_sealer_free(s);
        return e;
    }
    *ret = s;
    return OK;
}

enum err floe_sealer_segment(struct floe_sealer *s, struct bytes plain, bool last, uint8_t *out) {
    size_t room = s->s.segment_len - FLOE_SEGMENT_OVERHEAD;
    if (s->done || s->next >= SEGMENTS_MAX) {
        return ERR_WRONG_STATE;
    }
    if (last ? plain.n > room : plain.n != room) {
        return ERR_RANGE;
    }
    rng_fill(s->rng, out + LENGTH_FIELD_LEN, GCM_IV_LEN);
    enum err e = segment_seal(&s->s, s->next, last, plain, out);
    /* After a failure too: an IV is not used for a second text under this number. */
    s->next++;
    s->done = last || e != OK;
    return e;
}

struct floe_sealer *floe_sealer_free(struct floe_sealer *s) {
    if (s) {
        schedule_free(&s->s);
        mem_free(s);
    }
    return NULL;
}

enum err floe_seal(const struct floe_context *c, const struct rng *rng, struct bytes plain,
                   uint8_t *out) {
    struct floe_sealer *s = NULL;
    enum err e = floe_sealer_new(c, rng, out, &s);
    if (e != OK) {
        return e;
    }
    size_t room = c->segment_len - FLOE_SEGMENT_OVERHEAD;
    out += FLOE_HEADER_LEN;
    for (bool last = false; e == OK && !last;) {
        last = plain.n <= room;
        struct bytes part = bytes_of(plain.p, last ? plain.n : room);
        e = floe_sealer_segment(s, part, last, out);
        out += part.n + FLOE_SEGMENT_OVERHEAD;
        if (!last) {
            plain = bytes_of(plain.p + room, plain.n - room);
        }
    }
    floe_sealer_free(s);
    return e;
}

/* Take the header in and compare its tag. */
static enum err accept_header(struct floe_opener *o, const struct floe_context *c,
                              const uint8_t header[FLOE_HEADER_LEN]) {
    uint8_t params[FLOE_PARAMS_LEN], tag[FLOE_TAG_LEN];
    uint32_t len = be32(header + 2);
    if (c->segment_len ? len != c->segment_len : len != FLOE_4K && len != FLOE_64K) {
        return ERR_FORMAT;
    }
    write_params(params, len);
    if (memcmp(params, header, sizeof(params)) != 0) {
        return ERR_FORMAT;
    }
    memcpy(o->s.info, header, sizeof(o->s.info));
    o->s.segment_len = len;
    enum err e = floe_plain_size(len, o->sealed_size, &o->plain_size);
    if (e != OK) {
        return e;
    }
    e = schedule_init(&o->s, c, tag);
    if (e == OK && !ct_equal(tag, header + sizeof(o->s.info), sizeof(tag))) {
        e = ERR_AUTH;
    }
    return e;
}

static enum err opener_setup(struct floe_opener *o, const struct floe_context *c) {
    uint8_t header[FLOE_HEADER_LEN];
    struct bytes last;
    if (c->segment_len && !segment_len_ok(c->segment_len)) {
        return ERR_RANGE;
    }
    if (o->sealed_size < FLOE_HEADER_LEN + FLOE_SEGMENT_OVERHEAD) {
        return ERR_SHORT;
    }
    enum err e = o->source.read(o->source.ctx, 0, header, sizeof(header));
    if (e == OK) {
        e = accept_header(o, c, header);
    }
    if (e != OK) {
        return e;
    }
    uint64_t body = o->sealed_size - FLOE_HEADER_LEN;
    o->segments = body / o->s.segment_len + (body % o->s.segment_len != 0);
    o->sealed = mem_alloc(2 * (size_t)o->s.segment_len);
    if (!o->sealed) {
        return ERR_NOMEM;
    }
    o->plain = o->sealed + o->s.segment_len;
    return floe_open_at(o, o->segments - 1, &last);
}

enum err floe_opener_new(const struct floe_context *c, const struct floe_source *source,
                         uint64_t sealed_size, struct floe_opener **ret) {
    struct floe_opener *o = mem_zalloc(1, sizeof(*o));
    if (!o) {
        return ERR_NOMEM;
    }
    o->source = *source;
    o->sealed_size = sealed_size;
    enum err e = opener_setup(o, c);
    if (e != OK) {
        floe_opener_free(o);
        return e;
    }
    *ret = o;
    return OK;
}

uint64_t floe_opener_size(const struct floe_opener *o) {
    return o->plain_size;
}

uint64_t floe_opener_segments(const struct floe_opener *o) {
    return o->segments;
}

enum err floe_open_at(struct floe_opener *o, uint64_t number, struct bytes *ret) {
    if (number >= o->segments) {
        return ERR_RANGE;
    }
    if (!o->cached || o->number != number) {
        uint64_t at = FLOE_HEADER_LEN + number * o->s.segment_len;
        bool last = number == o->segments - 1;
        size_t n = last ? (size_t)(o->sealed_size - at) : o->s.segment_len;
        o->cached = false;
        enum err e = o->source.read(o->source.ctx, at, o->sealed, n);
        if (e == OK) {
            e = segment_open(&o->s, number, last, bytes_of(o->sealed, n), o->plain);
        }
        if (e != OK) {
            return e;
        }
        o->cached = true;
        o->number = number;
        o->plain_len = n - FLOE_SEGMENT_OVERHEAD;
    }
    *ret = bytes_of(o->plain, o->plain_len);
    return OK;
}

enum err floe_read(struct floe_opener *o, uint64_t at, uint8_t *out, size_t n) {
    size_t room = o->s.segment_len - FLOE_SEGMENT_OVERHEAD;
    if (at > o->plain_size || n > o->plain_size - at) {
        return ERR_RANGE;
    }
    while (n) {
        struct bytes part;
        enum err e = floe_open_at(o, at / room, &part);
        if (e != OK) {
            return e;
        }
        size_t from = (size_t)(at % room), take = part.n - from < n ? part.n - from : n;
        memcpy(out, part.p + from, take);
        out += take;
        at += take;
        n -= take;
    }
    return OK;
}

struct floe_opener *floe_opener_free(struct floe_opener *o) {
    if (o) {
        if (o->sealed) {
            mem_wipe(o->plain, o->s.segment_len);
        }
        mem_free(o->sealed);
        schedule_free(&o->s);
        mem_free(o);
    }
    return NULL;
}

static enum err read_memory(void *ctx, uint64_t at, uint8_t *out, size_t n) {
    const struct bytes *b = ctx;
    if (at > b->n || n > b->n - at) {
        return ERR_RANGE;
    }
    memcpy(out, b->p + at, n);
    return OK;
}

enum err floe_open(const struct floe_context *c, struct bytes sealed, uint8_t *out, size_t *ret_n) {
    struct floe_source source = {read_memory, &sealed};
    struct floe_opener *o = NULL;
    enum err e = floe_opener_new(c, &source, sealed.n, &o);
    if (e != OK) {
        return e;
    }
    size_t n = (size_t)floe_opener_size(o);
    e = floe_read(o, 0, out, n);
    if (e == OK) {
        *ret_n = n;
    } else {
        mem_wipe(out, n);
    }
    floe_opener_free(o);
    return e;
}
