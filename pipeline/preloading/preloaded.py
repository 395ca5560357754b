"""What stages of a `dvc repro` use of this package. Their server imports it before it forks.

Otherwise each stage would take half a second to import these modules, and to read the code that a
run key covers.
"""

from pipeline import recorded_evaluation, tested_training
from pipeline.code import PACKAGE
from pipeline.runs import identity
from pipeline.training import recording

__all__ = ["recorded_evaluation", "recording", "tested_training"]

PACKAGE.closure(*identity.ROOTS)
