/* DESIGN. The module is the process's: C_Initialize may have been called by another archive of the
 * same process and the log-in is shared by all sessions, so a provider closes its session and never
 * finalizes or unloads the module. Each provider has one session of its own and one thread, which
 * is what PKCS#11 (v2.40, section 6.7) asks for. Whatever says that the session or the token is not
 * what it was leads to one more try with everything looked up again. */
#include "recorder/seal/provider.h"

#include "base/alloc.h"
#include "base/check.h"
#include "recorder/seal/secret.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <string.h>

#define SLOTS_MAX 64
#define LABEL_MAX 32 /* [bytes] of a token (section 9.3); padded with spaces */
#define PIN_MAX 256
#define IV_LEN 12
#define TAG_LEN 16
#define WRAPPED_LEN (IV_LEN + KEY_LEN + TAG_LEN)

struct token {
    const struct rng *rng;
    void *library;
    CK_FUNCTION_LIST *f;
    char token[LABEL_MAX + 1], key[PROVIDER_KEY_ID_MAX];
    char *pin_file;
    CK_SESSION_HANDLE session;
    bool open;
    bool pin_refused;        /* not tried again with this provider: tokens count */
    CK_OBJECT_HANDLE handle; /* of the key named `found`, in this session */
    char found[PROVIDER_KEY_ID_MAX];
};

/* One encryption or decryption. */
struct job {
    const char *key;
    bool encrypt;
    const struct key_context *context;
    uint8_t *iv;
    const uint8_t *in;
    CK_ULONG in_len;
    uint8_t out[WRAPPED_LEN];
    CK_ULONG out_len;
};

static enum err say(char *why, enum err e, const char *what, CK_RV code) {
    snprintf(why, WHY_MAX, "%s (PKCS#11 code 0x%lx)", what, code);
    return e;
}

static enum err error_of(CK_RV code, bool decrypting, char *why) {
    switch (code) {
    case CKR_OK:
        return OK;
    case CKR_HOST_MEMORY:
        return say(why, ERR_NOMEM, "out of memory", code);
    case CKR_PIN_INCORRECT:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_INVALID:
        return say(why, ERR_DENIED, "denied: the token does not accept the PIN", code);
    case CKR_PIN_LOCKED:
    case CKR_PIN_EXPIRED:
        return say(why, ERR_DENIED, "denied: the PIN is locked or has expired", code);
    case CKR_USER_NOT_LOGGED_IN:
        return say(why, ERR_DENIED, "denied: not logged in", code);
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
    case CKR_KEY_TYPE_INCONSISTENT:
    case CKR_MECHANISM_INVALID:
        return say(why, ERR_DENIED, "disabled: the key must not be used for AES-GCM", code);
    case CKR_ENCRYPTED_DATA_INVALID:
    case CKR_ENCRYPTED_DATA_LEN_RANGE:
        return say(why, ERR_AUTH, "wrong key: the wrap does not open", code);
    case CKR_GENERAL_ERROR:
    case CKR_FUNCTION_FAILED:
        /* What tokens (SoftHSM among them) say of a tag that does not fit. */
        return decrypting ? say(why, ERR_AUTH, "wrong key: the wrap does not open", code)
                          : say(why, ERR_IO, "gone: the token failed", code);
    default:
        return say(why, ERR_IO, "gone: the token cannot be used", code);
    }
}

