#include "tests/unit/sdp/data.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *data_file(const char *name) {
    static struct { char name[64], *text; } kept[16];
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        if (kept[i].text && strcmp(kept[i].name, name) == 0) {
            return kept[i].text;
        }
        if (kept[i].text) {
            continue;
        }
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", TEST_DATA, name);
        FILE *f = fopen(path, "rb");
        CHECK(f);
        static char buffer[1 << 18];
        size_t n = fread(buffer, 1, sizeof(buffer) - 1, f);
        fclose(f);
        kept[i].text = calloc(1, n + 1);
        CHECK(kept[i].text);
        memcpy(kept[i].text, buffer, n);
        snprintf(kept[i].name, sizeof(kept[i].name), "%s", name);
        return kept[i].text;
    }
    CHECK(!"too many data files");
    return NULL;
}
