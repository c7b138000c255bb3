/* What the files of the database of tours share. Owner: the thread of its connection. */
#ifndef ORIEL_SERVER_TOURS_TOURS_DB_PARTS_H
#define ORIEL_SERVER_TOURS_TOURS_DB_PARTS_H

#include "recorder/db/sql.h"
#include "server/tours/tours_db.h"

struct tours_db {
    sqlite3 *db;
};

#endif
