#include "tests/unit/recorder/soft_token.h"

#include "tests/unit/recorder/bench_store.h"

#include "base/check.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static struct {
    struct scratch scratch;
    const char *module;
    bool tried;
    CK_FUNCTION_LIST *f;
} soft;

static const char *find_module(void) {
    static const char *const paths[] = {"/usr/lib/softhsm/libsofthsm2.so",
                                        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if (access(paths[i], R_OK) == 0) {
            return paths[i];
        }
    }
    return NULL;
}

static void clean_up(void) {
    if (soft.f) {
        soft.f->C_Finalize(NULL);
    }
    scratch_end(&soft.scratch);
}

static bool init_token(void) {
    char conf[PATH_MAX], tokens[PATH_MAX];
    scratch_begin(&soft.scratch);
    atexit(clean_up);
    snprintf(tokens, sizeof(tokens), "%s/tokens", soft.scratch.dir);
    CHECK(mkdir(tokens, 0700) == 0);
    snprintf(conf, sizeof(conf), "%s/softhsm2.conf", soft.scratch.dir);
    FILE *f = fopen(conf, "w");
    CHECK(f);
    fprintf(f, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens);
    fclose(f);
    setenv("SOFTHSM2_CONF", conf, 1);
    const char *argv[] = {"softhsm2-util", "--init-token", "--free", "--label", SOFT_TOKEN,
                          "--so-pin",      "1234",         "--pin",  SOFT_PIN,  NULL};
    pid_t pid;
    int status = 1;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
    bool ok = posix_spawnp(&pid, argv[0], &quiet, NULL, (char **)(uintptr_t)argv, environ) == 0 &&
              waitpid(pid, &status, 0) == pid && status == 0;
    posix_spawn_file_actions_destroy(&quiet);
    return ok;
}

static bool load(void) {
    CK_C_GetFunctionList get = NULL;
    void *library = dlopen(soft.module, RTLD_NOW);
    void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;
    memcpy(&get, &symbol, sizeof(get));
    return symbol && get(&soft.f) == CKR_OK;
}

const char *soft_token_module(void) {
    if (!soft.tried) {
        soft.tried = true;
        soft.module = find_module();
        if (soft.module && (!init_token() || !load())) {
            soft.module = NULL;
        }
    }
    if (!soft.module) {
        printf("# keys in a token: SoftHSM is not installed, NOT checked\n");
    }
    return soft.module;
}

static CK_SLOT_ID slot(void) {
    CK_SLOT_ID slots[8];
    CK_ULONG n = ARRAY_LEN(slots);
    soft.f->C_Initialize(NULL);
    CHECK(soft.f->C_GetSlotList(CK_TRUE, slots, &n) == CKR_OK && n > 0);
    return slots[0];
}

static CK_SESSION_HANDLE session(void) {
    CK_SESSION_HANDLE s = 0;
    CHECK(soft.f->C_OpenSession(slot(), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s) ==
          CKR_OK);
    CK_RV code = soft.f->C_Login(s, CKU_USER, (CK_UTF8CHAR *)SOFT_PIN, strlen(SOFT_PIN));
    CHECK(code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN);
    return s;
}

bool soft_token_key(const char *label, unsigned long len, bool extractable) {
    CK_MECHANISM m = {CKM_AES_KEY_GEN, NULL, 0};
    CK_BBOOL yes = CK_TRUE, sensitive = !extractable, leaves = extractable;
    CK_ULONG n = len;
    CK_OBJECT_HANDLE key;
    CK_ATTRIBUTE a[] = {{CKA_LABEL, (void *)(uintptr_t)label, strlen(label)},
                        {CKA_VALUE_LEN, &n, sizeof(n)},
                        {CKA_TOKEN, &yes, 1},
                        {CKA_PRIVATE, &yes, 1},
                        {CKA_SENSITIVE, &sensitive, 1},
                        {CKA_EXTRACTABLE, &leaves, 1},
                        {CKA_ENCRYPT, &yes, 1},
                        {CKA_DECRYPT, &yes, 1}};
    CK_SESSION_HANDLE s = session();
    CK_RV code = soft.f->C_GenerateKey(s, &m, a, ARRAY_LEN(a), &key);
    soft.f->C_CloseSession(s);
    return code == CKR_OK;
}

bool soft_token_delete(const char *label) {
    CK_ATTRIBUTE a[] = {{CKA_LABEL, (void *)(uintptr_t)label, strlen(label)}};
    CK_OBJECT_HANDLE key;
    CK_ULONG n = 0;
    CK_SESSION_HANDLE s = session();
    bool ok = soft.f->C_FindObjectsInit(s, a, 1) == CKR_OK &&
              soft.f->C_FindObjects(s, &key, 1, &n) == CKR_OK;
    soft.f->C_FindObjectsFinal(s);
    ok = ok && n == 1 && soft.f->C_DestroyObject(s, key) == CKR_OK;
    soft.f->C_CloseSession(s);
    return ok;
}

void soft_token_hang_up(void) {
    CHECK(soft.f->C_CloseAllSessions(slot()) == CKR_OK);
}

static void move_tokens(const char *from, const char *to) {
    char a[PATH_MAX], b[PATH_MAX];
    snprintf(a, sizeof(a), "%s/%s", soft.scratch.dir, from);
    snprintf(b, sizeof(b), "%s/%s", soft.scratch.dir, to);
    soft.f->C_Finalize(NULL);
    CHECK(rename(a, b) == 0);
    if (strcmp(from, "tokens") == 0) {
        CHECK(mkdir(a, 0700) == 0);
    }
}

void soft_token_remove(void) {
    move_tokens("tokens", "pocket");
}

void soft_token_insert(void) {
    move_tokens("pocket", "tokens");
}
