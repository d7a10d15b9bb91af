// SPDX-License-Identifier: MIT
// What makes the pages of the web interface convenient; all of them work without. The state of a view is in its
// address: parameters are the server's, what stands behind '#' is of the page.
'use strict';
(() => {
const $ = id => document.getElementById(id);
const page = document.body.dataset.page;
const search = $('search');
let chosen = ''; // Name of the function that was clicked.

// ---- The form: fields that are empty do not belong into the address ----
const filters = $('filters');
filters.addEventListener('submit', () => {
	for (const field of filters.elements) { field.disabled = field.name && !field.value; }
	setTimeout(() => { for (const field of filters.elements) { field.disabled = false; } });
});
for (const select of filters.querySelectorAll('select')) {
	select.addEventListener('change', () => filters.requestSubmit());
}
addEventListener('pageshow', event => { if (event.persisted) { filters.reset(); } });

// ---- Saved views ----
// `path` with the parameters of this page and a name; what went wrong is told in its words.
async function change(method, path, query, name) {
	query.set('config', name);
	try {
		const answer = await fetch(path + '?' + query, {method});
		if (answer.ok) { location.reload(); return; }
		$('save-told').textContent = await answer.text();
	} catch {
		$('save-told').textContent = 'The server does not answer.';
	}
}
$('save').hidden = false;
$('save-form').addEventListener('submit', event => {
	event.preventDefault();
	change('POST', 'saveconfig', new URLSearchParams(location.search), $('save-name').value.trim());
});
for (const button of document.querySelectorAll('[data-delete]')) {
	button.hidden = false;
	button.addEventListener('click', () => {
		if (confirm(`Delete the view ‘${button.dataset.delete}’?`)) {
			change('DELETE', 'deleteconfig', new URLSearchParams(), button.dataset.delete);
		}
	});
}

// ---- What to do with a function ----
// As web_query_find_function() does it: the function that a label names, and all labels of its lines.
const quote = label => '^' + label.replace(/^[0-9a-f]{16} /, '').replace(/ [^ :]+:[\d:]+$/, '')
	.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&') + '( |$)';
function pattern() {
	if (chosen) { return quote(chosen); }
	return (search || $('weft-search') || {value: ''}).value;
}
function choose(name) {
	chosen = name;
	const text = pattern();
	$('selected').textContent = name || text;
	$('actions').hidden = !text;
}
for (const button of $('actions').querySelectorAll('button')) {
	button.addEventListener('click', () => {
		const action = button.dataset.action, query = new URLSearchParams(location.search);
		const elsewhere = ['peek', 'source', 'disasm'].includes(action);
		const name = elsewhere ? 'f' : action, before = elsewhere ? '' : query.get(name);
		query.set(name, before ? before + '|' + pattern() : pattern());
		query.delete('p');
		location.href = (elsewhere ? action : page) + '?' + query;
	});
}

// ---- Search ----
function regexOf(input) {
	input.removeAttribute('aria-invalid');
	if (!input.value) { return null; }
	try {
		return new RegExp(input.value.replace(/^\(\?i\)/, ''), /[A-Z]/.test(input.value) ? '' : 'i');
	} catch {
		input.setAttribute('aria-invalid', 'true');
		return undefined;
	}
}
function mark(elements, nameOf) {
	const regex = regexOf(search);
	let count = 0;
	for (const element of elements) {
		const hit = regex ? regex.test(nameOf(element)) : false;
		element.classList.toggle('hit', hit);
		element.classList.toggle('miss', !!regex && !hit);
		count += hit;
	}
	$('found').textContent = regex === undefined ? 'Not a regular expression' : regex ? `${count} found` : '';
}
function searchIn(elements, nameOf) {
	const update = () => {
		mark(elements, nameOf);
		const hash = new URLSearchParams(location.hash.slice(1));
		if (search.value) { hash.set('q', search.value); } else { hash.delete('q'); }
		history.replaceState(null, '', location.pathname + location.search + (String(hash) ? '#' + hash : ''));
		choose('');
	};
	let timer = 0;
	search.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(update, 150); });
	search.addEventListener('keydown', event => {
		if (event.key === 'Enter' && search.value) { $('actions').querySelector('[data-action=f]').click(); }
		if (event.key === 'Escape') { search.value = ''; search.blur(); update(); }
	});
	search.value = new URLSearchParams(location.hash.slice(1)).get('q') || '';
	if (search.value) { update(); }
}
document.addEventListener('keydown', event => {
	if (event.key === '/' && search && !event.target.closest('input, select, textarea') && !event.ctrlKey && !event.metaKey) {
		event.preventDefault();
		search.focus();
	}
});

// ---- Top ----
const table = $('top');
if (table) {
	const rows = [...table.tBodies[0].rows];
	const nameOf = row => row.querySelector('.name').textContent;
	searchIn(rows, nameOf);
	table.addEventListener('click', event => {
		const row = event.target.closest('tbody tr');
		if (!row || event.target.closest('a')) { return; }
		const link = row.querySelector('a');
		for (const other of rows) { other.classList.toggle('chosen', other === row && !row.classList.contains('chosen')); }
		choose(row.classList.contains('chosen') && link ? link.dataset.name : '');
	});
	const byName = $('by-name'), sorted = () => new URLSearchParams(location.hash.slice(1)).get('by') === 'name';
	const order = () => {
		const list = sorted() ? rows.slice().sort((a, b) => nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0) : rows;
		table.tBodies[0].append(...list);
		byName.closest('th').toggleAttribute('aria-sort', sorted());
	};
	byName.addEventListener('click', () => {
		const hash = new URLSearchParams(location.hash.slice(1));
		if (sorted()) { hash.delete('by'); } else { hash.set('by', 'name'); }
		location.hash = hash;
	});
	addEventListener('hashchange', order);
	if (sorted()) { order(); }
}

