#include "server/jobs/helper_config.h"

#include "server/config/units.h"

struct helper_config helper_configured(const struct config *c, char *beside, size_t size) {
    const char *program = c->derived_helper;
    if (!*program) {
        program = helper_beside(beside, size) ? beside : "oriel-media";
    }
    return (struct helper_config){.program = program,
                                  .memory_mib = (uint32_t)c->derived_memory_mib,
                                  .cpu_s = (uint32_t)c->derived_cpu_s,
                                  .silence = us_of_s(c->derived_silence_s)};
}
