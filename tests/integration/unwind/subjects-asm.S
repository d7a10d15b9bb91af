// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
// int NAME(int (*work)(int), int n): calls work(n) from a frame of a certain kind.

	.text

	.macro function name
	.globl	\name
	.type	\name, @function
	.balign	16
\name:
	.endm

	function subject_asm_no_cfi
	subq	$24, %rsp
	movq	%rdi, %rax
	movl	%esi, %edi
	call	*%rax
	addq	$24, %rsp
	ret
	.size	subject_asm_no_cfi, . - subject_asm_no_cfi

	function subject_asm_no_cfi_framed
	pushq	%rbp
	movq	%rsp, %rbp
	subq	$32, %rsp
	movq	%rdi, %rax
	movl	%esi, %edi
	call	*%rax
	leave
	ret
	.size	subject_asm_no_cfi_framed, . - subject_asm_no_cfi_framed

	function subject_asm_cfi
	.cfi_startproc
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	movq	%rdi, %rbx
	movl	%esi, %ebp
	movl	%ebp, %edi
	call	*%rbx
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	ret
	.cfi_endproc
	.size	subject_asm_cfi, . - subject_asm_cfi

	// As ld.so's lazy resolver: the stack is realigned and rbx keeps where it was.
	function subject_asm_base
	.cfi_startproc
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	movq	%rsp, %rbx
	.cfi_def_cfa_register %rbx
	andq	$-64, %rsp
	subq	$192, %rsp
	movq	%rdi, %rax
	movl	%esi, %edi
	call	*%rax
	movq	%rbx, %rsp
	.cfi_def_cfa_register %rsp
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	ret
	.cfi_endproc
	.size	subject_asm_base, . - subject_asm_base

	function subject_asm_bad_fp
	.cfi_startproc
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	movq	$0x123456789abcdef1, %rbp
	movq	%rdi, %rax
	movl	%esi, %edi
	call	*%rax
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	ret
	.cfi_endproc
	.size	subject_asm_bad_fp, . - subject_asm_bad_fp

	// The return address of the inner call belongs to the next function, whose CFI differs.
	function subject_asm_last_call
	.cfi_startproc
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	leaq	1f(%rip), %rbx
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	subq	$40, %rsp
	.cfi_adjust_cfa_offset 40
	movq	%rdi, %rax
	movl	%esi, %edi
	call	*%rax
	.cfi_endproc
	.size	subject_asm_last_call, . - subject_asm_last_call

	.type	subject_asm_after, @function
subject_asm_after:
	.cfi_startproc simple
	.cfi_def_cfa %rsp, 64
	.cfi_offset %rip, -8
	.cfi_offset %rbx, -16
	addq	$48, %rsp
	.cfi_def_cfa_offset 16
	popq	%rbx
	.cfi_def_cfa_offset 8
	.cfi_restore %rbx
1:	ret
	.cfi_endproc
	.size	subject_asm_after, . - subject_asm_after

	.section .note.GNU-stack, "", @progbits
