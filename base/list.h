/* Intrusive doubly linked lists: membership costs no memory of its own and leaving is O(1). A list
 * is a ring through its head; a link that is on no list points at itself. Owner: one thread. */
#ifndef ORIEL_BASE_LIST_H
#define ORIEL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct link {
    struct link *prev, *next;
};

/* Make l an empty list, or a link that is on none. */
static inline void list_init(struct link *l) {
    l->prev = l;
    l->next = l;
}
/* For a head: nothing is on it. For a link: it is on no list. */
static inline bool list_empty(const struct link *l) {
    return l->next == l;
}
/* Append; l must be on no list. */
static inline void list_push(struct link *head, struct link *l) {
    l->prev = head->prev;
    l->next = head;
    head->prev->next = l;
    head->prev = l;
}
/* Leave the list, if on one. */
static inline void list_remove(struct link *l) {
    l->prev->next = l->next;
    l->next->prev = l->prev;
    list_init(l);
}

/* The struct of this type whose member is at p; p is not const. */
#define CONTAINER_OF(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))
/* The same, said of a link of a list. */
#define LIST_ENTRY(l, type, member) CONTAINER_OF(l, type, member)
/* Visit every link; the body may remove `it` but no other link. */
#define LIST_EACH(it, head)                                                   \
    for (struct link *it = (head)->next, *it##_next = it->next; it != (head); \
         it = it##_next, it##_next = it->next)

#endif