// ---- Graph ----
const graph = $('graph'), svg = graph && graph.querySelector('svg');
if (svg) {
	const box = svg.viewBox.baseVal, nodes = [...svg.querySelectorAll('.node')];
	let scale = 1, left = 0, top = 0;
	svg.setAttribute('width', box.width);
	svg.setAttribute('height', box.height);
	const place = () => { svg.style.transform = `translate(${left}px, ${top}px) scale(${scale})`; };
	const zoom = (factor, x, y) => {
		const next = Math.min(8, Math.max(0.02, scale * factor));
		left = x - (x - left) * next / scale;
		top = y - (y - top) * next / scale;
		scale = next;
		place();
	};
	const fit = () => {
		scale = Math.min(graph.clientWidth / box.width, graph.clientHeight / box.height, 1.5);
		left = (graph.clientWidth - box.width * scale) / 2;
		top = 0;
		place();
	};
	// At first as large as can be read, from the root on.
	const begin = () => {
		fit();
		if (scale >= 0.5) { return; }
		scale = 0.5;
		place();
		const root = nodes.map(node => node.getBoundingClientRect()).sort((a, b) => a.top - b.top)[0];
		if (root) { left += graph.getBoundingClientRect().left + graph.clientWidth / 2 - (root.left + root.right) / 2; }
		place();
	};
	const middle = factor => zoom(factor, graph.clientWidth / 2, graph.clientHeight / 2);
	$('zoom-in').onclick = () => middle(1.25);
	$('zoom-out').onclick = () => middle(0.8);
	$('zoom-fit').onclick = fit;
	graph.addEventListener('wheel', event => {
		event.preventDefault();
		const area = graph.getBoundingClientRect();
		zoom(Math.exp(-event.deltaY / 400), event.clientX - area.left, event.clientY - area.top);
	}, {passive: false});
	const pointers = new Map();
	let moved = 0;
	graph.addEventListener('pointerdown', event => { pointers.set(event.pointerId, event); moved = 0; });
	addEventListener('pointerup', event => pointers.delete(event.pointerId));
	addEventListener('pointercancel', event => pointers.delete(event.pointerId));
	addEventListener('pointermove', event => {
		const before = pointers.get(event.pointerId);
		if (!before) { return; }
		const others = [...pointers.values()].filter(p => p.pointerId !== event.pointerId);
		moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
		if (others.length) { // Two fingers.
			const area = graph.getBoundingClientRect(), other = others[0];
			const distance = p => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY) || 1;
			zoom(distance(event) / distance(before), other.clientX - area.left, other.clientY - area.top);
		} else {
			left += event.clientX - before.clientX;
			top += event.clientY - before.clientY;
			place();
		}
		pointers.set(event.pointerId, event);
	});
	// The tooltip of a node begins with its whole name; the last word is its value.
	const nameOf = node => {
		const tip = node.querySelector('a') && node.querySelector('a').getAttributeNS('http://www.w3.org/1999/xlink', 'title');
		return (tip || node.querySelector('title').textContent).replace(/ \([^()]*\)$/, '');
	};
	graph.addEventListener('click', event => {
		const node = event.target.closest('.node');
		if (!node || moved > 6) { return; }
		event.preventDefault();
		for (const other of nodes) { other.classList.toggle('chosen', other === node && !node.classList.contains('chosen')); }
		choose(node.classList.contains('chosen') ? nameOf(node) : '');
	});
	const steps = {'+': () => middle(1.25), '-': () => middle(0.8), 0: fit, ArrowLeft: () => { left += 60; place(); },
		ArrowRight: () => { left -= 60; place(); }, ArrowUp: () => { top += 60; place(); },
		ArrowDown: () => { top -= 60; place(); }};
	graph.addEventListener('keydown', event => {
		if (Object.hasOwn(steps, event.key)) { event.preventDefault(); steps[event.key](); }
	});
	addEventListener('resize', begin);
	searchIn(nodes, nameOf);
	begin();
}

// ---- Flame graph: what is zoomed to; its pivot is changed here, and is to stay when something else is chosen ----
if (page === 'flamegraph' && $('weft-boxes')) {
	const pivot = () => new URLSearchParams(location.search).get('p') || '';
	document.querySelector('#frame nav').addEventListener('click', event => {
		const link = event.target.closest('a[href]');
		if (!link || link.hasAttribute('download')) { return; }
		const url = new URL(link.href);
		if (pivot()) { url.searchParams.set('p', pivot()); } else { url.searchParams.delete('p'); }
		link.href = url;
	});
	filters.addEventListener('submit', () => {
		const field = filters.elements.p || filters.appendChild(Object.assign(document.createElement('input'),
			{type: 'hidden', name: 'p'}));
		field.value = pivot();
		field.disabled = !pivot();
	});
	$('weft-boxes').addEventListener('click', event => {
		const box = event.target.closest('[data-i]');
		if (box) { choose(box.dataset.i === '0' ? '' : box.textContent); }
	});
	$('weft-search').addEventListener('input', () => choose(''));
}
})();
