/* Who may say what, how often, and in which words: the rules of what people say in a tour, and a
 * platform does (docs/protocol.md section 1.7). Owner: the control thread. */
#ifndef ORIEL_SIGNALING_LEDGER_SAY_H
#define ORIEL_SIGNALING_LEDGER_SAY_H

#include "signaling/state/state.h"

enum right { RIGHT_CHAT, RIGHT_POINT };
/* May this one? */
bool may(const struct seat *seat, enum right right);

/* Somebody who says something. */
struct speaker {
    struct signaling *s;
    us_t now;
    struct tour *t;
    struct seat *seat; /* NULL: the REST API, which may what a host may */
    const char *field; /* out: what is wrong of it, with CODE_BAD_FIELD */
};
/* Is it a host's to do, and he may? */
bool speaker_hosts(const struct speaker *sp);
/* Now? Counts it. CODE_FORBIDDEN when he is not `allowed`, CODE_RATE_LIMITED. */
enum code say_check(const struct speaker *sp, bool allowed);

/* Each becomes an entry. CODE_BAD_FIELD (with its field), CODE_FORBIDDEN, CODE_RATE_LIMITED,
 * CODE_INTERNAL: memory is out; nothing has changed then. A text is 1 to SAID_TEXT_MAX bytes that
 * may be shown to others; only a title, of CHAPTER_MAX, is one line. */
/* A word to all, or to hosts. */
enum code say_chat(struct speaker *sp, const char *text, bool hosts_only);
/* A question, which has a number of its own: it is to be answered. */
enum code say_ask(struct speaker *sp, const char *text);
/* A host answers it, by voice (text NULL) or in writing, or puts it aside. */
struct say_answer {
    const char *question; /* "q3" */
    const char *state;    /* "answered", "dismissed" */
    const char *text;
};
enum code say_answer(struct speaker *sp, const struct say_answer *a);
/* A reaction, of the moment. */
enum code say_react(struct speaker *sp, const char *reaction);
/* A host begins a chapter: what is seen from now on. */
enum code say_chapter(struct speaker *sp, const char *title);
/* What somebody has written is taken back, by herself or by a host. CODE_ENTRY_UNKNOWN: it is no
 * such text, it was taken back before, or the history has forgotten it. */
enum code say_retract(struct speaker *sp, uint64_t seq);
/* A hand goes up or down; a host may lower that of another. */
enum code say_hand(struct speaker *sp, struct seat *whose, bool up);

#endif
