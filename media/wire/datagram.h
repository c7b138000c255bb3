/* A datagram on its way out: what the engine yields and the rim sends. */
#ifndef ORIEL_MEDIA_WIRE_DATAGRAM_H
#define ORIEL_MEDIA_WIRE_DATAGRAM_H

#include "base/packet.h"

struct datagram {
    struct addr to;
    struct addr from; /* our address to send it from, its port does not count; all zero: any */
    size_t len;       /* [bytes] */
    uint8_t data[PACKET_CAP];
};

#endif
