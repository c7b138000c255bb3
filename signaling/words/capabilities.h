/* What somebody may send and receive in a tour, and do there besides: the object `can` of the
 * protocol, of tokens and of the configuration. Plain values. Thread: any. */
#ifndef ORIEL_SIGNALING_WORDS_CAPABILITIES_H
#define ORIEL_SIGNALING_WORDS_CAPABILITIES_H

#include "base/buffer.h"
#include "base/terms.h"

#include <stdbool.h>
#include <stdint.h>

struct json;

/* In which directions a source may go. X(symbol, name); bit 0 is sending, bit 1 receiving. */
#define DIRECTIONS(X)               \
    X(DIRECTION_NONE, "none")       \
    X(DIRECTION_SEND, "send")       \
    X(DIRECTION_RECEIVE, "receive") \
    X(DIRECTION_BOTH, "both")
#define X(sym, name) sym,
enum direction { DIRECTIONS(X) };
#undef X

#define SOURCES_ALL (1u << SOURCE_MICROPHONE | 1u << SOURCE_CAMERA | 1u << SOURCE_SCREEN)

struct capabilities {
    uint8_t send, receive; /* bit per source_kind */
    bool chat, point;
};

/* Some of them: what is not named counts for nothing. Zero names nothing. */
struct capabilities_part {
    uint8_t kinds; /* bit per source_kind: send and receive of these */
    bool has_chat, has_point;
    struct capabilities to;
};

/* As whom somebody is in a tour. */
enum standing { STANDING_GUEST, STANDING_HOST, STANDING_OBSERVER };

/* What they may when nobody says otherwise: a host all; a guest all but send a screen and point; an
 * observer receive. */
struct capabilities capabilities_default(enum standing standing);
/* c becomes what p says, where p says something. */
void capabilities_merge(struct capabilities *c, const struct capabilities_part *p);
/* c loses what p does not allow, where p says something: it never gains. */
void capabilities_restrict(struct capabilities *c, const struct capabilities_part *p);
/* p says what it said, but what `later` says counts more. */
void capabilities_add(struct capabilities_part *p, const struct capabilities_part *later);
/* p says nothing any more of what `later` names. */
void capabilities_unsay(struct capabilities_part *p, const struct capabilities_part *later);
/* A part that says of what p names how it is in c. */
struct capabilities_part capabilities_named(const struct capabilities *c,
                                            const struct capabilities_part *p);
/* Does it say anything? */
bool capabilities_any(const struct capabilities_part *p);
bool capabilities_equal(const struct capabilities *a, const struct capabilities *b);
/* One source, for who sets one at a time. */
void capabilities_set(struct capabilities_part *p, enum source_kind kind, enum direction direction);

/* The whole object `can`; the members that a part names. */
void capabilities_put(struct buffer *o, const char *key, const struct capabilities *c);
void capabilities_put_part(struct buffer *o, const char *key, const struct capabilities_part *p);
/* Read a `can`. False, and *ret is untouched: it is no object, or a member is unknown or has a
 * value that it may not have. */
bool capabilities_read(const struct json *v, struct capabilities_part *ret);

#endif
