/* JSON with comments: blanking the comments, and names that are alike. Pure functions. */
#ifndef ORIEL_SERVER_CONFIG_CONFIG_TEXT_H
#define ORIEL_SERVER_CONFIG_CONFIG_TEXT_H

#include "base/err.h"

#include <stddef.h>

/* Overwrite // and slash-star comments outside strings with spaces; line ends stay, so line and
 * column of everything else are kept. ERR_FORMAT for a comment that is not closed: *ret_line is
 * the line where it starts. */
enum err config_strip_comments(char *text, size_t n, int *ret_line);
/* Edit distance of two names, at most cap. */
unsigned config_distance(const char *a, const char *b, unsigned cap);

#endif
