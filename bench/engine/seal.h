/* What sealing one SRTP packet costs, by library and size. */
#ifndef ORIEL_BENCH_ENGINE_SEAL_H
#define ORIEL_BENCH_ENGINE_SEAL_H

#include <stddef.h>

#define SEAL_FIGURES_MAX 16

struct seal_figure {
    const char *profile, *library;
    unsigned payload;     /* [bytes] */
    double whole, pieces; /* [ns] CPU per packet: payload in one piece, in three */
};
/* Medians of so many rounds, in turn; how many figures: fewer where a library is not there. 200
 * viewers with a key each get every packet, in batches of 64. */
size_t seal_measure(unsigned rounds, struct seal_figure ret[SEAL_FIGURES_MAX]);

#endif
