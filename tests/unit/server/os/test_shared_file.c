/* Real folders and files, on the tmpfs of /dev/shm and on whatever /tmp is. */
#include "server/os/shared_file.h"

#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], why[WHY_MAX];

static struct runtime_dir *begin(void) {
    struct runtime_dir *d = NULL;
    snprintf(dir, sizeof(dir), "/dev/shm/oriel-test-XXXXXX");
    CHECK(mkdtemp(dir));
    EXPECT_EQ(runtime_dir_open(dir, &d, why), OK);
    return d;
}

static void end(struct runtime_dir *d) {
    runtime_dir_close(d);
    EXPECT_EQ(rmdir(dir), 0); /* nothing is left in it */
}

static bool there(const char *name, struct stat *ret) {
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return lstat(path, ret) == 0;
}

TEST(a_runtime_folder_is_one_servers_at_a_time) {
    struct runtime_dir *d = begin(), *other = NULL;
    EXPECT(runtime_dir_in_memory(d));
    EXPECT_EQ(runtime_dir_open(dir, &other, why), ERR_BUSY);
    EXPECT(other == NULL && strstr(why, "another server") && strstr(why, dir));
    runtime_dir_close(d);
    EXPECT_EQ(runtime_dir_open(dir, &d, why), OK);
    end(d);
}

TEST(a_runtime_folder_is_the_servers_alone) {
    struct runtime_dir *d = NULL;
    struct stat st;
    char file[128];
    runtime_dir_close(begin());
    CHECK(chmod(dir, 0750) == 0);
    EXPECT_EQ(runtime_dir_open(dir, &d, why), ERR_DENIED);
    EXPECT(strstr(why, "chmod 700"));
    CHECK(rmdir(dir) == 0);
    EXPECT_EQ(runtime_dir_open(dir, &d, why), OK); /* it is made */
    CHECK(stat(dir, &st) == 0);
    EXPECT_EQ(st.st_mode & 0777, 0700);
    end(d);
    snprintf(file, sizeof(file), "%s/deep/er", dir);
    EXPECT_EQ(runtime_dir_open(file, &d, why), ERR_IO);
    EXPECT(strstr(why, file));
}

TEST(a_shared_file_is_wiped_and_removed) {
    struct runtime_dir *d = begin();
    struct shared_file *f = NULL, *other = NULL;
    struct stat st;
    REQUIRE(shared_file_new(d, "x.live", 10 * 4096, &f, why) == OK);
    EXPECT_EQ(shared_file_new(d, "x.live", 4096, &other, why), ERR_EXISTS);
    EXPECT(other == NULL && strstr(why, "x.live"));
    REQUIRE(there("x.live", &st));
    EXPECT_EQ(st.st_mode & 0777, 0600);
    EXPECT_EQ(st.st_size, 10 * 4096);
    EXPECT_EQ(st.st_blocks, 0); /* none of it takes any memory yet */
    EXPECT(shared_file_back(f, 8192));
    EXPECT(there("x.live", &st) && st.st_blocks == 16);
    EXPECT(shared_file_back(f, 4096)); /* and less again is as it was */
    memset(shared_file_at(f), 7, 8192);
    FILE *reader = NULL; /* who has it open yet finds nothing */
    char path[128], byte = 1;
    snprintf(path, sizeof(path), "%s/x.live", dir);
    reader = fopen(path, "r");
    REQUIRE(reader != NULL);
    shared_file_end(f);
    EXPECT(!there("x.live", &st));
    for (int i = 0; i < 8192; i++) {
        EXPECT(fread(&byte, 1, 1, reader) == 1 && byte == 0);
    }
    fclose(reader);
    end(d);
}
