#include "json/json_place.h"

#include <stdio.h>
#include <string.h>

/* One object or list that is open. */
struct level {
    bool list, named; /* named: its member's name has been read, a value follows */
    unsigned index;
    size_t base; /* [bytes] of the path that are its own */
};

struct walk {
    const char *text;
    size_t n, at;   /* at: of the next token */
    unsigned depth; /* levels that are open; those above JSON_DEPTH_MAX have no place */
    struct level levels[JSON_DEPTH_MAX + 1];
    char path[JSON_PATH_MAX];
    size_t len;
};

static struct level *top(struct walk *w) {
    return w->depth && w->depth <= JSON_DEPTH_MAX ? &w->levels[w->depth] : NULL;
}

static void cut(struct walk *w, size_t len) {
    w->len = len;
    w->path[len] = '\0';
}

static void append(struct walk *w, const char *s, size_t n) {
    size_t room = sizeof(w->path) - 1 - w->len;
    n = n < room ? n : room;
    memcpy(w->path + w->len, s, n);
    cut(w, w->len + n);
}

static void skip_space(struct walk *w) {
    while (w->at < w->n && memchr(" \t\r\n:", w->text[w->at], 5)) {
        w->at++;
    }
}

/* Past the string or the word that begins here. */
static size_t token_end(const struct walk *w) {
    size_t i = w->at + 1;
    if (w->text[w->at] == '"') {
        while (i < w->n && w->text[i] != '"') {
            i += w->text[i] == '\\' ? 2 : 1;
        }
        return i < w->n ? i + 1 : w->n;
    }
    while (i < w->n && !memchr(" \t\r\n:,{}[]\"", w->text[i], 11)) {
        i++;
    }
    return i;
}

/* The path of the token that begins here. */
static void enter(struct walk *w) {
    struct level *l = top(w);
    char c = w->text[w->at];
    if (!l || memchr(",}]", c, 3)) {
        return;
    }
    if (l->list) {
        char index[16];
        cut(w, l->base);
        append(w, index, (size_t)snprintf(index, sizeof(index), "[%u]", l->index));
    } else if (!l->named && c == '"') {
        size_t end = token_end(w), n = end - w->at - 1;
        cut(w, l->base);
        append(w, ".", l->base ? 1 : 0);
        append(w, w->text + w->at + 1, n && w->text[end - 1] == '"' ? n - 1 : n);
    }
}

/* Past the token that begins here. */
static void leave(struct walk *w) {
    struct level *l = top(w);
    char c = w->text[w->at];
    if (c == '{' || c == '[') {
        w->at++;
        w->depth++;
        l = top(w);
        if (l) {
            *l = (struct level){.list = c == '[', .base = w->len};
        }
    } else if (c == '}' || c == ']') {
        w->at++;
        if (l) {
            cut(w, l->base);
        }
        w->depth -= w->depth > 0;
    } else if (c == ',') {
        w->at++;
        if (l) {
            cut(w, l->base);
            l->named = false;
            l->index++;
        }
    } else {
        w->at = token_end(w);
        if (l) {
            l->named = true;
        }
    }
}

static void tell(const struct walk *w, size_t offset, struct json_place *ret) {
    ret->line = ret->column = 1;
    for (size_t i = 0; i < offset; i++) {
        bool end = w->text[i] == '\n';
        /* A character's first byte is none of 10xxxxxx (RFC 3629). */
        ret->column = end ? 1 : ret->column + ((w->text[i] & 0xc0) != 0x80);
        ret->line += end;
    }
    memcpy(ret->path, w->path, sizeof(ret->path));
}

void json_place_of(const char *text, size_t n, size_t offset, struct json_place *ret) {
    struct walk w = {.text = text, .n = n};
    for (skip_space(&w); w.at < n; skip_space(&w)) {
        enter(&w);
        if (w.at >= offset) {
            break;
        }
        leave(&w);
    }
    tell(&w, offset, ret);
}

bool json_place_find(const char *text, size_t n, const char *path, struct json_place *ret) {
    struct walk w = {.text = text, .n = n};
    for (skip_space(&w); w.at < n; skip_space(&w)) {
        enter(&w);
        if (strcmp(w.path, path) == 0) {
            tell(&w, w.at, ret);
            return true;
        }
        leave(&w);
    }
    *ret = (struct json_place){.line = 1, .column = 1};
    return false;
}
