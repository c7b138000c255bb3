#include "base/seq.h"

uint64_t seq16_extend(struct seq_ext *e, uint16_t v) {
    if (!e->any) {
        e->any = true;
        e->high = (UINT64_C(1) << 16) + v;
        return e->high;
    }
    int16_t ahead = seq16_diff(v, (uint16_t)e->high);
    uint64_t extended = e->high + (uint64_t)(int64_t)ahead;
    if (ahead > 0) {
        e->high = extended;
    }
    return extended;
}

uint64_t ts32_extend(struct seq_ext *e, uint32_t v) {
    if (!e->any) {
        e->any = true;
        e->high = (UINT64_C(1) << 32) + v;
        return e->high;
    }
    int32_t ahead = ts32_diff(v, (uint32_t)e->high);
    uint64_t extended = e->high + (uint64_t)(int64_t)ahead;
    if (ahead > 0) {
        e->high = extended;
    }
    return extended;
}
