#include "recorder/container/webm_parse.h"

#define UNKNOWN_SIZE UINT64_MAX

/* RFC 8794 section 5: the id keeps its marker, 1 to 4 bytes. */
static uint32_t read_id(struct rd *r) {
    uint32_t id = rd_u8(r);
    unsigned extra = id & 0x80 ? 0 : id & 0x40 ? 1 : id & 0x20 ? 2 : 3;
    if (!(id & 0xf0)) {
        r->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < extra; i++) {
        id = id << 8 | rd_u8(r);
    }
    return id;
}

/* RFC 8794 section 4: a variable-size integer of 1 to 8 bytes; all ones mean unknown. */
static uint64_t read_size(struct rd *r) {
    uint8_t first = rd_u8(r);
    if (first == 0) {
        r->bad = true;
        return 0;
    }
    unsigned extra = (unsigned)__builtin_clz(first) - 24;
    uint64_t v = first & (0x7fu >> extra);
    uint64_t ones = (UINT64_C(1) << (7 * (extra + 1))) - 1;
    for (unsigned i = 0; i < extra; i++) {
        v = v << 8 | rd_u8(r);
    }
    return v == ones ? UNKNOWN_SIZE : v;
}

enum err webm_next(struct rd *r, struct webm_element *ret) {
    const uint8_t *start = r->p;
    uint32_t id = read_id(r);
    uint64_t size = read_size(r);
    if (r->bad) {
        return ERR_FORMAT;
    }
    size_t header = (size_t)(r->p - start);
    if (size == UNKNOWN_SIZE) {
        if (id != WEBM_SEGMENT) {
            return ERR_UNSUPPORTED;
        }
        size = rd_left(r);
    }
    if (size > rd_left(r)) {
        return ERR_SHORT;
    }
    *ret = (struct webm_element){.id = id, .data = rd_bytes(r, (size_t)size), .header = header};
    return OK;
}

uint64_t webm_uint(struct bytes b) {
    uint64_t v = 0;
    if (b.n > 8) {
        return 0;
    }
    for (size_t i = 0; i < b.n; i++) {
        v = v << 8 | b.p[i];
    }
    return v;
}

/* RFC 9559 section 10.1 (Block) and 10.2 (SimpleBlock); lacing is not used by us. */
static enum err read_block(struct bytes data, bool group, struct webm_block *b) {
    struct rd r = rd_of(data.p, data.n);
    b->track = (unsigned)read_size(&r);
    int16_t relative = (int16_t)rd_u16(&r);
    uint8_t flags = rd_u8(&r);
    if (r.bad || flags & 0x06) {
        return ERR_FORMAT;
    }
    b->ms = (int64_t)b->cluster_ms + relative;
    b->group = group;
    b->key = !group && (flags & 0x80) != 0;
    b->frame = rd_bytes(&r, rd_left(&r));
    return OK;
}

static enum err read_group(struct bytes data, struct webm_block *b) {
    struct rd r = rd_of(data.p, data.n);
    while (rd_left(&r)) {
        struct webm_element e;
        enum err err = webm_next(&r, &e);
        if (err != OK) {
            return err;
        }
        if (e.id == WEBM_BLOCK) {
            return read_block(e.data, true, b);
        }
    }
    return ERR_FORMAT;
}

static enum err read_cluster(struct bytes data, struct webm_block *b,
                             enum err (*each)(void *ctx, const struct webm_block *b), void *ctx) {
    struct rd r = rd_of(data.p, data.n);
    while (rd_left(&r)) {
        struct webm_element e;
        enum err err = webm_next(&r, &e);
        if (err == OK && e.id == WEBM_TIMESTAMP) {
            b->cluster_ms = webm_uint(e.data);
        } else if (err == OK && (e.id == WEBM_SIMPLE_BLOCK || e.id == WEBM_BLOCK_GROUP)) {
            err = e.id == WEBM_SIMPLE_BLOCK ? read_block(e.data, false, b) : read_group(e.data, b);
            err = err == OK ? each(ctx, b) : err;
        }
        if (err != OK) {
            return err;
        }
    }
    return OK;
}

enum err webm_blocks(struct bytes clusters, enum err (*each)(void *ctx, const struct webm_block *b),
                     void *ctx) {
    struct rd r = rd_of(clusters.p, clusters.n);
    while (rd_left(&r)) {
        struct webm_block b = {.cluster = clusters.n - rd_left(&r)};
        struct webm_element e;
        enum err err = webm_next(&r, &e);
        if (err == OK) {
            err = e.id == WEBM_CLUSTER ? read_cluster(e.data, &b, each, ctx) : ERR_FORMAT;
        }
        if (err != OK) {
            return err;
        }
    }
    return OK;
}
