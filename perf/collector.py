"""collector: the rows of perf/run that are about the garbage collector.

The library is measured with GOGC set, against glibc or against itself without
GOGC.  Another allocator than this library has no such rows.
"""

import os
import subprocess
import tempfile

import measure
import plot
from rows import ReferenceRow, Row, quartiles, ratio_row

PROGRAMS = os.path.join(measure.ROOT, "test", "programs")
TREE_ROUNDS = 3
WAIT_TREES = 4000      # replaced
MARK_MIB = 1024
PAUSE_SECONDS = 10
PAUSE_BLOCKED = 14     # and two that run
MANY_BLOCKED = 1000
MEMLIMIT_MIB = 640     # 385 MB of live nodes, twice that as GOGC=100 has it
SWEEP = (25, 50, 100, 200, 400)
SWEEP_PROGRAMS = ("python3", "perl", "gcc")
PROGRAM_ROUNDS = 3


def environment(**variables):
    return dict(os.environ, **variables)


def measure_trees(the):
    """CPU of replacing trees, with the frees that glibc needs."""
    modes = {
        "deferred": environment(GOGC="100"),
        "ignored": environment(GOGC="100", GOALLOC="free=ignore"),
        "at once": environment(GOGC="100", GOALLOC="free=now"),
    }
    cpu = {name: [] for name in ("glibc", *modes)}
    command = [measure.program("load/trees")]
    outputs = set()
    for number in range(TREE_ROUNDS):
        measure.progress(f"trees: round {number + 1} of {TREE_ROUNDS}")
        for name in cpu:
            allocator = the.glibc if name == "glibc" else the.subject
            result = measure.launch(allocator, command,
                                    env=modes.get(name))
            cpu[name].append(result.cpu)
            outputs.add(result.output)
    measure.progress_end()
    if len(outputs) != 1:
        raise measure.Failure("trees: the checksums differ")
    return [
        ratio_row("trees, frees deferred / glibc, CPU", cpu["deferred"],
                  cpu["glibc"], 2.0),
        ratio_row("trees, frees ignored / glibc, CPU", cpu["ignored"],
                  cpu["glibc"], 2.2),
        ReferenceRow("trees, CPU s", ", ".join(
            f"{name} {measure.median(found):.2f}"
            for name, found in cpu.items())),
    ]


def measure_treewait(the):
    command = [measure.program("treewait"), str(WAIT_TREES)]
    measure.progress("treewait")
    mine = measure.launch(the.subject, command,
                          env=environment(GOGC="100")).output.decode().split()
    theirs = measure.launch(the.glibc, command).output.decode().split()
    measure.progress_end()
    return [
        Row("longest malloc call, p99.99", int(mine[2]) / 1000, 1000, "",
            "us"),
        ReferenceRow("malloc call, ns, median p99.99 longest",
                     f"{the.subject.name} {' '.join(mine[1:])}, "
                     f"glibc {' '.join(theirs[1:])}"),
    ]


def measure_markcost(the):
    measure.progress(f"markcost: {MARK_MIB} MiB")
    result = measure.launch(the.subject,
                            [measure.program("markcost"), str(MARK_MIB)],
                            env=environment(GOGC="400"))
    measure.progress_end()
    count, load, mark, left = map(float, result.output.split())
    return [
        Row("mark an object / random load", mark / load, 2.5, "", "x"),
        ReferenceRow("mark an object, random load, ns",
                     f"{mark:.1f}, {load:.1f}"),
        Row(f"left of {MARK_MIB} MiB in two cycles, per mille",
            1000 * left / count, 10),
    ]


def pauses_of(the, mib, nblocked):
    """Cycles; median, p99 and longest gap; the same of noted pauses; us."""
    measure.progress(f"pauses: {mib} MiB, {nblocked} threads blocked")
    result = measure.launch(
        the.subject, [measure.program("pauses"), str(mib), str(nblocked),
                      str(PAUSE_SECONDS)], env=environment(GOGC="100"))
    measure.progress_end()
    return [float(word) for word in result.output.split()]


def measure_pauses(the):
    usual = pauses_of(the, 1024, PAUSE_BLOCKED)
    small = pauses_of(the, 64, PAUSE_BLOCKED)
    many = pauses_of(the, 64, MANY_BLOCKED)
    if min(usual[0], small[0], many[0]) < 1:
        raise measure.Failure("pauses: there was no collection")
    return [
        Row("pause, 1 GiB live, median, seen", usual[1], 200, "", "us"),
        Row("pause, 1 GiB live, p99, seen", usual[2], 1000, "", "us"),
        Row("pause, 1 GiB live, median, noted", usual[4], 200, "", "us"),
        Row("pause, 1 GiB live, p99, noted", usual[5], 1000, "", "us"),
        Row("pause of 1 GiB / 64 MiB, median, noted",
            usual[4] / max(small[4], 0.1), 2, "", "x"),
        Row("1,000 sleeping threads add, noted", many[4] - small[4], 100, "",
            "us"),
        ReferenceRow("cycles; gaps, pauses: median p99 longest, us",
                     "; ".join(f"{found[0]:.0f}: " + " ".join(
                         f"{us:.0f}" for us in found[1:])
                         for found in (usual, small, many))),
    ]


