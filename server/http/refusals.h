/* How often HTTP has refused something, by the code of the problem. Codes are constant words of
 * ours, some dozens; beyond REFUSAL_CODES_MAX they are counted together. Owner: the loop. */
#ifndef ORIEL_SERVER_HTTP_REFUSALS_H
#define ORIEL_SERVER_HTTP_REFUSALS_H

#include <stddef.h>
#include <stdint.h>

#define REFUSAL_CODES_MAX 128

/* Zeros: nothing was refused. */
struct refusals {
    struct {
        const char *code; /* borrowed for ever */
        uint64_t n;
    } at[REFUSAL_CODES_MAX]; /* in the order in which they came first */
    size_t n;
    uint64_t others;
};
/* Once more with this code. */
void refusals_count(struct refusals *r, const char *code);

#endif
