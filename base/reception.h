/* How well what is sent to a viewer arrives: media judges it, signaling tells it. Thread: any. */
#ifndef ORIEL_BASE_RECEPTION_H
#define ORIEL_BASE_RECEPTION_H

/* Worst last. */
enum reception { RECEPTION_GOOD, RECEPTION_FAIR, RECEPTION_POOR, RECEPTION_COUNT };

/* "good", "fair", "poor"; "good" of what is none of them. */
const char *reception_name(enum reception r);

#endif
