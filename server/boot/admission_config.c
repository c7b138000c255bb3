#include "server/boot/admission_config.h"

#include "server/config/units.h"

struct admission_config admission_configured(const struct config *c) {
    return (struct admission_config){
        .most = {[ADMISSION_LAG] = (uint64_t)us_of_ms(c->overload_lag_ms),
                 [ADMISSION_WORKERS] = (uint64_t)c->overload_worker_percent,
                 [ADMISSION_ORDERS] = (uint64_t)c->overload_orders,
                 [ADMISSION_PACKETS] = (uint64_t)c->overload_lost_packets,
                 [ADMISSION_MEMORY] = bytes_of_mib(c->overload_memory_mib)},
        .retry_s = (uint32_t)c->overload_retry_s};
}
