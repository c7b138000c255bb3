/* Real sockets, as whoever starts us would lay them out: from descriptor 3 on. */
#include "server/os/socket_store.h"

#include "server/os/sockaddr.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST 3
#define LAID_MAX 6

static const struct addr loopback = {.ip = {[10] = 0xff, 0xff, 127, 0, 0, 1}};

/* What the test program itself had where ours lie. */
static int before[LAID_MAX];

static int bound(int type, bool listening, uint16_t *ret_port) {
    struct sockaddr_storage name;
    socklen_t n = sockaddr_of(&loopback, false, &name);
    int fd = socket(AF_INET, type, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&name, n) == 0);
    CHECK(!listening || listen(fd, 1) == 0);
    n = sizeof(name);
    CHECK(getsockname(fd, (struct sockaddr *)&name, &n) == 0);
    *ret_port = sockaddr_addr(&name).port;
    return fd;
}

/* n descriptors, which are closed here, under these names; *keeper: our end of what is told. */
static struct socket_store *given(const int *fds, int n, const char *names, int *keeper) {
    struct socket_store *s = NULL;
    int pair[2], above[LAID_MAX];
    char number[16];
    CHECK(n < LAID_MAX && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    for (int i = 0; i <= n; i++) {
        above[i] = fcntl(i == 0 ? pair[1] : fds[i - 1], F_DUPFD, FIRST + LAID_MAX + 64);
        CHECK(above[i] >= 0);
        close(i == 0 ? pair[1] : fds[i - 1]);
    }
    *keeper = fcntl(pair[0], F_DUPFD, FIRST + LAID_MAX + 64);
    close(pair[0]);
    for (int i = 0; i <= n; i++) {
        before[i] = fcntl(FIRST + i, F_DUPFD_CLOEXEC, FIRST + LAID_MAX + 64);
        CHECK(dup2(above[i], FIRST + i) == FIRST + i);
        close(above[i]);
    }
    snprintf(number, sizeof(number), "%d", n + 1);
    setenv("LISTEN_FDS", number, 1);
    snprintf(number, sizeof(number), "%d", (int)getpid());
    setenv("LISTEN_PID", number, 1);
    setenv("LISTEN_FDNAMES", names, 1);
    CHECK(socket_store_open(&s) == OK);
    return s;
}

static void end(struct socket_store *s, int n, int keeper) {
    socket_store_close(s);
    close(keeper);
    for (int i = 0; i <= n; i++) {
        if (before[i] >= 0) {
            CHECK(dup2(before[i], FIRST + i) == FIRST + i);
            close(before[i]);
        }
    }
}

static struct socket_place at(struct socket_store *s, const char *name) {
    struct socket_place p = {.store = s};
    snprintf(p.name, sizeof(p.name), "%s", name);
    return p;
}

/* The next message, and the descriptor that came with it or -1; "": there is none. */
static const char *told(int keeper, int *ret_fd) {
    static char text[256];
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec what = {text, sizeof(text) - 1};
    struct msghdr m = {.msg_iov = &what,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control.bytes)};
    ssize_t n = recvmsg(keeper, &m, MSG_DONTWAIT);
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
    *ret_fd = -1;
    if (c) {
        memcpy(ret_fd, CMSG_DATA(c), sizeof(*ret_fd));
    }
    text[n > 0 ? n : 0] = '\0';
    return text;
}

#define EXPECT_TOLD(keeper, text)                 \
    do {                                          \
        int fd_;                                  \
        EXPECT_STR(told((keeper), &fd_), (text)); \
        EXPECT_EQ(fd_, -1);                       \
    } while (0)

TEST(sockets_that_fit_are_used_and_all_others_closed) {
    uint16_t udp, listener, idle, other;
    int keeper, fds[] = {bound(SOCK_DGRAM, false, &udp), bound(SOCK_STREAM, true, &listener),
                         bound(SOCK_STREAM, false, &idle), bound(SOCK_DGRAM, false, &other)};
    struct socket_store *s =
        given(fds, 4, SOCKET_SUPERVISOR ":media-0-udp:http:media-0-tcp:stored", &keeper);
    struct socket_place p = at(s, "media-0-udp");
    EXPECT(socket_store_keeps(s));
    EXPECT(!getenv("LISTEN_FDS") && !getenv("LISTEN_PID") && !getenv("LISTEN_FDNAMES"));
    struct addr want = loopback;
    EXPECT_EQ(socket_store_take(&p, SOCKET_UDP, &want), FIRST + 1); /* any port */
    EXPECT_EQ(socket_store_take(&p, SOCKET_UDP, &want), -1);        /* once */
    EXPECT_EQ(fcntl(FIRST + 1, F_GETFD), FD_CLOEXEC);
    EXPECT(fcntl(FIRST + 1, F_GETFL) & O_NONBLOCK);
    p = at(s, "http");
    want.port = listener;
    EXPECT_EQ(socket_store_take(&p, SOCKET_LISTENER, &want), FIRST + 2);
    EXPECT_TOLD(keeper, ""); /* they are kept still */
    p = at(s, "media-0-tcp");
    want.port = idle;
    EXPECT_EQ(socket_store_take(&p, SOCKET_LISTENER, &want), -1); /* nobody listens on it */
    EXPECT_TOLD(keeper, "FDSTOREREMOVE=1\nFDNAME=media-0-tcp\n");
    EXPECT_EQ(fcntl(FIRST + 3, F_GETFD), -1);
    socket_store_settle(s);
    EXPECT_TOLD(keeper, "FDSTOREREMOVE=1\nFDNAME=stored\n");
    EXPECT_EQ(fcntl(FIRST + 4, F_GETFD), -1);
    struct socket_counters n = socket_store_counters(s);
    EXPECT_EQ(n.used, 2);
    EXPECT_EQ(n.refused, 1);
    EXPECT_EQ(n.unwanted, 1);
    close(FIRST + 1);
    close(FIRST + 2);
    end(s, 4, keeper);
}

