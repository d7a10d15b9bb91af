// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the unwinder's tests run while they look at the stack: the same functions built at several
 * levels of optimisation, C++ that throws, and assembly with wrong or missing CFI. Each returns a
 * sum that depends on its argument, so that nothing is optimised away.
 */
#ifndef WEFT_TEST_UNWIND_SUBJECTS_H
#define WEFT_TEST_UNWIND_SUBJECTS_H

#ifdef __cplusplus
extern "C" {
#endif

/* subjects.c, once a level. */
int subject_run_o0(int n);
int subject_run_o2(int n);
int subject_run_o3(int n);
int subject_run_os(int n);
int subject_run_omit(int n);
int subject_run_keep(int n);

/* subjects.cc */
int subject_throw(int depth);     /* Throws through depth frames, half of them with destructors. */
int subject_rethrow(int depth);   /* The same, caught and thrown again on the way. */
int subject_containers(int n);    /* What the standard library does by itself. */
int subject_last_call(int depth); /* __cxa_throw() is the last instruction of each thrower. */

/* subjects-asm.S; each calls work(n) and gives its result. */
int subject_asm_no_cfi(int (*work)(int), int n);        /* No frame pointer, no CFI. */
int subject_asm_no_cfi_framed(int (*work)(int), int n); /* Frame pointer, no CFI. */
int subject_asm_cfi(int (*work)(int), int n);           /* Every push described. */
int subject_asm_base(int (*work)(int), int n);          /* CFA in rbx on a realigned stack. */
int subject_asm_bad_fp(int (*work)(int), int n);        /* CFI right, rbp holds rubbish. */
int subject_asm_last_call(int (*work)(int), int n);     /* The call is its last instruction. */

#ifdef __cplusplus
}
#endif

#endif
