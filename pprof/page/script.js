// SPDX-License-Identifier: MIT
// The flame graph of -html. Data: see report-html.c. State is in the address behind '#', so that a view can be
// sent to somebody: z (zoom), q (search), i (callers), f (flip), t (theme), p (pivot). Where a server shows it, p is a
// parameter, as in the real tool's addresses.
'use strict';
(() => {
const $ = id => document.getElementById('weft-' + id);
const data = JSON.parse(document.getElementById('profile').textContent);
const ROW = 20, WIDTH_MIN = 1.5;

// ---- Values with units, as reports show them ----
const FAMILIES = [
	[[/^(b|bytes?)$/i, 1], [/^k(b|(ilo)?bytes?)$/i, 1024], [/^m(b|(ega)?bytes?)$/i, 1048576]],
	[[/^(ns|nanoseconds?)$/i, 1], [/^([uμ]s|microseconds?)$/i, 1e3], [/^(ms|milliseconds?)$/i, 1e6],
		[/^(s|secs?|seconds?)$/i, 1e9]],
];
const SHOWN = [
	[['B', 1], ['kB', 1024], ['MB', 1048576], ['GB', 1073741824], ['TB', 1099511627776], ['PB', 1125899906842624]],
	[['ns', 1], ['us', 1e3], ['ms', 1e6], ['s', 1e9], ['hrs', 3.6e12]],
];
const scale = (() => {
	for (let f = 0; f < FAMILIES.length; f++) {
		const from = FAMILIES[f].find(u => u[0].test(data.unit));
		if (from) {
			const to = FAMILIES[f].find(u => u[0].test(data.shown_unit));
			return {units: to ? SHOWN[f].filter(u => u[1] === to[1]) : SHOWN[f], factor: from[1]};
		}
	}
	return {units: [[/^(count|samples?|units?)$/.test(data.unit) ? '' : ' ' + data.unit, 1]], factor: 1};
})();
function format(value) {
	const base = value * scale.factor;
	let unit = scale.units[0];
	for (const u of scale.units) {
		if (Math.abs(base) >= u[1]) { unit = u; }
	}
	return value ? (base / unit[1]).toFixed(2).replace(/\.00$/, '') + unit[0] : '0';
}
function percent(part, whole) {
	const share = whole ? part / whole * 100 : 0;
	return (Math.abs(share) >= 0.01 || !share ? share.toFixed(2) : share.toPrecision(1)) + '%';
}

// ---- Trees: columns, one entry a box; children linked by first and next ----
function link(tree) {
	const n = tree.parent.length;
	tree.total = Float64Array.from(tree.self, (v, i) => v + tree.less[i]);
	tree.net = Float64Array.from(tree.self, (v, i) => v - tree.less[i]);
	tree.first = new Int32Array(n).fill(-1);
	tree.next = new Int32Array(n).fill(-1);
	for (let i = n - 1; i > 0; i--) {
		tree.total[tree.parent[i]] += tree.total[i];
		tree.net[tree.parent[i]] += tree.net[i];
	}
	const order = [];
	for (let i = 1; i < n; i++) { order.push(i); }
	order.sort((a, b) => tree.total[a] - tree.total[b] || b - a);
	for (const i of order) {
		tree.next[i] = tree.first[tree.parent[i]];
		tree.first[tree.parent[i]] = i;
	}
	return tree;
}
const isDiff = !!data.less;
const callees = (() => {
	const n = data.depth.length, path = [], parent = new Int32Array(n), inlined = new Uint8Array(n);
	for (let i = 0; i < n; i++) {
		parent[i] = i ? path[data.depth[i] - 1] : -1;
		path[data.depth[i]] = i;
	}
	for (const i of data.inlined) { inlined[i] = 1; }
	return link({parent, inlined, place: data.place, depth: data.depth, self: data.self,
		less: data.less || new Float64Array(n)});
})();
// Trees whose boxes come when those that they belong to are drawn: the whole would be many times the profile. Until
// then a box has its members, and a way to group them by place; the groups become its children.
function growing(members, grow) {
	return {parent: [-1], place: [-1], depth: [0], inlined: [0], first: [-1], next: [-1], total: [callees.total[0]],
		net: [callees.net[0]], members: [members], grow: [grow]};
}
class Groups {
	#byPlace = new Map();
	// Of the box `at` of the tree of callees, something that weighs so much.
	add(at, total, net, member, position) {
		const place = callees.place[at];
		let group = this.#byPlace.get(place);
		if (!group) {
			group = {place, total: 0, net: 0, inlined: 1, members: {list: [], at: []}};
			this.#byPlace.set(place, group);
		}
		group.members.list.push(member);
		group.members.at.push(position);
		group.total += total;
		group.net += net;
		group.inlined &= callees.inlined[at];
	}
	// The lightest first: each is put in front of the others.
	sorted() { return [...this.#byPlace.values()].sort((a, b) => a.total - b.total || b.place - a.place); }
}
function expand(t, i) {
	if (!t.members || !t.members[i]) { return; }
	const {groups, grow, step} = t.grow[i](t.members[i]);
	t.members[i] = null;
	for (const group of groups.sorted()) { t.first[i] = add(t, i, group, grow, step); }
}
function add(t, i, group, grow, step) {
	t.parent.push(i);
	t.place.push(group.place);
	t.depth.push(t.depth[i] + step);
	t.inlined.push(group.inlined);
	t.total.push(group.total);
	t.net.push(group.net);
	t.first.push(-1);
	t.next.push(t.first[i]);
	t.members.push(group.members);
	t.grow.push(grow);
	return t.parent.length - 1;
}
// From the leaf to its callers. Members: stacks that end somewhere, and where on the way to its root each is.
function toCallers({list, at}) {
	const groups = new Groups();
	for (let k = 0; k < list.length; k++) {
		const up = at ? callees.parent[at[k]] : list[k], {self, less} = callees;
		if (up > 0) { groups.add(up, self[list[k]] + less[list[k]], self[list[k]] - less[list[k]], list[k], up); }
	}
	return {groups, grow: toCallers, step: 1};
}
let callersTree = null;
function callers() {
	if (!callersTree) {
		const list = [];
		for (let i = 1; i < callees.parent.length; i++) {
			if (callees.self[i] || callees.less[i]) { list.push(i); }
		}
		callersTree = growing({list, at: null}, toCallers);
	}
	return callersTree;
}

// ---- Pivot: what calls the functions that match, above them, what they call below ----
// Members: outermost matches, and for callers where on the way to the root each is.
function toPivots({list}) {
	const groups = new Groups();
	for (const i of list) { groups.add(i, callees.total[i], callees.net[i], i, i); }
	return {groups, grow: belowPivot, step: 1};
}
function belowPivot({list}) {
	const groups = new Groups();
	for (const i of list) {
		for (let c = callees.first[i]; c >= 0; c = callees.next[c]) {
			groups.add(c, callees.total[c], callees.net[c], c, c);
		}
	}
	return {groups, grow: belowPivot, step: 1};
}
function abovePivot({list, at}) {
	const groups = new Groups();
	for (let k = 0; k < list.length; k++) {
		const up = callees.parent[at[k]];
		if (up > 0) { groups.add(up, callees.total[list[k]], callees.net[list[k]], list[k], up); }
	}
	return {groups, grow: abovePivot, step: -1};
}
let pivotTree = null; // Of state.pivot; null: nothing matches.
function matcher(text, flags) {
	const [, set, rest] = /^(?:\(\?([imsu]+)\))?([^]*)$/.exec(text);
	return new RegExp(rest, [...new Set((set || '') + flags)].join(''));
}
function pivot() {
	pivotTree = null;
	if (!state.pivot) { return; }
	let regex;
	try { regex = matcher(state.pivot, ''); } catch { return; }
	const matches = data.names.map((text, i) => regex.test(text) || regex.test(data.files[i]));
	const n = callees.parent.length, inside = new Uint8Array(n), list = [];
	for (let i = 1; i < n; i++) {
		inside[i] = inside[callees.parent[i]] || (matches[callees.place[i]] ? 1 : 0);
		if (inside[i] && !inside[callees.parent[i]]) { list.push(i); }
	}
	if (!list.length) { return; }
	const t = growing({list, at: null}, toPivots);
	t.total[0] = t.net[0] = 0;
	for (const i of list) {
		t.total[0] += callees.total[i];
		t.net[0] += callees.net[i];
	}
	const groups = toPivots({list}).groups.sorted();
	expand(t, 0);
	// The callers of each are the child of a second box of it, which is never drawn.
	t.above = new Map();
	for (const group of groups) {
		let i = t.first[0];
		while (t.place[i] !== group.place) { i = t.next[i]; }
		t.above.set(i, add(t, i, group, abovePivot, 0));
	}
	pivotTree = t;
}

// ---- Colours ----
const hues = data.names.map((name, i) => {
	// The package, the class, or the file: what stands before the last part.
	const start = name.replace(/[<(\[].*/, ''), cut = Math.max(start.lastIndexOf('::'), start.lastIndexOf('.'));
	const text = cut > 0 ? start.slice(0, cut) : data.files[i] || start;
	let hash = 2166136261;
	for (let j = 0; j < text.length; j++) {
		hash = Math.imul(hash ^ text.charCodeAt(j), 16777619) >>> 0;
	}
	return (hash >>> 8) % 360;
});
function color(tree, i) {
	if (isDiff) {
		const share = tree.total[i] ? tree.net[i] / tree.total[i] : 0;
		const hue = share > 0 ? 4 : 215;
		return `hsl(${hue} ${Math.round(Math.abs(share) * 75)}% var(--box-l))`;
	}
	return tree.place[i] < 0 ? 'hsl(215 8% var(--box-l))' : `hsl(${hues[tree.place[i]]} var(--box-s) var(--box-l))`;
}

// ---- State ----
const state = {zoom: 0, current: 0, query: '', callers: false, flip: false, theme: '', pivot: ''};
const isServed = !!document.body.dataset.page;
function tree() { return pivotTree || (state.callers ? callers() : callees); }
function name(t, i) { return t.place[i] < 0 ? 'all' : data.names[t.place[i]]; }
// Boxes of callers have no lasting numbers: their way from the root has.
function formatZoom() {
	const t = tree(), path = [];
	if (!state.callers) { return state.zoom; }
	for (let i = state.zoom; i > 0; i = t.parent[i]) { path.unshift(t.place[i]); }
	return path.join('.');
}
function parseZoom(text) {
	const t = tree(), numbers = text.split('.').map(Number);
	if (!state.callers) {
		return Number.isInteger(numbers[0]) && numbers[0] > 0 && numbers[0] < t.parent.length ? numbers[0] : 0;
	}
	let at = 0;
	for (const place of text ? numbers : []) {
		expand(t, at);
		let child = t.first[at];
		while (child >= 0 && t.place[child] !== place) { child = t.next[child]; }
		if (child < 0) { break; }
		at = child;
	}
	return at;
}
// A step is one that the browser's Back undoes.
function save(isStep) {
	const p = new URLSearchParams();
	if (state.zoom && !pivotTree) { p.set('z', formatZoom()); }
	if (state.query) { p.set('q', state.query); }
	if (state.callers) { p.set('i', 1); }
	if (state.flip) { p.set('f', 1); }
	if (state.theme) { p.set('t', state.theme); }
	const url = new URL(location.href), parameters = isServed ? url.searchParams : p;
	// What is as it was stays in its spelling.
	if (state.pivot !== (parameters.get('p') || '')) {
		if (state.pivot) { parameters.set('p', state.pivot); } else { parameters.delete('p'); }
	}
	url.hash = p;
	try { history[isStep ? 'pushState' : 'replaceState'](null, '', isServed ? url : '#' + p); } catch { /* A page that may not: nothing to keep. */ }
}
function load() {
	const p = new URLSearchParams(location.hash.slice(1));
	state.query = p.get('q') || '';
	state.callers = p.get('i') === '1';
	state.flip = p.get('f') === '1';
	state.theme = p.get('t') === 'dark' || p.get('t') === 'light' ? p.get('t') : '';
	state.pivot = (isServed ? new URLSearchParams(location.search) : p).get('p') || '';
	pivot();
	state.zoom = pivotTree ? 0 : parseZoom(p.get('z') || '');
	state.current = pivotTree ? pivotTree.first[0] : state.zoom;
}

// ---- Search ----
let hits = null;
function search() {
	hits = null;
	$('search').removeAttribute('aria-invalid');
	$('found').textContent = '';
	if (!state.query) { return; }
	let regex;
	try {
		regex = matcher(state.query, /[A-Z]/.test(state.query) ? '' : 'i');
	} catch {
		$('search').setAttribute('aria-invalid', 'true');
		$('found').textContent = 'Not a regular expression';
		return;
	}
	hits = data.names.map((text, i) => regex.test(text) || regex.test(data.files[i]));
	// What has a match in its stack is the same from whichever end one looks.
	const t = callees, n = t.parent.length, inside = new Uint8Array(n);
	let sum = 0;
	for (let i = 1; i < n; i++) {
		const up = t.parent[i];
		inside[i] = inside[up] || (hits[t.place[i]] ? 1 : 0);
		if (inside[i] && !inside[up]) { sum += t.total[i]; }
	}
	$('found').textContent = `${hits.filter(Boolean).length} found: ${format(sum)} (${percent(sum, t.total[0])})`;
}

// ---- Drawing ----
const boxes = $('boxes');
let placed = new Map();
function layout() {
	const t = tree(), room = boxes.clientWidth, list = [];
	let zoom = state.zoom;
	for (let i = zoom; i >= 0; i = t.parent[i]) {
		list.push({i, left: 0, width: room, row: t.depth[i], above: i !== zoom});
	}
	const pile = [[zoom, 0]];
	if (pivotTree) { list.length = 0; }
	const ratio = t.total[zoom] ? room / t.total[zoom] : 0;
	while (pile.length) {
		const [i, left] = pile.pop();
		let at = left;
		expand(t, i);
		for (let c = t.first[i]; c >= 0; c = t.next[c]) {
			const width = t.total[c] * ratio;
			if (width < WIDTH_MIN) { break; } // The rest is narrower still.
			list.push({i: c, left: at, width, row: t.depth[c], above: false});
			pile.push([c, at]);
			if (t.above && t.above.has(c)) { pile.push([t.above.get(c), at]); }
			at += width;
		}
	}
	// The outermost callers are on the first row.
	const first = list.reduce((least, b) => Math.min(least, b.row), pivotTree ? Infinity : 0);
	for (const box of list) { box.row -= Number.isFinite(first) ? first : 0; }
	return list;
}
function draw() {
	const t = tree(), list = layout(), fragment = document.createDocumentFragment();
	const rows = 1 + list.reduce((most, b) => Math.max(most, b.row), 0);
	placed = new Map();
	for (const box of list) {
		const div = document.createElement('div'), place = t.place[box.i];
		const label = name(t, box.i);
		div.style.left = box.left + 'px';
		div.style.width = Math.max(box.width, 1) + 'px';
		div.style.top = (state.flip ? rows - 1 - box.row : box.row) * ROW + 'px';
		div.style.backgroundColor = color(t, box.i);
		div.dataset.i = box.i;
		div.textContent = label;
		div.title = `${label}\n${describe(t, box.i)}`;
		div.setAttribute('role', 'button');
		div.setAttribute('aria-label', `${label}, ${describe(t, box.i)}`);
		div.tabIndex = box.i === state.current ? 0 : -1;
		div.className = [box.width < 18 && 'narrow', box.above && 'above', t.inlined[box.i] && 'inlined',
			hits && place >= 0 && (hits[place] ? 'hit' : 'miss')].filter(Boolean).join(' ');
		placed.set(box.i, div);
		fragment.append(div);
	}
	boxes.replaceChildren(fragment);
	boxes.style.minHeight = boxes.style.height = rows * ROW + 'px';
	$('reset').hidden = !state.zoom && !state.pivot;
	$('pivot').setAttribute('aria-pressed', !!pivotTree);
	$('pivoted').textContent = pivotTree ? `Callers and callees of ${state.pivot}`
		: state.pivot ? `Nothing matches ${state.pivot}` : '';
	$('callers').setAttribute('aria-pressed', state.callers);
	$('flip').setAttribute('aria-pressed', state.flip);
	$('empty').hidden = t.total[0] !== 0;
}
function selfOf(t, i) {
	return t.self ? t.self[i] - t.less[i] : 0;
}
function describe(t, i) {
	const whole = data.total || t.total[0];
	if (isDiff) {
		const net = t.net[i];
		return `${net > 0 ? '+' : ''}${format(net)} (${net > 0 ? '+' : ''}${percent(net, whole)})` +
			(t.self ? `, itself ${format(selfOf(t, i))}` : '');
	}
	return `${format(t.total[i])} (${percent(t.total[i], whole)})` +
		(t.self ? `, itself ${format(selfOf(t, i))} (${percent(selfOf(t, i), whole)})` : '');
}
function tell(i) {
	const t = tree(), b = document.createElement('b'), place = t.place[i];
	b.textContent = name(t, i) + (t.inlined[i] ? ' (inlined)' : '');
	const file = place >= 0 && data.files[place] ? ' in ' + data.files[place] : '';
	const line = document.createElement('div');
	line.textContent = describe(t, i);
	$('status').replaceChildren(b, file, line);
}

// ---- Acting ----
function show(redoSearch, isStep) {
	if (redoSearch) { search(); }
	draw();
	save(isStep);
	tell(state.current);
}
// Empty: no pivot.
function turn(regex) {
	const keepsFocus = boxes.contains(document.activeElement);
	state.pivot = regex;
	state.zoom = 0;
	pivot();
	state.current = pivotTree ? pivotTree.first[0] : 0;
	show(false, true);
	if (keepsFocus && placed.has(state.current)) { placed.get(state.current).focus(); }
}
function turnTo(i) {
	const place = tree().place[i];
	if (place >= 0) { turn('^' + data.names[place].replace(/[\\.+*?()|[\]{}^$]/g, '\\$&') + '$'); }
}
// What is zoomed to or chosen by keys; else what is searched for.
function togglePivot() {
	if (state.pivot) {
		turn('');
	} else if (state.current > 0) {
		turnTo(state.current);
	} else if (state.query && hits) {
		turn(state.query.startsWith('(?') || /[A-Z]/.test(state.query) ? state.query : '(?i)' + state.query);
	} else {
		$('pivoted').textContent = 'Click a box or search for a function first.';
	}
}
function zoom(i) {
	if (pivotTree) { turnTo(i); return; }
	const keepsFocus = boxes.contains(document.activeElement);
	const isStep = i !== state.zoom;
	state.zoom = state.current = i;
	show(false, isStep);
	if (keepsFocus) { placed.get(i).focus(); }
}
function go(i) {
	if (!placed.has(i)) { return; }
	const old = placed.get(state.current);
	if (old) { old.tabIndex = -1; }
	state.current = i;
	placed.get(i).tabIndex = 0;
	placed.get(i).focus();
	tell(i);
}
function sibling(step) {
	const row = [...placed.values()].filter(d => d.style.top === placed.get(state.current).style.top);
	const at = row.sort((a, b) => parseFloat(a.style.left) - parseFloat(b.style.left))
		.findIndex(d => Number(d.dataset.i) === state.current);
	const next = row[at + step];
	if (next) { go(Number(next.dataset.i)); }
}
function toggleCallers() {
	state.callers = !state.callers;
	state.pivot = '';
	pivot();
	state.zoom = state.current = 0;
	show(true);
}
function toggleFlip() {
	state.flip = !state.flip;
	show(false);
}
function isDark() {
	return state.theme ? state.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}
function setTheme(theme) {
	state.theme = theme;
	if (theme) {
		document.documentElement.dataset.theme = theme;
	} else {
		delete document.documentElement.dataset.theme;
	}
}
const keys = {
	'/': () => $('search').focus(),
	i: toggleCallers,
	f: toggleFlip,
	t: () => { setTheme(isDark() ? 'light' : 'dark'); save(); },
	p: togglePivot,
	0: showAll,
	Escape: () => state.pivot ? turn('') : zoom(Math.max(0, tree().parent[state.zoom])),
	Enter: () => zoom(state.current),
	ArrowUp: () => state.flip ? down() : up(),
	ArrowDown: () => state.flip ? up() : down(),
	ArrowLeft: () => sibling(-1),
	ArrowRight: () => sibling(1),
};
function showAll() {
	if (state.pivot) { turn(''); } else { zoom(0); }
}
// Towards the root and away from it; of a pivot there are two ways away, and back from its callers is down.
function up() {
	const t = tree(), i = state.current;
	if (t.above && t.above.has(i)) {
		go(t.first[t.above.get(i)]);
	} else if (t.above && t.grow[i] === abovePivot) {
		go(t.first[i]);
	} else {
		go(t.parent[i]);
	}
}
function down() {
	const t = tree(), i = state.current;
	if (t.above && t.grow[i] === abovePivot) {
		go(placed.has(t.parent[i]) ? t.parent[i] : t.parent[t.parent[i]]);
	} else {
		go(t.first[i]);
	}
}

boxes.addEventListener('click', event => {
	const div = event.target.closest('[data-i]');
	if (div) { zoom(Number(div.dataset.i)); }
});
boxes.addEventListener('mouseover', event => {
	const div = event.target.closest('[data-i]');
	if (div) { tell(Number(div.dataset.i)); }
});
boxes.addEventListener('mouseleave', () => tell(state.current));
document.addEventListener('keydown', event => {
	const isTyping = event.target === $('search');
	if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, button, summary') && !isTyping) {
		return;
	}
	if (isTyping) {
		if (event.key === 'Escape') {
			$('search').value = '';
			$('search').blur();
			state.query = '';
			show(true);
		} else if (event.key === 'Enter') {
			$('search').blur();
			(placed.get(state.current) || boxes.firstChild).focus();
		}
		return;
	}
	if (Object.hasOwn(keys, event.key)) {
		event.preventDefault();
		keys[event.key]();
	}
});
let timer = 0;
$('search').addEventListener('input', () => {
	clearTimeout(timer);
	timer = setTimeout(() => { state.query = $('search').value; show(true); }, 150);
});
$('reset').onclick = keys['0'];
$('pivot').onclick = togglePivot;
$('callers').onclick = toggleCallers;
$('flip').onclick = toggleFlip;
$('theme').onclick = keys.t;
addEventListener('resize', draw);
function start() {
	load();
	setTheme(state.theme);
	$('search').value = state.query;
	show(true);
}
addEventListener('hashchange', start);
addEventListener('popstate', start);

document.querySelector('#weft-flame h1').textContent = data.title || 'Profile';
$('type').textContent = `${data.type} · ${format(data.total)}`;
$('header').textContent = data.header.join('\n');
$('diff').hidden = !isDiff;
start();
})();
