#include "server/config/config_text.h"

#include "base/bytes.h"

#include <stdbool.h>

static int line_at(const char *text, const char *at) {
    int line = 1;
    for (; text < at; text++) {
        line += *text == '\n';
    }
    return line;
}

/* The end of the comment that starts at `at`, or NULL when it is not closed. */
static char *comment_end(char *at, char *end) {
    if (at[1] == '/') {
        char *nl = memchr(at, '\n', (size_t)(end - at));
        return nl ? nl : end;
    }
    char *close = memmem(at + 2, (size_t)(end - at - 2), "*/", 2);
    return close ? close + 2 : NULL;
}

enum err config_strip_comments(char *text, size_t n, int *ret_line) {
    char *end = text + n;
    bool quoted = false;
    for (char *p = text; p < end; p++) {
        if (quoted && *p == '\\') {
            p++;
        } else if (quoted) {
            quoted = *p != '"';
        } else if (*p == '"') {
            quoted = true;
        } else if (*p == '/' && p + 1 < end && (p[1] == '/' || p[1] == '*')) {
            char *stop = comment_end(p, end);
            if (!stop) {
                *ret_line = line_at(text, p);
                return ERR_FORMAT;
            }
            for (; p < stop; p++) {
                *p = *p == '\n' ? '\n' : ' ';
            }
            p--;
        }
    }
    return OK;
}

unsigned config_distance(const char *a, const char *b, unsigned cap) {
    unsigned row[128];
    size_t na = strlen(a), nb = strlen(b);
    if (nb >= 127 || na >= 127) {
        return cap;
    }
    for (unsigned j = 0; j <= nb; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            unsigned side = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = best < side ? best : side;
        }
    }
    return row[nb] < cap ? row[nb] : cap;
}
