/* Which files may hold a secret: one judge for keys, PINs and credentials. Thread: any. */
#ifndef ORIEL_RECORDER_STORE_PRIVATE_FILE_H
#define ORIEL_RECORDER_STORE_PRIVATE_FILE_H

/* NULL when the open file fd, whose path is `real`, is a regular one that nobody but its owner may
 * read or write, and the owner is root or ourselves; else what is wrong with it, for people. A
 * credential of systemd may be readable by its group: so looks the mask of the ACL by which the
 * service is given it. */
const char *private_file_wrong(int fd, const char *real);
/* The same of a file that several services share by a group, as they do the key of a certificate:
 * the group may read it. */
const char *group_file_wrong(int fd);

#endif
