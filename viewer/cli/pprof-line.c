// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Lines of input. See pprof-line.h.
 */
#include "pprof-line.h"

#include <dlfcn.h>
#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/report.h>

#include "pprof-history.h"
#include "pprof-viewer.h"

#define PROMPT        "(pprof) "
#define HISTORY_COUNT 1000
/* Of words that fit: more are not listed, only counted. */
#define LISTED_MAX 40
#define BLANKS     " \t"

/*
 * libedit is loaded when a person sits at a terminal: with what it brings it takes longer to start than
 * many a report to make.
 */
#define LIBRARY "libedit.so.2"
#define FUNCTIONS(X)                                                                               \
	X(el_init)                                                                                 \
	X(el_end)                                                                                  \
	X(el_set)                                                                                  \
	X(el_wset)                                                                                 \
	X(el_get)                                                                                  \
	X(el_gets)                                                                                 \
	X(el_line)                                                                                 \
	X(el_cursor)                                                                               \
	X(el_source)                                                                               \
	X(el_insertstr)                                                                            \
	X(el_deletestr)                                                                            \
	X(history_init)                                                                            \
	X(history_end)                                                                             \
	X(history)

#define POINTER(name) __typeof__(name) *name;
static struct {
	FUNCTIONS(POINTER)
} libedit; /* Written once, by load(). */

struct pprof_line {
	const struct weft_pprof *profile;
	EditLine *edit; /* NULL: input is no terminal. */
	History *history;
	int kept;   /* History of earlier sessions; -1: none. */
	char *text; /* Owned: the last line. */
	size_t size;
};

/* Words that could stand where the cursor is. */
struct candidates {
	const char *word; /* What is there; not terminated. */
	size_t len;
	bool anywhere; /* It may stand anywhere in the candidate, not only at the start. */
	const char *found[LISTED_MAX];
	size_t count;      /* More than LISTED_MAX: some are not in found. */
	size_t common_len; /* Of the start that all have. */
};

static void consider(struct candidates *candidates, const char *text)
{
	size_t i = 0;
	bool fits = candidates->anywhere
			    ? memmem(text, strlen(text), candidates->word, candidates->len) != NULL
			    : strncmp(text, candidates->word, candidates->len) == 0;

	if (!fits) {
		return;
	}
	if (candidates->count == 0) {
		candidates->common_len = strlen(text);
	} else if (strcmp(candidates->found[0], text) == 0) {
		return; /* Functions of one name. */
	}
	if (candidates->count < LISTED_MAX) {
		candidates->found[candidates->count] = text;
	}
	candidates->count++;
	while (i < candidates->common_len && candidates->found[0][i] == text[i]) {
		i++;
	}
	candidates->common_len = i;
}

static void consider_variables(struct candidates *candidates)
{
	const struct weft_report_variable *variable;
	size_t i;

	for (i = 0; (variable = weft_report_variable_get(i)); i++) {
		consider(candidates, variable->name);
	}
}

static void consider_commands(struct candidates *candidates)
{
	static const char *const others[] = {"help", "options", "quit", "exit"};
	const struct weft_report_format *format;
	const struct pprof_viewer *viewer;
	size_t i;

	for (i = 0; (format = weft_report_format_get(i)); i++) {
		consider(candidates, format->name);
	}
	for (i = 0; (viewer = pprof_viewer_get(i)); i++) {
		if (!weft_report_format_find(viewer->name)) {
			consider(candidates, viewer->name);
		}
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		consider(candidates, others[i]);
	}
}

static void consider_functions(const struct pprof_line *line, struct candidates *candidates)
{
	uint32_t i;

	candidates->anywhere = true;
	for (i = 0; i < weft_pprof_function_count(line->profile); i++) {
		consider(candidates, weft_pprof_get_function(line->profile, i)->name);
	}
}

/* Values of variables that have a choice. Whether the variable is such a one. */
static bool consider_values(const struct pprof_line *line, const char *name, size_t len,
			    struct candidates *candidates)
{
	const struct weft_report_variable *variable;
	uint32_t i;

