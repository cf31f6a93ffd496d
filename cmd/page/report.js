/* report.js: reading values off charts, sorting, the flame graph, keys.
 * Everything works without it; nothing is fetched. */
"use strict";

/* ---- Numbers ---- */
function bytes(v) {
	if (v === null || v === undefined) return "-";
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let i = 0;
	while (Math.abs(v) >= 1023.5 && i < units.length - 1) {
		v /= 1024;
		i++;
	}
	const digits = i === 0 || Math.abs(v) >= 100 ? 0 :
		Math.abs(v) >= 10 ? 1 : 2;
	return v.toFixed(digits) + " " + units[i];
}

/* ---- Crosshair ---- */
const dataElement = document.getElementById("series");
if (dataElement) {
	const data = JSON.parse(dataElement.textContent);
	const figures = [...document.querySelectorAll("figure[data-panel]")];

	/* Index of the sample nearest to t. */
	const nearest = (times, t) => {
		let low = 0;
		let high = times.length - 1;
		while (high - low > 1) {
			const mid = (low + high) >> 1;
			if (times[mid] <= t) low = mid;
			else high = mid;
		}
		return t - times[low] < times[high] - t ? low : high;
	};
	const peakTime = (p) => p.t[p.rss.indexOf(Math.max(...p.rss))];
	const less = (a, b) => a === null || b === null ? null :
		Math.max(0, a - b);
	/* Only a collector (a goal) lets what is freed wait. */
	const waiting = (p, i) => p.goal[i] === null ? p.rounded[i] :
		Math.max(p.counted[i], p.rounded[i]);
	const valuesAt = (p, i) => [
		p.rss[i], less(p.committed[i], p.held[i]),
		less(p.held[i], waiting(p, i)),
		less(p.rounded[i], p.requested[i]), p.requested[i],
		less(waiting(p, i), p.rounded[i]), p.goal[i],
	];

	const show = (figure, t) => {
		const which = figure.dataset.panel;
		const slots = [...figure.querySelectorAll("figcaption b")];
		if (which === "all") {
			data.panels.forEach((p, k) => {
				const end = p.t[p.t.length - 1];
				slots[k].textContent = t > end * 1.01 ? "-" :
					bytes(p.rss[nearest(p.t, t)]);
			});
			const first = data.panels[0];
			slots[data.panels.length].textContent =
				bytes(first.requested[nearest(first.t, t)]);
		} else {
			const p = data.panels[which];
			const values = valuesAt(p, nearest(p.t, t));
			slots.forEach((s, k) => {
				s.textContent = bytes(values[k]);
			});
		}
	};
	const drawCursor = (figure, t) => {
		const svg = figure.querySelector(".area svg");
		let line = svg.querySelector(".cursor");
		if (!line) {
			line = document.createElementNS(
				"http://www.w3.org/2000/svg", "path");
			line.setAttribute("class", "cursor");
			svg.append(line);
		}
		line.setAttribute("d", t === null ? "" :
			`M${t / data.time * 100} 0V100`);
	};
	let time = null;
	const moveTo = (t) => {
		time = t;
		for (const f of figures) {
			drawCursor(f, t);
			show(f, t);
		}
	};
	const rest = () => {
		time = null;
		for (const f of figures) {
			drawCursor(f, null);
			const which = f.dataset.panel;
			show(f, peakTime(data.panels[which === "all" ? 0 : which]));
		}
	};

	for (const f of figures) {
		const area = f.querySelector(".area");
		area.addEventListener("pointermove", (e) => {
			const box = area.getBoundingClientRect();
			const share = (e.clientX - box.left) / box.width;
			moveTo(Math.min(1, Math.max(0, share)) * data.time);
		});
		area.addEventListener("pointerleave", rest);
		area.addEventListener("blur", rest);
		area.addEventListener("keydown", (e) => {
			const step = data.time / (e.shiftKey ? 10 : 100);
			const now = time === null ? data.time / 2 : time;
			const to = {ArrowLeft: now - step,
				ArrowRight: now + step, Home: 0,
				End: data.time}[e.key];
			if (to === undefined) return;
			e.preventDefault();
			moveTo(Math.min(data.time, Math.max(0, to)));
		});
	}
	rest();
}

