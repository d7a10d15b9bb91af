// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Emits before main() and after it: one log in a constructor, one in main(), one in a handler of
 * exit(), one in a destructor.
 */
#include <stdlib.h>

#include <weft/trace.h>

__attribute__((constructor)) static void before_main(void)
{
	weft_log("when", "constructor");
}

__attribute__((destructor)) static void after_main(void)
{
	weft_log("when", "destructor");
}

static void at_exit(void)
{
	weft_log("when", "exit");
}

int main(void)
{
	weft_log("when", "main");
	return atexit(at_exit);
}
