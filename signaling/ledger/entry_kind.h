/* Kinds of entries of a tour's ledger. */
#ifndef ORIEL_SIGNALING_LEDGER_ENTRY_KIND_H
#define ORIEL_SIGNALING_LEDGER_ENTRY_KIND_H

#include <stdbool.h>

/* X(symbol, name, member that has its text, kept for who comes later) */
#define ENTRY_KINDS(X)                                                                   \
    X(ENTRY_KIND_CHAT, "chat", "text", true)                                             \
    X(ENTRY_KIND_QUESTION, "question", "text", true)                                     \
    X(ENTRY_KIND_ANSWER, "answer", "text", true)                                         \
    X(ENTRY_KIND_HAND, "hand", NULL, false)         /* the participant has it */         \
    X(ENTRY_KIND_REACTION, "reaction", NULL, false) /* of the moment */                  \
    X(ENTRY_KIND_CHAPTER, "chapter", "title", true)                                      \
    X(ENTRY_KIND_FOLLOW, "follow", NULL, false) /* the tour has it, and the next ones */ \
    X(ENTRY_KIND_POINTER, "pointer", NULL, false)                                        \
    X(ENTRY_KIND_SPOTLIGHT, "spotlight", NULL, false)                                    \
    X(ENTRY_KIND_LOCK, "lock", NULL, false)                                              \
    X(ENTRY_KIND_HOST, "host", NULL, false)                                              \
    X(ENTRY_KIND_RETRACT, "retract", NULL, true)
#define X(sym, name, text, kept) sym,
enum entry_kind { ENTRY_KINDS(X) };
#undef X

/* "chat"; never NULL. */
const char *entry_kind_name(enum entry_kind kind);
/* The name of the member that has its text; NULL: it has none. */
const char *entry_kind_text(enum entry_kind kind);
/* Is it in the history? */
bool entry_kind_kept(enum entry_kind kind);

#endif
