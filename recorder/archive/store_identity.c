#include "recorder/archive/store_identity.h"

#include <stdio.h>

#define HEAD "oriel-store/1 "
#define HEAD_LEN (sizeof(HEAD) - 1)
#define TEXT_LEN (HEAD_LEN + 2 * ID_LEN + 1) /* [bytes] with the newline */

enum err store_identity_get(const struct store *s, struct id *ret) {
    char text[TEXT_LEN + 1];
    struct store_part p = {.out = (uint8_t *)text, .n = sizeof(text)};
    enum err e = store_peek(s, STORE_IDENTITY, &p);
    if (e != OK) {
        return e == ERR_RANGE ? ERR_FORMAT : e;
    }
    if (p.size != TEXT_LEN || p.got != TEXT_LEN) {
        return ERR_FORMAT;
    }
    bool ok = memcmp(text, HEAD, HEAD_LEN) == 0 && text[TEXT_LEN - 1] == '\n';
    text[TEXT_LEN - 1] = '\0';
    return ok && id_parse(text + HEAD_LEN, ret) ? OK : ERR_FORMAT;
}

enum err store_identity_put(const struct store *s, const struct id *id) {
    char text[TEXT_LEN + 1], hex[ID_TEXT_MAX];
    snprintf(text, sizeof(text), HEAD "%s\n", id_text(id, hex));
    return s->put(s->ctx, STORE_IDENTITY, bytes_of(text, TEXT_LEN));
}
