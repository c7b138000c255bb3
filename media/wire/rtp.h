/* RTP packets (RFC 3550 section 5) and header extensions (RFC 8285), parsed in place.
 * Stateless; every byte is checked before use. Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_RTP_H
#define ORIEL_MEDIA_WIRE_RTP_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/terms.h"

#define RTP_FIXED_HEADER 12 /* [bytes] RFC 3550 section 5.1 */
#define RTP_MAX_CSRC 15

struct rtp {
    uint8_t pt; /* payload type, 0..127 */
    bool marker;
    uint16_t seq;
    uint32_t ts; /* media clock */
    uint32_t ssrc;
    uint16_t ext_profile; /* 0xBEDE one-byte, 0x100x two-byte form, 0 none */
    uint16_t header_len;  /* [bytes] header with CSRCs and extensions */
    uint8_t padding;      /* [bytes] at the end, 0 = none */
    struct bytes ext;     /* extension block's elements */
    struct bytes payload; /* without padding; may be empty */
};

/* Parse the packet in b. ERR_SHORT, ERR_FORMAT (version, extension or padding lengths). The views
 * in *ret point into b. *ret is untouched on failure. */
enum err rtp_parse(struct bytes b, struct rtp *ret);
/* The element with this wire id in a parsed packet, or an empty view. Malformed elements end the
 * search. id 0 finds nothing. */
struct bytes rtp_ext_find(const struct rtp *r, uint8_t id);

/* What rtp_write puts into a new header. */
struct rtp_write_ext {
    uint8_t id;  /* 1..14 */
    uint8_t len; /* 1..255 [bytes] */
    const uint8_t *p;
};

/* [bytes] of an RTP packet that is taken, without what SRTP adds: what a path of 1500 carries at
 * most, and with the extensions of whoever gets it less than PACKET_CAP (out/seal.c) */
#define RTP_LEN_MAX 1472

/* Write a header: fixed part and, when n_ext > 0, an extension block (padded to 32 bits) in the
 * one-byte form, or where an element is longer than 16 bytes in the two-byte form. Only pt, marker,
 * seq, ts, ssrc of *h are read, and padding != 0 sets the P bit (the caller writes the padding).
 * Returns the header's length, or 0 when cap is too small or an element is out of range. */
size_t rtp_write_header(uint8_t *out, size_t cap, const struct rtp *h,
                        const struct rtp_write_ext *ext, size_t n_ext);

/* First-byte demultiplexing of a datagram (RFC 7983 section 7, RFC 5761 section 4). */
enum wire_kind { WIRE_STUN, WIRE_DTLS, WIRE_RTP, WIRE_RTCP, WIRE_OTHER };
enum wire_kind wire_classify(struct bytes datagram);

/* RFC 6464: the level in -dBov (0 loudest .. 127 silence) and the voice bit. False when ext is
 * not one byte long. */
bool rtp_audio_level(struct bytes ext, uint8_t *ret_level, bool *ret_voice);

#endif
