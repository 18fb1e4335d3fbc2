/*
 * Where an element listens: one port for its whole life.
 */
#ifndef SANDBOX_LISTENER_H
#define SANDBOX_LISTENER_H

#include "element.h"

/* Takes a free port; false: errno. */
bool sb_listener_bind(sb_element *element);
/* Starts to listen, if it does not; false: errno. */
bool sb_listener_start(sb_element *element);
/* Listens no more, and resets every connection. */
void sb_listener_stop(sb_element *element);

#endif
