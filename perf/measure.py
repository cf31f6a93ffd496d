"""measure: run a command under an allocator, and the arithmetic on figures.

Shared by perf/compare, perf/run, perf/callgrind and test/try/run.  The
running itself is done by build/perf/launch, a small C program, so that what
is measured is never the child of this interpreter.
"""

import atexit
import glob
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "perf")
GLIBC = "glibc"

# Where Debian's allocators are: one folder per architecture.
KNOWN = {
    "goalloc": os.path.join(ROOT, "build", "libgoalloc.so"),
    "jemalloc": "/usr/lib/*/libjemalloc.so.2",
    "mimalloc": "/usr/lib/*/libmimalloc.so.2.0",
    "tcmalloc": "/usr/lib/*/libtcmalloc_minimal.so.4",
}


class Failure(Exception):
    """Something that makes the figures worthless; the text says what."""


class Allocator:
    """A name and what to preload for it; no path is glibc's own malloc."""

    def __init__(self, name, path):
        self.name = name
        self.path = path

    @classmethod
    def parse(cls, text):
        """glibc, a known name, a path, or name=path."""
        name, equals, path = text.partition("=")
        if not equals:
            if text == GLIBC:
                return cls(GLIBC, None)
            path = KNOWN.get(text, text)
            if text not in KNOWN:
                name = os.path.basename(text).split(".so")[0]
        found = sorted(glob.glob(path))
        if not found:
            raise Failure(f"{name}: there is no {path}")
        return cls(name, os.path.abspath(found[0]))

    def check_takes_effect(self):
        """The library must show in the maps of a program started with it."""
        if self.path is None:
            return
        done = subprocess.run(
            ["cat", "/proc/self/maps"], env=self.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0 or os.path.realpath(
                self.path).encode() not in done.stdout:
            raise Failure(f"{self.name}: the preload of {self.path} "
                          f"has no effect: {done.stderr.decode().strip()}")

    def hold(self):
        """Goes on with a copy, which a build meanwhile does not replace."""
        if self.path is None or not self.path.startswith(ROOT + os.sep):
            return
        folder = tempfile.mkdtemp(prefix="goalloc-perf.")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        self.path = shutil.copy(self.path, folder)
        os.chmod(folder, 0o755)

    def environment(self):
        """The caller's environment with this preload, or with none."""
        env = dict(os.environ)
        env.pop("LD_PRELOAD", None)
        if self.path is not None:
            env["LD_PRELOAD"] = self.path
        return env


class Result:
    """What one run took and printed."""

    def __init__(self, figures, output, errors):
        self.wall = int(figures["wall_ns"]) / 1e9
        self.cpu = (int(figures["user_us"]) + int(figures["sys_us"])) / 1e6
        self.peak = int(figures["peak_kib"]) / 1024
        self.mean = int(figures["mean_kib"]) / 1024
        self.faults = int(figures["minflt"]) + int(figures["majflt"])
        self.status = int(figures["status"])
        self.is_timeout = figures["timeout"] == "1"
        self.preload = figures["preload"]
        self.output = output
        self.errors = errors


def allocators(texts):
    """Parsed, held, and seen to take effect."""
    found = [Allocator.parse(text) for text in texts]
    for allocator in found:
        allocator.hold()
        allocator.check_takes_effect()
    return found


def build(*targets):
    """Makes the programs that measuring needs."""
    done = subprocess.run(
        ["make", "-s", "-f", "perf/Makefile.inc", *targets], cwd=ROOT,
        stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise Failure("building " + " ".join(targets) + " failed")


def program(name):
    """The path of a program under build/perf."""
    return os.path.join(BUILD, name)


def launch(allocator, command, timeout=600, cwd=None, env=None):
    """Runs command once; raises Failure unless it ended well."""
    with tempfile.TemporaryDirectory(prefix="goalloc-perf.") as folder:
        report = os.path.join(folder, "report")
        argv = [program("launch"), "-t", str(timeout), "-o", report]
        if allocator.path is not None:
            argv += ["-p", allocator.path]
        with open(os.path.join(folder, "out"), "wb+") as out, \
                open(os.path.join(folder, "err"), "wb+") as err:
            child = subprocess.Popen(
                argv + command, stdin=subprocess.DEVNULL, stdout=out,
                stderr=err, cwd=cwd, env=env)
            try:
                child.wait()
            finally:
                if child.poll() is None:
                    child.send_signal(signal.SIGTERM)
                    child.wait()
            out.seek(0)
            err.seek(0)
            output, errors = out.read(), err.read()
        if child.returncode != 0:
            raise Failure(f"launch: {errors.decode(errors='replace')}")
        with open(report, encoding="ascii") as lines:
            figures = dict(line.split() for line in lines)
    return check_result(allocator, command, Result(figures, output, errors))


def check_result(allocator, command, result):
    """A run that failed, or ran without its allocator, is no measurement."""
    what = f"{os.path.basename(command[0])} under {allocator.name}"
    words = result.errors.decode(errors="replace").strip()[-400:]
    if result.is_timeout:
        raise Failure(f"{what}: killed, it took too long")
    if result.status != 0:
        raise Failure(f"{what}: exit status {result.status}: {words}")
    if result.preload == "absent" or "cannot be preloaded" in words:
        raise Failure(f"{what}: the preload had no effect: {words}")
    return result


def quantile(values, fraction):
    """Linear between the neighbours in order; values must not be empty."""
    ordered = sorted(values)
    at = fraction * (len(ordered) - 1)
    low = math.floor(at)
    high = math.ceil(at)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def median(values):
    return quantile(values, 0.5)


def ratios(numerators, denominators):
    """Pairwise, one per round; rounds with a zero below are left out."""
    return [n / d for n, d in zip(numerators, denominators) if d > 0]


def geomean(values):
    """Of the positive ones; None when there are none."""
    logs = [math.log(v) for v in values if v is not None and v > 0]
    return math.exp(sum(logs) / len(logs)) if logs else None


def progress(text):
    """One line on stderr that the next one overwrites on a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text)
    else:
        sys.stderr.write(text + "\n")
    sys.stderr.flush()


def progress_end():
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()
