/* The state of one session in plain structs without pointers: what a new process needs to adopt a
 * live peer so that no browser notices. At most 2 KiB. It is taken when nothing is sent any more
 * (SNAPSHOT_FINAL: the session goes on exactly), or kept in a slot of memory that outlives the
 * process (the session goes on behind everything that can have been sent since). */
#ifndef ORIEL_MEDIA_ENGINE_SNAPSHOT_H
#define ORIEL_MEDIA_ENGINE_SNAPSHOT_H

#include "base/addr.h"
#include "base/lease.h"
#include "base/session.h"
#include "base/time.h"
#include "media/secure/dtls.h"
#include "media/send/rewrite.h"
#include "media/send/rewrite_dependency.h"
#include "media/send/rewrite_vp8.h"

#include <assert.h>

#define SNAPSHOT_VERSION 10

enum { /* snapshot_line.flags */
       SNAPSHOT_NACK = 1,
       SNAPSHOT_PLI = 2,
       SNAPSHOT_TWCC = 4,
       SNAPSHOT_MUTED = 8,
       SNAPSHOT_UNNUMBERED = 16, /* slot: it is not known to have had a picture */
       SNAPSHOT_REMB = 32,
       SNAPSHOT_FIR = 64,
       SNAPSHOT_BEHIND = 128 /* slot: what comes next for it is in our cache only */
};
enum { /* session_snapshot.flags */
       SNAPSHOT_HOST = 1,
       SNAPSHOT_LOUDEST_AUDIO = 2,
       SNAPSHOT_RECORD_CONSENT = 4,
       SNAPSHOT_MIX = 16,
       SNAPSHOT_OBEYS_LAYERS = 32,
       SNAPSHOT_TOLD_AHEAD =
           64,            /* a slot that shows nothing yet, of somebody it is about to show */
       SNAPSHOT_FINAL = 8 /* nothing was sent after it: indices are the next ones */
};

struct snapshot_line {   /* what stays fixed of a session_line */
    char mid[MID_SHORT]; /* NUL-padded; when full, the rest is in mid_tails */
    uint8_t kind;  /* slot << 2 | source; of a slot << 4: the layers it is sent (wire/layers.h) */
    uint8_t codec; /* slot_index << 4 | codec */
    uint8_t pt, rtx_pt;
    uint8_t more_pt;                         /* of sound: red_pt; of pictures: fec_pt */
    uint8_t flags;                           /* SNAPSHOT_NACK ... */
    uint8_t ext[(RTP_EXT_ACCEPTED + 1) / 2]; /* 4 bits each, even ones low */
};

struct snapshot_slot { /* one outbound stream; source in rewrite: snapshot_key of what it shows */
    struct rewrite_state rewrite; /* its index: next, */
    uint64_t rtx_index; /* likewise: or, without SNAPSHOT_FINAL, above all that were used */
    uint32_t ssrc, rtx_ssrc;
    uint32_t packets, octets; /* sender report counts */
    struct snapshot_line line;
    union {
        struct rewrite_vp8_numbers vp8;
        struct rewrite_dependency dependency; /* AV1 */
    };
};

struct snapshot_source { /* a sending m-line; its streams follow those of the one before */
    struct snapshot_line line;
    uint8_t n_rids;   /* it has so many streams; 0: one, without a rid */
    uint8_t live : 4; /* bit per stream: packets flow */
    uint8_t cut : 4;  /* the same: but are left out up to a key frame */
};

struct snapshot_stream { /* one inbound stream */
    uint64_t high; /* extended highest sequence number: (SRTP rollover counter + 1) << 16 | seq,
                      0 = nothing came */
    uint64_t rtx_high : 56;
    uint64_t fir : 8; /* sequence number of the last command to it (recv/keyframe.h) */
    uint64_t sr_ntp;  /* last sender report */
    uint32_t sr_rtp_ts;
    uint32_t ssrc, rtx_ssrc;
    uint32_t id;       /* tap id */
    char rid[RID_MAX]; /* NUL-padded, not terminated when full */
};

struct snapshot_ice { /* NUL-padded, not terminated when full */
    char local_ufrag[ICE_OWN_UFRAG_MAX], local_pwd[ICE_OWN_PWD_MAX];
    char remote_ufrag[ICE_UFRAG_MAX], remote_pwd[ICE_PWD_MAX];
};

