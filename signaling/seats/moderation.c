#include "signaling/seats/moderation.h"

#include "base/json_write.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/state_json.h"
#include "signaling/tours/rights.h"

void seat_silence(struct signaling *s, us_t now, struct seat *seat, enum source_kind kind,
                  const struct seat *by) {
    struct buffer o = {0};
    if (!rights_mute(s, seat, kind, true)) {
        return;
    }
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "muted");
    json_put_string(&o, "source", source_kind_name(kind));
    put_number(&o, "by", by->number);
    json_close(&o, '}');
    send_out(s, seat->conn, &o);
    tell_changed(s, now, seat);
}
