/* The simulator's work, divided over processes. */
#include "tests/sim/sim_jobs.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECES 6

struct told { /* what was reported */
    unsigned pieces[PIECES], failed[PIECES], n;
    char how[PIECES][64];
    int pipe[2]; /* between pieces */
    unsigned skip_after;
};

static unsigned done(void *ctx, unsigned piece, unsigned failed, const char *how) {
    struct told *t = ctx;
    t->pieces[t->n] = piece;
    t->failed[t->n] = failed;
    snprintf(t->how[t->n++], sizeof(t->how[0]), "%s", how ? how : "");
    printf("done %u;", piece);
    return t->skip_after && piece == t->skip_after ? PIECES - 1 : piece + 1;
}

/* Run, and what came of it on standard output. */
static bool run(const struct jobs *j, char *out, size_t cap) {
    FILE *f = tmpfile();
    fflush(stdout);
    int before = dup(STDOUT_FILENO);
    if (!f || before < 0 || dup2(fileno(f), STDOUT_FILENO) < 0) {
        return false;
    }
    bool ok = jobs_run(j);
    fflush(stdout);
    (void)dup2(before, STDOUT_FILENO);
    close(before);
    rewind(f);
    out[fread(out, 1, cap - 1, f)] = 0;
    fclose(f);
    return ok;
}

/* The first one ends last. */
static unsigned say_late(void *ctx, unsigned piece) {
    struct told *t = ctx;
    char c = 0;
    printf("says %u;", piece);
    if (piece == 0) {
        return read(t->pipe[0], &c, 1) == 1 ? 0 : 1;
    }
    return piece < PIECES - 1 || write(t->pipe[1], &c, 1) == 1 ? piece / 4 : 1;
}

TEST(jobs_are_told_in_order) {
    struct told t = {0};
    char out[400];
    REQUIRE(pipe(t.pipe) == 0);
    struct jobs j = {.n = PIECES, .most = 2, .run = say_late, .done = done, .ctx = &t};
    EXPECT(run(&j, out, sizeof(out)));
    EXPECT(strcmp(out, "says 0;done 0;says 1;done 1;says 2;done 2;says 3;done 3;says 4;done 4;"
                       "says 5;done 5;") == 0);
    EXPECT_EQ(t.n, PIECES);
    for (unsigned i = 0; i < t.n; i++) {
        EXPECT_EQ(t.failed[i], i / 4);
    }
    close(t.pipe[0]);
    close(t.pipe[1]);
}

static unsigned die(void *ctx, unsigned piece) {
    (void)ctx;
    if (piece == 1) {
        raise(SIGKILL);
    } else if (piece == 2) {
        _exit(77);
    }
    return 0;
}

TEST(jobs_survive_what_dies) {
    struct told t = {0};
    char out[400];
    struct jobs j = {.n = PIECES, .most = 3, .run = die, .done = done, .ctx = &t};
    EXPECT(run(&j, out, sizeof(out)));
    EXPECT_EQ(t.n, PIECES);
    EXPECT_EQ(t.failed[0] + t.failed[3] + t.failed[4] + t.failed[5], 0);
    EXPECT_EQ(t.failed[1], 1);
    EXPECT(strcmp(t.how[1], "signal 9") == 0);
    EXPECT_EQ(t.failed[2], 1);
    EXPECT(strcmp(t.how[2], "exit status 77") == 0);
}

static unsigned nothing(void *ctx, unsigned piece) {
    (void)ctx;
    (void)piece;
    return 0;
}

TEST(jobs_that_nobody_needs_are_left_out) {
    for (unsigned most = 1; most < 4; most++) {
        struct told t = {.skip_after = 2};
        char out[400];
        struct jobs j = {.n = PIECES, .most = most, .run = nothing, .done = done, .ctx = &t};
        EXPECT(run(&j, out, sizeof(out)));
        EXPECT(strcmp(out, "done 0;done 1;done 2;done 5;") == 0);
    }
}
