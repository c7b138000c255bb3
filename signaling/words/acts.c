#include "signaling/words/acts.h"

const char *signaling_act_word(enum signaling_act a) {
    static const char *const words[] = {[ACT_NONE] = "",
#define X(sym, word) [sym] = (word),
                                        SIGNALING_ACTS(X)
#undef X
    };
    return words[a];
}
