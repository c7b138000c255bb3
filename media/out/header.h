/* The RTP header of a packet to a viewer (RFC 3550 section 5.1, RFC 8285): the stream's own
 * numbers, and the extensions that it agreed on. What never changes is prepared once. Owner: the
 * engine's thread; lives in a stream. */
#ifndef ORIEL_MEDIA_OUT_HEADER_H
#define ORIEL_MEDIA_OUT_HEADER_H

#include "media/feed/packet.h"

/* [bytes] with a dependency descriptor, of which a key frame's may be long */
#define HEADER_MAX 320

struct header {                     /* prepared from what was agreed for the m-line */
    bool two_byte;                  /* RFC 8285 section 4.3: an id above 14 was agreed on */
    uint8_t pass[PACKET_EXT_COUNT]; /* id of what is passed on from the source, 0 = not */
    uint8_t twcc;                   /* id of the transport-wide sequence number, 0 = none */
    uint8_t dependency;             /* id of the dependency descriptor, 0 = it is not passed on */
    uint8_t fixed_len;              /* [bytes] of fixed */
    uint8_t fixed[2 + MID_MAX];     /* the element that names the m-line (RFC 9143) */
};

/* What is different in each packet. */
struct header_values {
    uint8_t pt;
    bool marker, padded;
    uint16_t seq, twcc;
    uint32_t ts, ssrc;
    struct bytes descriptor; /* dependency descriptor, empty: none */
};

/* Prepare. */
void header_init(struct header *h, const struct session_line *line);
/* Length of the header that header_write makes for this packet, at most HEADER_MAX, with a
 * dependency descriptor of that length [bytes], 0: none. */
size_t header_len(const struct header *h, const struct media_packet *p, size_t descriptor);
/* Write it; returns its length. */
size_t header_write(const struct header *h, const struct media_packet *p,
                    const struct header_values *v, uint8_t out[HEADER_MAX]);

#endif
