"""What is sent for a file that Pillow made here."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from chatbot.core.errors import ImageUnreadable
from chatbot.core.messages import Image, ImageLimits
from chatbot.outside.files.images import load_image, load_image_bytes
from tests.processes import python
from tests.tables import each

EVERY_TYPE = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp")
LIMITS = ImageLimits(media_types=EVERY_TYPE, max_edge_px=400)
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def half_red_half_blue(size: tuple[int, int] = (60, 40)) -> Pillow.Image:
    """Red on the left, blue on the right."""
    picture = Pillow.new("RGB", size, RED)
    ImageDraw.Draw(picture).rectangle((size[0] // 2, 0, size[0], size[1]), fill=BLUE)
    return picture


def noise(size: tuple[int, int]) -> Pillow.Image:
    return Pillow.effect_noise(size, 100).convert("RGB")


def encoded(picture: Pillow.Image, file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, file_format, speed=10, **options)  # of AVIF, the others know none
    return file.getvalue()


def loaded(data: bytes, limits: ImageLimits = LIMITS) -> Image:
    """The image, after it was seen that nothing is said and that its record tells the truth about its bytes."""
    image, remarks = load_image_bytes(data, "cat", limits)
    assert remarks == ()
    with Pillow.open(io.BytesIO(image.data)) as sent:
        assert sent.get_format_mimetype() == image.media_type
        assert sent.size == (image.width, image.height)
    return image


def pixel(image: Image, x: float, y: float) -> tuple[int, int, int]:
    """The colour at a place given as fractions of width and height."""
    with Pillow.open(io.BytesIO(image.data)) as sent:
        colour = sent.convert("RGB").getpixel((int(x * sent.width), int(y * sent.height)))
    assert isinstance(colour, tuple)
    return colour[0], colour[1], colour[2]


def near(colour: tuple[int, int, int], expected: tuple[int, int, int], tolerance: int = 12) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(colour, expected, strict=True))


def exif(orientation: int = 1) -> Pillow.Exif:
    tags = Pillow.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "secret camera"
    tags.get_ifd(0x8825)[2] = (48.0, 51.0, 30.0)
    return tags


# Sent as it is


@each(
    ("picture", "file_format", "media_type"),
    [
        (half_red_half_blue(), "JPEG", "image/jpeg"),
        (half_red_half_blue().convert("L"), "JPEG", "image/jpeg"),
        (half_red_half_blue(), "PNG", "image/png"),
        (half_red_half_blue().convert("1"), "PNG", "image/png"),
        (half_red_half_blue().convert("P"), "PNG", "image/png"),
        (half_red_half_blue().convert("RGBA"), "PNG", "image/png"),
        (half_red_half_blue(), "WEBP", "image/webp"),
        (half_red_half_blue().convert("P"), "GIF", "image/gif"),
        (half_red_half_blue(), "BMP", "image/bmp"),
    ],
)
def test_a_file_that_fits_is_sent_byte_for_byte(picture: Pillow.Image, file_format: str, media_type: str) -> None:
    data = encoded(picture, file_format)
    image = loaded(data)
    assert image == Image(media_type, data, 60, 40, "cat")


def test_a_screenshot_is_not_encoded_anew(tmp_path: Path) -> None:
    path = tmp_path / "shot.png"
    half_red_half_blue((1500, 900)).save(path)
    image, remarks = load_image(path, ImageLimits())
    assert hashlib.sha256(image.data).digest() == hashlib.sha256(path.read_bytes()).digest()
    assert (image.name, remarks) == (str(path), ())


def test_a_screenshot_that_only_names_its_program_keeps_its_pixels() -> None:
    text = PngInfo()
    text.add_text("Software", "secret program")
    data = encoded(half_red_half_blue(), "PNG", pnginfo=text)
    image = loaded(data)
    assert image.data == encoded(half_red_half_blue(), "PNG")


def test_a_jpeg_with_only_metadata_in_the_way_keeps_its_pixels() -> None:
    data = encoded(noise((60, 40)), "JPEG", exif=exif(), comment=b"secret words")
    image = loaded(data)
    assert b"secret" not in image.data
    with Pillow.open(io.BytesIO(image.data)) as sent, Pillow.open(io.BytesIO(data)) as original:
        assert sent.tobytes() == original.tobytes()


def test_the_type_comes_from_the_content_not_from_the_name(tmp_path: Path) -> None:
    path = tmp_path / "cat.jpg"
    path.write_bytes(encoded(half_red_half_blue(), "PNG"))
    assert load_image(path, LIMITS)[0].media_type == "image/png"


@each("file_format", ["WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_type_that_the_service_does_not_take_becomes_jpeg(file_format: str) -> None:
    image = loaded(encoded(half_red_half_blue(), file_format), ImageLimits())
    assert image.media_type == "image/jpeg"
    assert near(pixel(image, 0.2, 0.5), RED)
    assert near(pixel(image, 0.8, 0.5), BLUE)


# Sizes


@each(("size", "sent_size"), [((1000, 500), (400, 200)), ((500, 1000), (200, 400)), ((5000, 3), (400, 1))])
@each("file_format", ["JPEG", "PNG"])
def test_a_large_image_is_scaled_to_the_long_edge_with_its_proportions(
    size: tuple[int, int], sent_size: tuple[int, int], file_format: str
) -> None:
    image = loaded(encoded(half_red_half_blue(size), file_format))
    assert (image.width, image.height) == sent_size
    assert near(pixel(image, 0.2, 0.5), RED)
    assert near(pixel(image, 0.8, 0.5), BLUE)


def test_a_small_image_is_never_scaled_up() -> None:
    image = loaded(encoded(half_red_half_blue((30, 20)), "TIFF"))
    assert (image.width, image.height) == (30, 20)


def test_scaling_down_looks_like_a_full_decode() -> None:
    photo = Pillow.linear_gradient("L").resize((1600, 1200))
    data = encoded(Pillow.merge("RGB", [photo, photo.rotate(180), photo]), "JPEG", quality=95)
    image = loaded(data)
    with Pillow.open(io.BytesIO(data)) as full, Pillow.open(io.BytesIO(image.data)) as sent:
        for x in (20, 200, 380):
            for y in (20, 150, 280):
                expected = full.getpixel((x * 4 + 2, y * 4 + 2))
                found = sent.getpixel((x, y))
                assert isinstance(expected, tuple)
                assert isinstance(found, tuple)
                assert all(abs(one - other) <= 4 for one, other in zip(expected, found, strict=True))


def test_quality_steps_down_until_the_bytes_fit_and_that_is_said() -> None:
    limits = ImageLimits(max_image_bytes=30_000, max_edge_px=400)
    image, remarks = load_image_bytes(encoded(noise((300, 200)), "PNG"), "cat.png", limits)
    assert len(image.data) <= 30_000
    assert image.media_type == "image/jpeg"
    assert len(remarks) == 1
    assert remarks[0].startswith("cat.png is sent as JPEG of quality ")
    assert remarks[0].endswith(", to stay below 30 kB")


def test_an_image_that_never_fits_is_refused() -> None:
    limits = ImageLimits(max_image_bytes=2_000, max_edge_px=400)
    with pytest.raises(ImageUnreadable, match="does not fit 2 kB") as refused:
        load_image_bytes(encoded(noise((400, 400)), "PNG"), "cat.png", limits)
    assert refused.value.exit_code == 66


# What the pixels look like


CORNER_OF_THE_FIRST_PIXEL = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}


@each("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@each("orientation", CORNER_OF_THE_FIRST_PIXEL)
@each("max_edge_px", [600, 100])
def test_orientation_is_applied(file_format: str, orientation: int, max_edge_px: int) -> None:
    picture = Pillow.new("RGB", (300, 200), BLUE)
    ImageDraw.Draw(picture).rectangle((0, 0, 100, 66), fill=RED)
    limits = ImageLimits(media_types=EVERY_TYPE, max_edge_px=max_edge_px)
    image = loaded(encoded(picture, file_format, exif=exif(orientation)), limits)

    assert (image.width > image.height) == (orientation < 5)
    red_x, red_y = CORNER_OF_THE_FIRST_PIXEL[orientation]
    for x in (0, 1):
        for y in (0, 1):
            expected = RED if (x, y) == (red_x, red_y) else BLUE
            assert near(pixel(image, 0.1 + 0.8 * x, 0.1 + 0.8 * y), expected, 30)


@each("orientation", [0, 9, 65_535])
def test_an_impossible_orientation_is_ignored(orientation: int) -> None:
    image = loaded(encoded(half_red_half_blue(), "JPEG", exif=exif(orientation)))
    assert (image.width, image.height) == (60, 40)


@each("mode", ["RGBA", "LA", "P", "RGB", "L"])
def test_transparency_is_white(mode: str) -> None:
    picture = Pillow.new("RGBA", (60, 40), (0, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((30, 0, 60, 40), fill=(0, 0, 0, 255) if mode in ("LA", "L") else (*BLUE, 255))
    if mode in ("RGB", "L"):  # one colour that stands for transparency
        plain = Pillow.new("RGB", (60, 40), (1, 1, 1))
        ImageDraw.Draw(plain).rectangle((30, 0, 60, 40), fill=(0, 0, 0) if mode == "L" else BLUE)
        data = encoded(plain.convert(mode), "PNG", transparency=1 if mode == "L" else (1, 1, 1))
    else:
        data = encoded(picture.quantize(4) if mode == "P" else picture.convert(mode), "PNG")
    image = loaded(data)
    assert near(pixel(image, 0.2, 0.5), WHITE)
    assert near(pixel(image, 0.8, 0.5), (0, 0, 0) if mode in ("LA", "L") else BLUE)


def test_half_transparency_is_half_white() -> None:
    image = loaded(encoded(Pillow.new("RGBA", (60, 40), (255, 0, 0, 128)), "PNG"))
    assert near(pixel(image, 0.5, 0.5), (255, 127, 127))


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_sixteen_bits_are_scaled_not_cut(mode: str) -> None:
    order: Any = "big" if mode.endswith("B") else "little"
    row = b"".join(value.to_bytes(2, order) for value in [0] * 20 + [30_000] * 20 + [65_535] * 20)
    picture = Pillow.frombytes(mode, (60, 40), row * 40)
    for file_format in ("TIFF", "PNG") if mode == "I;16" else ("TIFF",):
        image = loaded(encoded(picture, file_format))
        assert near(pixel(image, 0.1, 0.5), (0, 0, 0))
        assert near(pixel(image, 0.5, 0.5), (117, 117, 117))
        assert near(pixel(image, 0.9, 0.5), WHITE)


@each(("mode", "low", "high"), [("I", -5, 1_000_000), ("F", -0.5, 0.5), ("F", 0.0, 1e30)])
def test_thirty_two_bits_are_stretched_from_black_to_white(mode: str, low: float, high: float) -> None:
    picture = Pillow.new(mode, (60, 40), int(low) if mode == "I" else low)
    picture.paste(int(high) if mode == "I" else high, (30, 0, 60, 40))
    image = loaded(encoded(picture, "TIFF"))
    assert near(pixel(image, 0.2, 0.5), (0, 0, 0))
    assert near(pixel(image, 0.8, 0.5), WHITE)


@each("value", [float("nan"), float("inf"), 7.0])
def test_values_without_a_range_are_no_error(value: float) -> None:
    assert loaded(encoded(Pillow.new("F", (60, 40), value), "TIFF")).media_type == "image/jpeg"


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(file_format: str) -> None:
    image = loaded(encoded(half_red_half_blue().convert("CMYK"), file_format))
    with Pillow.open(io.BytesIO(image.data)) as sent:
        assert sent.mode == "RGB"
    assert near(pixel(image, 0.2, 0.5), RED)


def test_grey_stays_grey() -> None:
    image = loaded(encoded(half_red_half_blue((900, 600)).convert("L"), "JPEG"))
    with Pillow.open(io.BytesIO(image.data)) as sent:
        assert sent.mode == "L"


@each("file_format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_only_the_first_frame_of_an_animation_is_sent_and_that_is_said(file_format: str) -> None:
    frames = [Pillow.new("RGB", (60, 40), RED), Pillow.new("RGB", (60, 40), BLUE)]
    data = encoded(frames[0], file_format, save_all=True, append_images=frames[1:])
    image, remarks = load_image_bytes(data, "cat.gif", LIMITS)
    assert remarks == ("cat.gif is animated; only its first frame is sent",)
    assert image.media_type == "image/jpeg"
    assert near(pixel(image, 0.5, 0.5), RED)


def test_only_the_first_page_of_a_document_is_sent_and_that_is_said() -> None:
    pages = [Pillow.new("RGB", (60, 40), RED), Pillow.new("RGB", (60, 40), BLUE)]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    image, remarks = load_image_bytes(data, "fax.tif", LIMITS)
    assert remarks == ("fax.tif has several pages; only the first is sent",)
    assert near(pixel(image, 0.5, 0.5), RED)


def test_a_camera_picture_with_previews_behind_it_is_no_animation() -> None:
    pictures = [Pillow.new("RGB", (60, 40), RED), Pillow.new("RGB", (60, 40), BLUE)]
    image = loaded(encoded(pictures[0], "MPO", save_all=True, append_images=pictures[1:]))
    assert near(pixel(image, 0.5, 0.5), RED)


# What must not leave


@each("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@each("size", [(60, 40), (900, 600)])
def test_no_metadata_leaves_whether_sent_as_it_is_or_made_anew(file_format: str, size: tuple[int, int]) -> None:
    options: dict[str, Any] = {"exif": exif()}
    if file_format in ("JPEG", "WEBP"):
        options["xmp"] = b"<x:xmpmeta>secret</x:xmpmeta>"
    if file_format == "JPEG":
        options["comment"] = b"secret words"
    data = encoded(half_red_half_blue(size), file_format, **options)
    assert b"secret" in data

    image = loaded(data)

    assert b"secret" not in image.data
    with Pillow.open(io.BytesIO(image.data)) as sent:
        assert not sent.getexif()
        assert not {"exif", "xmp", "comment", "photoshop"} & sent.info.keys()


def test_a_comment_in_a_gif_does_not_leave_with_the_jpeg_made_of_it() -> None:
    data = encoded(half_red_half_blue((900, 600)).convert("P"), "GIF", comment=b"secret words")
    assert b"secret" not in loaded(data).data


def test_the_colour_profile_stays_where_it_still_holds_and_goes_where_not() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    grey = srgb[:16] + b"GRAY" + srgb[20:]
    big = half_red_half_blue((900, 600))
    for picture, profile, kept in (
        (big, srgb, srgb),
        (big.convert("RGBA"), srgb, srgb),
        (big, grey, None),
        (big.convert("L"), grey, grey),
        (big, srgb + b"\0" * 65_536, None),
    ):
        image = loaded(encoded(picture, "PNG", icc_profile=profile))
        with Pillow.open(io.BytesIO(image.data)) as sent:
            assert sent.info.get("icc_profile") == kept


def test_pillow_is_not_imported_with_the_module() -> None:
    code = "import sys, chatbot.outside.files.images, chatbot.outside.files.pixels; print('PIL' in sys.modules)"
    assert python(code) == "False\n"
