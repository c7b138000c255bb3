#include "recorder/seal/signer.h"

#include "recorder/seal/secret.h"

#include <stdio.h>

static enum err read_seed(const char *path, uint8_t seed[KEY_LEN], char why[WHY_MAX]) {
    char text[2 * KEY_LEN + 64];
    size_t n = 0;
    enum err e = secret_read(path, text, sizeof(text), &n, why);
    if (e == OK && (n != 2 * KEY_LEN || !hex_decode(seed, KEY_LEN, text))) {
        snprintf(why, WHY_MAX, "signing key %.300s: not 64 hex digits", path);
        e = ERR_FORMAT;
    }
    mem_wipe(text, sizeof(text));
    return e;
}

enum err signer_load(const char *path, const struct rng *create, struct signing_key *ret,
                     char why[WHY_MAX]) {
    uint8_t seed[KEY_LEN];
    enum err e = read_seed(path, seed, why);
    if (e == ERR_UNKNOWN && create) {
        e = secret_create_key(path, create, why);
        e = e == OK ? read_seed(path, seed, why) : e;
    }
    if (e == OK) {
        e = keys_signing(seed, ret);
    }
    mem_wipe(seed, sizeof(seed));
    return e;
}
