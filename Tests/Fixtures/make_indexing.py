"""What NumPy reads, writes and adds at indices of all kinds and combinations of them.

Run `python3 make_indexing.py`; it writes indexing.json beside itself.
Made with NumPy 2.4.6.

A case is {"shape", "indices", "result": [shape, values], "assigned": [...], "added": [...]}. The array holds 0, 1, 2, … in
row order. "result" is x[indices]; "assigned" is x after x[indices] = -1, -2, … in row order; "added" is x after
np.add.at(x, indices, 1, 2, …). An index is a position, [start, end, step], "newAxis", "ellipsis", or {"shape", "values"} of
int32 positions, or with "mask": true of bools.
"""
import itertools

import numpy as np

from goldens import write

rng = np.random.default_rng(7)


def positions(shape, size):
    return rng.integers(-size, size, shape, dtype=np.int64)


def mask(shape):
    return rng.integers(0, 2, shape).astype(bool)


def spelled(index):
    if isinstance(index, slice):
        return [index.start, index.stop, 1 if index.step is None else index.step]
    if index is None:
        return "newAxis"
    if index is Ellipsis:
        return "ellipsis"
    if isinstance(index, int):
        return index
    result = {"shape": list(index.shape), "values": index.astype(int).ravel().tolist()}
    if index.dtype == bool:
        result["mask"] = True
    return result


def case(shape, indices):
    indices = tuple(indices)
    x = np.arange(int(np.prod(shape)))
    x = x.reshape(shape)
    read = x[indices]
    assigned = x.copy()
    assigned[indices] = -1 - np.arange(read.size).reshape(read.shape)
    added = x.copy()
    np.add.at(added, indices, 1 + np.arange(read.size).reshape(read.shape))
    return {
        "shape": list(shape),
        "indices": [spelled(i) for i in indices],
        "result": [list(read.shape), read.ravel().tolist()],
        "assigned": assigned.ravel().tolist(),
        "added": added.ravel().tolist(),
    }


KINDS = {
    "position": lambda size: int(rng.integers(-size, size)),
    "all": lambda size: slice(None),
    "range": lambda size: slice(int(rng.integers(0, size)), None, None),
    "reversed": lambda size: slice(None, None, -1),
    "vector": lambda size: positions((3,), size),
    "column": lambda size: positions((2, 1), size),
    "scalar": lambda size: positions((), size),
    "mask": lambda size: np.arange(size) % size != 1,
}


def combinations():
    # Every sequence of three kinds that has a tensor, over three of four axes, with two or one vectors of a mask broadcast.
    shape = (3, 4, 2, 2)
    tensors = {"vector", "column", "scalar", "mask"}
    for kinds in itertools.product(KINDS, repeat=3):
        if not tensors & set(kinds) or rng.random() > 0.3:
            continue
        indices = [KINDS[kind](size) for kind, size in zip(kinds, shape)]
        place = rng.integers(0, 12)
        if place < 4:
            indices.insert(int(place), None)
        elif place < 7:
            indices.insert(int(place) - 4, Ellipsis)
            indices.append(KINDS[str(rng.choice(["position", "vector", "all"]))](2))
        try:
            yield case(shape, indices)
        except IndexError:
            # The shapes of the tensors do not broadcast.
            pass


def others():
    for shape, picked in [((5,), (0,)), ((5,), (2, 3)), ((4, 3), (0,)), ((4, 3), (2, 2)), ((4, 0), (2,)), ((2, 3), ())]:
        yield case(shape, [positions(picked, shape[0])])
    for shape, rank in [((5,), 1), ((3, 4), 1), ((3, 4), 2), ((2, 3, 4), 2), ((2, 3, 4), 3), ((0, 3), 1), ((2, 0), 2)]:
        yield case(shape, [mask(shape[:rank])])
        yield case(shape, [Ellipsis, mask(shape[len(shape) - rank:])])
    yield case((2, 3, 4), [mask((2, 3)), slice(1, 3)])
    yield case((2, 3, 4), [slice(1, None), mask((3, 4))])
    yield case((2, 3, 4, 2), [slice(None), mask((3, 4)), 1])
    yield case((2, 3, 4, 2), [0, slice(None), slice(None), positions((3,), 2)])
    yield case((3, 3), [np.zeros(3, dtype=bool)])
    yield case((3, 3), [np.zeros((3, 3), dtype=bool)])


if __name__ == "__main__":
    write("indexing.json", {"cases": list(others()) + list(combinations())})
