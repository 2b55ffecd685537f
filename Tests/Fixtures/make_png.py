"""Writes png.json: PNG files of every kind of pixels, depth and order, and the pixels that Pillow or
the definition says they have.

    pip install pillow numpy
    python Tests/Fixtures/make_png.py
"""

import base64
import io
import json
import pathlib
import random
import struct
import zlib

import numpy
from PIL import Image

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(name, content):
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def packed(samples, depth):
    """A row of samples as bytes."""
    if depth == 16:
        return b"".join(struct.pack(">H", sample) for sample in samples)
    bits = "".join(format(sample, f"0{depth}b") for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def paeth(a, b, c):
    distances = [abs(b - c), abs(a - c), abs(a + b - 2 * c)]
    return [a, b, c][distances.index(min(distances))]


def filtered(kind, row, above, step):
    result = bytearray([kind])
    for i, value in enumerate(row):
        left = row[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        guess = [0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner)][kind]
        result.append((value - guess) % 256)
    return bytes(result)


def png(pixels, color, depth, interlaced, palette=b"", level=9, strategy=0, parts=1):
    height, width, channels = pixels.shape
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    step = max(channels * depth // 8, 1)
    raw, number = b"", 0
    for x, y, dx, dy in passes:
        part = pixels[y::dy, x::dx]
        if part.size == 0:
            continue
        above = bytes(len(packed(part[0].reshape(-1).tolist(), depth)))
        for row in part:
            line = packed(row.reshape(-1).tolist(), depth)
            raw += filtered(number % 5, line, above, step)
            above, number = line, number + 1
    packer = zlib.compressobj(level, zlib.DEFLATED, 15, 9, strategy)
    data = packer.compress(raw) + packer.flush()
    size = -(-len(data) // parts)
    file = b"\x89PNG\r\n\x1a\n"
    file += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced))
    file += chunk(b"tEXt", b"Title\0pixels")
    if palette:
        file += chunk(b"PLTE", palette)
    for i in range(parts):
        file += chunk(b"IDAT", data[i * size : (i + 1) * size])
    return file + chunk(b"IEND", b"")


def shown(pixels, color, depth, palette):
    """The pixels from 0 to 255 without opacity."""
    if color == 3:
        colors = numpy.frombuffer(palette, numpy.uint8).reshape(-1, 3)
        return colors[pixels[:, :, 0]].astype(float)
    channels = 1 if color in (0, 4) else 3
    return pixels[:, :, :channels] * (255 / (2**depth - 1))


def check(file, expected):
    """Pillow agrees, where it keeps all bits."""
    image = Image.open(io.BytesIO(file))
    if image.mode.startswith("I"):
        found = numpy.asarray(image).astype(float)[:, :, None] / 257
    else:
        found = numpy.asarray(image.convert("L" if expected.shape[2] == 1 else "RGB")).astype(float)
        found = found.reshape(expected.shape)
    assert numpy.abs(found - expected).max() <= 1, (image.mode, found, expected)


def main():
    random.seed(3)
    cases = []

    def add(name, color, depth, width, height, interlaced=0, smooth=False, **options):
        palette = b""
        count = 2**depth
        if color == 3:
            count = min(count, 11)
            palette = bytes(random.randrange(256) for _ in range(3 * count))
        pixels = numpy.array(
            [
                [
                    [
                        (x * y // 7 + c) % count if smooth else random.randrange(count)
                        for c in range(CHANNELS[color])
                    ]
                    for x in range(width)
                ]
                for y in range(height)
            ]
        )
        file = png(pixels, color, depth, interlaced, palette, **options)
        expected = shown(pixels, color, depth, palette)
        check(file, expected)
        planes = expected.transpose(2, 0, 1)
        cases.append(
            {
                "name": name,
                "file": base64.b64encode(file).decode(),
                "shape": [1, *planes.shape],
                "pixels": [round(float(value), 4) for value in planes.reshape(-1)],
            }
        )

    for color, depths in [(0, [1, 2, 4, 8, 16]), (2, [8, 16]), (3, [1, 2, 4, 8]), (4, [8, 16]), (6, [8, 16])]:
        for depth in depths:
            for interlaced in (0, 1):
                add(f"color {color}, {depth} bits, interlace {interlaced}", color, depth, 9, 7, interlaced)
    for width, height in [(1, 1), (2, 1), (1, 5), (3, 3)]:
        add(f"interlaced {width} x {height}", 0, 8, width, height, 1)
    add("blocks with codes of their own", 0, 8, 40, 30, smooth=True, parts=3)
    add("blocks with fixed codes", 2, 8, 12, 10, smooth=True, strategy=zlib.Z_FIXED)
    add("stored blocks", 0, 8, 12, 10, level=0)
    add("no distances", 0, 8, 12, 10, strategy=zlib.Z_HUFFMAN_ONLY)
    add("runs", 0, 1, 64, 20, smooth=False, strategy=zlib.Z_RLE)
    path = pathlib.Path(__file__).parent / "png.json"
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


main()
