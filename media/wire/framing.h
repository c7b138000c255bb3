/* Packets in a TCP stream: each behind its length in two bytes (RFC 4571 section 2, as RFC 6544
 * section 3 uses it for ICE, DTLS and SRTP alike). Pure: bytes in, packets out, however the stream
 * was cut on its way. Owner: one thread. */
#ifndef ORIEL_MEDIA_WIRE_FRAMING_H
#define ORIEL_MEDIA_WIRE_FRAMING_H

#include "base/bytes.h"
#include "base/packet.h"

#define FRAMING_HEAD 2    /* [bytes] before each packet */
#define FRAMING_CAP 4096u /* [bytes] that wait at most: a packet of any size we take fits */

/* What has come and was not taken yet. All zero is empty. */
struct framing {
    uint16_t at, n; /* [bytes] taken, and written, of data */
    uint8_t data[FRAMING_CAP];
};

enum framing_verdict {
    FRAMING_MORE,   /* nothing whole is there */
    FRAMING_PACKET, /* one was taken */
    FRAMING_BAD     /* one is larger than PACKET_CAP: whoever sends that is no client of ours */
};

/* Where to write what comes next; *ret_n how much finds room, 0 only while a packet can be taken.
 * It moves what was not taken: views of framing_next are not valid any more. */
uint8_t *framing_room(struct framing *f, size_t *ret_n);
/* n bytes were written there. */
void framing_wrote(struct framing *f, size_t n);
/* The next packet, a view that is valid until framing_room. Empty ones say nothing and are skipped.
 * After FRAMING_BAD nothing more can be found. */
enum framing_verdict framing_next(struct framing *f, struct bytes *ret);
/* A whole packet waits, or a length that is bad: framing_next will not say FRAMING_MORE. */
bool framing_waits(const struct framing *f);

#endif
