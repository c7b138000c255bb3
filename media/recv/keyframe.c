#include "media/recv/keyframe.h"

void recv_keyframe_need(struct recv_keyframe *k) {
    k->needed = true;
}

void recv_keyframe_lost(struct recv_keyframe *k) {
    k->needed = true;
    k->lost = true;
}

void recv_keyframe_pause(struct recv_keyframe *k) {
    *k = (struct recv_keyframe){.command = k->command};
}

void recv_keyframe_arrived(struct recv_keyframe *k, us_t now) {
    k->needed = k->lost = k->passed = false;
    k->key_at = now;
}

void recv_keyframe_periodic(struct recv_keyframe *k, us_t now, us_t interval) {
    if (interval > 0 && k->interval == 0 && k->key_at == 0) {
        k->key_at = now;
    }
    k->interval = interval;
}

/* When the next request may go out. */
static us_t allowed_at(const struct recv_keyframe *k) {
    us_t gap = k->lost && k->key_at > k->asked_at ? KEYFRAME_GAP : KEYFRAME_THROTTLE;
    if (k->asked == 0) {
        return 0;
    }
    us_t spaced = k->asked_at + gap;
    return k->asked > 1 ? us_max(spaced, k->asked_before + 2 * KEYFRAME_THROTTLE) : spaced;
}

us_t recv_keyframe_deadline(const struct recv_keyframe *k) {
    us_t throttled = allowed_at(k);
    if (k->needed) {
        return throttled;
    }
    if (k->interval > 0) {
        return us_max(throttled, k->key_at + k->interval);
    }
    return US_NEVER;
}

bool recv_keyframe_poll(struct recv_keyframe *k, us_t now) {
    if (now < recv_keyframe_deadline(k)) {
        return false;
    }
    k->asked_before = k->asked_at;
    k->asked_at = now;
    k->asked += k->asked < 2;
    k->needed = true;
    return true;
}

uint8_t recv_keyframe_command(struct recv_keyframe *k) {
    bool unanswered = k->asked > 1 && k->key_at < k->asked_before;
    if (!unanswered || k->repeats >= KEYFRAME_SAME_COMMAND) {
        k->command++;
        k->repeats = 0;
    }
    k->repeats++;
    return k->command;
}

bool recv_keyframe_pass_on(struct recv_keyframe *k, us_t now) {
    if (k->passed && now - k->asked_at < KEYFRAME_THROTTLE) {
        return false;
    }
    k->passed = true;
    k->asked_at = now;
    return true;
}
