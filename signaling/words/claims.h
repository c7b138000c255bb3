/* What a verified token says. */
#ifndef ORIEL_SIGNALING_WORDS_CLAIMS_H
#define ORIEL_SIGNALING_WORDS_CLAIMS_H

#include "base/time.h"
#include "signaling/words/capabilities.h"

#include <stdbool.h>
#include <stdint.h>

#define TOUR_NAME_MAX 64 /* see tour_name_valid */
#define SUB_MAX 64
#define NAME_MAX_BYTES 128 /* UTF-8 */

enum role { ROLE_NONE, ROLE_BUYER, ROLE_AGENT, ROLE_OPS };

/* "buyer", "agent", "ops"; "none". */
const char *role_name(enum role r);
enum role role_from_name(const char *name);
/* 1..TOUR_NAME_MAX of A-Z a-z 0-9 _ -, as tours are called in tokens, configuration and paths. */
bool tour_name_valid(const char *name);

struct claims {
    enum role role;
    char tour[TOUR_NAME_MAX + 1]; /* empty: any tour (ops only) */
    char sub[SUB_MAX + 1];        /* the seat */
    char name[NAME_MAX_BYTES + 1];
    wall_t expires;
    /* With ROLE_NONE it is a program that is nobody: it has no seat, and may do this
     * (server/auth/scopes.h). 0 of others. */
    uint32_t scopes;
    struct capabilities_part can; /* less than who comes so may by default; nothing: all of it */
};

#endif
