"""Files for check.py: small data, damaged copies, and what a power failure leaves."""

import gzip
import json
import os
import random
import struct
import zlib

# What is spliced into files and given to options.
HOSTILE_VALUES = [
    "", "0", "-0", "-1", "1", "2", "0.5", "1e-320", "1e308", "1e999", "-1e308", "nan", "inf", "-inf",
    "0x10", "+1", "1_000", "1,5", "9223372036854775807", "9223372036854775808", "99999999999999999999",
    "-9223372036854775808", "2147483648", "1.7976931348623157e308", "true", "null", "none", "[]", "{}",
    "()", "a", "a=b", "a(b=c)", "adamw(", "adamw()", "adamw(beta1=2)", "sgd(learning-rate=1e308)",
    "lookahead(lookahead(sgd))", "cosine(final=-1)", "mlp(hidden=0)", "0-0", "1-", "-", "--", "*", "%s%n",
    "\x1b[31m", "\u0000x"[1:], "é", "✓" * 50, "x" * 5000, "/dev/null", "/nonexistent/file", ".", "..", "/",
    "1s", "0s", "1e9h", "99999999999999h", "*=0.1", "*=1e308", "a.*=", ",", ",,,", "1,2,3", "-5--3",
    "1G", "1k", "50%", "*.bias", "sgd,adam", "table", "words", "size", "test", "0.1,0.01", "learning-rate=log(1e-320,1e308)",
    "switch(adamw(learning-rate=1e-300),sgd(learning-rate=1e300),at=1)", "diloco(adamw)", "plateau", "piecewise(points=0:1e308)"]

TOKENS = [value.encode() for value in HOSTILE_VALUES] + [
    b"\n", b"\r", b'"', b"'", b",", b";", b"\t", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3\x28", b"{", b"}", b"[",
    b"]", b":", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\x00\x00\x00", b"\xff" * 8, b"NaN", b"F64", b"I32", b"BOOL"]


def mutated(content, generator):
    """A copy of some bytes with one to four changes."""
    content = bytearray(content)
    for _ in range(generator.randint(1, 4)):
        at, size = generator.randint(0, len(content)), generator.choice([1, 1, 2, 4, 16, 300])
        # Half of the changes are near the start, where headers are.
        if generator.random() < 0.5:
            at = min(at, generator.randint(0, 200))
        change = generator.randrange(8)
        if change == 0 and at < len(content):
            content[at] ^= 1 << generator.randrange(8)
        elif change == 1 and at < len(content):
            content[at] = generator.randrange(256)
        elif change == 2:
            del content[at : at + size]
        elif change == 3:
            content[at:at] = content[at : at + size]
        elif change == 4:
            content[at:at] = generator.choice(TOKENS)
        elif change == 5:
            token = generator.choice(TOKENS)
            content[at : at + len(token)] = token
        elif change == 6 and generator.random() < 0.3:
            del content[at:]
        else:
            # A number or a word of a text becomes another.
            text = bytes(content)
            words = [i for i in range(len(text) - 1) if not text[i : i + 1].isalnum() and text[i + 1 : i + 2].isalnum()]
            if words:
                first = generator.choice(words) + 1
                end = first
                while end < len(text) and (text[end : end + 1].isalnum() or text[end : end + 1] in b".-+"):
                    end += 1
                content[first:end] = generator.choice(TOKENS)
    return bytes(content)


def after_power_failure(calls, data, keeps_names):
    """The files that remain after the calls: each with what was synchronized of it.

    Names are those of the last moment, or those of the last time that the folder was synchronized;
    a file that was never synchronized is empty.
    """
    content, synchronized, open_files, names, folders = {}, {}, {}, {}, {}
    kept_names = {}
    for call in calls:
        kind, _, rest = call.partition(" ")
        if kind == "open":
            number, path = rest.split(" ", 1)
            if path not in names:
                names[path] = len(content)
                content[names[path]], synchronized[names[path]] = b"", b""
            open_files[number] = names[path]
        elif kind == "folder":
            folders[rest.split(" ", 1)[0]] = True
        elif kind == "write":
            number, start, size = rest.split(" ")
            if number in open_files:
                content[open_files[number]] += data[int(start) : int(start) + int(size)]
        elif kind == "ftruncate":
            number, size = rest.split(" ")
            if number in open_files:
                content[open_files[number]] = content[open_files[number]][: int(size)]
        elif kind == "fsync":
            if rest in open_files:
                synchronized[open_files[rest]] = content[open_files[rest]]
            elif rest in folders:
                kept_names = dict(names)
        elif kind == "close":
            open_files.pop(rest, None)
        elif kind == "leave":
            folders.pop(rest, None)
        elif kind == "rename":
            source, target = rest.split("\t")
            if source in names:
                names[target] = names.pop(source)
        elif kind == "link":
            source, target = rest.split("\t")
            if source in names:
                names[target] = names[source]
        elif kind == "unlink":
            names.pop(rest, None)
    return {path: synchronized[file] for path, file in (names if keeps_names else kept_names).items()}


def write_data(folder):
    """A table and a text."""
    generator = random.Random(7)
    with open(os.path.join(folder, "table.csv"), "w", encoding="utf-8") as file:
        file.write("width,length,kind,size\n")
        for i in range(160):
            a, b, kind = generator.random() * 10, generator.random() * 10, generator.choice(["oak", "elm"])
            size = "large" if a + (4 if kind == "oak" else 0) > 7 else "small"
            file.write(f"{a:.2f},{b:.2f},{kind},{size}\n" if i % 17 else f"{a:.2f},?,{kind},{size}\n")
    with open(os.path.join(folder, "text.txt"), "w", encoding="utf-8") as file:
        words = ["the", "cat", "sat", "on", "a", "mat", "and", "ran", "é"]
        for _ in range(300):
            file.write(" ".join(generator.choice(words) for _ in range(8)) + "\n")


def write_images(folder):
    """Images of 16 x 16 pixels in each format, and folders of IDX files."""
    generator = random.Random(8)
    pixels = bytes(generator.randrange(256) for _ in range(256))
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (16, 16), }"
    header += b" " * (117 - len(header)) + b"\n"
    files = {
        "image.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + pixels,
        "image.pgm": b"P5\n16 16\n255\n" + pixels, "image.png": png(pixels, 16, 16)}
    images = bytes(generator.randrange(256) for _ in range(40 * 64))
    labels = bytes(i % 3 for i in range(40))
    for suffix in ("", ".gz"):
        for part in ("train", "t10k"):
            place = "idx-gz/" if suffix else "idx/"
            pack = gzip.compress if suffix else bytes
            files[f"{place}{part}-images-idx3-ubyte{suffix}"] = pack(struct.pack(">IIII", 0x803, 40, 8, 8) + images)
            files[f"{place}{part}-labels-idx1-ubyte{suffix}"] = pack(struct.pack(">II", 0x801, 40) + labels)
    for name, content in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def png(pixels, width, height):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\x00" + pixels[i * width : (i + 1) * width] for i in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_weights(path, names):
    """A file of weights of one number each."""
    header = {name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i, name in enumerate(names)}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + struct.pack("<f", 1) * len(names))
