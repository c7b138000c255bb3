/* One entry of a journal: what it says, and its line of JSON.
 *
 * The format evolves: a later release may add types and fields, and leave out fields that nothing
 * depends on. A reader takes an unknown type for ENTRY_OTHER, ignores unknown fields, cuts texts
 * and lists that are longer than it knows, takes an unknown name (of a codec, say) for none, and
 * what is missing for zero; only without the few fields that say where media are, a line is no
 * entry. What cannot be read like that raises RECORDING_FORMAT. Thread: any. */
#ifndef ORIEL_RECORDER_JOURNAL_ENTRY_H
#define ORIEL_RECORDER_JOURNAL_ENTRY_H

#include "base/buffer.h"
#include "base/terms.h"
#include "base/time.h"
#include "recorder/seal/objects.h"

#define RECORDING_FORMAT 1           /* of what this release writes; it reads all up to this */
#define JOURNAL_LINE_MAX 8192        /* [bytes] that are written */
#define JOURNAL_LINE_READ_MAX 262144 /* [bytes] that are read */
#define SEGMENT_KEYS_MAX 64          /* key frames listed per segment; more are not listed */
#define EPOCH_INIT_MAX 512           /* [bytes] */
#define ENTRY_TEXT_MAX 129           /* [bytes] with NUL; tour names, titles, names, marks */
#define ENTRY_SEALED_MAX 256         /* [bytes] of a sealed text */
#define ENTRY_SAID_MAX 2304          /* [bytes] of what an entry of the tour says, with its NULs */
#define ENTRY_SAID_SEALED_MAX (ENTRY_SAID_MAX + 32)     /* [bytes] of the same, sealed */
#define ENTRY_SEALED_LONGER (ENTRY_SAID_SEALED_MAX + 1) /* sealed_len of one that is not held */

/* X(symbol, name in JSON) */
#define ENTRY_LIST(X)                   \
    X(ENTRY_START, "start")             \
    X(ENTRY_TRACK, "track")             \
    X(ENTRY_EPOCH, "epoch")             \
    X(ENTRY_SEGMENT, "segment")         \
    X(ENTRY_SR, "sr")                   \
    X(ENTRY_GAP, "gap")                 \
    X(ENTRY_MUTE, "mute")               \
    X(ENTRY_PARTICIPANT, "participant") \
    X(ENTRY_CONSENT, "consent")         \
    X(ENTRY_STAGE, "stage")             \
    X(ENTRY_VOICE, "voice")             \
    X(ENTRY_MARK, "mark")               \
    X(ENTRY_PAUSE, "pause")             \
    X(ENTRY_SAID, "entry")              \
    X(ENTRY_FAILING, "failing")         \
    X(ENTRY_END, "end")

enum entry_type {
#define X(sym, name) sym,
    ENTRY_LIST(X)
#undef X
        ENTRY_TYPE_COUNT,
    ENTRY_OTHER = ENTRY_TYPE_COUNT /* of a later release: part of the chain, and no more */
};

struct entry_start {
    uint16_t format; /* RECORDING_FORMAT when it was made; 0: before there was a number */
    char tour[ENTRY_TEXT_MAX], title[ENTRY_TEXT_MAX];
    wall_t wall; /* of recording time 0 */
};
struct entry_track {
    struct id track;
    uint8_t kind;         /* enum source_kind; SOURCE_NONE: the programme */
    uint8_t codec;        /* enum codec; of the programme: of its video */
    uint32_t source;      /* tap source, 0 for the programme */
    uint64_t participant; /* 0 for the programme */
    uint8_t keys;         /* enum track_keys (recorder/seal/keyset.h) of its media objects */
};
/* A stretch that is one valid file. */
struct entry_epoch {
    struct id track;
    uint32_t number;        /* from 0, without holes */
    uint8_t video, audio;   /* enum codec, CODEC_NONE when absent */
    uint16_t width, height; /* [pixels] at the start, 0 for audio */
    us_t start;             /* recording time of its time 0 [us] */
    uint16_t init_len;
    uint8_t init[EPOCH_INIT_MAX]; /* CodecPrivate, avcC ...: what the computed header needs */
};
struct segment_key {
    uint32_t at_ms;  /* presentation time after the segment's start [ms] */
    uint32_t offset; /* of the cluster or fragment with the key frame, in the media bytes */
};
/* Missing in recordings of before it was noted. */
enum segment_sound { SEGMENT_SOUND_UNKNOWN, SEGMENT_SOUND_NONE, SEGMENT_SOUND_SOME };
struct entry_segment {
    struct id track;
    uint32_t epoch, number; /* number: from 0 in its epoch, without holes, in order */
    us_t start, duration;   /* start: after the epoch's start [us] */
    uint16_t width, height; /* [pixels] of the largest frame in it */
    bool first_is_key;
    uint8_t sound;           /* enum segment_sound */
    bool adopted;            /* found by recovery, not reported by the writer */
    uint64_t bytes;          /* media bytes in the object (a trailer follows them) */
    struct object_info info; /* of the sealed object */
    uint16_t n_keys;
    struct segment_key keys[SEGMENT_KEYS_MAX];
};
struct entry_sr {
    struct id track;
    uint64_t ntp;    /* RFC 3550 section 6.4.1 */
    uint64_t rtp_ts; /* extended */
};
struct entry_gap {
    struct id track;
    us_t duration;
    uint32_t packets; /* missing */
    char cause[16];   /* "loss", "queue", "store" */
};
/* Everything said about a person or a source: mute, participant, consent, stage, voice, mark. */
struct entry_person {
    uint64_t participant;
    uint32_t source;           /* stage, voice, mute; 0 = nobody. participant: 7 of "p7", by which
                                  entries of the ledger name people; 0: not noted */
    bool on;                   /* joined, muted */
    char name[ENTRY_TEXT_MAX]; /* participant: name; consent: text version; mark: its text */
    char role[16];
};
/* The same as it stands in a journal. What names a person, or was written by one, is under that
 * person's key (personal.h): `said.name` is empty then. */
