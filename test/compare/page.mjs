/*
 * page.mjs REPORT.html [FOLDER]: opens a report in headless Chromium and
 * looks whether it is right: at three widths, in light and dark and as it
 * prints.  With FOLDER it leaves a screenshot of each there.
 *
 * Prints "ok NAME" or "FAIL NAME: what" a check, then "N passed, N failed".
 * Chromium is driven over a pipe by its own protocol; nothing is installed.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [report, folder] = process.argv.slice(2);
if (!report) {
	console.error("usage: page.mjs REPORT.html [FOLDER]");
	process.exit(2);
}
const LIMIT_MS = 120000;
const profile = mkdtempSync(join(tmpdir(), "goalloc-page."));
const chromium = spawn(process.env.CHROMIUM || "chromium", [
	"--headless=new", "--no-sandbox", "--disable-gpu",
	"--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
	"--disable-background-networking", "--disable-component-update",
	"--hide-scrollbars", `--user-data-dir=${profile}`,
	"--remote-debugging-pipe", "about:blank",
], {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], detached: true,
	env: {...process.env, TMPDIR: profile}});

let passed = 0;
let failed = 0;
function check(name, isGood, what) {
	if (isGood) {
		passed++;
		console.log(`ok   ${name}`);
	} else {
		failed++;
		console.log(`FAIL ${name}: ${what}`);
	}
}

function end() {
	clearTimeout(timer);
	chromium.on("exit", () => removeProfile(50));
	/* Its helpers are in its process group. */
	process.kill(-chromium.pid, "SIGKILL");
}

