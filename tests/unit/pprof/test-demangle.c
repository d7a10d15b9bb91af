// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names for people: C++ and both of Rust's manglings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include <weft/symbol-file.h>

struct name {
	const char *mangled;
	const char *readable; /* NULL: stays as it is. */
};

static void expect(const struct name *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		char *readable = weft_symbol_demangle(names[i].mangled);

		if (names[i].readable) {
			assert_non_null(readable);
			assert_string_equal(readable, names[i].readable);
		} else {
			assert_null(readable);
		}
		free(readable);
	}
}

#define EXPECT(names) expect(names, sizeof(names) / sizeof((names)[0]))

static void parameters_and_return_types_are_cut(void **state)
{
	static const struct name names[] = {
		{"_Z3foov", "foo"},
		{"_ZNK5story3BoxIdE6methodEi", "story::Box<double>::method"},
		{"_ZNK5outer5Thing6methodIlEEiT_", "outer::Thing::method<long>"},
		{"_Z1fIPFivEEvT_", "f<int (*)()>"},
		{"_ZN2ns12_GLOBAL__N_16hiddenEi", "ns::(anonymous namespace)::hidden"},
		{"_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()"},
		{"_ZN1AcvT_I1BEEv", "A::operator B<B>"},
		{"_ZN1AclEi", "A::operator()"},
		{"_ZN1AlsIiEERS_T_", "A::operator<< <int>"},
		{"_ZN1AltERKS_", "A::operator<"},
		{"_ZnwmSt11align_val_t", "operator new"},
		{"_ZN1A1fEv.cold", "A::f"},
		{"_ZTV1A", "vtable for A"},
		{"_ZGVZ1fvE1x", "guard variable for f()::x"},
	};

	(void)state;
	EXPECT(names);
}

static void older_rust_names_lose_hash_and_escapes(void **state)
{
	static const struct name names[] = {
		{"_ZN3foo3bar17h0123456789abcdefE", "foo::bar"},
		{"_ZN3foo3bar17h0123456789abcdefE.llvm.123", "foo::bar"},
		{"_ZN56_$LT$foo..Bar$LT$T$GT$$u20$as$u20$core..fmt..Display$GT$3fmt"
		 "17h0123456789abcdefE",
		 "<foo::Bar<T> as core::fmt::Display>::fmt"},
		{"_ZN4core3ptr35drop_in_place$LT$$RF$mut$u20$u8$GT$17h0123456789abcdefE",
		 "core::ptr::drop_in_place<&mut u8>"},
		/* Looks like a hash and is none: C++. */
		{"_ZN3foo17h0123456789abcdegE", "foo::h0123456789abcdeg"},
	};

	(void)state;
	EXPECT(names);
}