/* The session or the key must be looked up again. */
static bool is_stale(CK_RV code) {
    static const CK_RV codes[] = {CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,
                                  CKR_TOKEN_NOT_PRESENT,      CKR_DEVICE_REMOVED,
                                  CKR_DEVICE_ERROR,           CKR_USER_NOT_LOGGED_IN,
                                  CKR_KEY_HANDLE_INVALID,     CKR_KEY_CHANGED,
                                  CKR_OBJECT_HANDLE_INVALID,  CKR_TOKEN_NOT_RECOGNIZED,
                                  CKR_OPERATION_ACTIVE,       CKR_CRYPTOKI_NOT_INITIALIZED,
                                  CKR_SLOT_ID_INVALID,        CKR_OPERATION_NOT_INITIALIZED};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

static void hang_up(struct token *t) {
    if (t->open) {
        t->f->C_CloseSession(t->session);
    }
    t->open = false;
    t->found[0] = '\0';
}

static bool is_token(const struct token *t, const CK_TOKEN_INFO *info) {
    size_t n = strlen(t->token);
    if (!(info->flags & CKF_TOKEN_INITIALIZED) || memcmp(info->label, t->token, n) != 0) {
        return false;
    }
    for (size_t i = n; i < LABEL_MAX; i++) {
        if (info->label[i] != ' ') {
            return false;
        }
    }
    return true;
}

static enum err find_slot(struct token *t, CK_SLOT_ID *ret, char *why) {
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG n = SLOTS_MAX;
    CK_RV code = t->f->C_GetSlotList(CK_TRUE, slots, &n);
    if (code != CKR_OK) {
        return error_of(code, false, why);
    }
    for (CK_ULONG i = 0; i < n; i++) {
        CK_TOKEN_INFO info;
        if (t->f->C_GetTokenInfo(slots[i], &info) == CKR_OK && is_token(t, &info)) {
            *ret = slots[i];
            return OK;
        }
    }
    snprintf(why, WHY_MAX, "gone: there is no token with the label \"%s\"", t->token);
    return ERR_IO;
}

static enum err log_in(struct token *t, char *why) {
    char pin[PIN_MAX];
    size_t n = 0;
    if (t->pin_refused) {
        snprintf(why, WHY_MAX,
                 "denied: the token did not accept the PIN before; it is not tried "
                 "again until the next start, so that the token does not lock");
        return ERR_DENIED;
    }
    enum err e = secret_read(t->pin_file, pin, sizeof(pin), &n, why);
    if (e != OK) {
        return e;
    }
    CK_RV code = t->f->C_Login(t->session, CKU_USER, (CK_UTF8CHAR *)pin, n);
    mem_wipe(pin, sizeof(pin));
    if (code == CKR_USER_ALREADY_LOGGED_IN) {
        return OK;
    }
    e = error_of(code, false, why);
    t->pin_refused = e == ERR_DENIED;
    return e;
}

static enum err hang_on(struct token *t, char *why) {
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
    CK_SLOT_ID slot = 0;
    if (t->open) {
        return OK;
    }
    CK_RV code = t->f->C_Initialize(&args);
    if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
        return error_of(code, false, why);
    }
    enum err e = find_slot(t, &slot, why);
    if (e != OK) {
        return e;
    }
    code = t->f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);
    if (code != CKR_OK) {
        return error_of(code, false, why);
    }
    t->open = true;
    e = log_in(t, why);
    if (e != OK) {
        hang_up(t);
    }
    return e;
}

/* A key that could leave the token would make the token a mere ornament. */
static enum err judge_key(struct token *t, const char *label, char *why) {
    CK_BBOOL sensitive = CK_FALSE, extractable = CK_TRUE;
    CK_ULONG len = 0;
    CK_ATTRIBUTE a[] = {{CKA_SENSITIVE, &sensitive, sizeof(sensitive)},
                        {CKA_EXTRACTABLE, &extractable, sizeof(extractable)},
                        {CKA_VALUE_LEN, &len, sizeof(len)}};
    CK_RV code = t->f->C_GetAttributeValue(t->session, t->handle, a, ARRAY_LEN(a));
    if (code != CKR_OK) {
        return error_of(code, false, why);
    }
    if (!sensitive || extractable || len != KEY_LEN) {
        snprintf(why, WHY_MAX,
                 "the key \"%.128s\" in the token must be an AES key of 32 bytes that is sensitive"
                 " and not extractable",
                 label);
        return ERR_FORMAT;
    }
    return OK;
}

