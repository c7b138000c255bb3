#include "base/bytes.h"

struct bytes rd_bytes(struct rd *r, size_t n) {
    if (r->bad || n > rd_left(r)) {
        r->bad = true;
        return (struct bytes){NULL, 0};
    }
    struct bytes b = {r->p, n};
    if (n) {
        r->p += n;
    }
    return b;
}

void rd_skip(struct rd *r, size_t n) {
    (void)rd_bytes(r, n);
}

static uint64_t rd_uint(struct rd *r, size_t n) {
    struct bytes b = rd_bytes(r, n);
    uint64_t v = 0;
    for (size_t i = 0; i < b.n; i++) {
        v = v << 8 | b.p[i];
    }
    return v;
}

uint8_t rd_u8(struct rd *r) {
    return (uint8_t)rd_uint(r, 1);
}

uint16_t rd_u16(struct rd *r) {
    return (uint16_t)rd_uint(r, 2);
}

uint32_t rd_u24(struct rd *r) {
    return (uint32_t)rd_uint(r, 3);
}

uint32_t rd_u32(struct rd *r) {
    return (uint32_t)rd_uint(r, 4);
}

uint64_t rd_u64(struct rd *r) {
    return rd_uint(r, 8);
}

/* Room for n bytes at the returned place, or NULL and bad. */
static uint8_t *wr_room(struct wr *w, size_t n) {
    if (w->bad || n > wr_left(w)) {
        w->bad = true;
        return NULL;
    }
    uint8_t *p = w->p;
    if (n) {
        w->p += n;
    }
    return p;
}

void wr_bytes(struct wr *w, const void *p, size_t n) {
    uint8_t *to = wr_room(w, n);
    if (to && n) {
        memcpy(to, p, n);
    }
}

void wr_zero(struct wr *w, size_t n) {
    uint8_t *to = wr_room(w, n);
    if (to && n) {
        memset(to, 0, n);
    }
}

static void wr_uint(struct wr *w, uint64_t v, size_t n) {
    uint8_t *to = wr_room(w, n);
    for (size_t i = n; to && i > 0; i--) {
        to[i - 1] = (uint8_t)v;
        v >>= 8;
    }
}

void wr_u8(struct wr *w, uint8_t v) {
    wr_uint(w, v, 1);
}

void wr_u16(struct wr *w, uint16_t v) {
    wr_uint(w, v, 2);
}

void wr_u24(struct wr *w, uint32_t v) {
    wr_uint(w, v, 3);
}

void wr_u32(struct wr *w, uint32_t v) {
    wr_uint(w, v, 4);
}

void wr_u64(struct wr *w, uint64_t v) {
    wr_uint(w, v, 8);
}

void hex_encode(char *out, const void *p, size_t n) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *in = p;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * n] = '\0';
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(uint8_t *out, size_t n, const char *hex) {
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = high < 0 ? -1 : hex_digit(hex[2 * i + 1]);
        if (low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return hex[2 * n] == '\0';
}

bool ct_equal(const void *a, const void *b, size_t n) {
    const volatile uint8_t *x = a, *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < n; i++) {
        difference |= x[i] ^ y[i];
    }
    return difference == 0;
}

void mem_wipe(void *p, size_t n) {
    if (n) {
        explicit_bzero(p, n);
    }
}
