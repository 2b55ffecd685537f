extension PyTorchPrediction {
  /// Images of one size, as pixels from 0 to 255.
  @PythonSource func images(_ channels: Int, _ height: Int, _ width: Int) -> String {
    let scale = description.input.pixels ?? PixelScale(mean: 0, deviation: 1)
    let isGray = channels == 1
    let formats = isGray ? "IDX, PGM or .npy" : channels == 3 ? "PPM or .npy" : ".npy"
    """
    \"""Predicts the classes of images of \(width) x \(height) pixels.

        python predict.py --data images.npy --out predictions.csv

    The images are a file of the format \(formats), with pixels from 0 to 255. What is
    written has the number of each image, \(addedText).
    The path - stands for standard input or output.
    \"""

    import argparse
    import csv
    import io
    """
    if isGray || channels == 3 { "import re" }
    """
    import sys
    from pathlib import Path

    import numpy as np
    \(modelImports)

    SHAPE = (\(channels), \(height), \(width))  # of an image: channels, rows, columns
    MEAN = \(scale.mean)
    DEVIATION = \(scale.deviation)
    \(classTable)


    def read_images(path):
        \"""Returns the images of a file, [n, channels, rows, columns].\"""
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        if data.startswith(b"\\x93NUMPY"):
            images = np.load(io.BytesIO(data))
    """
    if isGray {
      """
              if images.ndim == 2:
                  images = images[None]
              if images.ndim == 3:
                  images = images[:, None]
          elif data.startswith(b"\\0\\0\\x08\\x03"):
              sizes = np.frombuffer(data, ">u4", count=3, offset=4)
              images = np.frombuffer(data, np.uint8, offset=16).reshape(sizes)[:, None]
      """
    }
    if isGray || channels == 3 {
      """
          elif data.startswith(b"\(isGray ? "P5" : "P6")"):
              gap = rb"(?:\\s|#[^\\n]*\\n)+"
              header = re.match(gap.join([b"P.", rb"(\\d+)", rb"(\\d+)", rb"(\\d+)\\s"]), data)
              width, height, maximum = (int(number) for number in header.groups())
              pixels = np.frombuffer(data, np.uint8, offset=header.end())
              images = pixels.reshape(1, height, width, \(channels)).transpose(0, 3, 1, 2)
              images = images * (255 / maximum)
      """
    }
    """
        else:
            sys.exit(f"{path}: is not an image of the format \(formats)")
        if images.shape[1:] != SHAPE:
            sys.exit(f"{path}: images of shape {images.shape[1:]}, not {SHAPE}")
        return torch.from_numpy(images.astype(np.float32))


    \(predictFunction)


    \(mainStart("images, as \(formats)"))

        inputs = (read_images(arguments.data) - MEAN) / DEVIATION
        \(openingOutput)
            writer = csv.writer(file, lineterminator="\\n")
            writer.writerow(\(columns("image")))
            predictions = [row for part in inputs.split(512) for row in predict(model, part)]
            for index, prediction in enumerate(predictions):
                writer.writerow([index] + prediction)
    \(mainEnd)
    """
  }
}
