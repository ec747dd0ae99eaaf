"""Runs notebooks in the evcxr kernel from a fresh start: `run.py [chapter…]`, from the root of the repository.

nbclient stops at a compile error only: a panic, a failed assertion or an error that `?` returns leaves a message on
the cell's standard error and the kernel goes on. So every cell's outputs are read here, and what it showed is compared with what
the committed notebook shows (`weave compare` says within which tolerance). Executed copies stay in target/notebooks.

Each notebook has a kernel of its own. The kernels share a folder for what they build, so that only the first builds the library; it
lies outside the repository, whose workspace would claim it, and they run one after the other, since two builds at once would collide.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

SIGNS_OF_FAILURE = ("panicked at", "Error:", "error[", "stack overflow", "Subprocess terminated")
SECONDS_PER_CELL = 900  # the first cell builds the library


def failures(notebook):
    """What went wrong in an executed notebook, a line a cell."""
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code")):
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"cell {number}: {output.ename}: {output.evalue}"
            if output.output_type == "stream" and output.name == "stderr":
                if any(sign in output.text for sign in SIGNS_OF_FAILURE):
                    yield f"cell {number}: {output.text.strip()}"


def execute(path, copy):
    """Runs one notebook and returns what went wrong."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook, timeout=SECONDS_PER_CELL, kernel_name="rust", resources={"metadata": {"path": str(path.parent)}}
    )
    try:
        client.execute()
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
    folder, copies = Path("notebooks"), Path("target/notebooks")
    copies.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.ipynb" for name in names] or sorted(folder.glob("*.ipynb"))
    passed = failed = 0
    for path in paths:
        started = time.monotonic()
        problems = execute(path, copies / path.name)
        print(f"{path.stem}: {'FAILED' if problems else 'ok'} in {time.monotonic() - started:.0f} s", flush=True)
        for problem in problems:
            print(f"  {problem}", flush=True)
        failed += bool(problems)
        passed += not problems
    print(f"notebooks: {passed} passed, {failed} failed")
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as builds:
        os.environ["EVCXR_TMPDIR"] = builds
        sys.exit(main(sys.argv[1:]))
