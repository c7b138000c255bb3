/* libs: recorder_seal base */
/* Arbitrary bytes as a FLOE message and as its parameters; and what we seal must open again. The
 * first byte chooses. */
#include "recorder/seal/floe.h"

#include "base/alloc.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const uint8_t key[FLOE_KEY_LEN];

static void open_any(const struct floe_context *c, struct bytes sealed) {
    uint8_t *out = mem_alloc(sealed.n);
    size_t n = 0;
    if (out && floe_open(c, sealed, out, &n) == OK) {
        CHECK(n < sealed.n);
    }
    mem_free(out);
}

static enum err read_memory(void *ctx, uint64_t at, uint8_t *out, size_t n) {
    const struct bytes *b = ctx;
    CHECK(at <= b->n && n <= b->n - at); /* the opener never asks beyond the size it was told */
    memcpy(out, b->p + at, n);
    return OK;
}

static void read_any(const struct floe_context *c, struct bytes sealed, uint8_t where) {
    struct floe_source source = {read_memory, &sealed};
    struct floe_opener *o = NULL;
    uint8_t out[64];
    struct bytes part;
    if (floe_opener_new(c, &source, sealed.n, &o) == OK) {
        floe_read(o, where, out, sizeof(out));
        floe_open_at(o, where, &part);
        CHECK(floe_open_at(o, floe_opener_segments(o), &part) == ERR_RANGE);
    }
    floe_opener_free(o);
}

/* Seal the bytes, change at most one byte, and see that exactly the unchanged one opens. */
static void round_trip(const struct floe_context *c, struct bytes plain, uint8_t flip) {
    struct rng_seeded state;
    rng_seed(&state, flip);
    struct rng rng = rng_from_seeded(&state);
    size_t size = (size_t)floe_sealed_size(c->segment_len, plain.n), n = 0;
    uint8_t *sealed = mem_alloc(size), *out = mem_alloc(size);
    CHECK(sealed && out);
    CHECK(floe_seal(c, &rng, plain, sealed) == OK);
    sealed[flip % size] ^= flip;
    enum err e = floe_open(c, bytes_of(sealed, size), out, &n);
    CHECK((e == OK) == (flip == 0));
    CHECK(e != OK || bytes_eq(bytes_of(out, n), plain));
    mem_free(sealed);
    mem_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct floe_context c = {.key = key, .aad = bytes_of("This is AAD", 11)};
    if (n < 3) {
        return 0;
    }
    struct bytes rest = bytes_of(data + 3, n - 3);
    c.segment_len = data[0] < 128 ? 0 : data[0] - 100u;
    c.rotation = data[1] & 3;
    open_any(&c, rest);
    read_any(&c, rest, data[2]);
    if (c.segment_len > FLOE_SEGMENT_OVERHEAD) {
        round_trip(&c, rest, data[2]);
    }
    return 0;
}
