#include "media/wire/opus.h"

/* RFC 6716 section 3.1, table 2. */
static us_t frame_duration(uint8_t toc) {
    static const us_t silk[4] = {10000, 20000, 40000, 60000};
    unsigned config = toc >> 3;
    if (config >= 16) {
        return (us_t)2500 << (config & 3);
    }
    if (config >= 12) {
        return config & 1 ? 20000 : 10000;
    }
    return silk[config & 3];
}

us_t opus_packet_duration(struct bytes packet) {
    if (packet.n == 0) {
        return 0;
    }
    us_t one = frame_duration(packet.p[0]);
    unsigned count = 1;
    switch (packet.p[0] & 3) {
    case 0:
        break;
    case 1:
    case 2:
        count = 2;
        break;
    default: /* section 3.2.5: the count is in the next byte */
        count = packet.n < 2 ? 0 : packet.p[1] & 0x3f;
    }
    us_t all = one * count;
    return all <= 120 * US_PER_MS ? all : 0;
}
