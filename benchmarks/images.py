"""CPU and peak memory of preparing a photo, against the plain way: `Image.open().resize().save()`.

    python benchmarks/images.py [--runs N]

Each measurement is a process of its own; the two ways take turns, so that a busy machine touches both alike. CPU is
user and system time of the work alone, without imports, as the median; memory is the peak of the whole process
(VmHWM, so Linux only).
"""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

SIZES = {12: (4000, 3000), 48: (8000, 6000)}  # megapixels: width, height
CPU_BARS = {12: 0.65, 48: 0.35}  # of the plain way
PEAK_BAR_MB = 60.0
LONG_EDGE_PX = 1568


class Cost(NamedTuple):
    """CPU in milliseconds, peak memory in MB, size of the JPEG made in kB."""

    cpu_ms: float
    peak_mb: float
    made_kb: float


def prepare_plainly(path: Path) -> bytes:
    """What comes to mind first: decode all, resize, save."""
    from PIL import Image

    with Image.open(path) as picture:
        target = (LONG_EDGE_PX, round(LONG_EDGE_PX * picture.height / picture.width))
        small = picture.resize(target, Image.Resampling.LANCZOS)
    made = io.BytesIO()
    small.save(made, "JPEG", quality=85)
    return made.getvalue()


def prepare_ours(path: Path) -> bytes:
    """What `chat --image` does."""
    from chatbot.core.messages import ImageLimits
    from chatbot.outside.files.images import load_image

    return load_image(path, ImageLimits(max_edge_px=LONG_EDGE_PX))[0].data


WAYS: dict[str, Callable[[Path], bytes]] = {"plain": prepare_plainly, "ours": prepare_ours}


def measure_here(way: str, path: Path) -> Cost:
    """One run in this process."""
    import PIL.JpegImagePlugin  # noqa: F401  imports are not what is compared

    import chatbot.outside.files.images  # noqa: F401

    start_s = time.process_time()
    made = WAYS[way](path)
    cpu_ms = (time.process_time() - start_s) * 1000
    status = Path("/proc/self/status").read_text()
    peak_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return Cost(cpu_ms, peak_kb / 1024, len(made) / 1000)


def measure_apart(way: str, path: Path) -> Cost:
    """One run in a new process."""
    command = [sys.executable, __file__, "--way", way, "--file", str(path)]
    numbers = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Cost(*map(float, numbers))


def write_photo(path: Path, size: tuple[int, int]) -> None:
    """Smooth shapes with grain: it compresses about as a photo does (0.2 bytes a pixel)."""
    from PIL import Image

    small = (size[0] // 8, size[1] // 8)
    bands = [Image.effect_noise(small, sigma).resize(size, Image.Resampling.BICUBIC) for sigma in (60, 45, 75)]
    grain = Image.effect_noise(size, 12)
    shapes = Image.merge("RGB", bands)
    Image.blend(shapes, Image.merge("RGB", (grain, grain, grain)), 0.3).save(path, quality=85)


def compare(megapixels: int, path: Path, runs: int) -> tuple[bool, str]:
    """Whether one photo is within the bars, and the report on it."""
    costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
    for _ in range(runs):
        for way in WAYS:
            costs[way].append(measure_apart(way, path))
    middle = {way: Cost(*map(statistics.median, zip(*each, strict=True))) for way, each in costs.items()}
    ratio = middle["ours"].cpu_ms / middle["plain"].cpu_ms
    fine = ratio <= CPU_BARS[megapixels] and middle["ours"].peak_mb <= PEAK_BAR_MB
    lines = [f"{megapixels} MP JPEG of {path.stat().st_size / 1e6:.1f} MB"]
    for way, cost in middle.items():
        lines.append(f"  {way:6}{cost.cpu_ms:6.0f} ms CPU {cost.peak_mb:6.0f} MB peak {cost.made_kb:6.0f} kB made")
    verdict = "ok" if fine else "MISSED"
    lines.append(f"  ratio {ratio:.2f} (bar {CPU_BARS[megapixels]}), peak bar {PEAK_BAR_MB:.0f} MB: {verdict}")
    return fine, "\n".join(lines) + "\n"


def main() -> int:
    """Exit code 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="CPU and memory of preparing photos")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        sys.stdout.write(" ".join(map(str, measure_here(arguments.way, arguments.file))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        all_fine = True
        for megapixels, size in SIZES.items():
            path = Path(folder) / f"{megapixels}.jpg"
            write_photo(path, size)
            fine, report = compare(megapixels, path, arguments.runs)
            sys.stdout.write(report)
            all_fine &= fine
    return 0 if all_fine else 1


if __name__ == "__main__":
    sys.exit(main())
