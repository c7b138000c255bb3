/* Outbound continuity of one slot: whatever source fills it, one unbroken RTP stream comes out.
 *
 * DESIGN. Our SRTP index (rollover counter << 16 | sequence number, RFC 3711 section 3.3.1) only
 * ever advances. While a source is bound (an epoch), index = source sequence + delta, less the
 * packets of the source that we chose not to forward; those are kept as a short list of runs, so
 * the mapping can be inverted for a viewer's NACK. Losses upstream stay gaps, so that a packet
 * repaired later finds its place free. A new source begins at the next index, and its timestamps
 * continue from the last one by the time that really passed. An index is handed out once at most
 * (a window refuses repeats): AES-GCM must never seal two plaintexts under one index. Whoever
 * resends a packet under its own index must send the same bytes; RTX has an index of its own.
 *
 * Lives in the slot (about 500 bytes). Owner: one worker. */
#ifndef ORIEL_MEDIA_SEND_REWRITE_H
#define ORIEL_MEDIA_SEND_REWRITE_H

#include "base/seq.h"
#include "base/time.h"
#include "media/recv/window.h"

#define REWRITE_RUNS 64      /* remembered runs of packets not forwarded, */
#define REWRITE_REACH 0x8000 /* over so many packets: none before is asked for */
#define REWRITE_GAP_MAX 4096 /* a longer gap in the source is closed, whatever is said of it */
#define REWRITE_SEQ_START_MAX 0x7fff /* RFC 3711 section 3.3.1: start below 2^15 */

struct rewrite_run {
    uint16_t at; /* low bits of the first source sequence number not forwarded */
    uint16_t n;
};

struct rewrite {
    uint64_t next;      /* lowest index never handed out */
    uint64_t first;     /* index at which this epoch began */
    uint64_t delta;     /* index = seq + delta (mod 2^64) before the first run */
    uint64_t in_floor;  /* source packets below are refused */
    uint64_t in_sent;   /* highest source sequence number forwarded (in_floor - 1 = none) */
    uint64_t skipped;   /* sum of the runs */
    uint64_t given;     /* indices handed out, since rewrite_init or the state it goes on with */
    uint32_t source;    /* bound source (feed.id), 0 = none */
    uint32_t former;    /* rewrite_rejoin: to this one ts_offset still applies, 0 = none */
    uint32_t ts_offset; /* out = in + ts_offset (mod 2^32) */
    uint32_t last_ts;   /* newest timestamp sent */
    /* While `squeezed`: timestamps of the source up to squeezed_to are close together and have this
     * offset, see rewrite_squeeze; `live`: newer ones have come. */
    uint32_t squeezed_to, squeezed_offset;
    uint32_t live_from; /* timestamp of the source that the first of these had */
    bool squeezed, live;
    uint64_t squeezed_end; /* index after the last one that was sent so */
    us_t last_at;          /* [us] when it was sent, may be negative; 0 = nothing sent yet */
    uint32_t n_runs;
    struct rewrite_run runs[REWRITE_RUNS]; /* ascending */
    struct seq_window sent;
};

struct rewrite_in {  /* a packet of a source */
    uint32_t source; /* which one (feed.id), not 0 */
    uint32_t ts;
    uint64_t seq;   /* extended, as recv_stats gives it */
    bool after_gap; /* what is missing before it will not come: the gap is closed */
};

struct rewrite_out { /* the same packet in our stream */
    uint64_t index;  /* the low 16 bits are the sequence number */
    uint32_t ts;
};

struct rewrite_state {   /* what a rebuilt stream goes on with */
    uint64_t index;      /* next SRTP index (rollover counter << 16 | seq) */
    uint64_t source_seq; /* extended sequence number of the source that maps to `index` */
    uint32_t source;     /* bound source, by whatever number finds it again; 0 = none */
    uint32_t last_ts;    /* last RTP timestamp sent */
    uint32_t ts_offset;  /* out = in + offset */
    uint32_t idle;       /* [ms] since it was sent, or REWRITE_NEVER */
};
#define REWRITE_NEVER UINT32_MAX /* nothing was sent yet */

enum rewrite_verdict {
    REWRITE_OK,
    REWRITE_OTHER,    /* not the source that is bound */
    REWRITE_OLD,      /* before the switch, or out of the window */
    REWRITE_REPEAT,   /* already forwarded, or skipped */
    REWRITE_SWITCHED, /* reverse: sent before the last switch */
    REWRITE_UNKNOWN   /* reverse: never sent, or forgotten */
};

/* A new stream: its first packet will have sequence number seq (0..REWRITE_SEQ_START_MAX, random)
 * and timestamp ts (random). */
void rewrite_init(struct rewrite *r, uint16_t seq, uint32_t ts);
/* Bind in->source, beginning with packet *in (for video the first packet of a key frame): nothing
 * older of it, and nothing of the former source, is forwarded any more. rate: RTP clock of the
 * slot [Hz]. The timestamp of *in becomes the last one plus the time since, at least one tick.
 * Follow with rewrite_map for the packet itself. Also right for the same source after a pause. */
