#include "tests/unit/recorder/bench_postgres.h"

#include "recorder/catalogue/catalogue.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool in_postgres;

/* How to reach a database, with what that borrows. */
struct way {
    char url[160];
    struct postgres_config config;
};

static char dir[64], script[PATH_MAX];
static unsigned databases;
static struct way fresh; /* unchanged while there are threads that read it */

static us_t now(void *ctx) {
    struct timespec t;
    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static bool wait_for(void *ctx, int fd, bool write, us_t until) {
    struct pollfd p = {.fd = fd, .events = write ? POLLOUT : POLLIN};
    us_t left = until - now(ctx);
    return left > 0 && poll(&p, 1, (int)(left / 1000) + 1) == 1;
}

static int run(const char *const *words) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        execv(words[0], (char *const *)words);
        _exit(127);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    return status;
}

void bench_postgres_do(const char *order) {
    const char *words[] = {script, dir, order, NULL};
    CHECK(run(words) == 0);
}

/* It outlives a program that breaks an invariant, so somebody else ends it: who has the other end
 * of a pipe that closes with the program. */
static void guard(void) {
    int ends[2];
    CHECK(pipe2(ends, O_CLOEXEC) == 0); /* the database itself must not have the other end */
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        char byte;
        setsid();
        close(ends[1]);
        close(STDOUT_FILENO); /* who reads that does not wait for this */
        (void)!read(ends[0], &byte, 1);
        bench_postgres_do("down");
        _exit(0);
    }
    close(ends[0]);
}

static void start(void) {
    if (*dir) {
        return;
    }
    snprintf(script, sizeof(script), "%s/../integ/lib/pg.sh", TEST_DATA);
    char made[] = "/tmp/oriel-pg-XXXXXX";
    CHECK(mkdtemp(made));
    snprintf(dir, sizeof(dir), "%s", made);
    bench_postgres_do("up");
    guard();
}

static void way_to(struct way *w, const char *database) {
    snprintf(w->url, sizeof(w->url), "postgresql://app@/%s?host=%s", database, dir);
    w->config = (struct postgres_config){.url = w->url,
                                         .schema = "public",
                                         .connect_most = 5 * US_PER_S,
                                         .answer_most = 5 * US_PER_S,
                                         .clock = now,
                                         .wait = wait_for};
}

static void run_in(const struct way *w, const char *text) {
    struct db *d = NULL;
    CHECK(db_open_postgres(&w->config, NULL, &d) == OK);
    enum err e = db_script(d, text);
    if (e != OK) {
        fprintf(stderr, "# %s: %s\n", text, db_postgres_why(d));
    }
    CHECK(e == OK);
    db_close(d);
}

const struct postgres_config *bench_postgres_fresh(void) {
    struct way first;
    char name[32], text[64];
    start();
    snprintf(name, sizeof(name), "test_%u", ++databases);
    snprintf(text, sizeof(text), "CREATE DATABASE %s", name);
    way_to(&first, "postgres");
    run_in(&first, text);
    way_to(&fresh, name);
    return &fresh.config;
}

const struct postgres_config *bench_postgres_now(void) {
    return &fresh.config;
}

void bench_postgres_sql(const char *text) {
    run_in(&fresh, text);
}

void bench_kind(bool postgres) {
    in_postgres = postgres;
    bench_archive_database = postgres ? bench_postgres_fresh() : NULL;
}

bool bench_kind_is_postgres(void) {
    return in_postgres;
}

static struct catalogue *open_catalogue(const char *path, bool write) {
    struct catalogue *c = NULL;
    struct catalogue_place p = {&fresh.config, path};
    enum err e =
        in_postgres ? catalogue_open_shared(&p, write, &c) : catalogue_open(path, write, &c);
    e = e == OK ? catalogue_connect(c) : e;
    if (e != OK) {
        fprintf(stderr, "# %s: %s\n", err_name(e), c ? catalogue_why(c) : path);
    }
    CHECK(e == OK);
    return c;
}

struct catalogue *bench_catalogue(const char *path) {
    return open_catalogue(path, true);
}

struct catalogue *bench_catalogue_reader(const char *path) {
    return open_catalogue(path, false);
}
