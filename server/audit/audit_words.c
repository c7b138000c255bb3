#include "server/audit/audit_words.h"

#include <string.h>

static const struct {
    const char *word;
    enum audit_kind kind;
} actions[] = {[AUDIT_NONE] = {"none", AUDIT_LOG},
#define X(sym, word, kind) [sym] = {word, kind},
               AUDIT_ACTIONS(X)
#undef X
};

const char *audit_word(enum audit_action a) {
    return actions[a < AUDIT_ACTION_COUNT ? a : AUDIT_NONE].word;
}

enum audit_action audit_action_of(const char *word) {
    for (int i = AUDIT_NONE + 1; i < AUDIT_ACTION_COUNT; i++) {
        if (strcmp(actions[i].word, word) == 0) {
            return (enum audit_action)i;
        }
    }
    return AUDIT_NONE;
}

enum audit_kind audit_kind_of(enum audit_action a) {
    return actions[a < AUDIT_ACTION_COUNT ? a : AUDIT_NONE].kind;
}

bool audit_is_folded(enum audit_action a) {
    enum audit_kind k = audit_kind_of(a);
    return k == AUDIT_LOOK || k == AUDIT_REFUSED || k == AUDIT_MODERATION || k == AUDIT_ACCESS;
}

bool audit_is_required(enum audit_action a) {
    enum audit_kind k = audit_kind_of(a);
    return k == AUDIT_LOOK || k == AUDIT_EXPORT || k == AUDIT_DELETION;
}
