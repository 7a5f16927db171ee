"""Steps on an opened picture (Pillow): what a model should see, as RGB or grey on white and the right way up.

Every function takes a Pillow image and gives one; Pillow itself is imported only when they run.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

JPEG_QUALITIES = (85, 75, 65, 50, 35)
_EXIF_ORIENTATION = 0x0112
_MAX_ICC_BYTES = 65_519  # one JPEG segment; larger profiles are those of printers


def fitted(size: tuple[int, int], max_edge_px: int) -> tuple[int, int]:
    """The size with the same proportions whose long edge is at most `max_edge_px`; never larger, never empty."""
    scale = min(1.0, max_edge_px / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def orientation(picture: Picture) -> int:
    """How the camera was held: EXIF 2.32, tag 0x0112, from 1 (upright) to 8; 1 when missing or unreadable."""
    with contextlib.suppress(Exception):  # broken EXIF raises anything, and says nothing about the pixels
        value = picture.getexif().get(_EXIF_ORIENTATION, 1)
        if value in range(1, 9):
            return int(value)
    return 1


def upright(picture: Picture, how_held: int) -> Picture:
    """The picture turned and mirrored as its EXIF orientation asks."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return picture.transpose(turns[how_held]) if how_held in turns else picture


def is_opaque(picture: Picture) -> bool:
    """Whether no pixel lets the background through. Loads the pixels only when there is an alpha channel."""
    if not picture.has_transparency_data:
        return True
    if picture.mode not in ("RGBA", "LA"):
        return False
    return picture.getchannel("A").getextrema()[0] == 255


def plain(picture: Picture) -> Picture:
    """The picture in mode L or RGB: transparency on white, 16 and 32 bits scaled to 8, other colours converted."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _eight_bits(picture)
    if picture.has_transparency_data:
        return _on_white(picture)
    mode = "L" if picture.mode in ("1", "L") else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    """The picture, in mode L or RGB, at another size."""
    from PIL.Image import Resampling

    # A reducing gap of 3 cannot be told from none (Pillow, Image.resize) and halves the work for large pictures.
    return picture if picture.size == size else picture.resize(size, Resampling.LANCZOS, reducing_gap=3.0)


def _on_white(picture: Picture) -> Picture:
    from PIL import Image

    with_alpha = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    white = Image.new("RGB", picture.size, "white")
    white.paste(with_alpha, mask=with_alpha)
    return white


def _eight_bits(picture: Picture) -> Picture:
    """16-bit grey by 1/257; 32-bit values, which have no agreed range, stretched over black to white."""
    from PIL import Image

    if picture.mode.startswith("I;16"):
        low, high = 0.0, 65_535.0
        picture = picture if picture.mode == "I;16" else picture.convert("I")
    else:
        low, high = (float(bound) for bound in picture.getextrema())  # type: ignore[arg-type]
    if not 0 < high - low < math.inf:  # one value everywhere, or values that are no numbers
        return Image.new("L", picture.size)
    scale = 255 / (high - low)
    # Pillow applies a linear function to these modes only when it is written so: `value * scale + offset`.
    return picture.point(lambda value: value * scale - low * scale).convert("L")


def colour_profile(picture: Picture, mode: str) -> bytes | None:
    """The ICC profile when it is meant for pixels of `mode`, L or RGB (ICC.1, 7.2.6: bytes 16 to 19)."""
    profile = picture.info.get("icc_profile")
    if not isinstance(profile, bytes) or len(profile) > _MAX_ICC_BYTES:
        return None
    return profile if profile[16:20] == {"L": b"GRAY", "RGB": b"RGB "}[mode] else None


def as_jpegs(picture: Picture, profile: bytes | None) -> Iterator[tuple[int, bytes]]:
    """(quality, file) from good to poor, each made only when asked for; nothing but pixels and the profile in it."""
    picture.info.clear()  # Pillow would write a comment found there
    for quality in JPEG_QUALITIES:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, icc_profile=profile)
        yield quality, file.getvalue()
