#include "signaling/words/acts.h"

#include "base/json_write.h"
#include "base/utf8.h"

#include <string.h>

#define MORE "..."

const char *signaling_act_word(enum signaling_act a) {
    static const char *const words[] = {[ACT_NONE] = "",
#define X(sym, word) [sym] = (word),
                                        SIGNALING_ACTS(X)
#undef X
    };
    return words[a];
}

/* The members of a request are few and short; those of a join are secrets, and not told. */
static bool is_told(const char *name) {
    static const char *const not [] = {"type", "id", "participant", "token", "resume", "offer"};
    for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++) {
        if (strcmp(not [i], name) == 0) {
            return false;
        }
    }
    return true;
}

static void put_member(struct buffer *b, size_t start, const struct json_walk *w) {
    const char *text = json_get_string(w->value, NULL);
    buffer_str(b, b->n > start ? " " : "");
    buffer_str(b, w->name);
    buffer_str(b, "=");
    if (text) {
        buffer_str(b, text);
    } else {
        json_put_compact(b, w->value);
    }
}

void signaling_act_says(struct buffer *b, const struct json *request) {
    size_t start = b->n;
    for (int lists = 0; lists < 2; lists++) {
        struct json_walk w = {0};
        while (json_next(request, &w)) {
            if (is_told(w.name) && (json_kind(w.value) == JSON_KIND_LIST) == (lists == 1)) {
                put_member(b, start, &w);
            }
        }
    }
    size_t n = b->n - start;
    if (!b->bad && n > ACT_SAYS_MAX) {
        buffer_cut(b, start + utf8_cut(b->p + start, n, ACT_SAYS_MAX - strlen(MORE)));
        buffer_str(b, MORE);
    }
}
