"""Executes notebooks as a kernel does, without Jupyter, and can store their outputs.

    python -m tests.support.notebooks docs/course/*.ipynb

This executes them in order and writes the outputs into the files. Progress and other messages on
stderr are left out, because they hold times. Pictures get few colours, so that the files are small.
"""

import ast
import contextlib
import io
import json
import os
import re
import shlex
import sys
from base64 import b64encode
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from PIL import Image

from pipeline.models import backend

_COLOURS = 32
_WIDTHS = (760, 560, 420, 320)  # pixels of a stored picture; the first that is small enough
_MOST = 50_000  # bytes of a stored picture

Cell = dict[str, Any]
Output = dict[str, Any]


class Kernel:
    """The namespace of a notebook.

    A line `!python -m pipeline.<command> …` runs the command in this process, because TensorFlow
    takes seconds to load. `{name}` in it stands for a variable, as in IPython.
    """

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {"_command": self._command}

    def run(self, cell: Cell, **parameters: Any) -> tuple[str, Any, list[bytes]]:
        """Executes a cell of code.

        Args:
            parameters: replace the variables of a cell with the tag `parameters`.

        Returns:
            What the cell prints, the value of its last line, and its figures of pyplot as PNG.
        """
        source = re.sub(r"^!(.*)$", r"_command(f'''\1''')", "".join(cell["source"]), flags=re.M)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            value = self._value(source)
        if "parameters" in cell["metadata"].get("tags", []):
            self.namespace.update(parameters)
        return printed.getvalue(), value, _figures()

    def _value(self, source: str) -> Any:
        *lines, last = ast.parse(source).body
        exec(compile(ast.Module(lines, []), "cell", "exec"), self.namespace)
        if isinstance(last, ast.Expr):
            return eval(compile(ast.Expression(last.value), "cell", "eval"), self.namespace)
        exec(compile(ast.Module([last], []), "cell", "exec"), self.namespace)
        return None

    @staticmethod
    def _command(line: str) -> None:
        python, option, module, *arguments = shlex.split(line)
        assert (python, option) == ("python", "-m")
        with patch.object(sys, "argv", [module, *arguments]):
            import_module(module).main()


def cells_of(path: Path) -> list[Cell]:
    """The cells of code of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def _figures() -> list[bytes]:
    """The open figures of pyplot as PNG. They are closed, as Jupyter does after each cell."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    images = []
    for number in pyplot.get_fignums() if pyplot else []:
        image = io.BytesIO()
        pyplot.figure(number).savefig(image, format="png", dpi=90)
        images.append(image.getvalue())
        pyplot.close(number)
    return images


def store_outputs(path: Path) -> None:
    """Executes a notebook and writes its outputs into the file."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    kernel = Kernel()
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, start=1):
        printed, value, figures = kernel.run(cell)
        outputs = [_stream(printed)] if printed else []
        outputs += [_data("display_data", {"image/png": _small(image)}) for image in figures]
        if value is not None:
            outputs.append(_data("execute_result", _shown(value)) | {"execution_count": number})
        cell |= {"execution_count": number, "outputs": outputs}
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    path.write_text(f"{text}\n", encoding="utf-8")


def _stream(text: str) -> Output:
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def _data(kind: str, content: Mapping[str, Any]) -> Output:
    return {"output_type": kind, "metadata": {}, "data": dict(content)}


def _shown(value: Any) -> dict[str, Any]:
    """A value as Jupyter shows it."""
    shown: dict[str, Any] = {"text/plain": repr(value).splitlines(keepends=True)}
    if hasattr(value, "_repr_png_"):
        shown["image/png"] = _small(value._repr_png_())
    elif hasattr(value, "_repr_html_"):
        shown["text/html"] = value._repr_html_().splitlines(keepends=True)
    return shown


def _small(image: bytes) -> str:
    """A PNG as base64, with few colours and few pixels."""
    content = b""
    for width in _WIDTHS:
        picture = Image.open(io.BytesIO(image)).convert("RGB")
        picture.thumbnail((width, 2 * width))
        small = io.BytesIO()
        few = picture.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE)
        few.save(small, format="png", optimize=True)
        content = small.getvalue()
        if len(content) <= _MOST:
            break
    return b64encode(content).decode() + "\n"


def main() -> None:
    """Executes the notebooks that the command line names."""
    os.environ.setdefault("MPLBACKEND", "agg")
    backend.load()  # an import in a cell would print messages
    for path in [Path(name).resolve() for name in sys.argv[1:]]:
        store_outputs(path)


if __name__ == "__main__":
    main()
