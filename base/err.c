#include "base/err.h"

const char *err_name(enum err e) {
    switch (e) {
#define X(sym, name) \
    case sym:        \
        return name;
        ERR_LIST(X)
#undef X
    }
    return "invalid";
}
