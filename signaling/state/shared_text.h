/* A finished text that is shared by reference, so that one event goes to a thousand connections as
 * one copy. Owner: the control thread. */
#ifndef ORIEL_SIGNALING_STATE_SHARED_TEXT_H
#define ORIEL_SIGNALING_STATE_SHARED_TEXT_H

#include "base/buffer.h"

struct shared_text {
    uint32_t refs;
    size_t n; /* [bytes] without the NUL that follows */
    char *p;
};

/* The bytes of b with one reference, or NULL when it is bad or memory runs out; *b is empty again
 * in any case. */
struct shared_text *shared_text_of(struct buffer *b);
/* Add a reference; returns t. */
struct shared_text *shared_text_ref(struct shared_text *t);
/* Drop a reference; NULL allowed; returns NULL. */
struct shared_text *shared_text_unref(struct shared_text *t);

#endif
