#!/usr/bin/env python3
"""look: what a comparison has written, against what must be true.

    look.py FOLDER SUMMARY [TRUTH]

FOLDER holds report.json and its neighbours, SUMMARY what was printed, TRUTH
what test/compare/truth says of itself.  Prints "ok NAME" or "FAIL NAME: what"
a check; the exit status is 0 if none failed.
"""

import gzip
import json
import os
import sys

MIB = 1 << 20
GAP = 0.02  # of RSS that a ledger may leave open
failed = []


def check(name, good, what=""):
    print(f"ok   {name}" if good else f"FAIL {name}: {what}")
    if not good:
        failed.append(name)


def check_summary(path):
    with open(path, encoding="utf-8") as lines:
        text = lines.read().splitlines()
    check("summary has at most 40 lines", 10 <= len(text) <= 40, len(text))
    widest = max(text, key=len)
    check("summary fits 80 columns", len(widest) <= 80, widest)
    check("summary is ASCII", all(line.isascii() for line in text))
    check("summary ends with the page", text[-1].endswith("/report.html"),
          text[-1])


def check_ledger(side):
    name = side["name"]
    ledger = side.get("ledger")
    check(f"{name}: there is a ledger", ledger is not None)
    if ledger is None:
        return
    rows = ledger["rows"]
    total = sum(v for k, v in rows.items() if k != "unexplained")
    gap = abs(ledger["rss"] - total) / ledger["rss"]
    check(f"{name}: the ledger closes", gap <= GAP, f"{gap:.1%} {rows}")
    check(f"{name}: its gap is told", abs(gap - ledger["gap"]) < 1e-6)
    low = min(v for k, v in rows.items()
              if k not in ("untouched", "caches"))
    check(f"{name}: no row below 0", low >= 0, rows)
    peak = max(v for v in side["series"]["rss"] if v is not None)
    check(f"{name}: the ledger is of the peak", ledger["rss"] > 0.85 * peak,
          f"{ledger['rss']} of {peak}")


def check_truth(side, truth):
    name = side["name"]
    rows = side["ledger"]["rows"]
    untouched = truth["large"] - truth["touched"]
    between = rows["slots"] + rows["kept"]

    def near(what, found, wanted, slack):
        check(f"{name}: {what} is right", abs(found - wanted) <= slack,
              f"{found / MIB:.2f} MiB, not {wanted / MIB:.2f}")

    near("requested", rows["requested"], truth["requested"],
         0.02 * truth["requested"])
    near("peak live", side["figures"]["live"]["median"], truth["requested"],
         0.02 * truth["requested"])
    near("untouched", -rows["untouched"], untouched, 0.02 * untouched)
    # Rounding makes it more, a thread's last span or chunk too.
    near("between", between, 1.1 * truth["between"], 0.2 * truth["between"])
    near("own mapping", rows["other"], truth["own"], 0.04 * truth["own"])


def check_side(side, nruns, traced):
    name = side["name"]
    wall = side["figures"]["wall"]
    check(f"{name}: every run is there", len(wall["runs"]) == side["runs"])
    check(f"{name}: enough runs", 4 <= side["runs"] <= nruns)
    check(f"{name}: median within its interval",
          wall["low"] <= wall["median"] <= wall["high"])
    for key in ("rss", "mean_rss", "pss", "minflt", "live", *traced):
        check(f"{name}: {key} is known",
              side["figures"].get(key, {}).get("median", 0) > 0)
    check(f"{name}: sizes are counted",
          sum(s["requests"] for s in side["sizes"]) > 0)
    columns = {len(v) for v in side["series"].values()}
    check(f"{name}: the series is whole", len(columns) == 1 and
          columns.pop() > 5)


def check_sites(report):
    for side in report["contenders"][1:]:
        name = side["name"]
        sites = side["call_sites"]
        check(f"{name}: call sites are matched", any(
            s["base"]["inuse_space"] > 0 and s["own"]["inuse_space"] > 0
            for s in sites), sites[:2])
        total = sum(s["own"]["inuse_space"] for s in sites)
        live = side["figures"]["live"]["median"]
        check(f"{name}: the profile holds the live heap",
              abs(total - live) <= 0.15 * live, f"{total} of {live}")


def check_files(folder, names):
    for name in names:
        path = os.path.join(folder, name + ".peak.pb.gz")
        with gzip.open(path) as profile:
            check(f"{name}.peak.pb.gz", len(profile.read()) > 100)
        with open(os.path.join(folder, name + ".peak.folded"),
                  encoding="utf-8", errors="replace") as lines:
            folded = lines.read().splitlines()
        check(f"{name}.peak.folded", len(folded) > 0 and all(
            line.rsplit(" ", 1)[1].lstrip("-").isdigit()
            for line in folded))
        check(f"{name}.massif",
              os.path.getsize(os.path.join(folder, name + ".massif")) > 100)
    with open(os.path.join(folder, "series.dat"), encoding="utf-8") as data:
        blocks = data.read().strip().split("\n\n\n")
    check("series.dat has a block each", len(blocks) == len(names))


def main():
    folder, summary = sys.argv[1:3]
    with open(os.path.join(folder, "report.json"),
              encoding="utf-8") as text:
        report = json.load(text)
    check_summary(summary)
    check("it ended within its estimate", report["took"] <=
          report["estimate"], f"{report['took']} > {report['estimate']}")
    # The comparison of five is made with --no-trace.
    traced = ("nmmap",) if len(report["contenders"]) == 2 else ()
    for side in report["contenders"]:
        check_side(side, 100, traced)
        check_ledger(side)
        if len(sys.argv) > 3:
            check_truth(side, json.loads(sys.argv[3]))
    check_sites(report)
    check_files(folder, [side["name"] for side in report["contenders"]])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
