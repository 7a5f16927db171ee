"""The pictures are made, and compared, by Pillow; the module under test only moves bytes."""

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from chatbot.core.images.metadata import without_metadata
from tests.tables import each

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()  # holds the second it was made
XMP = b"<x:xmpmeta>secret place</x:xmpmeta>"


def gradient(mode: str = "RGB") -> Image.Image:
    return Image.merge(
        "RGB", [Image.linear_gradient("L").rotate(angle).resize((40, 30)) for angle in (0, 90, 180)]
    ).convert(mode)


def made(file_format: str, picture: Image.Image | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    (picture or gradient()).save(file, file_format, **options)
    return file.getvalue()


def exif() -> bytes:
    tags = Image.Exif()
    tags[0x010F] = "secret camera"
    tags.get_ifd(0x8825)[1] = "N"
    return tags.tobytes()


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.convert("RGBA").tobytes()


def png_with_secrets() -> bytes:
    text = PngInfo()
    text.add_text("Comment", "secret words")
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    text.add(b"prVt", b"secret private chunk")
    return made("PNG", pnginfo=text, exif=exif(), icc_profile=PROFILE, dpi=(144, 144))


WITH_SECRETS = {
    "image/jpeg": made("JPEG", exif=exif(), xmp=XMP, comment=b"secret words", icc_profile=PROFILE),
    "image/png": png_with_secrets(),
    "image/webp": made("WEBP", exif=exif(), xmp=XMP, icc_profile=PROFILE, lossless=True),
    "image/gif": made("GIF", gradient("P"), comment=b"secret words"),
}


@each("media_type", WITH_SECRETS)
def test_metadata_goes_and_every_pixel_stays(media_type: str) -> None:
    data = WITH_SECRETS[media_type]
    assert b"secret" in data
    stripped = without_metadata(data, media_type)
    assert stripped is not None
    assert b"secret" not in stripped
    assert b"Exif" not in stripped
    assert b"EXIF" not in stripped
    assert pixels(stripped) == pixels(data)


@each("media_type", ["image/jpeg", "image/png", "image/webp"])
def test_the_colour_profile_stays(media_type: str) -> None:
    stripped = without_metadata(WITH_SECRETS[media_type], media_type) or b""
    with Image.open(io.BytesIO(stripped)) as picture:
        assert picture.info["icc_profile"] == PROFILE
        assert not picture.getexif()


@each("media_type", WITH_SECRETS)
def test_a_stripped_file_has_nothing_left_to_strip_and_is_given_back_itself(media_type: str) -> None:
    stripped = without_metadata(WITH_SECRETS[media_type], media_type) or b""
    assert without_metadata(stripped, media_type) is stripped


@each(
    ("media_type", "data"),
    [
        ("image/jpeg", made("JPEG")),
        ("image/jpeg", made("JPEG", progressive=True, quality=95)),
        ("image/jpeg", made("JPEG", gradient("L"), restart_marker_rows=1)),
        ("image/jpeg", made("JPEG", gradient("CMYK"))),
        ("image/png", made("PNG", gradient("P"), transparency=3)),
        ("image/webp", made("WEBP")),
        ("image/webp", made("WEBP", gradient("RGBA"))),
        ("image/gif", made("GIF", gradient("P"), transparency=0)),
        ("image/bmp", made("BMP")),
    ],
)
def test_a_file_without_metadata_is_given_back_itself(media_type: str, data: bytes) -> None:
    assert without_metadata(data, media_type) is data


@each("media_type", ["image/jpeg", "image/png", "image/webp", "image/gif"])
def test_what_is_hidden_behind_the_end_goes_too(media_type: str) -> None:
    clean = without_metadata(WITH_SECRETS[media_type], media_type) or b""
    assert without_metadata(clean + b"secret trailer", media_type) == clean


def test_previews_and_depth_maps_behind_a_camera_picture_go() -> None:
    data = made("MPO", save_all=True, append_images=[gradient("L").convert("RGB")])
    stripped = without_metadata(data, "image/jpeg") or b""
    with Image.open(io.BytesIO(stripped)) as picture:
        assert picture.format == "JPEG"
    assert stripped.count(b"\xff\xd8\xff") == 1
    assert pixels(stripped) == pixels(data)


def test_a_format_that_is_not_in_the_table_is_not_stripped() -> None:
    assert without_metadata(made("TIFF"), "image/tiff") is None


@pytest.mark.parametrize("media_type", WITH_SECRETS)
@given(data=st.data())
def test_a_damaged_file_is_never_an_error_and_never_grows(media_type: str, data: st.DataObject) -> None:
    whole = WITH_SECRETS[media_type]
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(whole)), st.integers(0, 255)), max_size=4)):
        damaged[place : place + 1] = bytes([value])
    stripped = without_metadata(bytes(damaged), media_type)
    assert stripped is None or len(stripped) <= max(len(damaged) + 1, 12)


def test_a_jpeg_that_breaks_off_is_not_stripped() -> None:
    assert without_metadata(WITH_SECRETS["image/jpeg"][:-2], "image/jpeg") is None


def test_a_png_chunk_that_claims_two_gigabytes_ends_the_walk() -> None:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 2**31 - 1, b"IDAT")
    assert without_metadata(header + struct.pack(">I", zlib.crc32(b"IDAT")), "image/png") is None
