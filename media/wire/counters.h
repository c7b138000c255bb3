/* What the relay counts. Each room adds to the counters it is given; the engine shows them. */
#ifndef ORIEL_MEDIA_WIRE_COUNTERS_H
#define ORIEL_MEDIA_WIRE_COUNTERS_H

#include <stdint.h>

/* One name each, shown as metrics with these words. */
#define MEDIA_COUNTERS(X)                                                                     \
    X(datagrams_in) /* all received */                                                        \
    X(bytes_in)                                                                               \
    X(datagrams_out)                                                                          \
    X(bytes_out)                                                                              \
    X(rtp_in)     /* authentic RTP packets, RTX included */                                   \
    X(trains_out) /* RTP packets go out in so many calls to one address each */               \
    X(rtp_out)                                                                                \
    X(padded_out) /* of these, made as long as their frame's others, for one train */         \
    X(rtx_in)                                                                                 \
    X(rtx_out)       /* sent again, by RTX or as it was */                                    \
    X(nack_in)       /* sequence numbers asked of us */                                       \
    X(nack_out)      /* sequence numbers we asked for */                                      \
    X(nack_missed)   /* asked of us but no longer cached */                                   \
    X(nack_limited)  /* asked of us more often, or for more, than is good for it */           \
    X(rtcp_cut)      /* datagrams that asked for too much: the rest was not looked at */      \
    X(level_assumed) /* packets taken for a quiet voice: too many send no level */            \
    X(red_repaired)  /* packets that came only as redundant data in another (RFC 2198) */     \
    X(red_out)       /* packets sent with the one before them as redundant data */            \
    X(fec_out)       /* packets sent that repair others (FlexFEC) */                          \
    X(twcc_in)       /* transport-wide feedback of viewers */                                 \
    X(remb_out)      /* publishers told by REMB what their path carries */                    \
    X(given_up)      /* streams so far behind that they began anew at a key frame */          \
    X(replays)       /* streams that got a picture which was kept, and no key frame for it */ \
    X(replayed_out)  /* packets of these, beside what came meanwhile */                       \
    X(padding_out)   /* packets sent for a probe alone, again or empty */                     \
    X(pli_in)        /* key frames asked of us, by PLI or FIR */                              \
    X(pli_out)                                                                                \
    X(fir_out) /* key frames asked of who agreed on FIR and not PLI */                        \
    X(stun_in)                                                                                \
    X(paths_proven)      /* addresses that have answered a check of ours */                   \
    X(addresses_refused) /* checks from an address that is somebody else's */                 \
    X(dtls_deferred)     /* steps of handshakes that had to wait, so that media did not */    \
    X(dtls_done)                                                                              \
    X(dtls_failed)                                                                            \
    X(drop_unknown_address) /* DTLS, RTP or RTCP from an address ICE has not validated */     \
    X(drop_stun)            /* malformed, anonymous or forged STUN */                         \
    X(drop_dtls)                                                                              \
    X(drop_srtp) /* failed authentication or replay */                                        \
    X(drop_rtp)  /* authentic but malformed or too long, or no m-line for it */               \
    X(drop_rtcp)                                                                              \
    X(drop_policed)    /* RTP over the limit of its m-line, or of a picture cut by that */    \
    X(drop_quota)      /* RTP that its tour, or this worker, has no room for */               \
    X(drop_gap)        /* RTP of a picture after a gap too long to be asked for */            \
    X(rtcp_policed)    /* authentic RTCP over the limit of its session, dropped */            \
    X(drop_dependency) /* refer to a dependency structure that has not come */                \
    X(drop_pool_low)   /* not kept for retransmission or recorded: few buffers are left */    \
    X(relay_in)        /* packets from other workers */                                       \
    X(kept_in)         /* pictures of which another worker gave us what it keeps */           \
    X(kept_lost)       /* and of which that did not come whole */                             \
    X(relay_dropped)   /* messages to other workers that found no room */                     \
    X(drop_other)      /* first byte is nothing we speak (RFC 7983) */                        \
    X(drop_lease)      /* not sealed: its index is not leased (base/lease.h) */               \
    X(peers_unkept)    /* no slot was left to keep them in (media.h: engine_slots) */         \
    X(drop_full)       /* a limit of ours was reached */

struct engine_counters {
#define X(name) uint64_t name;
    MEDIA_COUNTERS(X)
#undef X
};

#endif
