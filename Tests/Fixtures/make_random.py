"""Known answers of Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").

Run `python3 make_random.py`; it writes random.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0, which only goldens.py needs.

The function below is written from the paper. The first three rows are checked against the authors' published answers (file
kat_vectors of Random123); the others are further counters and keys, for carries and word order.
"""
from goldens import write

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_INCREMENTS = (0x9E3779B9, 0xBB67AE85)  # the golden ratio and the square root of 3, less one
MASK = 0xFFFFFFFF
PUBLISHED = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((MASK,) * 4, (MASK,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
     (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]
FURTHER = [
    ((1, 0, 0, 0), (0, 0)),
    ((0, 1, 0, 0), (0, 0)),
    ((0, 0, 1, 0), (0, 0)),
    ((0, 0, 0, 1), (0, 0)),
    ((MASK, 0, 0, 0), (0, 0)),
    ((0, 0, 0, 0), (42, 0)),
    ((0, 0, 0, 0), (0, 42)),
    ((7, 0, 3, 0), (42, 0)),
]


def philox4x32(counter, key, rounds=10):
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(rounds):
        first, second = MULTIPLIERS[0] * a, MULTIPLIERS[1] * c
        a, b, c, d = (second >> 32) ^ b ^ k0, second & MASK, (first >> 32) ^ d ^ k1, first & MASK
        k0, k1 = (k0 + KEY_INCREMENTS[0]) & MASK, (k1 + KEY_INCREMENTS[1]) & MASK
    return a, b, c, d


if __name__ == "__main__":
    cases = []
    for counter, key, published in PUBLISHED + [(c, k, None) for c, k in FURTHER]:
        output = philox4x32(counter, key)
        assert published is None or output == published, (counter, output)
        cases.append({"counter": list(counter), "key": list(key), "output": list(output),
                      "published": published is not None})
    write("random.json", {"philox4x32-10": cases})