/* A helper that is being killed may still write there. */
function removeProfile(ntries) {
	try {
		rmSync(profile, {recursive: true, force: true});
	} catch (e) {
		if (ntries > 0) {
			setTimeout(() => removeProfile(ntries - 1), 100);
			return;
		}
		check("clean", false, e.message);
	}
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
const timer = setTimeout(() => {
	check("time", false, `Chromium took more than ${LIMIT_MS} ms`);
	end();
}, LIMIT_MS);
chromium.on("error", (e) => {
	check("start", false, `${e.message}; install chromium`);
	clearTimeout(timer);
	rmSync(profile, {recursive: true, force: true});
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(1);
});

/* ---- The protocol: JSON messages, each ended by a 0 byte ---- */
let nextId = 1;
const waiting = new Map();
const listeners = [];
let buffer = Buffer.alloc(0);
chromium.stdio[4].on("data", (chunk) => {
	buffer = Buffer.concat([buffer, chunk]);
	for (let at; (at = buffer.indexOf(0)) >= 0;) {
		const message = JSON.parse(buffer.subarray(0, at).toString());
		buffer = buffer.subarray(at + 1);
		if (message.id) {
			waiting.get(message.id)(message);
			waiting.delete(message.id);
		} else {
			listeners.forEach((l) => l(message));
		}
	}
});
let sessionId;
function send(method, params = {}) {
	const id = nextId++;
	chromium.stdio[3].write(
		JSON.stringify({id, method, params, sessionId}) + "\0");
	return new Promise((done, fail) => waiting.set(id, (m) =>
		m.error ? fail(new Error(`${method}: ${m.error.message}`)) :
			done(m.result)));
}
async function evaluate(expression) {
	const r = await send("Runtime.evaluate",
		{expression, returnByValue: true, awaitPromise: true});
	if (r.exceptionDetails)
		throw new Error(r.exceptionDetails.exception.description);
	return r.result.value;
}

/* ---- What is asked inside the page ---- */
const OVERFLOW = `(() => {
	const wide = document.documentElement.clientWidth;
	const bad = [];
	for (const e of document.querySelectorAll("body *")) {
		const box = e.getBoundingClientRect();
		if (box.width === 0 || box.height === 0) continue;
		/* What scrolls or hides for itself may be wider inside. */
		let p = e.parentElement;
		let isClipped = e.closest("svg svg") !== null;
		for (; p && !isClipped; p = p.parentElement)
			isClipped = getComputedStyle(p).overflowX !== "visible" &&
				p !== document.body &&
				p !== document.documentElement;
		if (!isClipped && (box.right > wide + 1 || box.left < -1))
			bad.push(e.tagName + "." + e.getAttribute("class") + " " +
				Math.round(box.left) + ".." +
				Math.round(box.right) + " " +
				e.textContent.slice(0, 30));
	}
	if (document.documentElement.scrollWidth > wide)
		bad.push("the page scrolls sideways");
	return bad;
})()`;
const CHARTS = `(() => {
	const out = [];
	for (const area of document.querySelectorAll(".area")) {
		const label = area.getAttribute("aria-label");
		const paths = [...area.querySelectorAll(
			"path:not(.grid):not(.zero):not(.idle):not(.cursor)")]
			.filter((p) => getComputedStyle(p).stroke !== "none" ||
				getComputedStyle(p).fill !== "none");
		const points = Math.max(0, ...paths.map(
			(p) => (p.getAttribute("d") || "").split(/[ML]/).length - 1));
		const bars = [...area.querySelectorAll("rect")].filter(
			(r) => r.getBoundingClientRect().height > 0).length;
		out.push({label, n: Math.max(points, bars)});
	}
	for (const svg of document.querySelectorAll(".strip svg"))
		out.push({label: "strip", n: svg.querySelectorAll("circle").length});
	for (const svg of document.querySelectorAll(".stack svg[role]"))
		out.push({label: "ledger", n: svg.querySelectorAll("rect").length});
	for (const svg of document.querySelectorAll(".flame"))
		out.push({label: "flame", n: svg.querySelectorAll("rect").length});
	return out;
})()`;
const OVERLAPS = `(() => {
	const bad = [];
	for (const axis of document.querySelectorAll(".xlabels, .ylabels")) {
		const boxes = [...axis.children].map((c) => [
			c.getBoundingClientRect(), c.textContent]);
		for (let i = 1; i < boxes.length; i++) {
			const [a, at] = boxes[i - 1];
			const [b, bt] = boxes[i];
			if (a.right > b.left && b.right > a.left &&
				a.bottom > b.top + 1 && b.bottom > a.top + 1)
				bad.push(at + " / " + bt);
		}
	}
	return bad;
})()`;
const CONTRAST = `(() => {
	const parse = (c) => c.match(/[\\d.]+/g).map(Number);
	const luminance = ([r, g, b]) => [r, g, b].map((v) => {
		v /= 255;
		return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	}).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
	const backdrop = (e) => {
		for (; e; e = e.parentElement) {
			const c = getComputedStyle(e).backgroundColor;
			if (parse(c)[3] !== 0) return c;
		}
		return "rgb(255, 255, 255)";
	};
	const bad = new Set();
	for (const e of document.querySelectorAll(
		"body *:not(svg):not(svg *):not(script):not(style)")) {
		if (![...e.childNodes].some((n) => n.nodeType === 3 &&
			n.textContent.trim() !== "")) continue;
		const a = luminance(parse(getComputedStyle(e).color));
		const b = luminance(parse(backdrop(e)));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5)
			bad.add(e.tagName + "." + e.className + " " +
				ratio.toFixed(2));
	}
	return [...bad];
})()`;

async function screenshot(name) {
	if (!folder) return;
	const shot = await send("Page.captureScreenshot",
		{format: "png", captureBeyondViewport: true});
	writeFileSync(join(folder, name + ".png"),
		Buffer.from(shot.data, "base64"));
}

async function setView(width, scheme) {
	await send("Emulation.setDeviceMetricsOverride", {width, height: 900,
		deviceScaleFactor: 1, mobile: width < 500});
	await send("Emulation.setEmulatedMedia", {features: [
		{name: "prefers-color-scheme", value: scheme},
		{name: "prefers-reduced-motion", value: "reduce"}]});
	await evaluate("new Promise(requestAnimationFrame)");
}

async function checkKeys() {
	const isMoved = await evaluate(`(() => {
		const figure = document.querySelector("figure[data-panel]");
		if (!figure) return true;
		const area = figure.querySelector(".area");
		area.focus();
		area.dispatchEvent(new KeyboardEvent("keydown",
			{key: "ArrowRight", bubbles: true}));
		return figure.querySelector(".cursor").getAttribute("d") !== "" &&
			/B|-/.test(figure.querySelector("b").textContent);
	})()`);
	check("keys move the cursor", isMoved, "the arrow key did nothing");
	const isZoomed = await evaluate(`(() => {
		const frames = [...document.querySelectorAll(".flame > svg")];
		if (frames.length < 2) return true;
		const f = frames[frames.length - 1];
		f.focus();
		f.dispatchEvent(new KeyboardEvent("keydown",
			{key: "Enter", bubbles: true}));
		const wide = parseFloat(f.getAttribute("width"));
		f.dispatchEvent(new KeyboardEvent("keydown",
			{key: "Escape", bubbles: true}));
		return wide > 99;
	})()`);
	check("Enter looks into a frame", isZoomed, "the frame is not wide");
}

async function checkPrint() {
	const pdf = await send("Page.printToPDF", {printBackground: true});
	const bytes = Buffer.from(pdf.data, "base64");
	check("prints", bytes.length > 10000, `${bytes.length} bytes of PDF`);
	if (folder) writeFileSync(join(folder, "print.pdf"), bytes);
}

async function main() {
	const complaints = [];
	const fetched = [];
	const {targetInfos} = await send("Target.getTargets");
	const page = targetInfos.find((t) => t.type === "page");
	({sessionId} = await send("Target.attachToTarget",
		{targetId: page.targetId, flatten: true}));
	listeners.push((m) => {
		if (m.method === "Runtime.exceptionThrown")
			complaints.push(m.params.exceptionDetails.text);
		if (m.method === "Runtime.consoleAPICalled" &&
			["error", "warning"].includes(m.params.type))
			complaints.push(JSON.stringify(m.params.args));
		if (m.method === "Log.entryAdded")
			complaints.push(m.params.entry.text);
		if (m.method === "Network.requestWillBeSent")
			fetched.push(m.params.request.url);
	});
	for (const domain of ["Page", "Runtime", "Log", "Network"])
		await send(domain + ".enable");
	const loaded = new Promise((done) => listeners.push((m) => {
		if (m.method === "Page.loadEventFired") done();
	}));
	const url = pathToFileURL(resolve(report)).href;
	await send("Page.navigate", {url});
	await loaded;

	for (const width of [360, 800, 1600])
		for (const scheme of ["light", "dark"]) {
			const name = `${width}-${scheme}`;
			await setView(width, scheme);
			const wide = await evaluate(OVERFLOW);
			check(`${name} fits`, wide.length === 0,
				wide.slice(0, 5).join("; "));
			const near = await evaluate(OVERLAPS);
			check(`${name} labels apart`, near.length === 0,
				near.slice(0, 5).join("; "));
			const pale = await evaluate(CONTRAST);
			check(`${name} text has contrast`, pale.length === 0,
				pale.slice(0, 5).join("; "));
			await screenshot(name);
		}
	const charts = await evaluate(CHARTS);
	check("there are charts", charts.length >= 4, `${charts.length}`);
	for (const c of charts)
		check(`chart has data: ${c.label}`, c.n > 0, "it is empty");
	await checkKeys();
	await checkPrint();
	check("console is quiet", complaints.length === 0,
		complaints.join("; "));
	const foreign = fetched.filter(
		(u) => u !== url && !u.startsWith("data:"));
	check("nothing is fetched", foreign.length === 0, foreign.join(" "));
}

main().catch((e) => check("driving Chromium", false, e.message)).then(end);
