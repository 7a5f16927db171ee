"""Files that are not sent: each ends in one sentence. Large ones cost little time and memory, sent or not."""

import functools
import io
import json
import os
import random
import struct
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import PngImagePlugin

from chatbot.core.errors import ImageUnreadable, UsageError
from chatbot.core.messages import ImageLimits
from chatbot.outside.files.images import load_image, load_image_bytes
from tests.pdfs import packed
from tests.tables import each

LIMITS = ImageLimits(media_types=("image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"), max_edge_px=64)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def encoded(picture: Pillow.Image, file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, file_format, speed=10, **options)  # of AVIF, the others know none
    return file.getvalue()


def photo(size: tuple[int, int] = (48, 36)) -> Pillow.Image:
    return Pillow.effect_noise(size, 40).convert("RGB")


def refusal(data: bytes) -> ImageUnreadable:
    with pytest.raises(ImageUnreadable) as refused:
        load_image_bytes(data, "cat.png", LIMITS)
    error = refused.value
    assert "cat.png" in str(error)
    assert "\n" not in str(error)
    assert error.advice
    assert error.exit_code == 66
    return error


@each(
    ("data", "words"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"just words", "a text file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC image"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA", "a key or a certificate"),
        (b"P6 1 1 255\n\0\0\0", "no image of a known kind"),
    ],
)
def test_what_is_no_image_of_the_allowed_kinds_is_called_what_it_is(data: bytes, words: str) -> None:
    assert str(refusal(data)).startswith(f"cannot send cat.png: it is {words}")


def test_heic_is_refused_with_the_way_to_convert_it() -> None:
    assert "Convert it to JPEG" in refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").advice


def test_formats_that_pillow_knows_but_the_list_does_not_are_refused() -> None:
    for file_format in ("PPM", "ICO", "TGA", "PCX", "JPEG2000"):
        assert "damaged" not in str(refusal(encoded(photo(), file_format)))


@functools.cache
def whole(file_format: str, size: tuple[int, int]) -> bytes:
    return encoded(photo(size), file_format)


