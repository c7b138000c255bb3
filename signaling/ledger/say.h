/* Who may say what, how often, and in which words. Owner: the control thread. */
#ifndef ORIEL_SIGNALING_LEDGER_SAY_H
#define ORIEL_SIGNALING_LEDGER_SAY_H

#include "signaling/state/state.h"

enum right { RIGHT_CHAT, RIGHT_POINT };
/* May this one? */
bool may(const struct seat *seat, enum right right);
/* Now? Counts it. False: CODE_RATE_LIMITED. */
bool say_admit(const struct signaling *s, us_t now, struct seat *seat);
/* A text of n bytes that may be shown to others: it is not empty, not longer than SAID_TEXT_MAX,
 * and has no control characters but, when `lines`, the ends of lines. */
bool say_fits(const char *text, size_t n, bool lines);

#endif
