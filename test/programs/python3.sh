# shellcheck shell=bash
# python3: many small objects of all kinds, JSON, regular expressions, big
# integers, threads and a child process.
# set: quick
prepare()
{
	text_make 30000 7 >words.txt
	cat >work.py <<'END'
import collections, hashlib, json, random, re, subprocess, sys, threading

random.seed(42)
records = []
for line in open(sys.argv[1] + "/words.txt"):
    fields = line.split()
    records.append({"id": int(fields[0]), "words": fields[1:-1],
                    "n": int(fields[-1]), "text": line.strip()})
text = json.dumps(records, sort_keys=True)
assert json.loads(text) == records
print("json", len(text), hashlib.sha256(text.encode()).hexdigest())

count = collections.Counter(w for r in records for w in r["words"])
print("common", sorted(count.items(), key=lambda i: (-i[1], i[0]))[:5])
print("regex", len(re.findall(r"\b[aeiou]\w*t\b", text)))

class Node:
    def __init__(self, key):
        self.key, self.left, self.right = key, None, None

def insert(root, key):
    while True:
        side = "left" if key < root.key else "right"
        child = getattr(root, side)
        if child is None:
            setattr(root, side, Node(key))
            return
        root = child

root = Node(0.5)
for _ in range(12000):
    insert(root, random.random())
def depth(node):
    return 0 if node is None else 1 + max(depth(node.left),
                                          depth(node.right))
print("depth", depth(root))

x = 1
for i in range(1, 2500):
    x *= i
print("factorial", hashlib.md5(hex(x).encode()).hexdigest())

result = {}
def churn(number):
    table = {}
    for i in range(20000):
        table[(number, i % 1500)] = "v%d" % i * (i % 50)
    result[number] = sum(len(v) for v in table.values())
threads = [threading.Thread(target=churn, args=(n,)) for n in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print("threads", sorted(result.items()))

out = subprocess.run([sys.executable, "-c", "print('child', 6 * 7)"],
                     capture_output=True, text=True)
print(out.stdout.strip(), out.returncode)
buffer = bytearray()
for i in range(3000):
    buffer += bytes([i % 256]) * 1000
print("buffer", hashlib.sha1(buffer).hexdigest())
END
}
run()
{
	PYTHONHASHSEED=0 under_test /usr/bin/python3 "$INPUT/work.py" "$INPUT"
}
