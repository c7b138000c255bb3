#include "server/os/shared_file.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NAME_SIZE 64 /* [bytes] with NUL */

struct shared_file {
    const struct runtime_dir *dir;
    char name[NAME_SIZE];
    int fd;
    void *at;
    size_t size, backed;
};

static enum err refuse(const char *name, int number, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX, "runtime_dir: %.64s: %s", name, strerror(number));
    return number == EEXIST ? ERR_EXISTS : ERR_IO;
}

enum err shared_file_new(const struct runtime_dir *d, const char *name, size_t size,
                         struct shared_file **ret, char why[WHY_MAX]) {
    CHECK(strlen(name) < NAME_SIZE && size > 0);
    struct shared_file *f = mem_zalloc(1, sizeof(*f));
    if (!f) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    f->dir = d;
    f->size = size;
    snprintf(f->name, sizeof(f->name), "%s", name);
    f->fd = openat(runtime_dir_fd(d), name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (f->fd < 0) {
        int number = errno;
        mem_free(f);
        return refuse(name, number, why);
    }
    f->at = ftruncate(f->fd, (off_t)size) == 0
                ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0)
                : MAP_FAILED;
    if (f->at == MAP_FAILED) {
        int number = errno;
        f->at = NULL;
        shared_file_end(f);
        return refuse(name, number, why);
    }
    *ret = f;
    return OK;
}

void *shared_file_at(const struct shared_file *f) {
    return f->at;
}

bool shared_file_back(struct shared_file *f, size_t n) {
    CHECK(n <= f->size);
    if (n <= f->backed) {
        return true;
    }
    int e;
    do {
        e = posix_fallocate(f->fd, (off_t)f->backed, (off_t)(n - f->backed));
    } while (e == EINTR);
    f->backed = e == 0 ? n : f->backed;
    return e == 0;
}

enum err shared_file_rename(struct shared_file *f, const char *name, char why[WHY_MAX]) {
    int dir = runtime_dir_fd(f->dir);
    CHECK(strlen(name) < NAME_SIZE);
    if (renameat(dir, f->name, dir, name) != 0) {
        snprintf(why, WHY_MAX, "runtime_dir: %.64s: %s", name, strerror(errno));
        return ERR_IO;
    }
    snprintf(f->name, sizeof(f->name), "%s", name);
    return OK;
}

struct shared_file *shared_file_end(struct shared_file *f) {
    if (!f) {
        return NULL;
    }
    if (f->at) {
        mem_wipe(f->at, f->backed);
        munmap(f->at, f->size);
    }
    close(f->fd);
    (void)unlinkat(runtime_dir_fd(f->dir), f->name, 0);
    return mem_free(f);
}
