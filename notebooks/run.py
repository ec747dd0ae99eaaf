"""Runs notebooks in the evcxr kernel from a fresh start: `run.py [chapter…]`, from the root of the repository.

nbclient stops at a compile error only: a panic, a failed assertion or an error that `?` returns leaves a message on
the cell's standard error and the kernel goes on. So every cell's outputs are read here, and what it showed is compared with what
the committed notebook shows (`weave compare` says within which tolerance). Executed copies stay in target/notebooks.

Each notebook has a kernel of its own. Two run at a time, each in a folder where builds and their cache stay from notebook to notebook
and from run to run; in one folder two builds at once would collide. The library is built once, in the first, and copied. Cells
are compiled with less optimisation than the library that they call: most of a cell's time is the compiler's.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, Queue

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

SIGNS_OF_FAILURE = ("panicked at", "Error:", "error[", "stack overflow", "Subprocess terminated")
SECONDS_PER_CELL = 900  # the first cell builds the library
# The kernel calls the crate of a cell `ctx`; cargo finds this above the folder in which it builds.
PROFILE = "[profile.dev.package.ctx]\nopt-level = 1\n"


def failures(notebook):
    """What went wrong in an executed notebook, a line a cell."""
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code")):
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"cell {number}: {output.ename}: {output.evalue}"
            if output.output_type == "stream" and output.name == "stderr":
                if any(sign in output.text for sign in SIGNS_OF_FAILURE):
                    yield f"cell {number}: {output.text.strip()}"


def fresh(path):
    """A notebook as it is before anything has been run."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def run(notebook, folder, builds):
    """Runs a notebook that lies in `folder`, with a kernel that builds in the folder `builds`."""
    client = NotebookClient(
        notebook, timeout=SECONDS_PER_CELL, kernel_name="rust", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env={**os.environ, "EVCXR_TMPDIR": str(builds / "cells"), "XDG_CACHE_HOME": str(builds)})


def prepare(path, kernels):
    """Makes the folders in which the kernels build, and builds the library where that has not been done yet."""
    first, second = folders = [kernels / "0", kernels / "1"]
    if not all((folder / "cells").exists() for folder in folders):
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        (first / "cells").mkdir(parents=True)
        (first / ".cargo").mkdir()
        (first / ".cargo" / "config.toml").write_text(PROFILE)
        notebook = fresh(path)
        notebook.cells = notebook.cells[:1]
        run(notebook, path.parent, first)
        shutil.copytree(first, second, symlinks=True)
    return folders


def execute(path, copy, builds):
    """Runs one notebook, with a kernel that builds in the folder `builds`, and returns what went wrong."""
    notebook = fresh(path)
    try:
        run(notebook, path.parent, builds)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return [str(error), *failures(notebook)]
    finally:
        nbformat.write(notebook, copy)
    problems = list(failures(notebook))
    compared = subprocess.run(
        ["cargo", "run", "--quiet", "-p", "weave", "--", "compare", path, copy], capture_output=True, text=True
    )
    return problems + (compared.stdout + compared.stderr).splitlines() if compared.returncode else problems


def main(names):
    folder, copies, kernels = Path("notebooks"), Path("target/notebooks"), Path("target/kernels").resolve()
    copies.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.ipynb" for name in names] or sorted(folder.glob("*.ipynb"))
    waiting, results = Queue(), {}
    for path in paths:
        waiting.put(path)

    def work(builds):
        while True:
            try:
                path = waiting.get_nowait()
            except Empty:
                return
            started = time.monotonic()
            problems = results[path] = execute(path, copies / path.name, builds)
            lines = [f"{path.stem}: {'FAILED' if problems else 'ok'} in {time.monotonic() - started:.0f} s"]
            print("\n".join([*lines, *(f"  {problem}" for problem in problems)]), flush=True)

    workers = [threading.Thread(target=work, args=[folder]) for folder in prepare(paths[0], kernels)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    passed = sum(not problems for problems in results.values())
    print(f"notebooks: {passed} passed, {len(paths) - passed} failed")
    return 0 if paths and passed == len(paths) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
