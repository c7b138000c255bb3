/* oriel-media: decodes and encodes for the server, which starts it. It is not for people: its one
 * descriptor is a stream to the server, its arguments are limits. Everything that reads media runs
 * here, behind sandbox_enter, and nowhere else. */
#include "helper/channel.h"
#include "helper/sandbox.h"
#include "helper/tasks.h"

#include "base/alloc.h"

#include <libavutil/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void tasks_progress(uint64_t done, uint64_t all) {
    uint64_t n = all ? done * 1000 / all : 1000;
    struct message m = {.type = MESSAGE_PROGRESS, .n = (uint32_t)(n < 1000 ? n : 1000)};
    channel_say(&m);
}

/* libav's words about broken media are nobody's business. */
static void quiet(void *ctx, int level, const char *fmt, va_list ap) {
    (void)ctx;
    (void)level;
    (void)fmt;
    (void)ap;
}

static void task_probe(void) {
    struct message m = {.type = MESSAGE_PROBE, .n = sandbox_probe()};
    channel_say(&m);
}

_Noreturn static void task_loop(void) {
    for (volatile unsigned i = 0;; i++) {
    }
}

_Noreturn static void task_hoard(void) {
    for (;;) {
        uint8_t *p = mem_alloc(16u << 20);
        if (!p) {
            channel_fail("out of memory");
        }
        memset(p, 1, 16u << 20);
    }
}

static void run(const struct task *t) {
    switch (t->kind) {
    case TASK_THUMBNAILS:
        task_thumbnails(t);
        break;
    case TASK_WAVEFORM:
        task_waveform(t);
        break;
    case TASK_EXPORT:
        task_export(t);
        break;
    case TASK_LOOP:
        task_loop();
    case TASK_HOARD:
        task_hoard();
    default:
        task_probe();
    }
}

int main(int argc, char **argv) {
    static uint8_t text[MESSAGE_BODY_MAX];
    int type = 0;
    socklen_t n = sizeof(type);
    if (argc != 3 || getsockopt(CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &n) != 0) {
        fprintf(stderr, "oriel-media: the server starts this program; people use oriel\n");
        return 2;
    }
    struct sandbox_limits l = {.memory = strtoull(argv[1], NULL, 10) << 20,
                               .cpu = strtoull(argv[2], NULL, 10)};
    av_log_set_callback(quiet);
    if (!sandbox_enter(CHANNEL_FD, &l)) {
        return EXIT_FAILURE;
    }
    struct task t;
    if (task_decode(bytes_of(text, channel_task(text, sizeof(text))), &t) != OK) {
        channel_fail("the task is malformed");
    }
    run(&t);
    struct message done = {.type = MESSAGE_DONE};
    channel_say(&done);
    _exit(EXIT_SUCCESS);
}
