// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Usage: follow DIR OUTPUT. Converts a recording that grows: a step for each line on standard input
 * (answered by a line), the rest at its end.
 */
#include <stdio.h>

#include <weft/convert.h>

int main(int argc, char **argv)
{
	const char *inputs[] = {argc == 3 ? argv[1] : ""};
	struct weft_convert_options options = {
		.inputs = inputs, .input_count = 1, .selection = WEFT_SELECTION_INIT};
	struct weft_convert_result result;
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_follow *follow = NULL;
	int ret = argc == 3 ? weft_follow_open(&options, argv[2], &follow, &err) : -1;
	int byte;

	while (ret == 0 && (byte = getchar()) != EOF) {
		if (byte == '\n') {
			ret = weft_follow_step(follow, &err);
			(void)puts("step");
			(void)fflush(stdout);
		}
	}
	if (ret == 0) {
		ret = weft_follow_finish(follow, &result, &err);
	}
	if (ret < 0) {
		(void)fprintf(stderr, "follow: %s\n", err.text);
	} else {
		(void)printf("lost=%llu repaired=%llu\n", (unsigned long long)result.lost_count,
			     (unsigned long long)result.repair_count);
	}
	weft_follow_close(follow);
	return ret < 0;
}
