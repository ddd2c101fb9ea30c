"""When is the gradient of a convolution's kernel faster as a matrix product? Prints a Markdown table.

    python benchmarks/kernel_gradients.py

The convolutions have 4x4 kernels, stride 2 and SAME padding, as in DCGAN and, with kernels of side 3, between the
blocks of the residual networks; batches of 64. "oneDNN" is TensorFlow's operation, and "product" that of
`keras_gan/_convolutions.py`, which `layers.Conv2D` uses in bfloat16 where the last column says so. Milliseconds are
medians of calls in turn.
"""

import os
import statistics
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from keras_gan import _convolutions

FLAGS = flags.FLAGS
flags.DEFINE_integer("batch_size", 64, "Images in a batch.", lower_bound=1)
flags.DEFINE_integer("calls", 30, "Calls of each.", lower_bound=1)

# The side and the channels of the large map, and the channels of the small one.
MAPS = ((32, 64, 128), (16, 32, 64), (16, 64, 128), (16, 128, 256), (8, 64, 128), (8, 128, 256), (8, 256, 512))
SIDE = 4


def contenders(shape):
    """The two functions of a map and a gradient, by their names in the table."""

    def operation(x, g):
        return tf.raw_ops.Conv2DBackpropFilter(
            input=x, filter_sizes=shape, out_backprop=g, strides=[1, 2, 2, 1], padding="SAME"
        )

    def product(x, g):
        return _convolutions._product(x, g, shape)

    return [tf.function(function, autograph=False) for function in (operation, product)]


def milliseconds(functions, *tensors):
    """The median time of each function's calls, in turn."""
    times = [[] for _ in functions]
    for turn in range(FLAGS.calls + 1):
        for function, seconds in zip(functions, times, strict=True):
            begin = time.perf_counter()
            function(*tensors)[0, 0, 0, 0].numpy()
            if turn:
                seconds.append(time.perf_counter() - begin)
    return [1e3 * statistics.median(seconds) for seconds in times]


def main(argv):
    """Measure, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    print("| dtype | map | channels | GFLOP | oneDNN, ms | product, ms | used |\n|---|---|---|---|---|---|---|")
    for dtype in (tf.float32, tf.bfloat16):
        for side, channels, outputs in MAPS:
            small, shape = side // 2, (SIDE, SIDE, channels, outputs)
            x, g = (
                tf.cast(tf.random.normal(size), dtype)
                for size in ((FLAGS.batch_size, side, side, channels), (FLAGS.batch_size, small, small, outputs))
            )
            operation, product = milliseconds(contenders(shape), x, g)
            flops = 2 * FLAGS.batch_size * small**2 * SIDE**2 * channels * outputs
            used = "yes" if _convolutions._pays(x, tf.zeros(shape, dtype)) else ""
            print(
                f"| {dtype.name} | {side} to {small} | {channels} to {outputs} | {flops / 1e9:.2f} | {operation:.2f} "
                f"| {product:.2f} | {used} |",
                flush=True,
            )


if __name__ == "__main__":
    app.run(main)
