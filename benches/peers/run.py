"""Times the library against what a reader would use instead, and checks that both answer the same.

    python -m venv ~/peers && ~/peers/bin/pip install -r benches/peers/requirements.txt
    ~/peers/bin/python benches/peers/run.py [work…]

A work is two short files: `<work>.py` here, with the data and the peers, and `ours/<work>.rs`, with our side, listed in
`ours/main.rs`. `<work>.py` has

    TITLE                          what is timed, in a few words
    SIZES                          list of dicts: the sizes that the book's table shows
    STATED                         {size variable: exponent of the stated complexity}
    GROWTH                         {size variable: list of dicts in which only it varies}
    TOLERANCE                      the largest disagreement allowed
    make(**size)                   {name: array or number}: the input, from a fixed seed
    PEERS                          {name: (version, function of the input that returns {name: array})}
    disagreement(input, a, b)      how far two answers differ, relative
    UNIT                           optional: what disagreement() counts in, where that is not relative
    ROUNDS                         optional: fewer rounds, for peers that take long

The runs alternate, ours and each peer in turn, with the same number of BLAS threads. Each side runs twice in its turn and
the second run counts, so that each finds its caches as it left them. A time is the median over the rounds.
The table goes to `book/speed.json`, work by work; those not run this time stay as they are.
"""

import datetime
import importlib
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
from threadpoolctl import threadpool_limits

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
RECORD = ROOT / "book" / "speed.json"
BLAS = str(ROOT / "book" / "blas.sh")
ROUNDS = 9
PAUSE = 0.1  # seconds; idle BLAS threads spin for a while before they sleep, and would slow the next side


def build():
    """Builds the example `peer` and returns the path of its executable."""
    command = ["cargo", "build", "--release", "--example", "peer", "--message-format=json-render-diagnostics"]
    messages = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    artefacts = [json.loads(line) for line in messages.splitlines()]
    return next(a["executable"] for a in artefacts if a.get("target", {}).get("name") == "peer" and a.get("executable"))


class Ours:
    """Our side in a process of its own: it reads the input once, and runs the work each time it is asked."""

    def __init__(self, executable, work, data, threads):
        self.folder = tempfile.TemporaryDirectory()
        for name, value in data.items():
            array = numpy.ascontiguousarray(value, dtype="<f8")
            self.path(name, "f64").write_bytes(array.tobytes())
            self.path(name, "shape").write_text(" ".join(map(str, array.shape)))
        environment = dict(os.environ, OPENBLAS_NUM_THREADS=str(threads), RAYON_NUM_THREADS=str(threads))
        # Only our side: NumPy and PyTorch bring newer libraries, which know the processor.
        self.process = subprocess.Popen(
            [BLAS, "run", executable, work, self.folder.name],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )

    def path(self, name, suffix):
        return pathlib.Path(self.folder.name) / f"{name}.{suffix}"

    def run(self):
        """One run: the seconds it took."""
        print(file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"our side of the work ended: exit code {self.process.wait()}")
        return float(line)

    def answer(self):
        """What the last run returned."""
        arrays = {}
        for path in pathlib.Path(self.folder.name, "answer").glob("*.f64"):
            shape = [int(n) for n in path.with_suffix(".shape").read_text().split()]
            arrays[path.stem] = numpy.fromfile(path, dtype="<f8").reshape(shape)
        return arrays

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()


def in_words(size):
    """A size as the table shows it."""
    return "$" + ",\\ ".join(f"{name} = {value:,}".replace(",", "\\,") for name, value in size.items()) + "$"


def agreement_in_words(value, unit):
    """A disagreement as the table shows it: a power of ten to one digit, or so many of a unit."""
    if unit:
        return f"{value:.1f} {unit}"
    if value == 0:
        return "the last bit"
    digits, exponent = f"{value:.0e}".split("e")
    return f"${digits} \\times 10^{{{int(exponent)}}}$"