	for (i = 0; (variable = weft_report_variable_get(i)); i++) {
		if (strlen(variable->name) == len && strncmp(variable->name, name, len) == 0) {
			break;
		}
	}
	if (variable && strcmp(variable->name, "sample_index") == 0) {
		for (i = 0; i < weft_pprof_sample_type_count(line->profile); i++) {
			consider(candidates, weft_pprof_get_sample_type(line->profile, i)->type);
		}
		return true;
	}
	for (i = 0; variable && variable->choices && variable->choices[i]; i++) {
		consider(candidates, variable->choices[i]);
	}
	return variable && variable->choices;
}

/* What could stand at the cursor, from the text before it. */
static void find_candidates(const struct pprof_line *line, const char *text, size_t len,
			    struct candidates *ret_candidates)
{
	const char *equals;
	size_t start = len, first = 0;

	while (start > 0 && !strchr(BLANKS, text[start - 1])) {
		start--;
	}
	while (first < len && strchr(BLANKS, text[first])) {
		first++;
	}
	*ret_candidates = (struct candidates){.word = text + start, .len = len - start};
	equals = memchr(text + first, '=', len - first);
	if (equals && equals < text + start) {
		return; /* A second word of a value. */
	}
	if (equals) {
		ret_candidates->word = equals + 1;
		ret_candidates->len = (size_t)(text + len - equals - 1);
		if (!consider_values(line, text + first, (size_t)(equals - text) - first,
				     ret_candidates)) {
			consider_functions(line, ret_candidates);
		}
	} else if (start == first || strncmp(text + first, "help ", 5) == 0) {
		consider_commands(ret_candidates);
		consider_variables(ret_candidates);
	} else {
		if (ret_candidates->len && *ret_candidates->word == '-') {
			ret_candidates->word++;
			ret_candidates->len--;
		}
		consider_functions(line, ret_candidates);
	}
}

static void list_candidates(const struct candidates *candidates)
{
	size_t i;

	(void)printf("\n");
	for (i = 0; i < candidates->count && i < LISTED_MAX; i++) {
		(void)printf("%s\n", candidates->found[i]);
	}
	if (candidates->count > LISTED_MAX) {
		(void)printf("... and %zu more\n", candidates->count - LISTED_MAX);
	}
}

/* Bound to tab. */
static unsigned char complete(EditLine *edit, int key)
{
	const LineInfo *info = libedit.el_line(edit);
	size_t len = (size_t)(info->cursor - info->buffer);
	struct candidates candidates;
	struct pprof_line *line = NULL;
	char *start;
	unsigned char ret = CC_ERROR;

	(void)key;
	if (libedit.el_get(edit, EL_CLIENTDATA, &line) != 0 || !line) {
		return CC_ERROR;
	}
	find_candidates(line, info->buffer, len, &candidates);
	if (candidates.count == 0) {
		return CC_ERROR;
	}
	if (candidates.count > 1 &&
	    (candidates.anywhere || candidates.common_len <= candidates.len)) {
		list_candidates(&candidates);
		return CC_REDISPLAY;
	}
	start = strndup(candidates.found[0], candidates.common_len);
	if (start) {
		libedit.el_deletestr(edit, (int)candidates.len);
		ret = libedit.el_insertstr(edit, start) == 0 ? CC_REFRESH : CC_ERROR;
	}
	free(start);
	return ret;
}

/* Bound to ^C: gives the line up. */
static unsigned char give_up(EditLine *edit, int key)
{
	const LineInfo *info = libedit.el_line(edit);

	(void)key;
	(void)libedit.el_cursor(edit, (int)(info->lastchar - info->cursor));
	info = libedit.el_line(edit);
	libedit.el_deletestr(edit, (int)(info->lastchar - info->buffer));
	(void)printf("^C\n");
	/* A line of nothing but its end: no characters at all would be the end of input. */
	return libedit.el_insertstr(edit, "\n") == 0 ? CC_NEWLINE : CC_EOF;
}

static const char *get_prompt(EditLine *edit)
{
	(void)edit;
	return PROMPT;
}

/* Whether libedit is there, and complete. */
static bool load(void)
{
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!handle) {
		return false;
	}
	/* POSIX has functions fit into object pointers, ISO C does not. */
#define FIND(name)                                                                                 \
	*(void **)&libedit.name = dlsym(handle, #name);                                            \
	if (!libedit.name) {                                                                       \
		return false;                                                                      \
	}
	FUNCTIONS(FIND)
	return true;
}

