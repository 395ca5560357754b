"""Figures that a notebook displays below a cell."""

import html
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PipelineError, suggestion
from pipeline.files import replacing


@dataclass(frozen=True)
class Picture:
    """A figure as PNG.

    Args:
        alt: what it shows, for readers who cannot see it.
    """

    png: bytes
    alt: str

    def _repr_png_(self) -> bytes:
        return self.png

    def __repr__(self) -> str:
        return f"<{self.alt}>"

    def save(self, path: str | Path) -> None:
        """Writes the PNG file, and creates its folder.

        Raises:
            PipelineError: the name of the file does not end in `.png`.
        """
        file = Path(path)
        if file.suffix.lower() != ".png":
            raise PipelineError(
                "figures are saved as PNG", received=path, expected="Choose a name ending in .png"
            )
        with replacing(file) as temporary:
            temporary.write_bytes(self.png)


class Pictures(Mapping[str, Picture]):
    """Figures by name, such as `learning_curves`. A notebook displays all of them."""

    def __init__(self, pictures: Mapping[str, Picture]) -> None:
        self._pictures = dict(pictures)

    def __getitem__(self, name: str) -> Picture:
        if name not in self._pictures:
            raise KeyError(f"there is no figure {name}. {suggestion(name, self._pictures)}")
        return self._pictures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pictures)

    def __len__(self) -> int:
        return len(self._pictures)

    def __repr__(self) -> str:
        return f"<figures: {', '.join(self)}>"

    def _repr_html_(self) -> str:
        return "\n".join(
            f'<img alt="{html.escape(picture.alt)}" style="max-width: 100%" '
            f'src="data:image/png;base64,{b64encode(picture.png).decode()}">'
            for picture in self.values()
        )
