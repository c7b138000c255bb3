#include "server/audit/audit_chain.h"

#include "base/check.h"

#include <string.h>

static const struct {
    const char *word, *what;
} faults[] = {
#define X(sym, word, what) [sym] = {word, what},
    AUDIT_FAULTS(X)
#undef X
};

const char *audit_fault_word(enum audit_fault f) {
    return faults[(size_t)f < ARRAY_LEN(faults) ? f : AUDIT_MALFORMED].word;
}

const char *audit_fault_what(enum audit_fault f) {
    return faults[(size_t)f < ARRAY_LEN(faults) ? f : AUDIT_MALFORMED].what;
}

static enum audit_fault read(struct bytes line, struct audit_record *ret) {
    switch (audit_record_read(line, ret)) {
    case OK:
        return AUDIT_SOUND;
    case ERR_LONG:
        return AUDIT_TOO_LONG;
    case ERR_AUTH:
        return AUDIT_CHANGED;
    case ERR_NOMEM:
        return AUDIT_UNREADABLE;
    default:
        return AUDIT_MALFORMED;
    }
}

/* The first may have any number: audit_chain_end asks why. */
static enum audit_fault follows(struct audit_chain *c, const struct audit_record *r) {
    if (!c->last.number) {
        c->first = r->number;
        memcpy(c->before_first, r->prev, SHA256_LEN);
        return AUDIT_SOUND;
    }
    if (r->number != c->last.number + 1) {
        return r->number > c->last.number ? AUDIT_MISSING : AUDIT_OUT_OF_ORDER;
    }
    return memcmp(r->prev, c->last.hash, SHA256_LEN) == 0 ? AUDIT_SOUND : AUDIT_UNCHAINED;
}

static bool must_be_signed(const struct audit_record *r) {
    enum audit_action w = r->e.what;
    return w == AUDIT_CHECKPOINT || w == AUDIT_PRUNE || w == AUDIT_CUT || w == AUDIT_BROKEN;
}

static enum audit_fault check_signature(const struct audit_chain *c, struct bytes line,
                                        const struct audit_record *r) {
    if (!r->is_signed) {
        return must_be_signed(r) && !c->any_key ? AUDIT_UNSIGNED : AUDIT_SOUND;
    }
    for (size_t i = 0; i < c->n_keys; i++) {
        if (memcmp(c->keys[i], r->key, KEY_LEN) == 0) {
            return audit_record_verify(line, r, r->key) == OK ? AUDIT_SOUND : AUDIT_FORGED;
        }
    }
    return c->any_key ? AUDIT_SOUND : AUDIT_WRONG_KEY;
}

void audit_chain_begin_again(struct audit_chain *c) {
    c->last.number = 0;
}

static void note(struct audit_chain *c, const struct audit_record *r) {
    c->last.number = r->number;
    memcpy(c->last.hash, r->hash, SHA256_LEN);
    c->records++;
    c->signatures += r->is_signed;
    c->signed_upto = r->is_signed ? r->number : c->signed_upto;
    c->cuts += r->e.what == AUDIT_CUT || r->e.what == AUDIT_BROKEN;
    /* What was to be removed may still be there, in part: the process ended in the middle. */
    if (r->e.what == AUDIT_PRUNE && r->upto + 1 >= c->first) {
        c->pruned = r->upto + 1 > c->first ||
                    memcmp(r->upto_hash, c->before_first, SHA256_LEN) == 0 || c->pruned;
    }
    for (size_t i = 0; i < ARRAY_LEN(c->known); i++) {
        bool unlike =
            c->known[i].number == r->number && memcmp(c->known[i].hash, r->hash, SHA256_LEN) != 0;
        c->unlike = unlike && !c->unlike ? r->number : c->unlike;
    }
}

enum audit_fault audit_chain_take(struct audit_chain *c, struct bytes line,
                                  struct audit_record *ret) {
    enum audit_fault f = read(line, ret);
    f = f == AUDIT_SOUND ? follows(c, ret) : f;
    f = f == AUDIT_SOUND ? check_signature(c, line, ret) : f;
    if (f == AUDIT_SOUND) {
        note(c, ret);
    }
    return f == AUDIT_SOUND && c->unlike ? AUDIT_REWRITTEN : f;
}

enum audit_fault audit_chain_end(const struct audit_chain *c) {
    static const uint8_t none[SHA256_LEN];
    bool begins =
        !c->records || (c->first == 1 ? memcmp(c->before_first, none, SHA256_LEN) == 0 : c->pruned);
    for (size_t i = 0; i < ARRAY_LEN(c->known); i++) {
        if (c->known[i].number > c->last.number) {
            return AUDIT_CUT_OFF;
        }
    }
    return !begins ? AUDIT_BEHEADED : c->cuts ? AUDIT_WAS_CUT : AUDIT_SOUND;
}
