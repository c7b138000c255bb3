#include "server/config/config_can.h"

#include "json/json_read.h"

#include <string.h>

#define CAN_VALUES_MAX 16

bool config_read_can(const char *text, struct capabilities_part *ret) {
    const struct json_limits limits = {strlen(text), 2, CAN_VALUES_MAX};
    const struct json *v = NULL;
    bool good = json_read(text, strlen(text), &limits, &v, NULL) == OK && capabilities_read(v, ret);
    json_free(v);
    return good;
}

struct capabilities_part config_can(const char *text) {
    struct capabilities_part p = {0};
    (void)(*text && config_read_can(text, &p));
    return p;
}
