/* Where something stands in a text of JSON: for errors that people can act on. Nothing here is
 * allocated, and nothing is said about validity: an invalid text has places, too. Thread: any. */
#ifndef ORIEL_JSON_JSON_PLACE_H
#define ORIEL_JSON_JSON_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH_MAX 64 /* levels that a place may lie below the top */
#define JSON_PATH_MAX 128 /* [bytes] of a path with its NUL; a longer one is cut */

struct json_place {
    unsigned line, column;    /* from 1; the column in characters */
    char path[JSON_PATH_MAX]; /* "tours[1].name", names as the text spells them; "": the top */
};

/* The place of byte `offset` (at most n) of the n bytes at text. */
void json_place_of(const char *text, size_t n, size_t offset, struct json_place *ret);
/* The place of the member or item that has this path: a member's name, an item's first byte. False,
 * and the beginning of the text: it is not there. */
bool json_place_find(const char *text, size_t n, const char *path, struct json_place *ret);

#endif
