#include "server/audit/audit_files.h"

#include "base/alloc.h"
#include "server/os/files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "audit-"
#define SUFFIX ".jsonl"
#define DIGITS 12

const char *audit_file_name(uint64_t first, char *out) {
    snprintf(out, AUDIT_NAME_MAX, PREFIX "%0*" PRIu64 SUFFIX, DIGITS, first % 1000000000000);
    return out;
}

uint64_t audit_file_number(const char *name) {
    const char *digits = name + strlen(PREFIX);
    bool ok = strlen(name) == strlen(PREFIX) + DIGITS + strlen(SUFFIX) &&
              strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
              strspn(digits, "0123456789") == DIGITS && strcmp(digits + DIGITS, SUFFIX) == 0;
    return ok ? strtoull(digits, NULL, 10) : 0;
}

static enum err add(struct audit_files *f, uint64_t first) {
    if (f->n == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 64;
        uint64_t *p = mem_realloc(f->first, cap * sizeof(*p));
        if (!p) {
            return ERR_NOMEM;
        }
        f->first = p;
        f->cap = cap;
    }
    f->first[f->n++] = first;
    return OK;
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

enum err audit_files_list(const char *dir, struct audit_files *ret) {
    struct audit_files f = {0};
    DIR *d = opendir(dir);
    if (!d) {
        return errno == ENOENT ? ERR_UNKNOWN : ERR_IO;
    }
    enum err e = OK;
    for (const struct dirent *it = readdir(d); it && e == OK; it = readdir(d)) {
        uint64_t first = audit_file_number(it->d_name);
        e = first ? add(&f, first) : OK;
    }
    closedir(d);
    if (e != OK) {
        audit_files_free(&f);
        return e;
    }
    if (f.n > 1) {
        qsort(f.first, f.n, sizeof(f.first[0]), ascending);
    }
    *ret = f;
    return OK;
}

void audit_files_free(struct audit_files *f) {
    mem_free(f->first);
    *f = (struct audit_files){0};
}

enum err audit_file_read(const char *dir, const char *name, char **ret, size_t *ret_n) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
        return ERR_LONG;
    }
    return files_read(path, AUDIT_FILE_MAX, ret, ret_n);
}

enum err audit_file_first(const char *dir, const char *name, struct audit_record *ret) {
    char path[PATH_MAX], line[AUDIT_LINE_MAX + 2];
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
        return ERR_LONG;
    }
    FILE *f = fopen(path, "re");
    if (!f) {
        return errno == ENOENT ? ERR_UNKNOWN : ERR_IO;
    }
    size_t n = fread(line, 1, sizeof(line), f);
    bool failed = ferror(f) != 0;
    fclose(f);
    const char *end = memchr(line, '\n', n);
    return failed ? ERR_IO
           : end  ? audit_record_read(bytes_of(line, (size_t)(end - line)), ret)
                  : ERR_FORMAT;
}

enum err audit_head_read(const char *dir, struct audit_record *ret) {
    return audit_file_first(dir, "head", ret);
}

/* ---- walking ---- */

struct walk {
    struct audit_chain *chain;
    bool (*each)(void *ctx, const struct audit_record *r);
    void *ctx;
    struct audit_place *at;
    bool enough, past;
    /* Of who goes past: what was wrong first. */
    enum audit_fault wrong;
    struct audit_place wrong_at;
};

/* True: the walk goes on all the same. */
static bool steps_over(struct walk *w, enum audit_fault f) {
    if (w->past && w->wrong == AUDIT_SOUND) {
        w->wrong = f;
        w->wrong_at = *w->at;
    }
    audit_chain_begin_again(w->chain);
    return w->past;
}

static enum audit_fault walk_lines(struct walk *w, struct bytes text) {
    uint64_t first = audit_file_number(w->at->file);
    struct audit_record r;
    while (text.n > 0 && !w->enough) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        w->at->line++;
        if (!end) {
            return n > AUDIT_LINE_MAX ? AUDIT_TOO_LONG : AUDIT_TORN;
        }
        enum audit_fault f = audit_chain_take(w->chain, bytes_of(text.p, n), &r);
        if (f == AUDIT_SOUND && w->at->line == 1 && first && r.number != first) {
            f = AUDIT_MISNAMED;
        }
        if (f != AUDIT_SOUND && !steps_over(w, f)) {
            return f;
        }
        bool is_one = f != AUDIT_TOO_LONG && f != AUDIT_MALFORMED && f != AUDIT_CHANGED &&
                      f != AUDIT_UNREADABLE;
        w->enough = is_one && w->each && !w->each(w->ctx, &r);
        text = bytes_of(end + 1, text.n - n - 1);
    }
    return AUDIT_SOUND;
}

static enum audit_fault walk_file(struct walk *w, const char *dir, const char *name) {
    char *text = NULL;
    size_t n = 0;
    snprintf(w->at->file, sizeof(w->at->file), "%s", name);
    w->at->line = 0;
    if (audit_file_read(dir, name, &text, &n) != OK) {
        return AUDIT_UNREADABLE;
    }
    enum audit_fault f = walk_lines(w, bytes_of(text, n));
    mem_free(text);
    return f;
}

enum audit_fault audit_walk_file(const char *dir, const char *name, struct audit_chain *c,
                                 struct audit_place *ret_at) {
    struct walk w = {.chain = c, .at = ret_at};
    return walk_file(&w, dir, name);
}

static enum audit_fault walk_all(struct walk *w, const char *dir) {
    struct audit_files files = {0};
    char name[AUDIT_NAME_MAX];
    *w->at = (struct audit_place){0};
    if (audit_files_list(dir, &files) != OK) {
        return AUDIT_UNREADABLE;
    }
    enum audit_fault f = AUDIT_SOUND;
    for (size_t i = 0; i < files.n && f == AUDIT_SOUND && !w->enough; i++) {
        f = walk_file(w, dir, audit_file_name(files.first[i], name));
        f = f != AUDIT_SOUND && steps_over(w, f) ? AUDIT_SOUND : f;
    }
    audit_files_free(&files);
    return f;
}

enum audit_fault audit_walk(const char *dir, struct audit_chain *c,
                            bool (*each)(void *ctx, const struct audit_record *r), void *ctx,
                            struct audit_place *ret_at) {
    struct walk w = {.chain = c, .each = each, .ctx = ctx, .at = ret_at};
    return walk_all(&w, dir);
}

enum audit_fault audit_walk_past(const char *dir, struct audit_chain *c,
                                 bool (*each)(void *ctx, const struct audit_record *r), void *ctx,
                                 struct audit_place *ret_at) {
    struct walk w = {.chain = c, .each = each, .ctx = ctx, .at = ret_at, .past = true};
    enum audit_fault f = walk_all(&w, dir);
    if (w.wrong == AUDIT_SOUND) {
        return f;
    }
    *ret_at = w.wrong_at;
    return w.wrong;
}
