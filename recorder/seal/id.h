/* 128-bit identifiers of recordings and tracks. A value type. Thread: any. */
#ifndef ORIEL_RECORDER_SEAL_ID_H
#define ORIEL_RECORDER_SEAL_ID_H

#include "base/err.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_LEN 16      /* [bytes] */
#define ID_TEXT_MAX 33 /* 32 lower-case hex digits or "programme", and NUL */

struct id {
    uint8_t b[ID_LEN];
};

/* The zero id: "no track" in the AAD of journals and manifests. */
extern const struct id ID_NONE;
/* The fixed track id of the programme; its text is "programme" (PROGRAMME_TRACK). */
extern const struct id ID_PROGRAMME;

/* Some ids. Zero is an empty list. */
struct id_list {
    struct id *p;
    size_t n, cap;
};
/* Append. ERR_NOMEM; the list stays. */
enum err id_list_add(struct id_list *l, const struct id *id);
/* Free what it holds; it is empty then. */
void id_list_free(struct id_list *l);

/* A random id, never ID_NONE or ID_PROGRAMME. */
struct id id_random(const struct rng *rng);
bool id_eq(const struct id *a, const struct id *b);
/* Text into out of ID_TEXT_MAX bytes; returns out. */
char *id_text(const struct id *id, char *out);
/* Exactly 32 hex digits (lower case) or "programme"; false on anything else, *ret untouched. */
bool id_parse(const char *text, struct id *ret);

#endif
