#include "server/api/assets.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/map.h"
#include "server/os/files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DEPTH_MAX 8
#define HASH_MIN 8 /* characters in a name */

struct assets {
    struct asset files[ASSETS_FILES_MAX];
    size_t n, bytes;
};

static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
};

const char *assets_type(const char *name) {
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < ARRAY_LEN(types); i++) {
        if (strcmp(dot, types[i].ending) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

static bool is_hash(const char *p, size_t n) {
    static const char *const alphabets[] = {"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdef"};
    for (size_t i = 0; i < ARRAY_LEN(alphabets); i++) {
        if (n >= HASH_MIN && strspn(p, alphabets[i]) >= n) {
            return true;
        }
    }
    return false;
}

bool assets_immutable(const char *name) {
    const char *file = strrchr(name, '/'), *dash = strrchr(name, '-');
    return strncmp(name, "a/", 2) == 0 && dash && dash > file + 1 &&
           dash[1 + strcspn(dash + 1, ".")] == '.' && is_hash(dash + 1, strcspn(dash + 1, "."));
}

const struct asset_body *assets_body(const struct asset *f, const char *accepted,
                                     enum coding *ret_coding) {
    unsigned available = 0;
    for (enum coding c = 0; c < CODING_COUNT; c++) {
        available |= f->bodies[c].data.p ? 1u << c : 0;
    }
    *ret_coding = accept_coding(accepted, available);
    return *ret_coding == CODING_COUNT ? NULL : &f->bodies[*ret_coding];
}

static enum err add_file(struct assets *a, const char *path, const char *name, char why[WHY_MAX]) {
    char *data = NULL;
    size_t n = 0;
    if (a->n == ASSETS_FILES_MAX || a->bytes >= ASSETS_BYTES_MAX) {
        snprintf(why, WHY_MAX, "web.dir holds more than %d files or %d bytes", ASSETS_FILES_MAX,
                 ASSETS_BYTES_MAX);
        return ERR_FULL;
    }
    enum err e = files_read(path, ASSETS_BYTES_MAX - a->bytes, &data, &n);
    if (e != OK) {
        snprintf(why, WHY_MAX, "%.150s: cannot read: %.60s", path,
                 e == ERR_LONG ? "too large" : strerror(errno));
        return e;
    }
    struct asset *f = &a->files[a->n];
    char *kept = mem_realloc(data, n + 1);
    f->name = mem_strdup(name);
    f->type = assets_type(name);
    f->immutable = assets_immutable(name);
    struct asset_body *b = &f->bodies[CODING_IDENTITY];
    b->data = bytes_of(kept ? kept : data, n);
    snprintf(b->etag, sizeof(b->etag), "\"%016" PRIx64 "%016" PRIx64 "\"",
             hash_bytes(b->data.p, n, 1), hash_bytes(b->data.p, n, 2));
    a->n++;
    a->bytes += n;
    return f->name ? OK : ERR_NOMEM;
}

static enum err add_dir(struct assets *a, const char *dir, const char *below, char why[WHY_MAX],
                        int depth);

static enum err add_entry(struct assets *a, const char *dir, const char *name, char why[WHY_MAX],
                          int depth) {
    char path[4096];
    struct stat st;
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path) ||
        stat(path, &st) != 0) {
        snprintf(why, WHY_MAX, "%.150s/%.60s: %.30s", dir, name, strerror(errno));
        return ERR_IO;
    }
    if (S_ISDIR(st.st_mode)) {
        return depth < DEPTH_MAX ? add_dir(a, dir, name, why, depth + 1) : OK;
    }
    return S_ISREG(st.st_mode) ? add_file(a, path, name, why) : OK;
}

static enum err add_dir(struct assets *a, const char *dir, const char *below, char why[WHY_MAX],
                        int depth) {
    char path[4096], name[1024];
    snprintf(path, sizeof(path), "%.3000s%s%.1000s", dir, *below ? "/" : "", below);
    DIR *d = opendir(path);
    if (!d) {
        snprintf(why, WHY_MAX, "%.150s: cannot read the pages: %.60s", path, strerror(errno));
        return ERR_IO;
    }
    enum err e = OK;
    struct dirent *entry;
    for (errno = 0; e == OK && (entry = readdir(d)); errno = 0) {
        snprintf(name, sizeof(name), "%.700s%s%.256s", below, *below ? "/" : "", entry->d_name);
        if (entry->d_name[0] != '.') {
            e = add_entry(a, dir, name, why, depth);
        }
    }
    if (e == OK && errno != 0) {
        snprintf(why, WHY_MAX, "%.150s: cannot read the pages: %.60s", path, strerror(errno));
        e = ERR_IO;
    }
    closedir(d);
    return e;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct asset *)a)->name, ((const struct asset *)b)->name);
}

static struct asset *find(const struct assets *a, const char *name) {
    const struct asset key = {.name = (char *)(uintptr_t)name};
    return bsearch(&key, a->files, a->n, sizeof(a->files[0]), by_name);
}

/* The file that a twin of this name belongs to, and its coding; NULL: it is none. */
static struct asset *file_of(const struct assets *a, const char *name, enum coding *ret) {
    static const char *const endings[CODING_COUNT] = {[CODING_BR] = ".br", [CODING_GZIP] = ".gz"};
    char base[1024];
    size_t n = strlen(name);
    for (enum coding c = 0; c < CODING_COUNT; c++) {
        size_t m = endings[c] ? strlen(endings[c]) : n;
        if (n > m && n - m < sizeof(base) && strcmp(name + n - m, endings[c]) == 0) {
            memcpy(base, name, n - m);
            base[n - m] = '\0';
            *ret = c;
            return find(a, base);
        }
    }
    return NULL;
}

/* Give files their twins. Sorted, a file stands before its twins. */
static void pair(struct assets *a) {
    bool twin[ASSETS_FILES_MAX] = {false};
    size_t kept = 0;
    for (size_t i = 0; i < a->n; i++) {
        enum coding c;
        struct asset *f = file_of(a, a->files[i].name, &c);
        twin[i] = f != NULL;
        if (f && !twin[f - a->files]) {
            f->bodies[c] = a->files[i].bodies[CODING_IDENTITY];
            a->files[i].bodies[CODING_IDENTITY].data.p = NULL;
        }
    }
    for (size_t i = 0; i < a->n; i++) {
        if (twin[i]) {
            mem_free(a->files[i].name);
            mem_free((void *)(uintptr_t)a->files[i].bodies[CODING_IDENTITY].data.p);
        } else {
            a->files[kept++] = a->files[i];
        }
    }
    a->n = kept;
}

enum err assets_load(const char *dir, struct assets **ret, char why[WHY_MAX]) {
    struct assets *a = mem_zalloc(1, sizeof(*a));
    if (!a) {
        return ERR_NOMEM;
    }
    enum err e = add_dir(a, dir, "", why, 0);
    if (e != OK) {
        assets_free(a);
        return e;
    }
    qsort(a->files, a->n, sizeof(a->files[0]), by_name);
    pair(a);
    *ret = a;
    return OK;
}

struct assets *assets_free(struct assets *a) {
    for (size_t i = 0; a && i < a->n; i++) {
        mem_free(a->files[i].name);
        for (enum coding c = 0; c < CODING_COUNT; c++) {
            mem_free((void *)(uintptr_t)a->files[i].bodies[c].data.p);
        }
    }
    return mem_free(a);
}

const struct asset *assets_find(const struct assets *a, const char *name) {
    return a ? find(a, name) : NULL;
}