def compare(executable, name, work, size, threads):
    """The record of one size: our time, the peers' times, and how well they agree."""
    data = work.make(**size)
    ours = Ours(executable, name, data, threads)
    seconds = {peer: [] for peer in [None, *work.PEERS]}
    answers = {}
    with threadpool_limits(threads):
        for _ in range(getattr(work, "ROUNDS", ROUNDS)):
            for peer, times in seconds.items():
                time.sleep(PAUSE)
                for _ in range(2):
                    if peer is None:
                        elapsed = ours.run()
                    else:
                        start = time.perf_counter()
                        answers[peer] = work.PEERS[peer][1](data)
                        elapsed = time.perf_counter() - start
                times.append(elapsed)
    mine = ours.answer()
    ours.close()
    agreement = max(float(work.disagreement(data, mine, theirs)) for theirs in answers.values())
    if not agreement <= work.TOLERANCE:
        sys.exit(f"{name} {size}: the answers differ by {agreement:.1e}, more than {work.TOLERANCE:.0e}")
    median = {peer: statistics.median(times) for peer, times in seconds.items()}
    peers = [
        {"name": peer, "version": version, "seconds": median[peer], "ratio": median[peer] / median[None]}
        for peer, (version, _) in work.PEERS.items()
    ]
    for peer in peers:
        print(f"{name} {size} {threads} thread(s): {median[None]:.2e} s, "
              f"{peer['name']} {peer['seconds']:.2e} s, {peer['ratio']:.1f} times as long; they differ by {agreement:.0e}")
    return {
        "name": name, "title": work.TITLE, "size": in_words(size), "threads": threads, "ours_seconds": median[None],
        "peers": peers, "agreement": agreement_in_words(agreement, getattr(work, "UNIT", None)), "growth": [],
    }


def growth(executable, name, work):
    """The slope of log time against log size, for each size variable, on one thread."""
    slopes = []
    for variable, sizes in work.GROWTH.items():
        times = []
        for size in sizes:
            ours = Ours(executable, name, work.make(**size), threads=1)
            times.append(statistics.median(sorted(ours.run() for _ in range(getattr(work, "ROUNDS", ROUNDS) + 1))[:-1]))
            ours.close()
        logs = numpy.log([size[variable] for size in sizes]), numpy.log(times)
        exponent = float(numpy.polyfit(*logs, 1)[0])
        print(f"{name}: time grows as {variable}^{exponent:.2f}, stated {work.STATED[variable]}")
        slopes.append({
            "in": f"${variable}$", "exponent": exponent, "stated": f"${variable}^{work.STATED[variable]}$",
            "sizes": sizes, "seconds": times,
        })
    return slopes


def machine():
    """What the times depend on."""
    cpu = platform.processor()
    info = pathlib.Path("/proc/cpuinfo")
    if info.exists():
        cpu = next((line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line), cpu)
    def said(*command):
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    rustc = said("rustc", "--version").split()[1]
    kernel = said(BLAS, "run", BLAS, "kernel").strip()
    return {
        "cpu": cpu, "cores": os.cpu_count(), "kernel": kernel, "system": platform.system(), "date": datetime.date.today().isoformat(),
        "versions": {"rustc": rustc, "python": platform.python_version(), "numpy": numpy.__version__},
    }


def main():
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.py") if path.stem != "run")
    executable = build()
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {"works": []}
    works = [importlib.import_module(name) for name in names]
    for name, work in zip(names, works, strict=True):
        threads = sorted({1, os.cpu_count()})
        rows = [compare(executable, name, work, size, count) for count in threads for size in work.SIZES]
        rows[0]["growth"] = growth(executable, name, work)
        # Kept at once: what was measured is not lost when a later work ends the run.
        record["works"] = sorted(
            [row for row in record["works"] if row["name"] != name] + rows, key=lambda row: row["name"]
        )
        record["machine"] = machine()
        RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
