/* The sender report of a slot (RFC 3550 section 6.4.1): the server's clock now, and our RTP
 * timestamp at that instant, by the bound source's own reports and the slot's timestamp offset.
 * Stateless. Owner: one worker. */
#ifndef ORIEL_MEDIA_SEND_REPORT_H
#define ORIEL_MEDIA_SEND_REPORT_H

#include "media/recv/clock.h"
#include "media/send/rewrite.h"
#include "media/wire/rtcp.h"

struct send_report {
    us_t now;            /* [us] */
    wall_t wall_at_zero; /* wall clock when now was 0 */
    uint32_t rate;       /* [Hz] RTP clock of the slot */
    uint32_t packets;    /* sent in this stream, modulo 2^32 */
    uint32_t octets;     /* [bytes] of payload, without header and padding, modulo 2^32 */
    const struct rewrite *rewrite;
    const struct recv_clock *clock;    /* of the bound source; NULL or without report: the */
    const struct clock_offset *offset; /* timestamp runs on from the last packet sent */
};

/* False, *ret untouched, when nothing has been sent in this stream yet. */
bool send_report_make(const struct send_report *s, struct rtcp_sr *ret);
/* The server's NTP time at `now`. */
uint64_t send_report_ntp(wall_t wall_at_zero, us_t now);
/* Round-trip time [us] from a viewer's report block on us (section 6.4.1: A - LSR - DLSR), or -1
 * when it has none or it makes no sense. ntp_now: send_report_ntp of the arrival. */
us_t send_report_rtt(uint64_t ntp_now, uint32_t lsr, uint32_t dlsr);

#endif
