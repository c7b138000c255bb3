#include "media/wire/dependency_copy.h"

#include "media/wire/dependency.h"

#define ID_MASK (DEPENDENCY_TEMPLATES_MAX - 1u)
#define FLAG_STRUCTURE 0x80 /* of the byte behind the mandatory ones: template_.._present_flag, */
#define FLAG_ACTIVE 0x40    /* and active_decode_targets_present_flag */
#define FLAGS_LEN 5         /* [bits] */

uint8_t dependency_first_id(struct bytes b) { /* 6 bits behind the flags */
    return (uint8_t)((b.p[3] & 7) << 3 | b.p[4] >> 5);
}

bool dependency_says_active(struct bytes b) {
    return b.n > DEPENDENCY_MANDATORY && (b.p[DEPENDENCY_MANDATORY] & FLAG_ACTIVE);
}

/* [bits] that are put in. */
static size_t growth(struct bytes b, const struct dependency_copy *c) {
    size_t flags = b.n > DEPENDENCY_MANDATORY ? 0 : FLAGS_LEN;
    return c->sets_active && !dependency_says_active(b) ? flags + c->n_targets : 0;
}

static size_t len_with(struct bytes b, size_t more) {
    return (8 * b.n + more + 7) / 8;
}

size_t dependency_copy_len(struct bytes b, const struct dependency_copy *c) {
    size_t n = len_with(b, growth(b, c));
    return n <= DEPENDENCY_LEN_MAX ? n : b.n;
}

/* n bits of v to bit `at` of out, up to 32. */
static void put_bits(uint8_t *out, size_t at, uint32_t v, unsigned n) {
    for (unsigned i = 0; i < n; i++, at++) {
        uint8_t bit = (uint8_t)(0x80 >> at % 8);
        bool set = v >> (n - 1 - i) & 1;
        out[at / 8] = (uint8_t)(set ? out[at / 8] | bit : out[at / 8] & ~bit);
    }
}

/* The set of active targets; what is behind its place moves back by it. The bits are few: of a
 * structure, which is before it, none is moved. */
static size_t put_active(struct bytes b, const struct dependency_copy *c, uint8_t *out) {
    size_t more = growth(b, c), n = len_with(b, more);
    size_t from = b.n > DEPENDENCY_MANDATORY ? c->active_at : 8 * b.n;
    if (n > DEPENDENCY_LEN_MAX) {
        return b.n;
    }
    if (more > 0) {
        memset(out + b.n, 0, n - b.n);
        for (size_t i = from; i < 8 * b.n; i++) {
            put_bits(out, i + more, b.p[i / 8] >> (7 - i % 8) & 1, 1);
        }
    }
    if (b.n == DEPENDENCY_MANDATORY) {
        out[DEPENDENCY_MANDATORY] = 0;
    }
    out[DEPENDENCY_MANDATORY] |= FLAG_ACTIVE;
    put_bits(out, c->active_at, c->active, c->n_targets);
    return n;
}

size_t dependency_copy(struct bytes b, const struct dependency_copy *c,
                       uint8_t out[DEPENDENCY_LEN_MAX]) {
    memcpy(out, b.p, b.n);
    out[0] = (uint8_t)((out[0] & ~ID_MASK) | ((out[0] + c->ids) & ID_MASK));
    put_be16(out + 1, c->frame_number);
    if (b.n > DEPENDENCY_MANDATORY && (b.p[DEPENDENCY_MANDATORY] & FLAG_STRUCTURE)) {
        put_bits(out, 8 * DEPENDENCY_MANDATORY + FLAGS_LEN, dependency_first_id(b) + c->ids, 6);
    }
    return c->sets_active ? put_active(b, c, out) : b.n;
}
