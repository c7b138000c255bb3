#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

/* Seconds from 1900-01-01 to 1970-01-01 (RFC 5905 figure 4). */
#define NTP_UNIX_OFFSET 2208988800LL

#define MS_PER_DAY 86400000

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar, without the C library's
 * time zone. */
static void civil(int64_t days, int64_t *year, unsigned *month, unsigned *day) {
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned of_era = (unsigned)(days - era * 146097);
    unsigned y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * y + y / 4 - y / 100);
    unsigned m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int64_t)y + era * 400 + (*month <= 2);
}

/* Rounded towards the past, also before 1970. */
static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

const char *wall_text(wall_t w, char *out) {
    int64_t ms = floor_div(w.us, US_PER_MS), days = floor_div(ms, MS_PER_DAY), year;
    unsigned of_day = (unsigned)(ms - days * MS_PER_DAY), month, day;
    civil(days, &year, &month, &day);
    (void)snprintf(out, WALL_TEXT_MAX, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u.%03uZ", year, month,
                   day, of_day / 3600000, of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000);
    return out;
}

/* The inverse of civil. */
static int64_t days_of(int64_t year, unsigned month, unsigned day) {
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    unsigned y = (unsigned)(year - era * 400);
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + y * 365 + y / 4 - y / 100 + of_year - 719468;
}

/* Exactly n digits, at least `least` and at most `most`; moves *p behind them. */
static bool digits(const char **p, unsigned n, unsigned least, unsigned most, unsigned *ret) {
    unsigned v = 0;
    for (unsigned i = 0; i < n; i++, ++*p) {
        if (**p < '0' || **p > '9') {
            return false;
        }
        v = v * 10 + (unsigned)(**p - '0');
    }
    *ret = v;
    return v >= least && v <= most;
}

static bool sign(const char **p, char c) {
    bool ok = **p == c;
    *p += ok;
    return ok;
}

/* "-2026-01-02" is no date of ours; the day must be in its month. */
static bool parse_date(const char **p, int64_t *ret_days) {
    unsigned year, month, day, m, d;
    int64_t y;
    if (!digits(p, 4, 0, 9999, &year) || !sign(p, '-') || !digits(p, 2, 1, 12, &month) ||
        !sign(p, '-') || !digits(p, 2, 1, 31, &day)) {
        return false;
    }
    *ret_days = days_of(year, month, day);
    civil(*ret_days, &y, &m, &d);
    return m == month && d == day;
}

/* ".25": [us], digits beyond are dropped. */
static bool parse_fraction(const char **p, int64_t *ret_us) {
    int64_t unit = 100000;
    *ret_us = 0;
    if (!sign(p, '.')) {
        return true;
    }
    if (**p < '0' || **p > '9') {
        return false;
    }
    for (; **p >= '0' && **p <= '9'; ++*p, unit /= 10) {
        *ret_us += (**p - '0') * unit;
    }
    return true;
}

static const char **skip(const char **p) {
    ++*p;
    return p;
}

/* "Z", "+02:00", "-00:30": [s] ahead of UTC. */
static bool parse_offset(const char **p, int64_t *ret_s) {
    unsigned hours, minutes;
    char c = **p;
    *ret_s = 0;
    if (c == 'Z' || c == 'z') {
        ++*p;
        return true;
    }
    if ((c != '+' && c != '-') || !digits(skip(p), 2, 0, 23, &hours) || !sign(p, ':') ||
        !digits(p, 2, 0, 59, &minutes)) {
        return false;
    }
    *ret_s = (int64_t)(hours * 3600 + minutes * 60) * (c == '-' ? -1 : 1);
    return true;
}

bool wall_parse(const char *text, wall_t *ret) {
    unsigned hour = 0, minute = 0, second = 0;
    int64_t days, us = 0, offset = 0;
    if (!parse_date(&text, &days)) {
        return false;
    }
    if (*text) {
        if ((!sign(&text, 'T') && !sign(&text, 't') && !sign(&text, ' ')) ||
            !digits(&text, 2, 0, 23, &hour) || !sign(&text, ':') ||
            !digits(&text, 2, 0, 59, &minute) || !sign(&text, ':') ||
            !digits(&text, 2, 0, 60, &second) || !parse_fraction(&text, &us) ||
            !parse_offset(&text, &offset) || *text) {
            return false;
        }
    }
    int64_t s = days * 86400 + hour * 3600 + minute * 60 + second - offset;
    *ret = (wall_t){s * US_PER_S + us};
    return true;
}

uint64_t ntp_from_wall(wall_t w) {
    int64_t s = w.us / US_PER_S, us = w.us % US_PER_S;
    if (us < 0) {
        us += US_PER_S;
        s--;
    }
    uint64_t fraction = ((uint64_t)us << 32) / (uint64_t)US_PER_S;
    return (uint64_t)(uint32_t)(s + NTP_UNIX_OFFSET) << 32 | fraction;
}

wall_t wall_from_ntp(uint64_t ntp) {
    int64_t s = (int64_t)(ntp >> 32) - NTP_UNIX_OFFSET;
    /* Rounding undoes the truncation of ntp_from_wall. */
    uint64_t us = ((ntp & 0xffffffffu) * (uint64_t)US_PER_S + (UINT64_C(1) << 31)) >> 32;
    return (wall_t){s * US_PER_S + (int64_t)us};
}

uint32_t ntp_middle(uint64_t ntp) {
    return (uint32_t)(ntp >> 16);
}
