// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What follows for timeline and encoder from what the user asked for and what was recorded.
 */
#ifndef WEFT_CONVERTER_GO_PLAN_H
#define WEFT_CONVERTER_GO_PLAN_H

#include <weft/convert.h>

#include "go-encoder.h"
#include "timeline.h"

struct weft_go_plan {
	enum weft_lanes lanes;
	struct weft_go_encoder_options encoder;
};

/** 0; -EINVAL: there is no such format. Reads rows and go_version only. */
WEFT_MUST_CHECK int weft_go_plan_check(const struct weft_convert_options *options,
				       struct weft_error *err);
/** @param has_sched  The input has scheduling events. */
struct weft_go_plan weft_go_plan_make(const struct weft_convert_options *options, bool has_sched);

#endif
