#include "signaling/ledger/entry_kind.h"

#include <stddef.h>

static const struct {
    const char *name, *text;
    bool kept;
} kinds[] = {
#define X(sym, name, text, kept) {name, text, kept},
    ENTRY_KINDS(X)
#undef X
};

const char *entry_kind_name(enum entry_kind kind) {
    return kinds[kind].name;
}

const char *entry_kind_text(enum entry_kind kind) {
    return kinds[kind].text;
}

bool entry_kind_kept(enum entry_kind kind) {
    return kinds[kind].kept;
}
