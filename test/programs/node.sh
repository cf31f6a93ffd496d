# shellcheck shell=bash
# node: V8 with its own heap, and malloc under buffers, zlib, crypto, a worker
# thread and a loopback server.
# set: quick
prepare()
{
	text_make 15000 13 >words.txt
	cat >work.js <<'END'
const fs = require('fs'), zlib = require('zlib'), crypto = require('crypto');
const http = require('http');
const { Worker, isMainThread, parentPort } = require('worker_threads');

function fill(n) {
	const parts = [];
	for (let i = 0; i < n; i++)
		parts.push(Buffer.alloc(i % 900 + 1, i % 251));
	return Buffer.concat(parts);
}
function sum(data) {
	return crypto.createHash('sha256').update(data).digest('hex');
}
if (!isMainThread) {
	parentPort.postMessage(sum(fill(8000)));
} else {
	const text = fs.readFileSync(process.argv[2] + '/words.txt', 'utf8');
	const rows = text.trim().split('\n').map((l) => l.split(' '));
	const count = new Map();
	for (const r of rows)
		for (const w of r) count.set(w, (count.get(w) || 0) + 1);
	console.log([...count].sort((a, b) => b[1] - a[1] ||
		(a[0] < b[0] ? -1 : 1)).slice(0, 4));
	const json = JSON.stringify(rows);
	console.log(json.length, sum(json), JSON.parse(json).length);
	const packed = zlib.gzipSync(text, { level: 6 });
	console.log(sum(zlib.gunzipSync(packed)) === sum(text));
	console.log(zlib.brotliDecompressSync(zlib.brotliCompressSync(
		text.slice(0, 200000), { params: {
			[zlib.constants.BROTLI_PARAM_QUALITY]: 5 } })).length);
	let n = 1n;
	for (let i = 1n; i < 1500n; i++) n *= i;
	console.log(sum(n.toString()));
	const server = http.createServer((q, a) => a.end(fill(300)));
	server.listen(0, '127.0.0.1', async () => {
		const port = server.address().port;
		let total = 0;
		for (let i = 0; i < 30; i++)
			total += (await (await fetch(
				`http://127.0.0.1:${port}/`)).arrayBuffer()
			).byteLength;
		console.log('fetched', total);
		server.close();
		new Worker(__filename).on('message',
			(m) => console.log('worker', m));
	});
}
END
}
run()
{
	under_test node --no-warnings "$INPUT/work.js" "$INPUT"
}
