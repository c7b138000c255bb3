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

static const char *skip_space(const char *p) {
    while (*p && strchr(" \t\r\n,:", *p)) {
        p++;
    }
    return p;
}

/* Past the string that starts at p. */
static const char *skip_string(const char *p) {
    for (p++; *p && *p != '"'; p++) {
        p += *p == '\\' && p[1];
    }
    return *p ? p + 1 : p;
}

static const char *skip_value(const char *p) {
    int depth = 0;
    do {
        p = skip_space(p);
        if (*p == '"') {
            p = skip_string(p);
            continue;
        }
        depth += *p == '{' || *p == '[';
        depth -= *p == '}' || *p == ']';
        if (*p && strchr("{}[]", *p)) {
            p++;
        } else {
            p += strcspn(p, " \t\r\n,:{}[]\"");
        }
    } while (*p && depth > 0);
    return p;
}

/* How much of path the key (n bytes) matches, separator included; 0 = none. */
static size_t match_key(const char *path, const char *key, size_t n) {
    if (strncmp(path, key, n) != 0 || (path[n] && path[n] != '.' && path[n] != '[')) {
        return 0;
    }
    return n + (path[n] == '.');
}

/* The element number in "[12]..." and the length of that text, separator included. */
static size_t match_index(const char *path, unsigned *ret) {
    size_t n = 1;
    for (*ret = 0; path[n] >= '0' && path[n] <= '9'; n++) {
        *ret = *ret * 10 + (unsigned)(path[n] - '0');
    }
    n += path[n] == ']';
    return n + (path[n] == '.');
}

static const char *find_member(const char *p, const char **path) {
    for (p = skip_space(p + 1); *p == '"'; p = skip_space(skip_value(p))) {
        const char *key = p + 1;
        p = skip_string(p);
        size_t matched = match_key(*path, key, (size_t)(p - 1 - key));
        if (matched) {
            *path += matched;
            return **path ? skip_space(p) : key;
        }
        p = skip_space(p);
    }
    return NULL;
}

static const char *find_element(const char *p, const char **path) {
    unsigned want;
    size_t n = match_index(*path, &want);
    p = skip_space(p + 1);
    for (unsigned i = 0; *p && *p != ']'; i++) {
        if (i == want) {
            *path += n;
            return p;
        }
        p = skip_space(skip_value(p));
    }
    return NULL;
}

int config_line_of(const char *text, const char *path) {
    const char *p = skip_space(text);
    while (p && *path) {
        if (*p == '{') {
            p = find_member(p, &path);
        } else if (*p == '[' && *path == '[') {
            p = find_element(p, &path);
        } else {
            p = NULL;
        }
    }
    return p ? line_at(text, p) : 1;
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
