#include "tests/unit/recorder/search_files.h"

#include "base/check.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* nftw has no argument of its own. */
static struct {
    struct bytes what;
    unsigned files, found;
} search;

static int look_into(const char *path, const struct stat *st, int type, struct FTW *f) {
    (void)f;
    if (type != FTW_F || st->st_size == 0) {
        return 0;
    }
    size_t n = (size_t)st->st_size;
    char *data = malloc(n);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(data && fd >= 0 && read(fd, data, n) == st->st_size);
    search.files++;
    search.found += memmem(data, n, search.what.p, search.what.n) != NULL;
    close(fd);
    free(data);
    return 0;
}

unsigned search_files(const char *dir, struct bytes what) {
    search.what = what;
    search.files = search.found = 0;
    CHECK(nftw(dir, look_into, 16, FTW_PHYS) == 0 && search.files > 0);
    return search.found;
}