static CK_RV search(struct token *t, const char *label, CK_ULONG *n) {
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_OBJECT_HANDLE handles[2];
    CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
                        {CKA_KEY_TYPE, &type, sizeof(type)},
                        {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)}};
    CK_RV code = t->f->C_FindObjectsInit(t->session, a, ARRAY_LEN(a));
    if (code == CKR_OK) {
        code = t->f->C_FindObjects(t->session, handles, ARRAY_LEN(handles), n);
        t->f->C_FindObjectsFinal(t->session);
    }
    if (code == CKR_OK && *n == 1) {
        t->handle = handles[0];
    }
    return code;
}

/* *stale: nothing is wrong but that the session has ended. */
static enum err find_key(struct token *t, const char *label, bool *stale, char *why) {
    CK_ULONG n = 0;
    if (strcmp(t->found, label) == 0) {
        return OK;
    }
    CK_RV code = search(t, label, &n);
    if (code != CKR_OK) {
        *stale = is_stale(code);
        return error_of(code, false, why);
    }
    if (n != 1) {
        snprintf(why, WHY_MAX, "gone: the token has %s AES key with the label \"%.128s\"",
                 n ? "more than one" : "no", label);
        return n ? ERR_FORMAT : ERR_IO;
    }
    enum err e = judge_key(t, label, why);
    if (e == OK) {
        snprintf(t->found, sizeof(t->found), "%s", label);
    }
    return e;
}

static CK_RV run(struct token *t, struct job *j) {
    uint8_t aad[KEY_CONTEXT_LEN];
    provider_context(j->context, aad);
    CK_GCM_PARAMS gcm = {j->iv, IV_LEN, 8 * IV_LEN, aad, sizeof(aad), 8 * TAG_LEN};
    CK_MECHANISM m = {CKM_AES_GCM, &gcm, sizeof(gcm)};
    CK_BYTE *in = (CK_BYTE *)(uintptr_t)j->in;
    j->out_len = sizeof(j->out);
    CK_RV code = j->encrypt ? t->f->C_EncryptInit(t->session, &m, t->handle)
                            : t->f->C_DecryptInit(t->session, &m, t->handle);
    if (code != CKR_OK) {
        return code == CKR_GENERAL_ERROR ? CKR_DEVICE_ERROR : code;
    }
    return j->encrypt ? t->f->C_Encrypt(t->session, in, j->in_len, j->out, &j->out_len)
                      : t->f->C_Decrypt(t->session, in, j->in_len, j->out, &j->out_len);
}

static enum err attempt(struct token *t, struct job *j, bool *stale, char *why) {
    *stale = false;
    enum err e = hang_on(t, why);
    e = e == OK ? find_key(t, j->key, stale, why) : e;
    if (e != OK) {
        return e;
    }
    CK_RV code = run(t, j);
    *stale = is_stale(code);
    return error_of(code, !j->encrypt, why);
}

static enum err perform(struct token *t, struct job *j, char *why) {
    bool was_open = t->open, stale;
    enum err e = attempt(t, j, &stale, why);
    if (e != OK && stale) {
        hang_up(t);
        e = was_open ? attempt(t, j, &stale, why) : e;
    }
    if (e != OK && e != ERR_AUTH) {
        hang_up(t);
    }
    return e;
}

static enum err token_wrap(void *ctx, const struct key_context *c, const uint8_t *plain,
                           struct key_wrap *ret, char *why) {
    struct token *t = ctx;
    struct key_wrap w = {.provider = PROVIDER_PKCS11, .version = 2, .n = WRAPPED_LEN};
    struct job j = {.key = t->key,
                    .encrypt = true,
                    .context = c,
                    .iv = w.bytes,
                    .in = plain,
                    .in_len = KEY_LEN};
    rng_fill(t->rng, w.bytes, IV_LEN);
    enum err e = perform(t, &j, why);
    if (e == OK && j.out_len != KEY_LEN + TAG_LEN) {
        snprintf(why, WHY_MAX, "the token's answer has %lu bytes", j.out_len);
        e = ERR_CRYPTO;
    }
    if (e == OK) {
        memcpy(w.bytes + IV_LEN, j.out, KEY_LEN + TAG_LEN);
        memcpy(w.key_id, t->key, sizeof(w.key_id));
        *ret = w;
    }
    return e;
}

