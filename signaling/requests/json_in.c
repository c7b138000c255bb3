#include "signaling/requests/json_in.h"

#include <stdbool.h>

enum sig_code json_precheck(const char *text, size_t n, uint32_t max_depth) {
    uint32_t depth = 0, values = 0;
    bool string = false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '\\' && string) {
            i++;
        } else if (c == '"') {
            string = !string;
        } else if (!string && (c == '{' || c == '[')) {
            values++;
            depth++;
        } else if (!string && (c == '}' || c == ']')) {
            depth -= depth > 0;
        } else if (!string && c == ',') {
            values++;
        }
        if (depth > max_depth) {
            return SIG_TOO_DEEP;
        }
        if (values > JSON_VALUES_MAX) {
            return SIG_TOO_LARGE;
        }
    }
    return SIG_OK;
}