/* ---- Sorting ---- */
for (const table of document.querySelectorAll("table.sortable")) {
	for (const head of table.querySelectorAll("th")) {
		const button = head.querySelector("button");
		if (!button) continue;
		button.addEventListener("click", () => {
			const column = head.cellIndex;
			const up = head.getAttribute("aria-sort") === "descending";
			for (const h of table.querySelectorAll("th"))
				h.removeAttribute("aria-sort");
			head.setAttribute("aria-sort",
				up ? "ascending" : "descending");
			const value = (row) =>
				Number(row.cells[column].dataset.v);
			const body = table.tBodies[0];
			[...body.rows]
				.sort((a, b) => (up ? 1 : -1) * (value(a) - value(b)))
				.forEach((row) => body.append(row));
		});
	}
}

/* ---- Flame graph ---- */
for (const box of document.querySelectorAll(".flamebox")) {
	const frames = [...box.querySelectorAll(".flame > svg")];
	const readout = box.querySelector(".readout");
	const search = box.querySelector("input");
	const info = frames.map((f) => ({
		f,
		x: parseFloat(f.getAttribute("x")),
		w: parseFloat(f.getAttribute("width")),
		d: Number(f.dataset.d),
	}));
	const byFrame = new Map(info.map((i) => [i.f, i]));
	const inside = (a, b) => a.x >= b.x - 1e-3 &&
		a.x + a.w <= b.x + b.w + 1e-3;

	const tell = (i) => {
		readout.textContent = i === null ? "" :
			i.f.querySelector("title").textContent + ": " +
			i.f.dataset.t + ", " + i.w.toFixed(1) + " % of all";
	};
	const zoom = (to) => {
		for (const i of info) {
			const isAbove = i.d < to.d && inside(to, i);
			const isIn = i.d >= to.d && inside(i, to);
			i.f.style.display = isAbove || isIn ? "" : "none";
			i.f.setAttribute("x", isAbove ? "0%" :
				(i.x - to.x) / to.w * 100 + "%");
			i.f.setAttribute("width", isAbove ? "100%" :
				i.w / to.w * 100 + "%");
			i.f.classList.toggle("up", isAbove);
		}
		tell(to);
	};
	/* The frame that an arrow key leads to. */
	const step = (i, key) => {
		const row = (d) => info.filter(
			(o) => o.d === d && o.f.style.display !== "none");
		if (key === "ArrowUp")
			return row(i.d - 1).find((o) => inside(i, o));
		if (key === "ArrowDown")
			return row(i.d + 1).find((o) => inside(o, i));
		const peers = row(i.d);
		return peers[peers.indexOf(i) + (key === "ArrowLeft" ? -1 : 1)];
	};
	frames[0].tabIndex = 0;
	for (const i of info) {
		i.f.addEventListener("click", () => zoom(i));
		i.f.addEventListener("pointerenter", () => tell(i));
		i.f.addEventListener("focus", () => tell(i));
	}
	box.querySelector(".flame").addEventListener("keydown", (e) => {
		const i = byFrame.get(document.activeElement);
		if (e.key === "Escape") {
			zoom(info[0]);
			info[0].f.focus();
		} else if (i && e.key === "Enter") {
			zoom(i);
		} else if (i && e.key.startsWith("Arrow")) {
			e.preventDefault();
			const to = step(i, e.key);
			if (to) to.f.focus();
		}
	});
	box.querySelector(".reset").addEventListener("click",
		() => zoom(info[0]));
	search.addEventListener("input", () => {
		const word = search.value.toLowerCase();
		let n = 0;
		for (const i of info) {
			const isHit = word === "" ||
				i.f.querySelector("title").textContent
					.toLowerCase().includes(word);
			i.f.classList.toggle("off", !isHit);
			n += isHit;
		}
		readout.textContent = word === "" ? "" : n + " frames match";
	});
}

/* ---- Keys and place ---- */
const links = [...document.querySelectorAll("nav a")];
document.addEventListener("keydown", (e) => {
	if (e.ctrlKey || e.metaKey || e.altKey ||
		e.target.matches("input, textarea"))
		return;
	const link = links[Number(e.key) - 1];
	if (link) link.click();
});
if ("IntersectionObserver" in window) {
	const seen = new IntersectionObserver((entries) => {
		for (const e of entries) {
			if (!e.isIntersecting) continue;
			for (const a of links) {
				if (a.hash === "#" + e.target.id)
					a.setAttribute("aria-current", "true");
				else
					a.removeAttribute("aria-current");
			}
		}
	}, {rootMargin: "-20% 0px -70% 0px"});
	for (const s of document.querySelectorAll("main > section"))
		seen.observe(s);
}