static enum err token_unwrap(void *ctx, const struct key_context *c, const struct key_wrap *w,
                             uint8_t *ret_plain, char *why) {
    struct token *t = ctx;
    uint8_t iv[IV_LEN];
    mem_wipe(ret_plain, KEY_LEN);
    if (w->n != WRAPPED_LEN || w->version != 2 || !*w->key_id) {
        snprintf(why, WHY_MAX, "a wrapped key is of no known form");
        return ERR_FORMAT;
    }
    memcpy(iv, w->bytes, sizeof(iv));
    struct job j = {.key = w->key_id,
                    .context = c,
                    .iv = iv,
                    .in = w->bytes + IV_LEN,
                    .in_len = KEY_LEN + TAG_LEN};
    enum err e = perform(t, &j, why);
    if (e == OK && j.out_len != KEY_LEN) {
        snprintf(why, WHY_MAX, "wrong key: the token's answer has %lu bytes", j.out_len);
        e = ERR_AUTH;
    }
    if (e == OK) {
        memcpy(ret_plain, j.out, KEY_LEN);
    }
    mem_wipe(j.out, sizeof(j.out));
    return e;
}

static enum err token_check(void *ctx, char *why) {
    struct token *t = ctx;
    struct key_context c = {.subject = 0};
    struct key_wrap w;
    uint8_t plain[KEY_LEN] = {0}, back[KEY_LEN];
    enum err e = token_wrap(t, &c, plain, &w, why);
    e = e == OK ? token_unwrap(t, &c, &w, back, why) : e;
    mem_wipe(back, sizeof(back));
    return e;
}

static const char *token_key_id(void *ctx) {
    struct token *t = ctx;
    return t->key;
}

static void token_close(void *ctx) {
    struct token *t = ctx;
    if (t->f) {
        hang_up(t);
    }
    mem_free(t->pin_file);
    mem_free(t);
}

static enum err load_module(struct token *t, const char *path, char *why) {
    CK_C_GetFunctionList get = NULL;
    t->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = t->library ? dlsym(t->library, "C_GetFunctionList") : NULL;
    if (!symbol) {
        const char *said = dlerror();
        snprintf(why, WHY_MAX, "the PKCS#11 module %.150s: %.250s", path, said ? said : "");
        return ERR_IO;
    }
    memcpy(&get, &symbol, sizeof(get));
    CK_RV code = get(&t->f);
    if (code != CKR_OK || !t->f) {
        t->f = NULL;
        return say(why, ERR_IO, "the PKCS#11 module gives no functions", code);
    }
    return OK;
}

static bool is_label(const char *text, size_t max) {
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
    }
    return n > 0 && n <= max;
}

static enum err set_up(struct token *t, const struct provider_pkcs11_config *c, char *why) {
    if (!is_label(c->token, LABEL_MAX) || !is_label(c->key, PROVIDER_KEY_ID_MAX - 1)) {
        snprintf(why, WHY_MAX,
                 "labels of token and key are printable ASCII without spaces, at most "
                 "%d and %d bytes",
                 LABEL_MAX, PROVIDER_KEY_ID_MAX - 1);
        return ERR_FORMAT;
    }
    size_t n = strlen(c->pin_file) + 1;
    t->pin_file = mem_alloc(n);
    if (!t->pin_file) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    memcpy(t->pin_file, c->pin_file, n);
    memcpy(t->token, c->token, strlen(c->token));
    memcpy(t->key, c->key, strlen(c->key));
    return load_module(t, c->module, why);
}

enum err provider_pkcs11_open(const struct provider_pkcs11_config *c, const struct rng *rng,
                              struct key_provider *ret, char why[WHY_MAX]) {
    struct token *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    t->rng = rng;
    enum err e = set_up(t, c, why);
    if (e != OK) {
        token_close(t);
        return e;
    }
    *ret = (struct key_provider){.ctx = t,
                                 .name = PROVIDER_PKCS11,
                                 .wrap = token_wrap,
                                 .unwrap = token_unwrap,
                                 .check = token_check,
                                 .key_id = token_key_id,
                                 .close = token_close};
    return OK;
}
