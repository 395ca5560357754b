"""Names of image files."""

from pipeline.config.data import Data
from pipeline.data.understanding.decisions import category
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.numbers import example
from pipeline.data.understanding.profile import Profile

_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")


def decide(profile: Profile, data: Data, file: File) -> Finding | None:
    """Describes the doubt about names of images. None if some value is not such a name."""
    if not all(cell.lower().endswith(_ENDINGS) for cell in profile.values):
        return None
    doubt = (
        f"its cells, such as {example(list(profile.values))}, name image files. To learn from "
        "them, set images in the source's settings to the folder in which these names begin "
        f"(docs/images.md); to leave the column out, data.drop: [{profile.key}]"
    )
    return Finding(category.decide(profile, data, file).reading, "", doubts=[doubt])