void rewrite_switch(struct rewrite *r, us_t now, uint32_t rate, const struct rewrite_in *in);
/* Nothing is bound any more; everything is refused until the next rewrite_switch. */
void rewrite_unbind(struct rewrite *r);
/* REWRITE_OK: *ret is where this packet goes, handed out for good (seal it or lose it). Else
 * OTHER, OLD or REPEAT and *ret untouched: do not forward. */
enum rewrite_verdict rewrite_map(struct rewrite *r, us_t now, const struct rewrite_in *in,
                                 struct rewrite_out *ret);
/* Packet seq of the source is not forwarded on purpose (padding only, a dropped layer): close the
 * gap. False when a newer one is out already, so that the gap stays: forward it then if you can. */
bool rewrite_skip(struct rewrite *r, uint32_t source, uint64_t seq);
/* A viewer asks for sequence number seq of ours. REWRITE_OK: it was made of packet *ret_seq of
 * r->source (which may still be missing upstream) and had index *ret_index. SWITCHED: it
 * belonged to an earlier source, do not answer. UNKNOWN: ahead of us, or too long ago. */
enum rewrite_verdict rewrite_reverse(const struct rewrite *r, uint16_t seq, uint64_t *ret_seq,
                                     uint64_t *ret_index);
/* Whether something may have been sent with this sequence number: it is not ahead of the stream
 * (RFC 1982), which has begun. */
static inline bool rewrite_sent(const struct rewrite *r, uint16_t seq) {
    return r->last_at != 0 && seq16_diff(seq, (uint16_t)r->next) < 0;
}
/* A packet is known to have got this index of ours. */
static inline bool rewrite_gave(const struct rewrite *r, uint64_t index) {
    return seq_window_has(&r->sent, index);
}
/* How many indices up to `highest` were handed out, the rollovers that the viewer has counted left
 * aside: a difference of two is what it could receive between two reports, in which holes that were
 * there before us do not count. Only differences mean anything. */
uint64_t rewrite_given_up_to(const struct rewrite *r, uint32_t highest);
/* Directly after rewrite_switch, whose packet had the timestamp `first` of the source: it has been
 * kept, and so has what follows up to the timestamp `last`; what is live comes after that. All that
 * is sent at once, so its timestamps are made to lie as close together: a receiver that took them
 * as they were would show it at its old pace, and everything behind it late. REWRITE_SQUEEZE ticks
 * become one: pictures a millisecond apart, the unit of libwebrtc's clock, stay apart, and 10 s
 * become 0.16 s. The source may have rested since `last`, as a shared screen does: what comes then
 * is not put as far behind as it is there, for of that rest only the end was waited for here. */
#define REWRITE_SQUEEZE 64
#define REWRITE_SQUEEZE_CLOCK 90000               /* [Hz] only pictures are kept */
#define REWRITE_AHEAD (REWRITE_SQUEEZE_CLOCK / 4) /* ticks ahead of the clock: still no rest */
#define REWRITE_SQUEEZE_MAX \
    (REWRITE_SQUEEZE_CLOCK * 120) /* ticks of a source: no picture is kept for as long */
void rewrite_squeeze(struct rewrite *r, uint32_t first, uint32_t last);
/* Is it between what was squeezed and the first that was live: lost before the rest of its source,
 * and repaired after it? */
static inline bool rewrite_is_late(const struct rewrite *r, uint32_t ts) {
    return r->squeezed && r->live && ts32_newer(ts, r->squeezed_to) && ts32_newer(r->live_from, ts);
}
/* Then it keeps its place between the two, though there is less time between them by now. */
uint32_t rewrite_late(const struct rewrite *r, uint32_t ts);
/* Our timestamp for a timestamp of the bound source; for retransmissions and sender reports. */
static inline uint32_t rewrite_ts(const struct rewrite *r, uint32_t ts) {
    int32_t back = ts32_diff(r->squeezed_to, ts);
    if (!r->squeezed || back < 0) {
        return rewrite_is_late(r, ts) ? rewrite_late(r, ts) : ts + r->ts_offset;
    }
    if (back > REWRITE_SQUEEZE_MAX) { /* it was not squeezed, but sent when they were */
        return ts + r->squeezed_offset;
    }
    return r->squeezed_to - (uint32_t)back / REWRITE_SQUEEZE + r->squeezed_offset;
}
/* Everything needed to go on elsewhere, as it is at time now. Not what is squeezed: that is older
 * than source_seq, and refused there. */
void rewrite_export(const struct rewrite *r, us_t now, struct rewrite_state *ret);
/* Continue from what was exported at time `at`, when nothing was sent after it. Packets before
 * source_seq are refused. */
void rewrite_import(struct rewrite *r, us_t at, const struct rewrite_state *s);
/* Continue from what was exported at time `at`, when more may have been sent after it, all with
 * indices below s->index. Nothing is bound; the source that was is switched to like any other, from
 * whatever packet it has reached, but keeps its timestamps. Nothing older is found by
 * rewrite_reverse: its indices are known to the viewer, but not to us. */
void rewrite_rejoin(struct rewrite *r, us_t at, const struct rewrite_state *s);

/* After rewrite_import or rewrite_rejoin: what was bound has this number now. */
void rewrite_known_as(struct rewrite *r, uint32_t source);

#endif
