// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The web interface of `weft pprof`: reports about one profile as pages, all below /ui/.
 *
 *     web.c          the listener: who may ask, limits, answers           libmicrohttpd
 *     web-query.c    parameters ⇄ variables of reports, links
 *     web-views.c    one function a page: a report, made fit for HTML     <weft/report.h>
 *     web-frame.c    what all pages share: views, filters, sample types, saved views
 *     web-settings.c views that the user saved, in the real tool's file     jansson
 *     web/           style and script of the frame; the flame graph's are the report library's
 *
 * A page is made when it is asked for, from the profile and the parameters in its address; the server
 * keeps no state but the views that are saved by name. Pages load nothing from elsewhere.
 *
 * Who may ask is as with libweft-http: loopback unless another address is given, Host must name this
 * machine, requests that other sites make a browser send are refused, nobody may read answers across
 * sites; number, size and time of requests are limited. Views are saved and deleted by pages of this
 * server that are shown on this machine, or by programs here, and by POST or DELETE alone.
 *
 * Threads: one a connection, at most a few reports at once; the profile is only read.
 */
#ifndef WEFT_VIEWER_WEB_H
#define WEFT_VIEWER_WEB_H

#include <weft/report.h>

struct weft_web;

/**
 * Starts serving.
 *
 * @param address  "HOST:PORT", "[IPV6]:PORT"; without HOST 127.0.0.1, without PORT (or 0) a free one.
 * @param profile  Borrowed until the stop, and not to be changed.
 * @param config   What holds unless an address says otherwise; as the profile.
 * @return 0; -EINVAL: no address; -EADDRINUSE; another negative errno. Nothing is left behind then.
 */
WEFT_MUST_CHECK int weft_web_start(const char *address, const struct weft_pprof *profile,
				   const struct weft_report_config *config,
				   struct weft_web **ret_web, struct weft_error *err);
/** "http://127.0.0.1:40312". Borrowed. */
const char *weft_web_get_url(const struct weft_web *web);
/** Whether other machines can ask. */
bool weft_web_is_public(const struct weft_web *web);
/** Ends connections, then the listener. NULL is fine. */
void weft_web_stop(struct weft_web *web);

#endif
