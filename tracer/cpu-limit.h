// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * How many CPUs the process may use, as its control groups say.
 */
#ifndef WEFT_TRACER_CPU_LIMIT_H
#define WEFT_TRACER_CPU_LIMIT_H

/*
 * Takes cpu.max of a control group (version 2) apart: "QUOTA PERIOD", e.g. "150000 100000" is 1.5 CPUs.
 *
 * @return CPUs; 0: no limit ("max"), or no such text. Pure.
 */
double weft_cpu_limit_parse(const char *text);

/*
 * The lowest limit of the process's group and those around it, as mounted at `root` ("/sys/fs/cgroup").
 *
 * @param own  The text of /proc/self/cgroup.
 * @return CPUs; 0: none.
 */
double weft_cpu_limit_find(const char *root, const char *own);

#endif
