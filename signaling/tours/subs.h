/* Lists of tokens' subs: whom a host has removed, whom one has let in. They are of one run of a
 * tour and hold as many as people fit in it, so that nobody makes them grow. */
#ifndef ORIEL_SIGNALING_TOURS_SUBS_H
#define ORIEL_SIGNALING_TOURS_SUBS_H

#include "base/err.h"
#include "signaling/state/state.h"

struct sub_entry {
    struct link in_list;
    char sub[SUB_MAX + 1];
};

/* Is this sub in it? */
bool subs_have(const struct sub_list *list, const char *sub);
/* Add one, once; beyond `most` the oldest is forgotten. ERR_NOMEM: nothing has changed. */
enum err subs_add(struct sub_list *list, const char *sub, uint32_t most);
/* Take one out, if it is there. */
void subs_drop(struct sub_list *list, const char *sub);
/* Take all out. */
void subs_clear(struct sub_list *list);

#endif
