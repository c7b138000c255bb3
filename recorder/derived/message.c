#include "recorder/derived/message.h"

#include "base/check.h"

enum err message_length(const uint8_t head[MESSAGE_HEAD], uint32_t *ret) {
    uint32_t n = be32(head);
    if (n < 1 || n > MESSAGE_BODY_MAX + 1) {
        return ERR_FORMAT;
    }
    *ret = n;
    return OK;
}

/* What is left of the body; nothing may stay behind in the types without data. */
static struct bytes rest(struct rd *r) {
    return rd_bytes(r, rd_left(r));
}

static bool decode_results(struct message *m, struct rd *r) {
    if (m->type == MESSAGE_THUMBNAIL) {
        m->index = rd_u32(r);
        m->width = rd_u16(r);
        m->height = rd_u16(r);
        m->data = rest(r);
        return m->width && m->height && m->width <= MESSAGE_SIDE_MAX &&
               m->height <= MESSAGE_SIDE_MAX && m->data.n && m->data.n <= MESSAGE_PICTURE_MAX;
    }
    m->index = rd_u32(r);
    m->at = rd_u64(r);
    m->data = rest(r);
    return m->data.n % 2 == 0;
}

static bool decode_body(struct message *m, struct rd *r) {
    switch (m->type) {
    case MESSAGE_READ:
        m->index = rd_u32(r);
        m->at = rd_u64(r);
        m->n = rd_u32(r);
        return m->n && m->n <= MESSAGE_READ_MAX && m->at <= INT64_MAX;
    case MESSAGE_PROGRESS:
        m->n = rd_u32(r);
        return m->n <= 1000;
    case MESSAGE_PROBE:
        m->n = rd_u32(r);
        return true;
    case MESSAGE_HEAD_SIZE:
        m->size = rd_u64(r);
        return m->size <= INT64_MAX;
    case MESSAGE_THUMBNAIL:
    case MESSAGE_WAVE:
        return decode_results(m, r);
    case MESSAGE_FAILED:
        m->data = rest(r);
        return m->data.n <= MESSAGE_TEXT_MAX;
    case MESSAGE_TASK:
    case MESSAGE_DATA:
    case MESSAGE_BODY:
    case MESSAGE_HEAD_DATA:
        m->data = rest(r);
        return true;
    case MESSAGE_DONE:
        return true;
    default:
        return false;
    }
}

enum err message_decode(uint8_t type, struct bytes body, struct message *ret) {
    struct message m = {.type = type};
    struct rd r = rd_of(body.p, body.n);
    if (body.n > MESSAGE_BODY_MAX || !decode_body(&m, &r) || r.bad || rd_left(&r)) {
        return ERR_FORMAT;
    }
    *ret = m;
    return OK;
}

size_t message_start(const struct message *m, uint8_t out[MESSAGE_START_MAX]) {
    struct wr w = wr_of(out, MESSAGE_START_MAX);
    wr_u32(&w, 0);
    wr_u8(&w, m->type);
    switch (m->type) {
    case MESSAGE_READ:
        wr_u32(&w, m->index);
        wr_u64(&w, m->at);
        wr_u32(&w, m->n);
        break;
    case MESSAGE_PROGRESS:
    case MESSAGE_PROBE:
        wr_u32(&w, m->n);
        break;
    case MESSAGE_HEAD_SIZE:
        wr_u64(&w, m->size);
        break;
    case MESSAGE_THUMBNAIL:
        wr_u32(&w, m->index);
        wr_u16(&w, m->width);
        wr_u16(&w, m->height);
        break;
    case MESSAGE_WAVE:
        wr_u32(&w, m->index);
        wr_u64(&w, m->at);
        break;
    default:
        break;
    }
    CHECK(!w.bad);
    put_be32(out, (uint32_t)(wr_len(&w) - 4 + m->data.n));
    return wr_len(&w);
}
