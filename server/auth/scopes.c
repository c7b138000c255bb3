#include "server/auth/scopes.h"

#include <string.h>

static const char *const words[SCOPE_COUNT] = {
#define X(sym, word) word,
    SCOPES(X)
#undef X
};

#define OF_OPS                                                                              \
    (1u << SCOPE_TOURS_READ | 1u << SCOPE_PARTICIPANTS_READ | 1u << SCOPE_RECORDINGS_READ | \
     1u << SCOPE_RECORDINGS_WRITE | 1u << SCOPE_EVENTS_READ | 1u << SCOPE_EVENTS_WRITE |    \
     1u << SCOPE_NODE_READ | 1u << SCOPE_NODE_WRITE)

/* The scope that the n bytes at p are, or SCOPE_COUNT. */
static unsigned scope_of(const char *p, size_t n) {
    unsigned i = 0;
    while (i < SCOPE_COUNT && (strlen(words[i]) != n || memcmp(words[i], p, n) != 0)) {
        i++;
    }
    return i;
}

/* Bit SCOPE_COUNT stands for all words that are none of ours. */
static uint32_t read_all(const char *text) {
    uint32_t bits = 0;
    while (*text) {
        size_t n = strcspn(text, " ");
        bits |= n ? 1u << scope_of(text, n) : 0;
        text += n + (text[n] == ' ');
    }
    return bits;
}

uint32_t scopes_read(const char *text) {
    return read_all(text) & ((1u << SCOPE_COUNT) - 1);
}

bool scopes_known(const char *text) {
    uint32_t bits = read_all(text);
    return bits && !(bits & 1u << SCOPE_COUNT);
}

const char *scope_word(enum scope s) {
    return words[s];
}

bool scopes_allow(const struct claims *c, const char *word) {
    uint32_t have = c->role == ROLE_NONE ? c->scopes : c->role == ROLE_OPS ? OF_OPS : 0;
    unsigned wanted = scope_of(word, strlen(word));
    return wanted < SCOPE_COUNT && have & 1u << wanted;
}
