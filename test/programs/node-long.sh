# shellcheck shell=bash
# node: four workers passing buffers about while the heap grows to hundreds of
# megabytes and shrinks again.
# set: long
prepare()
{
	cat >work.js <<'END'
const { Worker, isMainThread, parentPort } = require('worker_threads');
const crypto = require('crypto'), zlib = require('zlib');
function sum(b) {
	return crypto.createHash('sha1').update(b).digest('hex').slice(0, 12);
}
if (!isMainThread) {
	parentPort.on('message', ({ n, data }) => {
		const out = zlib.inflateSync(zlib.deflateSync(data));
		parentPort.postMessage({ n, s: sum(out) });
	});
} else {
	const workers = Array.from({ length: 4 }, () => new Worker(__filename));
	const sums = [];
	let left = 1200;
	for (const w of workers)
		w.on('message', ({ n, s }) => {
			sums[n] = s;
			if (--left === 0) {
				console.log(sum(sums.join()));
				workers.forEach((x) => x.terminate());
				grow();
			}
		});
	for (let n = 0; n < 1200; n++) {
		const data = new Uint8Array(n * 100 + 1).fill(n);
		workers[n % 4].postMessage({ n, data }, [data.buffer]);
	}
}
function grow() {
	for (let round = 0; round < 5; round++) {
		const rows = [];
		for (let i = 0; i < 400000; i++)
			rows.push({ id: i, s: 'row ' + i, b: [i, i + 1] });
		console.log(round, sum(JSON.stringify(rows)));
		const bufs = [];
		for (let i = 0; i < 40000; i++)
			bufs.push(Buffer.allocUnsafeSlow(i % 5000).fill(round));
		console.log(bufs.reduce((t, b) => t + b.length, 0));
	}
}
END
}
run()
{
	under_test node "$INPUT/work.js"
}