TEST(a_socket_of_another_address_port_family_or_kind_is_of_no_use) {
    const enum socket_kind kinds[] = {SOCKET_UDP, SOCKET_UDP, SOCKET_UDP, SOCKET_LISTENER};
    for (size_t i = 0; i < 4; i++) {
        uint16_t port;
        int keeper, fd = bound(SOCK_DGRAM, false, &port);
        struct socket_store *s = given(&fd, 1, SOCKET_SUPERVISOR ":x", &keeper);
        struct socket_place p = at(s, "x");
        struct addr want = loopback;
        want.port = (uint16_t)(i == 1 ? port - 1 : port);
        want.ip[15] = i == 0 ? 2 : 1;
        want.ip[0] = i == 2 ? 0xfd : 0; /* IPv6 */
        EXPECT_EQ(socket_store_take(&p, kinds[i], &want), -1);
        EXPECT_EQ(socket_store_counters(s).refused, 1);
        EXPECT_TOLD(keeper, "FDSTOREREMOVE=1\nFDNAME=x\n");
        end(s, 1, keeper);
    }
}

TEST(of_two_of_one_name_one_is_used) {
    uint16_t wrong, right;
    int keeper, kept, fds[] = {bound(SOCK_DGRAM, false, &wrong), bound(SOCK_DGRAM, false, &right)};
    struct socket_store *s = given(fds, 2, SOCKET_SUPERVISOR ":x:x", &keeper);
    struct socket_place p = at(s, "x");
    struct addr want = loopback;
    want.port = right;
    EXPECT_EQ(socket_store_take(&p, SOCKET_UDP, &want), FIRST + 2);
    EXPECT_TOLD(keeper, "FDSTOREREMOVE=1\nFDNAME=x\n");
    EXPECT_STR(told(keeper, &kept), "FDSTORE=1\nFDNAME=x\nFDPOLL=0\n");
    EXPECT(kept >= 0);
    close(kept);
    close(FIRST + 2);
    end(s, 2, keeper);
}

TEST(a_new_socket_is_handed_over_and_stays_ours) {
    uint16_t port;
    int keeper, theirs, fd;
    struct socket_store *s = given(NULL, 0, SOCKET_SUPERVISOR, &keeper);
    struct socket_place p = at(s, "http"), nowhere = {.name = "http"};
    fd = bound(SOCK_STREAM, true, &port);
    EXPECT_EQ(socket_store_take(&p, SOCKET_LISTENER, &loopback), -1);
    socket_store_keep(&p, fd);
    EXPECT_STR(told(keeper, &theirs), "FDSTORE=1\nFDNAME=http\nFDPOLL=0\n");
    close(fd);
    struct addr is = loopback;
    struct sockaddr_storage name;
    socklen_t n = sizeof(name);
    EXPECT(getsockname(theirs, (struct sockaddr *)&name, &n) == 0);
    is.port = port;
    struct addr got = sockaddr_addr(&name);
    EXPECT(memcmp(&got, &is, sizeof(is)) == 0);
    close(theirs);
    socket_store_ready(s);
    EXPECT_TOLD(keeper, "READY=1\n");
    socket_store_keep(&nowhere, keeper);
    socket_store_forget(&nowhere);
    EXPECT_EQ(socket_store_take(&nowhere, SOCKET_LISTENER, &loopback), -1);
    EXPECT_TOLD(keeper, "");
    end(s, 0, keeper);
}

TEST(what_is_in_the_environment_is_believed_when_it_is_for_this_process) {
    static const char *const wrong[][2] = {{"1", "1"},   {"", "1"},   {"%", "x"}, {"%", "-1"},
                                           {"%", "257"}, {"%", "1 "}, {"%", ""}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char own[16];
        struct socket_store *s = NULL;
        snprintf(own, sizeof(own), "%d", (int)getpid());
        setenv("LISTEN_PID", *wrong[i][0] == '%' ? own : wrong[i][0], 1);
        setenv("LISTEN_FDS", wrong[i][1], 1);
        setenv("LISTEN_FDNAMES", SOCKET_SUPERVISOR, 1);
        setenv("NOTIFY_SOCKET", i % 2 ? "relative" : "/nowhere/notify", 1);
        EXPECT_EQ(socket_store_open(&s), OK);
        EXPECT(!socket_store_keeps(s));
        socket_store_settle(s);
        EXPECT_EQ(socket_store_counters(s).unwanted, 0);
        EXPECT(!getenv("NOTIFY_SOCKET"));
        socket_store_close(s);
    }
}
