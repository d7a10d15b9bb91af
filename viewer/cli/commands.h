// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The subcommands: one function each, in cmd-NAME.c; main.c has the table. Each gets its name as
 * argv[0] and returns an enum weft_cli_status (or, for record and run, the command's exit
 * status).
 */
#ifndef WEFT_CLI_COMMANDS_H
#define WEFT_CLI_COMMANDS_H

int weft_cmd_convert(int argc, char **argv);
int weft_cmd_trace_process(int argc, char **argv);
int weft_cmd_summary(int argc, char **argv);
int weft_cmd_symbolize(int argc, char **argv);
int weft_cmd_verify(int argc, char **argv);
int weft_cmd_doctor(int argc, char **argv);
int weft_cmd_record(int argc, char **argv);
int weft_cmd_run(int argc, char **argv);
int weft_cmd_serve(int argc, char **argv);
int weft_cmd_pprof(int argc, char **argv);

#endif
