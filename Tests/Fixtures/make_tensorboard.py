"""Writes tensorboard.tfevents, a file of events, with the messages and the writer of the
tensorboard package.

    pip install -r Tests/tensorboard/requirements.txt
    python Tests/Fixtures/make_tensorboard.py
"""

import pathlib
import struct
import zlib

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.histogram.summary_v2 import histogram_pb
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.plugins.image import metadata as images
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

TIME = 1700000000.25


def png(rows, channels):
    """An image with uncompressed pixels."""
    height, width = len(rows), len(rows[0]) // channels
    raw = b"".join(b"\0" + bytes(row) for row in rows)
    stored = b"\x78\x01" + b"\x01" + struct.pack("<HH", len(raw), len(raw) ^ 0xFFFF) + raw
    data = stored + struct.pack(">I", zlib.adler32(raw))

    def chunk(name, content):
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def image_pb(tag, width, height, encoded):
    tensor = tensor_util.make_tensor_proto([str(width).encode(), str(height).encode(), encoded])
    metadata = images.create_summary_metadata(display_name=None, description=None)
    summary = summary_pb2.Summary()
    summary.value.add(tag=tag, metadata=metadata, tensor=tensor)
    return summary


def hparams_pb(tag, **content):
    metadata = hparams.create_summary_metadata(plugin_data_pb2.HParamsPluginData(**content))
    # With the entries of maps in the order of their keys.
    plugin_data = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)
    metadata.plugin_data.content = plugin_data.SerializeToString(deterministic=True)
    summary = summary_pb2.Summary()
    summary.value.add(tag=tag, metadata=metadata, tensor=hparams.NULL_TENSOR)
    return summary


def hyperparameters():
    info = plugin_data_pb2.SessionStartInfo(start_time_secs=TIME)
    info.hparams["bias"].bool_value = False
    info.hparams["lr"].number_value = 0.01
    info.hparams["optimizer"].string_value = "adamw"
    experiment = api_pb2.Experiment(
        time_created_secs=TIME,
        hparam_infos=[
            api_pb2.HParamInfo(name="bias", type=api_pb2.DATA_TYPE_BOOL),
            api_pb2.HParamInfo(name="lr", type=api_pb2.DATA_TYPE_FLOAT64),
            api_pb2.HParamInfo(name="optimizer", type=api_pb2.DATA_TYPE_STRING),
        ],
        metric_infos=[api_pb2.MetricInfo(name=api_pb2.MetricName(tag="loss/validation"))],
    )
    end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=TIME)
    return [
        hparams_pb(hparams.EXPERIMENT_TAG, experiment=experiment),
        hparams_pb(hparams.SESSION_START_INFO_TAG, session_start_info=info),
        hparams_pb(hparams.SESSION_END_INFO_TAG, session_end_info=end),
    ]


gray = png([[0, 128, 255], [64, 32, 16]], 1)
color = png([[255, 0, 0, 0, 255, 0]], 3)
events = [
    (0, scalar_pb("loss/train", 0.5)),
    (3, scalar_pb("loss/train", 0.1)),
    (1000000, scalar_pb("größe", -1e30)),
    (7, histogram_pb("weights", [-1.0, -0.25, 0.5, 0.75, 2.0, 2.0], buckets=5)),
    (8, histogram_pb("weights", [3.0, 3.0], buckets=3)),
    (9, histogram_pb("weights", [], buckets=2)),
    (2, text_pb("note", "**bold** ✓\n\nline")),
    (4, image_pb("gray", 3, 2, gray)),
    (4, image_pb("color", 2, 1, color)),
] + [(0, summary) for summary in hyperparameters()]

path = pathlib.Path(__file__).parent / "tensorboard.tfevents"
with open(path, "wb") as file:
    writer = RecordWriter(file)
    first = event_pb2.Event(wall_time=TIME, file_version="brain.Event:2")
    writer.write(first.SerializeToString(deterministic=True))
    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    for step in (0, 4):
        event = event_pb2.Event(wall_time=TIME, step=step, session_log=start)
        writer.write(event.SerializeToString(deterministic=True))
    for step, summary in events:
        event = event_pb2.Event(wall_time=TIME, step=step, summary=summary)
        writer.write(event.SerializeToString(deterministic=True))
