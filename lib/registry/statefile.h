/*
 * Small files of a state directory: whole or not at all, and checked when they
 * are read.
 *
 * Design notes. A file is written beside its name, synced, and renamed over it,
 * so that who reads it, also another process, finds the old one or the new one.
 * It is the owner's alone (0600). Its first line names the format and the
 * SHA-256 of the rest; what does not fit that is not believed.
 */
#ifndef SE_REGISTRY_STATEFILE_H
#define SE_REGISTRY_STATEFILE_H

#include <stddef.h>

#include <artstore/error.h>

/* The directory is made if its parent is there. SE_E_SYSTEM,
 * SE_E_NOMEM. */
se_err se__statefile_write(const char *dir, const char *name, const char *text,
                           size_t length, se_error *err);
/*
 * *text: owned, terminated. SE_E_NOT_FOUND if there is none, SE_E_PARSE if it
 * is broken, SE_E_SYSTEM, SE_E_LIMIT, SE_E_NOMEM.
 */
se_err se__statefile_read(const char *dir, const char *name, char **text,
                          size_t *length, se_error *err);
void se__statefile_remove(const char *dir, const char *name);

#endif
