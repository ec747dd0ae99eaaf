"""Runs notebooks in the evcxr kernel from a fresh start: `run.py [chapter…]`, from the root of the repository.

nbclient stops at a compile error only: a panic, a failed assertion or an error that `?` returns leaves a message on
the cell's standard error and the kernel goes on. So every cell's outputs are read here, and what it showed is compared with what
the committed notebook shows (`weave compare` says within which tolerance). Executed copies stay in target/notebooks.

Each notebook has a kernel of its own, and as many run at once as there are processors. A worker's kernels, one after the other, share a folder
for what they build, so that only the first builds the library; two kernels at once would collide in it. The folders lie outside the
repository, whose workspace would claim them.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
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


def timed(path, copy):
    """Runs one notebook and returns what went wrong and the seconds it took."""
    started = time.monotonic()
    return execute(path, copy), time.monotonic() - started


def own_folder(builds):
    """Gives this worker's kernels a folder for their builds."""
    os.environ["EVCXR_TMPDIR"] = tempfile.mkdtemp(dir=builds)


def main(names):
    folder, copies = Path("notebooks"), Path("target/notebooks")
    copies.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.ipynb" for name in names] or sorted(folder.glob("*.ipynb"))
    passed = failed = 0
    with (
        tempfile.TemporaryDirectory() as builds,
        ProcessPoolExecutor(os.cpu_count(), initializer=own_folder, initargs=(builds,)) as pool,
    ):
        running = {pool.submit(timed, path, copies / path.name): path for path in paths}
        for done in as_completed(running):
            problems, seconds = done.result()
            print(f"{running[done].stem}: {'FAILED' if problems else 'ok'} in {seconds:.0f} s", flush=True)
            for problem in problems:
                print(f"  {problem}", flush=True)
            failed += bool(problems)
            passed += not problems
    print(f"notebooks: {passed} passed, {failed} failed")
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
