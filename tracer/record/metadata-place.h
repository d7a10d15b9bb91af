// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where the metadata of a followed session are written: in memory, so that a full disk cannot stop them.
 *
 * LTTng's consumer daemon never recovers from metadata that it cannot write: the thread that meets the
 * error waits for the channel's timer to end, and the timer's thread waits for it to write. All sessions
 * of the daemon hang then. So the place where it will make the file is taken by a link:
 *
 *     DIR/ust/uid/1000/64-bit/metadata ──▶ /dev/shm/NAME.metadata
 *
 * Nothing is there before LTTng writes, and the session's end removes it.
 */
#ifndef WEFT_RECORD_METADATA_PLACE_H
#define WEFT_RECORD_METADATA_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

#include <weft/error.h>

#include "session-name.h"

/**
 * Makes the link for the buffers that a process will use; before the session starts.
 *
 * Where LTTng takes another place (a process that is another user in its own name space) it makes a file
 * there as ever.
 *
 * @param dir  The session's, absolute.
 * @return 0; another negative errno, told in `err`.
 */
WEFT_MUST_CHECK int weft_metadata_place(const char *session_name, const char *dir, pid_t pid,
					struct weft_error *err);

/** Removes what was written there, if anything was. */
void weft_metadata_remove(const char *session_name);

/** Whether an entry of /dev/shm is a session's metadata; whose. */
bool weft_metadata_is_of(const char *entry, char ret_session_name[WEFT_SESSION_NAME_SIZE]);

#endif
