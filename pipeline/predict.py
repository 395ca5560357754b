"""Predicts with a trained model for the rows of a CSV file or for images.

    python -m pipeline.predict flats new.csv                       the answers go to stdout
    python -m pipeline.predict flats new.csv -o out.csv --id-column id
    python -m pipeline.predict mnist_cnn seven.png digits/*.jpg
    python -m pipeline.predict flowers new/                        all images below a folder
    python -m pipeline.predict 3f2a91c0 new.csv                    a model by the id of its run
    python -m pipeline.predict 80a1e5c0b7d2/4 new.csv              a trial of a sweep or search

A model is a trained experiment, the beginning of a run id, <sweep id>/<trial>, a models:/ or
runs:/ URI, a folder, or a .keras file. The columns of the CSV are found by their names, in any
order; others are ignored. Each row or image gets one row of answers: the predicted class and the
probability of each class, or the predicted quantity. A model of several targets answers with a
column for each of them. A row with an invalid value gets a line on stderr and an empty answer. A
label of a category that training never saw is named on stderr, with its number of rows. A model of
image files takes images of any size; other models of images take those of their own size.

  -o, --output FILE     writes the answers to FILE
  --id-column COLUMN    copies a column of the CSV into the answers
  --delimiter CHAR      the character between two values of the CSV, or whitespace; the default is a
                        comma, or a tab in a .tsv file
  --encoding NAME       the encoding of the CSV; the default is UTF-8
"""

from pathlib import Path

from pipeline import project
from pipeline.command_line import arguments, run_command
from pipeline.console import say_loading
from pipeline.option_parser import OptionParser


def main() -> None:
    """Reads the command line and predicts."""
    parser = OptionParser("predict")
    parser.add_argument("model")
    parser.add_argument("rows", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--id-column")
    parser.add_argument("--delimiter")
    parser.add_argument("--encoding")
    options = parser.parse_args(arguments(__doc__))
    say_loading()
    from pipeline.serving import answering

    answering.answer(options)


if __name__ == "__main__":
    run_command(main, begin=project.require_root)
