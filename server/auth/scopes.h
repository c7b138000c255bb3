/* What a program may do, which is nobody: the words of the claim `scope` (RFC 8693 section 4.2).
 * Thread: any. */
#ifndef ORIEL_SERVER_AUTH_SCOPES_H
#define ORIEL_SERVER_AUTH_SCOPES_H

#include "signaling/words/claims.h"

/* X(symbol, word) */
#define SCOPES(X)                                     \
    X(SCOPE_TOURS_READ, "tours:read")                 \
    X(SCOPE_TOURS_WRITE, "tours:write")               \
    X(SCOPE_PARTICIPANTS_READ, "participants:read")   \
    X(SCOPE_PARTICIPANTS_WRITE, "participants:write") \
    X(SCOPE_CHAT_READ, "chat:read")                   \
    X(SCOPE_CHAT_WRITE, "chat:write")                 \
    X(SCOPE_INVITES_WRITE, "invites:write")           \
    X(SCOPE_RECORDINGS_READ, "recordings:read")       \
    X(SCOPE_RECORDINGS_WRITE, "recordings:write")     \
    X(SCOPE_EVENTS_READ, "events:read")               \
    X(SCOPE_EVENTS_WRITE, "events:write")             \
    X(SCOPE_AUDIT_READ, "audit:read")                 \
    X(SCOPE_NODE_READ, "node:read")                   \
    X(SCOPE_NODE_WRITE, "node:write")

#define X(sym, word) sym,
enum scope { SCOPES(X) SCOPE_COUNT };
#undef X

/* The bits (1 << scope) of words with blanks between them; unknown words are others' and none of
 * ours. */
uint32_t scopes_read(const char *text);
/* The word; never NULL. */
const char *scope_word(enum scope s);
/* Every word of text is one of ours, and there is one. */
bool scopes_known(const char *text);
/* May who has these claims do what the word says? A service what its token has; ops read tours, do
 * all there is to do with recordings and the ledger of events, and empty the server, but the audit
 * log is about them and not for them; others nothing. */
bool scopes_allow(const struct claims *c, const char *word);

#endif
