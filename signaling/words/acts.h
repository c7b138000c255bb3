/* What people do to others, or how they came in: what the audit log is told (EFFECT_ACT). */
#ifndef ORIEL_SIGNALING_WORDS_ACTS_H
#define ORIEL_SIGNALING_WORDS_ACTS_H

#include "base/buffer.h"
#include "json/json_read.h"

/* X(symbol, word). Who listens has a switch over all of them, so that none is forgotten. */
#define SIGNALING_ACTS(X)         \
    X(ACT_MUTE, "mute")           \
    X(ACT_MUTE_ALL, "mute_all")   \
    X(ACT_REMOVE, "remove")       \
    X(ACT_ADMIT, "admit")         \
    X(ACT_ALLOW, "allow")         \
    X(ACT_HOST, "host")           \
    X(ACT_HAND_OVER, "hand_over") \
    X(ACT_LOWER_HAND, "hand")     \
    X(ACT_SPOTLIGHT, "spotlight") \
    X(ACT_LOCK, "lock")           \
    X(ACT_LOBBY, "lobby")         \
    X(ACT_RECORD, "record")       \
    X(ACT_RETRACT, "retract")     \
    X(ACT_INVITE, "invite")       \
    X(ACT_END, "end")             \
    X(ACT_RESUME, "resume")       \
    X(ACT_TAKE_OVER, "take_over") \
    X(ACT_OBSERVE, "observe")
enum signaling_act {
    ACT_NONE,
#define X(sym, word) sym,
    SIGNALING_ACTS(X)
#undef X
};

/* "mute_all"; "" for ACT_NONE. */
const char *signaling_act_word(enum signaling_act a);

#define ACT_SAYS_MAX 128 /* [bytes] */

/* Append what a request says, a message or the body of one, but for secrets and what has a place of
 * its own in a record: "kind=microphone muted=true". Lists come last, for they may be long: beyond
 * ACT_SAYS_MAX bytes it ends with "...". */
void signaling_act_says(struct buffer *b, const struct json *request);

#endif
