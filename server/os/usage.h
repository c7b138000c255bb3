/* What this process uses. */
#ifndef ORIEL_SERVER_OS_USAGE_H
#define ORIEL_SERVER_OS_USAGE_H

#include <pthread.h>
#include <stdint.h>

/* Memory that is resident [bytes]; 0: unknown. Any thread. */
uint64_t usage_resident(void);
/* Processor time of a thread that has not been joined [ns]; 0: unknown. Any thread. */
uint64_t usage_processor(pthread_t thread);

#endif
