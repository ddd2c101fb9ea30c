"""Multiply-adds of a Keras network, from the shapes of its layers."""

import math

from _cases import Forward


def forward(network):
    """Multiply-adds of one picture's pass through a functional network, as `Forward`.

    Only convolutions and dense layers count: other layers need two orders of magnitude less. A layer that combines
    resampling and convolution counts with the larger kernel and the smaller map that it works on.
    """
    counts = [count for layer in network.layers if (count := _multiply_adds(layer))]
    return Forward(sum(counts), counts[0])


def _multiply_adds(layer):
    kernel = getattr(getattr(layer, "layer", layer), "kernel", None)
    if kernel is None:
        return 0
    *sides, channels_in, channels_out = kernel.shape
    folded = any(word in type(getattr(layer, "layer", layer)).__name__ for word in ("Upsampling", "Downsampling"))
    taps = math.prod(side + folded for side in sides)
    # With a stride, each weight meets each pixel of the smaller of the two maps once.
    positions = min(math.prod(tensor.shape[1:-1]) for tensor in (layer.input, layer.output))
    return positions * taps * channels_in * channels_out
