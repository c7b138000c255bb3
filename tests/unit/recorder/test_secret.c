#include "recorder/seal/secret.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_file(const char *path, const char *text, mode_t mode) {
    remove(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    CHECK(fchmod(fd, mode) == 0);
    close(fd);
}

TEST(secret_files_of_others_are_refused) {
    static const struct {
        mode_t mode;
        enum err e, credential;
    } table[] = {
        {0600, OK, OK},
        {0400, OK, OK},
        {0440, ERR_FORMAT, OK}, /* how an ACL for the service looks */
        {0640, ERR_FORMAT, OK},
        {0620, ERR_FORMAT, ERR_FORMAT},
        {0660, ERR_FORMAT, ERR_FORMAT},
        {0604, ERR_FORMAT, ERR_FORMAT},
        {0602, ERR_FORMAT, ERR_FORMAT},
        {0622, ERR_FORMAT, ERR_FORMAT},
        {0666, ERR_FORMAT, ERR_FORMAT},
    };
    struct scratch s;
    char path[PATH_MAX], why[WHY_MAX], out[64];
    size_t n = 0;
    scratch_begin(&s);
    snprintf(path, sizeof(path), "%s/secret", s.dir);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        write_file(path, "swordfish \r\n", table[i].mode);
        unsetenv("CREDENTIALS_DIRECTORY");
        EXPECT_EQ(secret_read(path, out, sizeof(out), &n, why), table[i].e);
        EXPECT_STR(out, table[i].e == OK ? "swordfish" : "");
        EXPECT(table[i].e == OK || strstr(why, "chmod 0600"));
        setenv("CREDENTIALS_DIRECTORY", s.dir, 1);
        EXPECT_EQ(secret_read("credential:secret", out, sizeof(out), &n, why), table[i].credential);
        EXPECT_EQ(secret_read(path, out, sizeof(out), &n, why), table[i].credential);
    }
    unsetenv("CREDENTIALS_DIRECTORY");
    scratch_end(&s);
}

TEST(secret_paths_and_lengths) {
    struct scratch s;
    char path[PATH_MAX], why[WHY_MAX], out[10];
    size_t n = 0;
    scratch_begin(&s);
    snprintf(path, sizeof(path), "%s/secret", s.dir);
    EXPECT_EQ(secret_read(path, out, sizeof(out), &n, why), ERR_UNKNOWN);
    EXPECT(strstr(why, path));
    write_file(path, "123456789", 0600);
    EXPECT_EQ(secret_read(path, out, sizeof(out), &n, why), OK);
    EXPECT_EQ(n, 9);
    write_file(path, "1234567890", 0600);
    EXPECT_EQ(secret_read(path, out, sizeof(out), &n, why), ERR_FORMAT);
    EXPECT_EQ(secret_read(s.dir, out, sizeof(out), &n, why), ERR_FORMAT);
    EXPECT_EQ(secret_read("credential:secret", out, sizeof(out), &n, why), ERR_FORMAT);
    EXPECT(strstr(why, "CREDENTIALS_DIRECTORY"));
    setenv("CREDENTIALS_DIRECTORY", s.dir, 1);
    EXPECT_EQ(secret_read("credential:", out, sizeof(out), &n, why), ERR_FORMAT);
    EXPECT_EQ(secret_read("credential:../secret", out, sizeof(out), &n, why), ERR_FORMAT);
    EXPECT_EQ(secret_read("credential:none", out, sizeof(out), &n, why), ERR_UNKNOWN);
    unsetenv("CREDENTIALS_DIRECTORY");
    scratch_end(&s);
}

TEST(secret_is_created_once_and_never_replaced) {
    struct scratch s;
    char path[PATH_MAX], aside[PATH_MAX + 8], why[WHY_MAX], out[16];
    struct stat st;
    size_t n = 0;
    scratch_begin(&s);
    snprintf(path, sizeof(path), "%s/secret", s.dir);
    snprintf(aside, sizeof(aside), "%s.new", path);
    write_file(aside, "of a crash", 0644);
    mode_t mask = umask(0);
    EXPECT_EQ(secret_create(path, bytes_of("first", 5), why), OK);
    umask(mask);
    REQUIRE(stat(path, &st) == 0);
    EXPECT_EQ(st.st_mode & 0777, 0600);
    EXPECT(access(aside, F_OK) != 0);
    EXPECT_EQ(secret_create(path, bytes_of("second", 6), why), OK);
    EXPECT_EQ(secret_read(path, out, sizeof(out), &n, why), OK);
    EXPECT_STR(out, "first");
    EXPECT_EQ(secret_create("/proc/none/secret", bytes_of("x", 1), why), ERR_IO);
    scratch_end(&s);
}
