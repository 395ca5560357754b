"""Exports a trained model to ONNX or LiteRT, and checks that the file answers like the model.

    python -m pipeline.export digits_cnn --to onnx        writes to outputs/exports/
    python -m pipeline.export digits_cnn --to litert --output digits.tflite
    python -m pipeline.export 3f2a91c0 --to onnx          a run, by the beginning of its id

The file holds the served model: it takes pixels, or the columns of the CSV by name, and gives
probabilities or the target. The command compares it with the model on all test rows. It writes the
file only if the largest difference is at most 0.0001 of the largest output, and all predicted
classes are the same. For a table, rows with missing values are compared as well.

ONNX takes images and tables of numbers, and needs pip install '.[onnx]'. LiteRT takes images. A
model that reads text is refused, because both formats lack the operations.

  --to FORMAT      onnx or litert
  --output FILE    default: outputs/exports/<experiment>_<run> with the ending of the format

With --json, or if stdout is not a terminal, stdout gets one JSON object {file, format, inputs,
rows, difference, tolerance}.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import project
from pipeline.command_line import arguments, run_command
from pipeline.console import answer, say_loading
from pipeline.errors import PipelineError
from pipeline.layout import EXPORTS, PREPARED
from pipeline.option_parser import OptionParser

if TYPE_CHECKING:
    from pipeline.runs.model_card import ModelCard


def main() -> None:
    """Reads the command line and exports."""
    parser = OptionParser("export")
    parser.add_argument("model")
    parser.add_argument("--to", required=True)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments(__doc__))
    say_loading()
    export(options.model, options.to, options.output, as_json=options.json)


def export(name: str, to: str, output: Path | None, *, as_json: bool = False) -> None:
    """Exports a model, and says how well the file agrees with it."""
    from pipeline.exporting import formats
    from pipeline.serving import loading

    suffix = formats.load(to).suffix
    if output is not None and output.suffix != suffix:
        raise PipelineError(
            "--output has another ending than the files of the format",
            received=output,
            expected=f"Choose a name that ends in {suffix}",
        )
    model = loading.load(name)
    path = output or EXPORTS / f"{model.card.experiment}_{model.card.run_id[:8]}{suffix}"
    from pipeline.exporting import exporting  # only now, because it imports Keras

    file_format = exporting.require(to, model.card)
    rows = _test_rows(model.card)
    if model.card.pixels is None:
        values = exporting.with_missing(rows)
    else:
        values = {model.model.inputs[0].name: rows}
    agreement = exporting.export(model, path, file_format, values)
    tolerance = exporting.TOLERANCE * agreement.largest
    words = (
        f"{path}: {path.stat().st_size:,} bytes. The largest difference of {agreement.rows:,} "
        f"rows is {agreement.difference:.2g}; {tolerance:.2g} are allowed"
    )
    line = {
        "file": str(path),
        "format": to,
        "inputs": list(values),
        "rows": agreement.rows,
        "difference": agreement.difference,
        "tolerance": tolerance,
    }
    answer(line, [words], as_json=as_json)


def _test_rows(card: "ModelCard") -> Any:
    """The inputs of the model for the test split of its data."""
    from pipeline.data.prepared import load_meta
    from pipeline.evaluation import scoring
    from pipeline.evaluation.test_split import open_test_split

    folder = PREPARED / card.data
    split = open_test_split(
        folder,
        purpose="export",
        run_id=card.run_id,
        models={},  # comparing the answers of two files gives no metric
        shown=["differences of a file from its model"],
    )
    return scoring.inputs_of(split, load_meta(folder))


if __name__ == "__main__":
    run_command(main, begin=project.require_root)
