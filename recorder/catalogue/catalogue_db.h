/* What catalogue.c and catalogue_query.c share. */
#ifndef ORIEL_RECORDER_CATALOGUE_CATALOGUE_DB_H
#define ORIEL_RECORDER_CATALOGUE_CATALOGUE_DB_H

#include "recorder/catalogue/catalogue.h"
#include "recorder/db/sql.h"

struct catalogue {
    sqlite3 *db;
};

#endif
