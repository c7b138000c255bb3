/* An open-addressing hash map from 64-bit keys to pointers, with a fixed capacity allocated at
 * creation: no allocation when used. Keys are hashed inside with the seed given, so that remote
 * peers cannot choose colliding ones. Owner: one thread. */
#ifndef ORIEL_BASE_MAP_H
#define ORIEL_BASE_MAP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct map;

/* Room for cap entries, or NULL. */
struct map *map_new(size_t cap, uint64_t seed);
/* NULL allowed; returns NULL. Values are the caller's. */
struct map *map_free(struct map *m);
/* Insert or replace. ERR_FULL when cap distinct keys are present. value must not be NULL. */
enum err map_put(struct map *m, uint64_t key, void *value);
/* The value, or NULL. */
void *map_get(const struct map *m, uint64_t key);
/* Remove and return the value, or NULL. */
void *map_take(struct map *m, uint64_t key);
/* Entries in the map. */
size_t map_len(const struct map *m);
/* SipHash-2-4 of n bytes (data may be NULL when n is 0) under a key of two little-endian halves. */
uint64_t siphash24(const void *data, size_t n, const uint64_t key[2]);
/* SipHash-2-4 of bytes, to make keys of strings and addresses. */
uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);

#endif