class ProgramRun:
    """One run of a test program: CPU, peak memory and output."""

    def __init__(self, the, folder, name, variables):
        rss = os.path.join(folder, "rss")
        with open(rss, "w", encoding="ascii"):
            pass
        words = " ".join(f"{k}={v}" for k, v in variables.items())
        env = dict(os.environ, GOALLOC_TEST_PRELOAD=the.subject.path,
                   GOALLOC_TEST_ENV=words, GOALLOC_TEST_RSS=rss)
        with tempfile.TemporaryFile() as out:
            # Waited for by hand: the figures are of this child's tree alone.
            child = subprocess.Popen(
                [os.path.join(PROGRAMS, "cmd"), "--run", folder, name],
                env=env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            self.output = out.read()
        if child.returncode != 0:
            raise measure.Failure(f"{name} with {words}: exit status "
                                  f"{child.returncode}")
        self.cpu = usage.ru_utime + usage.ru_stime
        with open(rss, encoding="utf-8") as lines:
            self.peak = max(int(line.split()[0]) / 1024 for line in lines)


def program_runs(the, name, settings):
    """For each of the settings the median CPU and peak of interleaved runs."""
    found = [[] for _ in settings]
    with tempfile.TemporaryDirectory(prefix="goalloc-perf.") as folder:
        os.chmod(folder, 0o711)
        subprocess.run(
            [os.path.join(PROGRAMS, "cmd"), "--prepare", folder, name],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            timeout=300, check=True)
        for number in range(PROGRAM_ROUNDS):
            measure.progress(f"{name}: round {number + 1} of "
                             f"{PROGRAM_ROUNDS}")
            for mine, variables in zip(found, settings):
                mine.append(ProgramRun(the, folder, name, variables))
    measure.progress_end()
    if len({run.output for mine in found for run in mine}) != 1:
        raise measure.Failure(f"{name}: the outputs differ")
    return [(measure.median([run.cpu for run in mine]),
             measure.median([run.peak for run in mine])) for mine in found]


def measure_gcprograms(the):
    """Every real program with GOGC=100 against the same without."""
    names = subprocess.run(
        [os.path.join(PROGRAMS, "list")], stdout=subprocess.PIPE,
        check=True).stdout.decode().split()
    cpu, peak, broken = {}, {}, []
    for name in names:
        try:
            off, on = program_runs(the, name, [{}, {"GOGC": "100"}])
        except (measure.Failure, subprocess.SubprocessError) as failure:
            broken.append(str(failure))
            continue
        cpu[name] = on[0] / off[0]
        peak[name] = on[1] / off[1]
    if not cpu:
        raise measure.Failure("; ".join(broken) or "there are no programs")
    slowest = max(cpu, key=cpu.get)
    rows = [
        Row(f"{len(cpu)} programs, GOGC=100 / off, CPU",
            measure.geomean(cpu.values()), 1.10,
            quartiles(list(cpu.values())), "x"),
        Row(f"  the worst, {slowest}", cpu[slowest], 1.5, "", "x"),
        Row(f"{len(cpu)} programs, GOGC=100 / off, peak RSS",
            measure.geomean(peak.values()), 1.35,
            quartiles(list(peak.values())), "x"),
        Row("programs not measured with GOGC=100", len(broken), 0),
    ]
    rows += [ReferenceRow("  not measured:", text) for text in broken]
    rows += [ReferenceRow(f"  {name}, CPU, RSS",
                          f"{cpu[name]:8.2f} x {peak[name]:8.2f} x")
             for name in sorted(cpu, key=cpu.get, reverse=True)]
    return rows


def count_wrong_way(values, falls):
    """Neighbours that do not fall (or rise) by more than the noise."""
    return sum((later > earlier * 1.03) if falls else
               (later < earlier * 0.97)
               for earlier, later in zip(values, values[1:]))


def measure_gogc(the):
    """Memory rises and CPU falls along the row; build/perf/gogc.svg."""
    rows = []
    wrong = 0
    all_cpu, all_peak = {}, {}
    for name in SWEEP_PROGRAMS:
        found = program_runs(
            the, name, [{"GOGC": str(percent)} for percent in SWEEP])
        all_cpu[name] = [cpu for cpu, _ in found]
        all_peak[name] = [peak for _, peak in found]
        wrong += count_wrong_way(all_cpu[name], True)
        wrong += count_wrong_way(all_peak[name], False)
        rows.append(ReferenceRow(
            f"{name}, GOGC={'|'.join(map(str, SWEEP))}",
            "CPU s " + " ".join(f"{cpu:.2f}" for cpu, _ in found)
            + ", MiB " + " ".join(f"{peak:.1f}" for _, peak in found)))
    plot.write(measure.program("gogc.svg"), SWEEP,
               [("CPU, s, by GOGC", all_cpu),
                ("peak RSS, MiB, by GOGC", all_peak)])
    return [Row("steps of GOGC that go the wrong way", wrong, 0), *rows]


def measure_memlimit(the):
    """Garbage that would exceed the limit many times over."""
    measure.progress("memlimit: trees")
    result = measure.launch(
        the.subject, [measure.program("load/trees"), "0.3"],
        env=environment(GOGC="400", GOMEMLIMIT=f"{MEMLIMIT_MIB}MiB",
                        GOALLOC="free=ignore"))
    measure.progress_end()
    return [
        Row("peak RSS / GOMEMLIMIT", result.peak / MEMLIMIT_MIB, 1.05, "",
            "x"),
        ReferenceRow("peak RSS, GOMEMLIMIT, MiB",
                     f"{result.peak:.0f}, {MEMLIMIT_MIB}"),
    ]


MEASUREMENTS = {
    "trees": measure_trees,
    "treewait": measure_treewait,
    "markcost": measure_markcost,
    "pauses": measure_pauses,
    "gcprograms": measure_gcprograms,
    "gogc": measure_gogc,
    "memlimit": measure_memlimit,
}
