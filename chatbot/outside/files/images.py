"""A file to an Image that a service takes: as it is where it fits, else as a smaller JPEG.

Pillow is imported only when an image is loaded.
"""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.core.amounts import size_words
from chatbot.core.errors import ImageUnreadable, UsageError
from chatbot.core.images.metadata import without_metadata
from chatbot.core.messages import Image, ImageLimits
from chatbot.outside.files import pillow_faults, pixels
from chatbot.outside.files.reading import display_name, is_file_address, read_file

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MAX_FILE_BYTES = 50_000_000
MAX_PIXELS = 50_000_000

# What Pillow may open: its other decoders are rarely needed and have been the way in for attacks (EPS, FITS, PSD).
_OPENED_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF")
_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # Pillow's name for a JPEG that a camera followed by previews or depth maps
    "PNG": "image/png",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "WEBP": "image/webp",
}
_PLAIN_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
_IS_URL = re.compile(r"(?i:[a-z][a-z0-9+.-]*://|data:)")


def load_image(path: str | Path, limits: ImageLimits) -> tuple[Image, tuple[str, ...]]:
    """An image file made ready for a service, and notices for the person (only the first frame, and the like).

    Raises ImageUnreadable when the file cannot be read, is no image or does not fit; UsageError for an URL.
    """
    if _IS_URL.match(str(path)) and not is_file_address(path):
        raise UsageError(
            f"{display_name(path)} is an address, and images are not fetched from the network",
            advice="Download it first, then give the file to --image.",
        )
    return load_image_bytes(read_file(path, MAX_FILE_BYTES, ImageUnreadable), display_name(path), limits)


def load_image_bytes(data: bytes, name: str, limits: ImageLimits) -> tuple[Image, tuple[str, ...]]:
    """The same for the bytes of an image file, however they came; `name` is what the notices and errors call it.

    Raises ImageUnreadable.
    """
    if not data:
        raise ImageUnreadable(f"{name} is empty", advice="Fetch or export it again.")
    if len(data) > MAX_FILE_BYTES:
        raise ImageUnreadable(f"{name} is larger than {size_words(MAX_FILE_BYTES)}", advice="Scale it down first.")
    with pillow_faults.said_plainly(data, name) as warned:
        image, remarks = _loaded(data, name, limits)
    return image, (*remarks, *(f"{name}: {words}" for words in warned))


def _loaded(data: bytes, name: str, limits: ImageLimits) -> tuple[Image, tuple[str, ...]]:
    picture = _opened(data)
    if picture.width * picture.height > MAX_PIXELS:
        raise ImageUnreadable(
            f"{name} is too large: more than {MAX_PIXELS // 1_000_000} megapixels", advice="Scale it down first."
        )
    frames = _frames_notice(picture)
    image = None if frames else _as_it_is(picture, data, name, limits)
    if image:
        return image, ()
    with pillow_faults.libtiff_silenced() if picture.format == "TIFF" else contextlib.nullcontext():
        image, quality = _as_jpeg(picture, name, limits)
    remarks = [frames] if frames else []
    if quality < pixels.JPEG_QUALITIES[0]:
        remarks.append(f"is sent as JPEG of quality {quality}, to stay below {size_words(limits.max_image_bytes)}")
    return image, tuple(f"{name} {notice}" for notice in remarks)


def _opened(data: bytes) -> ImageFile:
    import PIL.Image

    return PIL.Image.open(io.BytesIO(data), formats=_OPENED_FORMATS)


def _frames_notice(picture: ImageFile) -> str:
    """What to say when there is more to the file than its first picture."""
    if not getattr(picture, "is_animated", False) or picture.format == "MPO":
        return ""
    if picture.format == "TIFF":
        return "has several pages; only the first is sent"
    return "is animated; only its first frame is sent"


def _as_it_is(picture: ImageFile, data: bytes, name: str, limits: ImageLimits) -> Image | None:
    """The file itself, less its metadata, when the service can use it so; None when it must be made anew."""
    media_type = _MEDIA_TYPES.get(picture.format or "")
    if media_type not in limits.media_types or max(picture.size) > limits.max_edge_px:
        return None
    if picture.mode not in _PLAIN_MODES or pixels.orientation(picture) != 1:
        return None
    stripped = without_metadata(data, media_type)
    if stripped is None or len(stripped) > limits.max_image_bytes or not _is_whole_and_opaque(stripped):
        return None
    return Image(media_type, stripped, picture.width, picture.height, name)


def _is_whole_and_opaque(data: bytes) -> bool:
    """Decodes all there is, a JPEG at an eighth of its size: enough to meet the end of a truncated file."""
    try:
        picture = _opened(data)
        picture.draft(None, (1, 1))
        picture.load()
    except Exception:  # the same fault is met, and said, when the file is made anew
        return False
    return pixels.is_opaque(picture)


def _as_jpeg(picture: ImageFile, name: str, limits: ImageLimits) -> tuple[Image, int]:
    """The picture made anew, as good as `max_image_bytes` allows, and its quality.

    A JPEG is decoded at 1/2, 1/4 or 1/8 where that is still large enough; Pillow finds that only for a target of the
    true proportions. The picture is turned upright last, when it is small.
    """
    target = pixels.fitted(picture.size, limits.max_edge_px)
    picture.draft(None, target)
    picture.load()
    how_held = pixels.orientation(picture)  # only now: Pillow turns a TIFF itself while loading
    small = pixels.resized(pixels.plain(picture), target)
    profile = pixels.colour_profile(picture, small.mode)
    final = pixels.upright(small, how_held)
    for quality, file in pixels.as_jpegs(final, profile):
        if len(file) <= limits.max_image_bytes:
            return Image("image/jpeg", file, final.width, final.height, name), quality
    raise ImageUnreadable(
        f"{name} does not fit {size_words(limits.max_image_bytes)}, however strongly compressed",
        advice="Crop it or scale it down first.",
    )
