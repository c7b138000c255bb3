#include "tests/sim/sim_fec.h"

#include "media/wire/flexfec.h"
#include "media/wire/rtp.h"

#include <string.h>

void sim_fec_note(struct sim_fec *f, const uint8_t *packet, size_t len, struct bytes ext) {
    unsigned i = be16(packet + 2) % SIM_FEC_KEPT;
    memcpy(f->data[i], packet, len);
    f->len[i] = len;
    if (ext.n > 0) {
        memset(f->data[i] + (ext.p - packet), 0, ext.n);
    }
}

/* NULL: it has not come. */
static const uint8_t *kept(const struct sim_fec *f, uint16_t seq) {
    const uint8_t *p = f->data[seq % SIM_FEC_KEPT];
    return f->len[seq % SIM_FEC_KEPT] > 0 && be16(p + 2) == seq ? p : NULL;
}

size_t sim_fec_repair(struct sim_fec *f, struct bytes fec, uint8_t ret[1500]) {
    uint16_t base = be16(fec.p + 16), mask = be16(fec.p + 18) & 0x7fff, seq = 0;
    uint16_t head = be16(fec.p), length = be16(fec.p + 2);
    uint32_t ts = be32(fec.p + 4);
    unsigned missing = 0;
    f->packets++;
    f->bytes += fec.n;
    memset(ret, 0, 1500);
    memcpy(ret + RTP_FIXED_HEADER, fec.p + FLEXFEC_HEADER, fec.n - FLEXFEC_HEADER);
    for (unsigned i = 0; i < FLEXFEC_SPAN; i++) {
        uint16_t s = (uint16_t)(base + i);
        const uint8_t *p = kept(f, s);
        if (!(mask & 0x4000 >> i)) {
            continue;
        }
        if (!p) {
            missing++;
            seq = s;
            continue;
        }
        size_t n = f->len[s % SIM_FEC_KEPT];
        head ^= be16(p) & 0x3fff;
        length ^= (uint16_t)(n - RTP_FIXED_HEADER);
        ts ^= be32(p + 4);
        for (size_t k = RTP_FIXED_HEADER; k < n; k++) {
            ret[k] ^= p[k];
        }
    }
    if (missing != 1 || length > 1500 - RTP_FIXED_HEADER) {
        return 0;
    }
    put_be16(ret, 0x8000 | head);
    put_be16(ret + 2, seq);
    put_be32(ret + 4, ts);
    put_be32(ret + 8, be32(fec.p + 12));
    f->together++;
    return RTP_FIXED_HEADER + length;
}
