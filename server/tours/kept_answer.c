#include "server/tours/kept_answer.h"

#include "base/alloc.h"

#include <string.h>

struct kept_answer *kept_answer_new(const char *body, size_t len) {
    struct kept_answer *x = mem_zalloc(1, sizeof(*x) + len + 1);
    if (x && len > 0) {
        memcpy(x->body, body, len);
    }
    if (x) {
        x->len = len;
    }
    return x;
}
