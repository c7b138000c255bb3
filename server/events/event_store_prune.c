/* What the ledger forgets in its time. */
#include "server/events/event_store_parts.h"

#define PRUNED_MAX 1000 /* events that one call forgets */

/* Seats and recordings that nobody will ask for any more. */
static enum err forget_recordings(struct event_store *s) {
    return sql_exec(s->db, "DELETE FROM recorded WHERE NOT EXISTS"
                           " (SELECT 1 FROM event e WHERE e.session = recorded.session) AND EXISTS"
                           " (SELECT 1 FROM erased x WHERE x.recording = recorded.recording"
                           " AND x.person = 0);"
                           "DELETE FROM erased WHERE NOT EXISTS"
                           " (SELECT 1 FROM recorded r WHERE r.recording = erased.recording);"
                           "DELETE FROM seat WHERE NOT EXISTS"
                           " (SELECT 1 FROM event e WHERE e.session = seat.session) AND NOT EXISTS"
                           " (SELECT 1 FROM recorded r WHERE r.session = seat.session);");
}

/* Those whose events are gone. */
static enum err forget_given_up(struct event_store *s, wall_t wall) {
    return sql_run_kept(&s->cache,
                        "DELETE FROM held WHERE state = 1 AND next < ?1"
                        " AND NOT EXISTS (SELECT 1 FROM event e WHERE e.n = held.n)",
                        "i", wall.us);
}

enum err event_store_prune(struct event_store *s, wall_t wall, bool *ret_more) {
    enum err e =
        sql_run_kept(&s->cache,
                     "DELETE FROM event WHERE n IN (SELECT e.n FROM event e WHERE e.at < ?1"
                     " AND e.n <= COALESCE((SELECT MIN(done) FROM sink), e.n)"
                     " AND NOT EXISTS (SELECT 1 FROM sink s JOIN held h ON h.sink = s.name"
                     " AND h.n = e.n AND (h.state <> 1 OR h.next >= ?1))"
                     " AND NOT EXISTS (SELECT 1 FROM sink s JOIN held h ON h.sink = s.name"
                     " AND h.state = 0 AND h.tour = e.tour AND h.n < e.n) LIMIT ?2)",
                     "ii", wall.us, (int64_t)PRUNED_MAX);
    *ret_more = e == OK && sqlite3_changes(s->db) == PRUNED_MAX;
    e = e == OK && !*ret_more ? forget_given_up(s, wall) : e;
    /* What waits to be stored has not waited for so long. */
    e = e == OK && !*ret_more
            ? sql_run_kept(&s->cache, "DELETE FROM early WHERE at < ?1", "i", wall.us)
            : e;
    return e == OK && !*ret_more ? forget_recordings(s) : e;
}
