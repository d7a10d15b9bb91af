// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Escaping, and what all pages look like. See page.h.
 */
#include "page.h"

#include <ctype.h>
#include <string.h>

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1a1d21;--dim:#5c6470;--line:#d9dde3;"
	"--card:#f6f7f9;--accent:#0b62c4;--on:#fff}"
	"@media(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e6e8eb;--dim:#9aa3af;"
	"--line:#30363d;--card:#1c2026;--accent:#6cb0ff;--on:#0d1117}}"
	"*{box-sizing:border-box}"
	"body{margin:0 auto;padding:1rem;max-width:60rem;background:var(--bg);color:var(--fg);"
	"font:16px/1.5 system-ui,sans-serif}"
	"h1{font-size:1.3rem;margin:.2rem "
	"0;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:1.6rem 0 .5rem}"
	"p{margin:.4rem 0}a{color:var(--accent)}.dim{color:var(--dim);font-size:.9rem}"
	"table{border-collapse:collapse;width:100%}"
	"th,td{text-align:left;padding:.45rem .6rem .45rem 0;border-top:1px solid var(--line);"
	"vertical-align:top;overflow-wrap:anywhere}"
	"th{font-weight:600;font-size:.85rem;color:var(--dim);border-top:0}"
	".get{white-space:nowrap;padding-right:0}@media(min-width:36rem){.name{min-width:7.5em}}"
	".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
	".card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;"
	"padding:.8rem 1rem;margin:.6rem 0}"
	"form{display:flex;flex-wrap:wrap;gap:.6rem;align-items:center}"
	"input,select,button,.button{font:inherit;padding:.4rem .7rem;border-radius:.4rem;"
	"border:1px solid var(--line);background:var(--bg);color:var(--fg)}"
	"input{width:6rem}button,.button{background:var(--accent);color:var(--on);border-color:"
	"transparent;"
	"cursor:pointer;text-decoration:none}"
	"button.copy{background:none;color:var(--accent);border-color:var(--line);padding:.1rem "
	".5rem;"
	"font-size:.85rem}"
	"code{font:.88rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere}"
	".cmd{display:flex;gap:.6rem;align-items:flex-start;justify-content:space-between;margin:."
	"3rem 0}"
	"progress{width:100%;height:.6rem}[hidden]{display:none}"
	"@media(max-width:36rem){.wide{display:none}}";

/*
 * Three conveniences: progress of what takes seconds, commands to copy, and the address as the
 * browser knows it inside them.
 */
static const char script[] =
	"for(const c of document.querySelectorAll('[data-path]'))"
	"c.textContent=new URL(c.dataset.path,location.href).href;"
	"if(navigator.clipboard)for(const b of "
	"document.querySelectorAll('button.copy')){b.hidden=false;"
	"b.onclick=async()=>{await navigator.clipboard.writeText("
	"b.parentNode.querySelector('code').textContent);b.textContent='Copied';"
	"setTimeout(()=>b.textContent='Copy',1500)}}"
	"for(const f of document.querySelectorAll('form[data-timed]'))f.onsubmit=async e=>{"
	"e.preventDefault();const s=Number(f.elements.seconds.value),b=f.querySelector('button'),"
	"p=f.parentNode.querySelector('progress'),o=f.parentNode.querySelector('output'),t=Date."
	"now();"
	"b.disabled=true;p.hidden=false;const i=setInterval(()=>{const d=(Date.now()-t)/1000;"
	"p.value=Math.min(d/s,1);if(d<s)o.textContent=Math.ceil(s-d)+' s left'},100);"
	"try{const r=await fetch(f.action+'?seconds='+s);if(!r.ok)throw new Error((await "
	"r.text()).trim());"
	"const parts=[];let n=0;for(const d=r.body.getReader();;){const x=await "
	"d.read();if(x.done)break;"
	"parts.push(x.value);n+=x.value.length;if((Date.now()-t)/1000>=s)"
	"o.textContent=(n/1024).toFixed(0)+' KiB'}"
	"const a=document.createElement('a');a.href=URL.createObjectURL(new Blob(parts));"
	"a.download=f.dataset.timed;a.click();URL.revokeObjectURL(a.href);"
	"o.textContent='Saved '+(n/1024).toFixed(0)+' KiB as '+f.dataset.timed}"
	"catch(x){o.textContent=x.message}clearInterval(i);p.hidden=true;b.disabled=false}";

void weft_page_print_html(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			(void)fputs("&lt;", out);
			break;
		case '>':
			(void)fputs("&gt;", out);
			break;
		case '&':
			(void)fputs("&amp;", out);
			break;
		case '"':
			(void)fputs("&#34;", out);
			break;
		case '\'':
			(void)fputs("&#39;", out);
			break;
		default:
			(void)fputc(*text, out);
		}
	}
}

void weft_page_print_url(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-_.~/", *text)) {
			(void)fputc(*text, out);
		} else {
			(void)fprintf(out, "%%%02X", (unsigned int)(unsigned char)*text);
		}
	}
}

/* Length of the well-formed character at `text`; 0: there is none. */
static size_t character_len(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t len = byte[0] < 0x80   ? 1
		     : byte[0] < 0xc2 ? 0
		     : byte[0] < 0xe0 ? 2
		     : byte[0] < 0xf0 ? 3
		     : byte[0] < 0xf5 ? 4
				      : 0;
	size_t i;

	for (i = 1; i < len; i++) {
		if ((byte[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] > 0x9f) ||
	    (byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] > 0x8f)) {
		return 0;
	}
	return len;
}

void weft_page_print_json(FILE *out, const char *text)
{
	(void)fputc('"', out);
	while (*text) {
		size_t len = character_len(text);

		if (len == 0) {
			(void)fputs("\\ufffd", out);
			text++;
		} else if ((unsigned char)*text < 0x20 || *text == '"' || *text == '\\' ||
			   *text == '<' || *text == 0x7f) {
			(void)fprintf(out, "\\u%04x", (unsigned int)*text);
			text++;
		} else {
			(void)fwrite(text, 1, len, out);
			text += len;
		}
	}
	(void)fputc('"', out);
}

void weft_page_print_head(FILE *out, const char *title)
{
	(void)fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		    "<link rel=\"icon\" href=\"data:,\">\n<title>",
		    out);
	weft_page_print_html(out, title);
	(void)fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n", style);
}

void weft_page_print_tail(FILE *out)
{
	(void)fprintf(out, "<script>%s</script>\n</body>\n</html>\n", script);
}