static void newer_rust_names_are_read(void **state)
{
	static const struct name names[] = {
		{"_RNvC3foo3bar", "foo::bar"},
		{"_RNvCs6GmmlP4bgsG_1r4main", "r::main"},
		{"_RNvNtCsbmNqQUJIY6D_4core3fmt5write", "core::fmt::write"},
		{"_RNCNvC1r4main0", "r::main::{closure#0}"},
		{"_RNCNvC1r4mains_0", "r::main::{closure#1}"},
		{"_RNSNvC1r4main6vtable", "r::main::{shim:vtable#0}"},
		{"_RINvC1r3genAhj4_EB2_", "r::gen::<[u8; 4]>"},
		{"_RINvC1r3genTlcAbj1_EEB2_", "r::gen::<(i32, char, [bool; 1])>"},
		{"_RINvC1r3genFllEhEB2_", "r::gen::<fn(i32, i32) -> u8>"},
		{"_RINvC1r3genFUKCPhEuEB2_", "r::gen::<unsafe extern \"C\" fn(*const u8)>"},
		{"_RINvC1r3genRQSeEB2_", "r::gen::<&&mut [str]>"},
		{"_RINvC1r3genFG_RL0_eEuEB2_", "r::gen::<for<'a> fn(&'a str)>"},
		{"_RINvC1r3genDNtC1a1BINtC1a1CmEp1DhEL_EB2_",
		 "r::gen::<dyn a::B + a::C<u32, D = u8>>"},
		{"_RNvXC1rINtC1r3DogKj7_ENtC1r5Speak5speak", "<r::Dog<7> as r::Speak>::speak"},
		{"_RNvMC1rNtC1r3Dog3new", "<r::Dog>::new"},
		{"_RNvYNtC1r3DogNtC1r5Speak5speak", "<r::Dog as r::Speak>::speak"},
		{"_RINvC1r3genKb1_Kc61_Kin5_KpE", "r::gen::<true, 'a', -5, _>"},
		{"_RINvC1r3genKo0123456789abcdef01234567_E",
		 "r::gen::<0x0123456789abcdef01234567>"},
		{"_RNvC1ru3caf_", NULL}, /* Four bytes are told, three are there. */
		{"_RNvC1ru8gdel_5qa", "r::punycode{gdel_5qa}"},
		{"_RNvC3foo3bar.llvm.123", "foo::bar"},
		/* Damage. */
		{"_R", NULL},
		{"_RC0", NULL}, /* Nothing is left to show. */
		{"_RNvC3foo", NULL},
		{"_RNvC3foo3barX", NULL},
		{"_RNvC9999999999999999999999foo3bar", NULL},
		{"_RB_", NULL},
		{"_RNvB_3foo", NULL}, /* Refers to itself. */
		{"_RNvBzzzzzzzzzzzzzzzzzzz_3foo", NULL},
		{"_RINvC1r3genFGzzzzz_EuE", NULL},
		{"_R1NvC3foo3bar", NULL}, /* Another version. */
	};

	(void)state;
	EXPECT(names);
}

static void other_names_stay_as_they_are(void **state)
{
	static const struct name names[] = {{"main", NULL},   {"", NULL},    {"_", NULL},
					    {"_Z", NULL},     {"_ZZ", NULL}, {"_start", NULL},
					    {"Z3foov", NULL}, {"_ZN", NULL}};
	char *large = (char *)malloc(WEFT_SYMBOL_DEMANGLE_MAX + 16);

	(void)state;
	EXPECT(names);
	assert_non_null(large);
	memset(large, 'a', WEFT_SYMBOL_DEMANGLE_MAX + 15);
	large[WEFT_SYMBOL_DEMANGLE_MAX + 15] = '\0';
	memcpy(large, "_Z8999", 6);
	assert_null(weft_symbol_demangle(large));
	free(large);
}

/* Each reference doubles what it refers to: 2^25 copies of a name in some hundred bytes. */
static void names_that_stand_for_gigabytes_are_given_up(void **state)
{
	char name[512];
	size_t len = (size_t)snprintf(name, sizeof(name), "_RINvC1r3gen");
	size_t back = len - 2;
	unsigned int i;

	(void)state;
	len += (size_t)snprintf(name + len, sizeof(name) - len, "TeeE");
	for (i = 0; i < 25; i++) {
		static const char digits[] =
			"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
		char reference[8];
		size_t at = len - 2;

		/* Base 62 less one, as the mangling counts. */
		if (back == 0) {
			(void)snprintf(reference, sizeof(reference), "B_");
		} else if (back - 1 < 62) {
			(void)snprintf(reference, sizeof(reference), "B%c_", digits[back - 1]);
		} else {
			(void)snprintf(reference, sizeof(reference), "B%c%c_",
				       digits[(back - 1) / 62], digits[(back - 1) % 62]);
		}
		len += (size_t)snprintf(name + len, sizeof(name) - len, "T%s%sE", reference,
					reference);
		back = at;
	}
	(void)snprintf(name + len, sizeof(name) - len, "E");
	assert_null(weft_symbol_demangle(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_and_return_types_are_cut),
		cmocka_unit_test(older_rust_names_lose_hash_and_escapes),
		cmocka_unit_test(newer_rust_names_are_read),
		cmocka_unit_test(other_names_stay_as_they_are),
		cmocka_unit_test(names_that_stand_for_gigabytes_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
