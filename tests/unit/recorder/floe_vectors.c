#include "tests/unit/recorder/floe_vectors.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

static bool decode(const char *hex, struct bytes *ret) {
    size_t n = strspn(hex, "0123456789abcdefABCDEF") / 2;
    uint8_t *p = mem_alloc(n + 1);
    char *copy = mem_alloc(2 * n + 1);
    bool ok = p && copy;
    if (ok) {
        memcpy(copy, hex, 2 * n);
        copy[2 * n] = '\0';
        ok = hex_decode(p, n, copy);
    }
    mem_free(copy);
    *ret = bytes_of(p, n);
    return ok;
}

static char *read_file(const char *folder, const char *name, const char *suffix) {
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s%s.txt", folder, name, suffix);
    FILE *f = fopen(path, "r");
    char *text = mem_zalloc(1, 300000);
    if (f && text) {
        text[fread(text, 1, 299999, f)] = '\0';
    }
    if (!f) {
        printf("# cannot read %s\n", path);
        text = mem_free(text);
    } else {
        fclose(f);
    }
    return text;
}

bool vector_load_pair(const char *folder, const char *name, struct floe_vector *v) {
    char *plain = read_file(folder, name, "_pt"), *sealed = read_file(folder, name, "_ct");
    bool ok = plain && sealed && decode(plain, &v->plain) && decode(sealed, &v->sealed);
    mem_free(plain);
    mem_free(sealed);
    return ok;
}

static const char *value_of(const char *text, const char *key) {
    const char *p = strstr(text, key);
    return p ? p + strlen(key) : "";
}

bool vector_load(const char *folder, const char *name, struct floe_vector *ret) {
    struct bytes key = {0}, aad = {0};
    memset(ret, 0, sizeof(*ret));
    char *text = read_file(folder, name, "");
    bool ok = text && decode(value_of(text, "key="), &key) && key.n == FLOE_KEY_LEN &&
              decode(value_of(text, "aad="), &aad) && aad.n <= FLOE_AAD_MAX &&
              decode(value_of(text, "plain="), &ret->plain) &&
              decode(value_of(text, "sealed="), &ret->sealed);
    if (ok) {
        memcpy(ret->key, key.p, key.n);
        memcpy(ret->aad, aad.p, aad.n);
        ret->aad_len = aad.n;
        ret->segment_len = (uint32_t)strtoul(value_of(text, "segment="), NULL, 10);
        ret->rotation = (uint8_t)strtoul(value_of(text, "rotation="), NULL, 10);
    }
    mem_free((void *)(uintptr_t)key.p);
    mem_free((void *)(uintptr_t)aad.p);
    mem_free(text);
    return ok;
}

void vector_clear(struct floe_vector *v) {
    mem_free((void *)(uintptr_t)v->plain.p);
    mem_free((void *)(uintptr_t)v->sealed.p);
}