struct session_snapshot {
    uint16_t version; /* SNAPSHOT_VERSION */
    uint8_t n_slots;
    uint8_t n_sources : 4;
    uint8_t receives : 4; /* bit per source_kind that it may be shown */
    uint8_t flags;        /* SNAPSHOT_HOST ... */
    uint8_t last_flight_len;
    uint16_t twcc_next; /* transport-wide sequence number */
    us_t taken;         /* [us] when, by the clock of the engine; elsewhere it may be any number */
    uint64_t peer, participant, tour;
    uint64_t pinned;    /* with SNAPSHOT_MIX, whose viewers pin nobody: whom the mix leaves out */
    struct addr remote; /* selected address; port 0: none that another process could use */
    struct addr local;  /* ours that it sends to */
    struct snapshot_ice ice;
    char mid_tails[MID_TAILS_MAX]; /* of sources, then slots: each terminated */
    struct dtls_keys keys;
    int64_t clock_offset; /* [us] of the client's clock (recv/clock.h), 0 = unknown */
    uint32_t srtcp_index; /* outbound, as rtx_index */
    uint32_t fec_ssrc;    /* of what repairs the slot with a fec_pt, if any, */
    char cname[CNAME_MAX];
    uint8_t fingerprint[FINGERPRINT_LEN];
    uint8_t last_flight[DTLS_LAST_FLIGHT_MAX];
    struct snapshot_source sources[SESSION_SOURCES_MAX];
    struct snapshot_stream streams[SESSION_STREAMS_MAX]; /* of all sources */
    uint64_t fec_index;                                  /* and its index, as rtx_index */
    struct snapshot_slot slots[SESSION_SLOTS_MAX];
};

_Static_assert(SOURCE_KIND_COUNT <= 4 && SLOT_KIND_COUNT <= 4,
               "snapshot_line.kind has 2 bits each");
_Static_assert(SOURCE_KIND_COUNT <= 4 && SESSION_SOURCES_MAX <= 15,
               "session_snapshot.receives and n_sources have 4 bits each");
_Static_assert(SESSION_LAYERS_MAX <= 4, "snapshot_source.live and cut have 4 bits each");
_Static_assert(CODEC_COUNT <= 16 && SESSION_SLOTS_MAX <= 16, "snapshot_line.codec has 4 bits each");
_Static_assert(sizeof(struct session_snapshot) <= 2048, "a session fits in 2 KiB");

/* Numbers of the limits of a session's leases: SRTCP, of slot i its media and its RTX, and of the
 * slot that has it FlexFEC. */
#define SESSION_LIMIT_SRTCP 0
#define SESSION_LIMIT_RTP(i) (1 + 2 * (i))
#define SESSION_LIMIT_RTX(i) (2 + 2 * (i))
#define SESSION_LIMIT_FEC (1 + 2 * SESSION_SLOTS_MAX)
#define SESSION_LIMITS (2 + 2 * SESSION_SLOTS_MAX)

/* Where a session is kept (media.h: engine_peer_slot). It holds keys: whoever can read it can read
 * the session's media. The limits stand apart from the rest, a word each, because they are written
 * before an index is used, and the rest only now and then. All zero is empty. */
struct session_slot {
    shared_word limits[SESSION_LIMITS];
    shared_word state[SEQLOCK_WORDS(sizeof(struct session_snapshot))];
};

/* What is kept in the slot, to be adopted: nothing below its indices may be used by anybody else
 * any more, so that its engine must be gone, or must have handed the session over. ERR_UNKNOWN: it
 * is empty. ERR_AGAIN: it is being written without a pause. ERR_FORMAT: it was written by another
 * version, or is damaged; it must not be trusted. ret is undefined on error. Any thread; the slot
 * may be in memory shared with the process that writes it. */
enum err session_slot_read(const struct session_slot *slot, struct session_snapshot *ret);

struct session;
/* What a slot shows, as a number that a process after this one finds again: whose it is, which of
 * its streams, and its ssrc. Not 0. */
uint32_t snapshot_key(uint64_t participant, enum source_kind kind, unsigned layer, uint32_t ssrc);
/* Length of a snapshot without the slots that it does not have [bytes]. */
size_t snapshot_len(const struct session_snapshot *s);
/* The session as it is at time now. It must be connected. */
void snapshot_make(const struct session *s, us_t now, struct session_snapshot *ret);

#endif
