#include "media/recv/rtx.h"

#include "media/wire/rtp.h"

#include <string.h>

#define OSN_LEN 2 /* [bytes] RFC 4588 section 4 */

enum err recv_rtx_undo(struct packet *p, uint8_t pt, uint32_t ssrc) {
    struct rtp r;
    enum err e = rtp_parse(bytes_of(p->data, p->len), &r);
    if (e != OK) {
        return e == ERR_SHORT ? ERR_FORMAT : e;
    }
    if (r.payload.n < OSN_LEN) {
        return ERR_SHORT;
    }
    uint16_t osn = be16(r.payload.p);
    uint8_t *payload = p->data + r.header_len;
    memmove(payload, payload + OSN_LEN, (size_t)(p->len - r.header_len) - OSN_LEN);
    p->len = (uint16_t)(p->len - OSN_LEN);
    p->data[1] = (uint8_t)((p->data[1] & 0x80) | (pt & 0x7f));
    put_be16(p->data + 2, osn);
    put_be32(p->data + 8, ssrc);
    return OK;
}
