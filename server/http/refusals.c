#include "server/http/refusals.h"

#include <string.h>

void refusals_count(struct refusals *r, const char *code) {
    size_t i = 0;
    while (i < r->n && r->at[i].code != code && strcmp(r->at[i].code, code) != 0) {
        i++;
    }
    if (i == REFUSAL_CODES_MAX) {
        r->others++;
        return;
    }
    r->n += i == r->n;
    r->at[i].code = code;
    r->at[i].n++;
}
