// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Code with much debug information, never run: tests/bench/run makes a large library of many copies.
 */
#include <algorithm>
#include <fstream>
#include <future>
#include <map>
#include <random>
#include <regex>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

bool match(const std::string &text)
{
	return std::regex_match(text, std::regex("(a|b)*c[x-z]+"));
}

bool match_wide(const std::wstring &text)
{
	return std::regex_search(text, std::wregex(L"(a|b)*c[x-z]+"));
}

template <int Divisor>
size_t work(const std::map<int, std::string> &names)
{
	std::vector<std::pair<int, std::string>> sorted(names.begin(), names.end());
	std::unordered_map<std::string, int> numbers;
	std::stringstream text;

	std::sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
		return a.second < b.second && a.first % Divisor;
	});
	for (const auto &pair : sorted) {
		numbers[pair.second] = pair.first + Divisor;
	}
	for (const auto &pair : numbers) {
		text << pair.first << pair.second;
	}
	return text.str().size();
}

size_t work_all(const std::map<int, std::string> &names)
{
	return work<2>(names) + work<3>(names) + work<5>(names) + work<7>(names) + work<11>(names) +
	       work<13>(names) + work<17>(names) + work<19>(names);
}

double wait_for_another()
{
	return std::async(std::launch::async,
			  [] {
				  std::mt19937 generator(3);
				  std::normal_distribution<> normal;

				  return normal(generator);
			  })
		.get();
}
