/* People whose tokens count no more, whatever they say: one sub a line in a file, as it counts here
 * (of another issuer NAME:SUB). Empty lines and those that begin with # are comments. Thread: any,
 * one at a time. */
#ifndef ORIEL_SERVER_AUTH_REVOKED_H
#define ORIEL_SERVER_AUTH_REVOKED_H

#include "base/err.h"

#include <stdbool.h>

#define REVOKED_TEXT_MAX (4u << 20) /* [bytes] of the file: some hundred thousand people */

struct revoked;

/* Read the file. ERR_IO, ERR_LONG (it, or a line: no sub is that long), ERR_NOMEM, with the reason
 * in why[WHY_MAX]; *ret is untouched then. */
enum err revoked_read(const char *file, struct revoked **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. */
struct revoked *revoked_free(struct revoked *x);
/* Is this sub one of them? NULL has nobody. */
bool revoked_has(const struct revoked *x, const char *sub);

#endif
