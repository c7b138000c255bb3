/* The inside of a library, for the files of this folder that make it up: library.c has lists and
 * details, library_media.c playback. Owner: as library.h says. */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_PARTS_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_PARTS_H

#include "base/owner.h"
#include "recorder/archive/archive.h"
#include "recorder/library/library.h"

struct library {
    struct owner owner;
    struct archive *archive;
};

#endif
