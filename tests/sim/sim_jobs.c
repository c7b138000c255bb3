#include "tests/sim/sim_jobs.h"

#include "base/alloc.h"
#include "base/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct job {
    pid_t pid; /* 0: not begun, or over */
    bool over;
    int status; /* of wait */
    FILE *said;
};

struct crew {
    const struct jobs *j;
    struct job *all;
    unsigned begun, working; /* the next piece; processes now */
};

/* The child: it must not outlive who waits for it. */
static void work(const struct jobs *j, unsigned piece, FILE *said, pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
        dup2(fileno(said), STDOUT_FILENO) < 0) {
        _exit(JOBS_FAILED_MAX + 1);
    }
    exit((int)j->run(j->ctx, piece)); /* as main would: sanitizers look for what was left */
}

static bool begin(struct crew *c) {
    struct job *x = &c->all[c->begun];
    pid_t parent = getpid();
    x->said = tmpfile();
    if (!x->said) {
        return false;
    }
    fflush(NULL); /* or the child would say it once more */
    x->pid = fork();
    if (x->pid == 0) {
        work(c->j, c->begun, x->said, parent);
    }
    c->begun++;
    c->working += x->pid > 0;
    return x->pid > 0;
}

/* Until one of them ends. */
static bool await(struct crew *c) {
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    for (unsigned i = 0; pid > 0 && i < c->begun; i++) {
        if (c->all[i].pid == pid) {
            c->all[i].pid = 0;
            c->all[i].over = true;
            c->all[i].status = status;
            c->working--;
        }
    }
    return pid > 0;
}

static void pass_on(struct job *x) {
    char buf[4096];
    size_t n;
    rewind(x->said);
    while ((n = fread(buf, 1, sizeof(buf), x->said)) > 0) {
        fwrite(buf, 1, n, stdout);
    }
    fclose(x->said);
    x->said = NULL;
}

static unsigned report(struct crew *c, unsigned piece) {
    struct job *x = &c->all[piece];
    char how[64];
    int code = WIFEXITED(x->status) ? WEXITSTATUS(x->status) : 0;
    bool died = WIFSIGNALED(x->status) || code > JOBS_FAILED_MAX;
    snprintf(how, sizeof(how), "%s %d", WIFSIGNALED(x->status) ? "signal" : "exit status",
             WIFSIGNALED(x->status) ? WTERMSIG(x->status) : code);
    pass_on(x);
    return c->j->done(c->j->ctx, piece, died ? 1 : (unsigned)code, died ? how : NULL);
}

static bool run_crew(struct crew *c) {
    unsigned next = 0; /* to be reported */
    while (next < c->j->n) {
        c->begun = c->begun < next ? next : c->begun;
        while (c->begun < c->j->n && c->working < c->j->most) {
            if (!begin(c)) {
                return false;
            }
        }
        while (next < c->begun && c->all[next].over) {
            next = report(c, next);
        }
        if (next < c->j->n && c->working > 0 && !await(c)) {
            return false;
        }
    }
    return true;
}

static void run_alone(const struct jobs *j) {
    unsigned i = 0;
    while (i < j->n) {
        i = j->done(j->ctx, i, j->run(j->ctx, i), NULL);
    }
}

bool jobs_run(const struct jobs *j) {
    if (j->most <= 1) {
        run_alone(j);
        return true;
    }
    struct crew c = {.j = j, .all = mem_zalloc(j->n, sizeof(*c.all))};
    CHECK(c.all);
    bool ok = run_crew(&c);
    for (unsigned i = 0; i < c.begun; i++) { /* what is not needed any more, or nobody waits for */
        if (c.all[i].pid > 0) {
            kill(c.all[i].pid, SIGKILL);
            (void)waitpid(c.all[i].pid, NULL, 0);
        }
        if (c.all[i].said) {
            fclose(c.all[i].said);
        }
    }
    mem_free(c.all);
    return ok;
}
