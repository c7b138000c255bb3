#include "bench/load/target.h"

#include "base/alloc.h"
#include "base/buffer.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool target_fail(struct target *t, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(t->why, sizeof(t->why), fmt, args);
    va_end(args);
    return false;
}

const char *target_file(const struct target *t, const char *name) {
    static char path[160];
    snprintf(path, sizeof(path), "%s/%s", t->dir, name);
    return path;
}

char *target_read(const struct target *t, const char *name) {
    struct buffer out = {0};
    char part[4096];
    FILE *f = fopen(target_file(t, name), "re");
    if (!f) {
        return NULL;
    }
    buffer_printf(&out, "%s", "");
    for (size_t n; (n = fread(part, 1, sizeof(part), f)) > 0;) {
        buffer_put(&out, part, n);
    }
    fclose(f);
    return buffer_take(&out);
}

bool target_write(const struct target *t, const char *name, const char *contents) {
    FILE *f = fopen(target_file(t, name), "we");
    bool ok = f && fputs(contents, f) >= 0;
    ok = f && fclose(f) == 0 && ok;
    return ok;
}

static uint64_t bytes_found; /* nftw has no argument for it */

static int count_one(const char *path, const struct stat *s, int type, struct FTW *at) {
    (void)path;
    (void)at;
    bytes_found += type == FTW_F ? (uint64_t)s->st_size : 0;
    return 0;
}

uint64_t target_bytes(const struct target *t, const char *folder) {
    bytes_found = 0;
    (void)nftw(target_file(t, folder), count_one, 16, FTW_PHYS);
    return bytes_found;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at) {
    (void)s;
    (void)type;
    (void)at;
    return remove(path);
}

bool target_start(struct target *t, const struct target_ops *ops, struct load *l,
                  const struct target_config *c) {
    *t = (struct target){.ops = ops, .load = l, .dir = "/tmp/oriel-bench-XXXXXX"};
    if (!mkdtemp(t->dir)) {
        t->dir[0] = '\0';
        return target_fail(t, "cannot make a directory below /tmp: %s", strerror(errno));
    }
    snprintf(t->log, sizeof(t->log), "%s/log", t->dir);
    t->http = load_http_new(l);
    if (!ops->start(t, c)) {
        target_stop(t);
        return false;
    }
    return true;
}

void target_stop(struct target *t) {
    if (!t->ops) {
        return;
    }
    t->http = load_http_free(t->load, t->http);
    if (t->ops->close) {
        t->ops->close(t);
    }
    child_stop(&t->child);
    if (t->dir[0]) {
        (void)nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    t->ops = NULL;
}
