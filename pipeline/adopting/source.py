"""The Python code of a script or notebook, as a file that can run."""

import ast
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.adopting.refusal import AdoptionError

_NOTEBOOK = ".ipynb"
_MAGIC = re.compile(r"^(\s*)[%!].*$")


@dataclass(frozen=True)
class Source:
    """A file that can run.

    Args:
        file: the script, or a file with the code cells of a notebook.
        starts: the first line of each code cell in `file`, counted from 1; empty for a script.
    """

    file: Path
    starts: tuple[int, ...] = ()

    def place(self, line: int) -> str:
        """Names a line of `file` in the words of the script or notebook."""
        cell = sum(start <= line for start in self.starts)
        if not cell:
            return f"line {line}"
        return f"line {line - self.starts[cell - 1] + 1} of code cell {cell}"


@contextmanager
def runnable(script: Path) -> Iterator[Source]:
    """Yields a file with the code of a script or notebook.

    Lines that only Jupyter understands, such as `!pip install`, are left out of a notebook.

    Raises:
        AdoptionError: the notebook is unreadable.
    """
    if script.suffix != _NOTEBOOK:
        yield Source(script.resolve())
        return
    cells = _code_cells(script)
    starts = [1]
    for cell in cells[:-1]:
        starts.append(starts[-1] + cell.count("\n") + 1)
    with TemporaryDirectory() as folder:
        file = Path(folder).resolve() / f"{script.stem}.py"
        file.write_text("\n".join(cells), encoding="utf-8")
        yield Source(file, tuple(starts))


def _code_cells(notebook: Path) -> list[str]:
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise AdoptionError(
            f"{notebook} is not a notebook of Jupyter",
            received=f"{type(error).__name__}: {error}",
            expected="Save it as .ipynb of version 4, or as a Python script",
        ) from error
    return [_python(source if isinstance(source, str) else "".join(source)) for source in sources]


def _python(cell: str) -> str:
    """A cell without the lines that only Jupyter understands. Keeps the number of lines."""
    with suppress(SyntaxError):
        ast.parse(cell)  # A line of Python may begin with %, within brackets or a text.
        return cell
    if cell.lstrip().startswith("%%") and not cell.lstrip().startswith(("%%time", "%%capture")):
        return "\n".join("" for _ in cell.split("\n"))  # another language, or a file to write
    return "\n".join(_MAGIC.sub(r"\1pass", line) for line in cell.split("\n"))
