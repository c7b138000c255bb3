#include "server/api/query.h"

#include "base/check.h"
#include "base/utf8.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where an argument goes. */
static const struct {
    const char *name;
    size_t at, cap; /* in struct read_list */
} arguments[] = {
#define ARGUMENT(name, field) \
    { name, offsetof(struct read_list, field), sizeof(((struct read_list *)NULL)->field) }
    ARGUMENT("after", after),   ARGUMENT("tour", tour),   ARGUMENT("q", text),
    ARGUMENT("person", person), ARGUMENT("state", state), ARGUMENT("from", from),
    ARGUMENT("to", to),
#undef ARGUMENT
};

static const char *argument(const struct request *r, const char *name) {
    return url_argument(r->query.p, r->query.n, name);
}

bool query_text(const struct request *r, const char *name, char *out, size_t cap) {
    const char *text = argument(r, name);
    if (r->bad_query || (text && (strlen(text) >= cap || !utf8_printable(text)))) {
        return false;
    }
    snprintf(out, cap, "%s", text ? text : "");
    return true;
}

bool query_limit(const struct request *r, uint32_t *ret) {
    const char *digits = argument(r, "limit");
    if (r->bad_query || (digits && (strlen(digits) > 7 || digits[strspn(digits, "0123456789")]))) {
        return false;
    }
    *ret = digits ? (uint32_t)strtoul(digits, NULL, 10) : 0;
    return true;
}

bool query_list(const struct request *r, struct read_list *ret) {
    bool ok = query_limit(r, &ret->limit);
    for (size_t i = 0; ok && i < ARRAY_LEN(arguments); i++) {
        ok = query_text(r, arguments[i].name, (char *)ret + arguments[i].at, arguments[i].cap);
    }
    return ok;
}
