/* RTX undone (RFC 4588 section 4): a retransmission becomes the packet that was lost, in place.
 * Stateless. Thread: any that owns the buffer. */
#ifndef ORIEL_MEDIA_RECV_RTX_H
#define ORIEL_MEDIA_RECV_RTX_H

#include "base/err.h"
#include "base/packet.h"

/* Rewrite the decrypted RTX packet in p as the original with this payload type and ssrc: the
 * sequence number comes from the OSN, the payload moves down by two bytes, header extensions and
 * padding stay. ERR_SHORT: no OSN in it (a padding-only probe, common in Chromium): count and
 * drop. ERR_FORMAT: not RTP. p is unchanged on error. */
enum err recv_rtx_undo(struct packet *p, uint8_t pt, uint32_t ssrc);

#endif