/* A line of an earlier session. */
static void recall(void *ctx, const char *text)
{
	struct pprof_line *line = ctx;
	HistEvent event;

	(void)libedit.history(line->history, &event, H_ENTER, text);
}

static int open_editor(struct pprof_line *line, struct weft_error *err)
{
	HistEvent event;

	line->edit = libedit.el_init("weft-pprof", stdin, stdout, stderr);
	line->history = line->edit ? libedit.history_init() : NULL;
	if (!line->history) {
		return weft_error_set(err, -EIO,
				      "open the shell: this terminal cannot be used (TERM=%s)",
				      getenv("TERM") ? getenv("TERM") : "");
	}
	(void)libedit.history(line->history, &event, H_SETSIZE, HISTORY_COUNT);
	(void)libedit.history(line->history, &event, H_SETUNIQUE, 1);
	line->kept = pprof_history_open(recall, line);
	(void)libedit.el_set(line->edit, EL_CLIENTDATA, line);
	(void)libedit.el_set(line->edit, EL_PROMPT, get_prompt);
	(void)libedit.el_set(line->edit, EL_EDITOR, "emacs");
	(void)libedit.el_set(line->edit, EL_SIGNAL, 1);
	(void)libedit.el_set(line->edit, EL_HIST, libedit.history, line->history);
	/* Wide, as libedit keeps them: of others it makes copies that it never frees. */
	(void)libedit.el_wset(line->edit, EL_ADDFN, L"weft-complete", L"Completes a word",
			      complete);
	(void)libedit.el_wset(line->edit, EL_ADDFN, L"weft-give-up", L"Gives the line up", give_up);
	(void)libedit.el_set(line->edit, EL_BIND, "^I", "weft-complete", NULL);
	(void)libedit.el_set(line->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
	/* While a line is edited ^C is a key; while a report is made it ends the program. */
	(void)libedit.el_set(line->edit, EL_SETTY, "-d", "-isig", NULL);
	(void)libedit.el_set(line->edit, EL_BIND, "^C", "weft-give-up", NULL);
	(void)libedit.el_source(line->edit, NULL); /* Most users have no ~/.editrc. */
	return 0;
}

int pprof_line_open(const struct weft_pprof *profile, struct pprof_line **ret_line,
		    struct weft_error *err)
{
	struct pprof_line *line = calloc(1, sizeof(*line));
	int ret = 0;

	if (!line) {
		return weft_error_set(err, -ENOMEM, "open the shell: out of memory");
	}
	line->profile = profile;
	line->kept = -1;
	/* Without libedit lines are read as from a pipe. */
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && load()) {
		ret = open_editor(line, err);
	}
	if (ret < 0) {
		pprof_line_close(line);
		return ret;
	}
	*ret_line = line;
	return 0;
}

static const char *read_plainly(struct pprof_line *line)
{
	ssize_t len;

	(void)printf(PROMPT);
	(void)fflush(stdout);
	len = getline(&line->text, &line->size, stdin);
	if (len < 0) {
		return NULL;
	}
	line->text[strcspn(line->text, "\n")] = '\0';
	return line->text;
}

const char *pprof_line_read(struct pprof_line *line)
{
	const char *text;
	HistEvent event;
	int count = 0;

	if (!line->edit) {
		return read_plainly(line);
	}
	text = libedit.el_gets(line->edit, &count);
	if (!text || count <= 0) {
		(void)printf(
			"\n"); /* The prompt of the user's own shell is not to stand behind ours. */
		return NULL;
	}
	if (text[strspn(text, " \t\r\n")] != '\0') {
		(void)libedit.history(line->history, &event, H_ENTER, text);
		pprof_history_add(line->kept, text);
	}
	free(line->text);
	line->text = strndup(text, strcspn(text, "\r\n"));
	return line->text;
}

void pprof_line_close(struct pprof_line *line)
{
	if (!line) {
		return;
	}
	if (line->edit) {
		libedit.el_end(line->edit);
	}
	if (line->history) {
		libedit.history_end(line->history);
	}
	if (line->kept >= 0) {
		(void)close(line->kept); /* Every line was written when it came. */
	}
	free(line->text);
	free(line);
}
