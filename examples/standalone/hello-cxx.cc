// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The smallest traced program, in C++11 or later.
 */
#include <iostream>
#include <string>

#include <weft/trace.h>

int main()
{
	const weft::task task("greeting");
	const std::string text =
		weft::with_region("compose", [] { return std::string("hello from C++"); });

	weft_logf("text", "%s", text.c_str());
	std::cout << text << '\n';
	return 0;
}