struct entry_personal {
    struct entry_person said; /* in the union at the same place as `person` */
    uint16_t sealed_len;      /* 0: nothing is sealed; ENTRY_SEALED_LONGER: what a later release
                                 sealed is longer than this one takes, and is not here */
    uint8_t sealed[ENTRY_SEALED_MAX];
};
/* An entry of the tour's ledger (docs/protocol.md): something that somebody said, asked or showed.
 * Begins as entry_personal does. */
struct entry_said {
    struct entry_person who; /* participant; source: the entry's number; role: its kind */
    uint16_t sealed_len;     /* 0: bytes are in clear */
    uint8_t bytes[ENTRY_SAID_SEALED_MAX]; /* further members as a JSON object, NUL, text, NUL; or
                                             the same sealed */
    uint16_t len;                         /* [bytes] in clear */
};
struct entry_failing {
    uint8_t error; /* enum err */
    us_t since;
};
struct entry_end {
    char reason[16]; /* "stopped", "interrupted" */
};

struct entry {
    uint8_t type; /* enum entry_type */
    us_t t;       /* recording timeline [us] */
    uint64_t seq; /* where it stood in the journal that it was read from, else 0 */
    union {
        struct entry_start start;
        struct entry_track track;
        struct entry_epoch epoch;
        struct entry_segment segment;
        struct entry_sr sr;
        struct entry_gap gap;
        struct entry_person person;
        struct entry_personal personal; /* of what was read, or is about to be written */
        struct entry_said said;
        struct entry_failing failing;
        struct entry_end end;
    } u;
};

/* "segment" ...; never NULL. */
const char *entry_type_name(enum entry_type t);

/* Where the chain stands. */
struct journal_head {
    uint64_t entries;         /* the next seq */
    uint8_t hash[SHA256_LEN]; /* of the last line, or the chain's beginning */
    uint32_t objects;         /* the next object number */
};

/* It is about a person or a source: u.person and u.personal. */
bool entry_is_of_person(enum entry_type t);
/* [bytes] at most of what is sealed in one of this type, which is of a person. */
size_t entry_sealed_max(enum entry_type t);
/* What an entry of the tour says, in clear: further members as JSON ("" when it says nothing), and
 * its text. The latter is cut at a character when both together are too long. */
void entry_say(struct entry_said *s, const char *fields, const char *text);
const char *entry_said_fields(const struct entry_said *s);
const char *entry_said_text(const struct entry_said *s);
/* Media cannot be read without entries of this type. */
bool entry_is_needed(enum entry_type t);
/* Append one entry as JSON without newline. head NULL: without "seq" and "prev" (the trailer of a
 * media object). ERR_RANGE when it cannot be said, ERR_LONG, ERR_NOMEM; *out as before then. */
enum err entry_encode(const struct entry *e, const struct journal_head *head, struct buffer *out);
/* Parse one line (no newline). ret_link may be NULL: then "seq" and "prev" need not be there.
 * ERR_FORMAT, ERR_NOMEM; ERR_UNSUPPORTED: the start of a recording in a later format. */
struct entry_link {
    uint64_t seq;
    uint8_t prev[SHA256_LEN];
};
enum err entry_decode(struct bytes line, struct entry *ret, struct entry_link *ret_link);

#endif