@each("file_format", FORMATS)
@each("size", [(48, 36), (300, 200)])
@each("kept", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_refused_whether_or_not_it_would_fit(
    file_format: str, size: tuple[int, int], kept: float
) -> None:
    data = whole(file_format, size)
    error = refusal(data[: int(len(data) * kept)])
    assert "damaged" in str(error)


def test_an_empty_file_is_refused() -> None:
    assert str(refusal(b"")) == "cat.png is empty"


@each(
    "address",
    ["http://127.0.0.1:9/cat.png", "HTTPS://example.org/cat.png", "data:image/png;base64,AAAA"],
)
def test_an_address_is_wrong_usage_and_is_not_fetched(address: str) -> None:
    with pytest.raises(UsageError) as refused:
        load_image(address, LIMITS)
    assert refused.value.exit_code == 2
    assert "Download it first" in refused.value.advice


def test_a_warning_of_pillow_becomes_one_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = PngImagePlugin.PngImageFile.load_prepare

    def load_prepare(self: PngImagePlugin.PngImageFile) -> None:
        warnings.warn("Corrupt\n  something", UserWarning, stacklevel=1)
        warnings.warn("not for people", DeprecationWarning, stacklevel=1)
        broken(self)

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load_prepare", load_prepare)
    _, remarks = load_image_bytes(encoded(photo((300, 200)), "PNG"), "cat.png", LIMITS)
    assert remarks == ("cat.png: Corrupt something",)


@pytest.mark.parametrize(
    "fault", [OSError("bad\nstripe"), KeyError("x"), MemoryError(), struct.error("unpack"), RecursionError("deep")]
)
def test_any_exception_of_pillow_becomes_one_sentence(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def load_prepare(_self: PngImagePlugin.PngImageFile) -> None:
        raise fault

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load_prepare", load_prepare)
    assert str(refusal(encoded(photo(), "PNG"))).startswith("cat.png is damaged or incomplete (")


def mutants(count: int) -> Iterator[bytes]:
    """Damaged files: bytes changed, pieces cut out, doubled or zeroed, and heads of one file on tails of another."""
    draw = random.Random(20_261)
    exif = Pillow.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    whole = [encoded(photo(), file_format, exif=exif.tobytes()) for file_format in FORMATS]
    whole += [encoded(photo().convert("P"), "PNG", transparency=1), encoded(photo(), "TIFF", compression="tiff_lzw")]
    whole += [encoded(photo().convert("CMYK"), "JPEG"), encoded(photo(), "JPEG", progressive=True)]
    for number in range(count):
        data = bytearray(whole[number % len(whole)])
        for _ in range(draw.randint(1, 4)):
            start = draw.randrange(len(data)) if draw.random() < 0.5 else draw.randrange(min(len(data), 300))
            end = min(len(data), start + draw.choice((1, 1, 2, 4, 40)))
            piece = data[start:end]
            zeros, ones = bytes(len(piece)), b"\xff" * len(piece)
            data[start:end] = draw.choice((draw.randbytes(len(piece)), zeros, ones, b"", piece * 2))
            data = data or bytearray(b"\0")
        if number % 10 == 0:
            data[draw.randrange(len(data)) :] = draw.choice(whole)[-draw.randrange(1, 400) :]
        yield bytes(data)


def test_two_hundred_damaged_files_are_sent_whole_or_refused_in_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    refused = 0
    for data in mutants(200):
        try:
            image, remarks = load_image_bytes(data, "cat.png", LIMITS)
        except ImageUnreadable as error:
            refused += 1
            assert "\n" not in str(error)
        else:
            assert all("\n" not in notice for notice in remarks)
            with Pillow.open(io.BytesIO(image.data)) as sent:
                assert sent.get_format_mimetype() == image.media_type
                assert not sent.getexif()
                sent.load()
    assert 20 < refused < 180
    assert capfd.readouterr() == ("", "")


# Files made to harm: measured in a process of their own.


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_zeros(width: int, height: int) -> bytes:
    """A 1-bit PNG, complete, whose zeros take a thousandth of the space."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    row = bytes(1 + (width + 7) // 8)
    body = packed(row * 100, height // 100)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def png_with_text_bomb() -> bytes:
    data = encoded(photo(), "PNG")
    bomb = png_chunk(b"zTXt", b"k\0\0" + packed(bytes(1_000_000), 80))
    return data[:33] + bomb + data[33:]


def jpeg_claiming(width: int, height: int) -> bytes:
    data = bytearray(encoded(photo(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_claiming(width: int, height: int) -> bytes:
    data = bytearray(encoded(photo(), "WEBP", save_all=True, append_images=[photo()]))
    canvas = data.index(b"VP8X") + 12
    data[canvas : canvas + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def gif_claiming(width: int, height: int) -> bytes:
    data = bytearray(encoded(photo().convert("P"), "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def tiff_claiming(width: int, height: int) -> bytes:
    data = bytearray(encoded(photo(), "TIFF"))
    entries = int.from_bytes(data[4:8], "little") + 2
    for start in range(entries, len(data) - 12, 12):
        tag = int.from_bytes(data[start : start + 2], "little")
        if tag in (256, 257):
            data[start + 2 : start + 12] = struct.pack("<HII", 4, 1, width if tag == 256 else height)
    return bytes(data)


HARMFUL: dict[str, Callable[[], bytes]] = {
    "one bit, 13 000 pixels square": lambda: png_of_zeros(13_000, 13_000),
    "one bit, 30 000 pixels square": lambda: png_of_zeros(30_000, 30_000),
    "text": png_with_text_bomb,
    "jpeg": lambda: jpeg_claiming(65_000, 65_000),
    "jpeg just within": lambda: jpeg_claiming(7_000, 7_000)[:-2],
    "webp": lambda: webp_claiming(16_000, 16_000),
    "gif": lambda: gif_claiming(65_000, 65_000),
    "tiff": lambda: tiff_claiming(1_000_000, 1_000_000),
    "tiff just within": lambda: tiff_claiming(7_000, 7_000),
}

# Loads what reads images, and forks a process for each line: the paths of images.
_LOADED = """
import json, os, pathlib, sys, time
import PIL.Image
from chatbot.core.errors import ImageUnreadable
from chatbot.core.messages import ImageLimits
from chatbot.outside.files.images import load_image
def look_at(paths):
    sentences, started_s = [], time.process_time()
    for path in paths:
        try:
            load_image(path, ImageLimits())
            sentences.append("")
        except ImageUnreadable as error:
            sentences.append(str(error))
    took_s = time.process_time() - started_s
    status = pathlib.Path("/proc/self/status").read_text()
    peak_kb = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps([sentences, took_s, int(peak_kb)]), flush=True)
for line in sys.stdin:
    if not os.fork():
        look_at(json.loads(line))
        os._exit(0)
    print(os.wait()[1], flush=True)
"""


@pytest.fixture(scope="module")
def loaded() -> Iterator[subprocess.Popen[str]]:
    if not Path("/proc/self/status").exists():
        pytest.skip("peak memory is read from /proc")
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", _LOADED], text=True, bufsize=1, **pipes) as process:
        yield process
        assert process.communicate(timeout=20) == ("", "")


def prepared_apart(loaded: subprocess.Popen[str], *paths: Path | str) -> list[str]:
    """The sentence of each refusal, if any; less than 1 s of CPU, less than 100 MB, and no word on stderr."""
    assert loaded.stdin and loaded.stdout
    loaded.stdin.write(json.dumps([str(path) for path in paths]) + "\n")
    sentences: list[str]
    sentences, took_s, peak_kb = json.loads(loaded.stdout.readline())
    assert loaded.stdout.readline() == "0\n"  # how it ended
    assert took_s < 1
    assert peak_kb < 100_000
    return sentences


@pytest.mark.parametrize("name", HARMFUL)
def test_a_file_made_to_harm_is_refused_soon_and_in_little_memory(
    loaded: subprocess.Popen[str], name: str, tmp_path: Path
) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(HARMFUL[name]())
    assert path.stat().st_size < 2_000_000
    [sentence] = prepared_apart(loaded, path)
    assert any(
        words in sentence for words in ("more than 50 megapixels", "far too many pixels", "damaged or incomplete")
    )


def test_a_large_photo_is_prepared_soon_and_in_little_memory(loaded: subprocess.Popen[str], tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Pillow.linear_gradient("L").convert("RGB").resize((8_000, 6_000), Pillow.Resampling.NEAREST).save(path)
    assert prepared_apart(loaded, path) == [""]


def test_what_is_written_to_standard_error_after_a_tiff_arrives(capfd: pytest.CaptureFixture[str]) -> None:
    load_image_bytes(encoded(photo(), "TIFF"), "fax.tif", LIMITS)
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"


def test_a_file_of_more_than_fifty_megabytes_is_refused_unread(loaded: subprocess.Popen[str], tmp_path: Path) -> None:
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(50_000_001)
    assert "at most 50 MB" in prepared_apart(loaded, path)[0]


def test_more_than_fifty_megabytes_from_standard_input_are_refused() -> None:
    assert "larger than 50 MB" in str(refusal(bytes(50_000_001)))


def test_pipes_devices_and_directories_are_refused_at_once(loaded: subprocess.Popen[str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    expected: dict[Path | str, str] = {
        tmp_path / "fifo": "it is a pipe",
        "/dev/zero": "it is a device",
        tmp_path: "it is a directory",
        tmp_path / "gone": "there is no such file",
    }
    for words, sentence in zip(expected.values(), prepared_apart(loaded, *expected), strict=True):
        assert words in sentence
