/* The state of one session in plain structs without pointers: what a new process needs to adopt a
 * live peer so that no browser notices. At most 2 KiB. */
#ifndef ORIEL_MEDIA_ENGINE_SNAPSHOT_H
#define ORIEL_MEDIA_ENGINE_SNAPSHOT_H

#include "base/addr.h"
#include "base/session.h"
#include "media/secure/dtls.h"
#include "media/send/rewrite.h"
#include "media/send/rewrite_vp8.h"

#include <assert.h>

#define SNAPSHOT_VERSION 3

enum { /* snapshot_line.flags */
       SNAPSHOT_NACK = 1,
       SNAPSHOT_PLI = 2,
       SNAPSHOT_TWCC = 4,
       SNAPSHOT_MUTED = 8,
       SNAPSHOT_LIVE = 16 /* source: packets flow */
};
enum { /* session_snapshot.flags */
       SNAPSHOT_HOST = 1,
       SNAPSHOT_LOUDEST_AUDIO = 2,
       SNAPSHOT_RECORD_CONSENT = 4
};

struct snapshot_line { /* what stays fixed of a session_line */
    char mid[MID_MAX]; /* NUL-padded, not terminated when full */
    uint8_t kind;      /* slot << 4 | source */
    uint8_t slot_index;
    uint8_t codec, pt, rtx_pt;
    uint8_t flags; /* SNAPSHOT_NACK ... */
    uint8_t ext[RTP_EXT_COUNT];
};

struct snapshot_slot { /* one outbound stream */
    struct snapshot_line line;
    uint32_t ssrc, rtx_ssrc;
    struct rewrite_state rewrite;
    uint64_t rtx_index;
    uint32_t packets, octets; /* sender report counts */
    struct rewrite_vp8 vp8;
};

struct snapshot_source { /* one inbound stream */
    struct snapshot_line line;
    uint32_t ssrc, rtx_ssrc;
    uint64_t high; /* extended highest sequence number: (SRTP rollover counter + 1) << 16 | seq,
                      0 = nothing came */
    uint64_t rtx_high;
    uint64_t sr_ntp; /* last sender report */
    uint32_t sr_rtp_ts;
    uint32_t id; /* tap id */
};

struct session_snapshot {
    uint32_t version; /* SNAPSHOT_VERSION */
    uint8_t n_slots, n_sources;
    uint8_t flags; /* SNAPSHOT_HOST ... */
    uint8_t last_flight_len;
    uint64_t peer, participant, tour, pinned;
    struct addr remote; /* selected address */
    struct addr local;  /* ours that it sends to */
    struct ice_credentials ice;
    struct dtls_keys keys;
    int64_t clock_offset; /* [us] of the client's clock (recv/clock.h), 0 = unknown */
    uint32_t srtcp_index; /* next outbound */
    char cname[CNAME_MAX];
    uint8_t fingerprint[FINGERPRINT_LEN];
    uint8_t last_flight[DTLS_LAST_FLIGHT_MAX];
    struct snapshot_source sources[SESSION_SOURCES_MAX];
    struct snapshot_slot slots[SESSION_SLOTS_MAX];
};

_Static_assert(sizeof(struct session_snapshot) <= 2048, "a session fits in 2 KiB");

#endif
