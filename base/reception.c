#include "base/reception.h"

const char *reception_name(enum reception r) {
    static const char *const names[RECEPTION_COUNT] = {"good", "fair", "poor"};
    return names[(unsigned)r < RECEPTION_COUNT ? r : RECEPTION_GOOD];
}
