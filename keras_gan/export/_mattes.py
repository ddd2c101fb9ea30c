"""What a client can ask of an exported model that finds alphas: a picture and its trimap as files."""

import numpy as np
import tensorflow as tf

from keras_gan.export import _signatures
from keras_gan.export._picture_files import FILES, checked_files, decoded, stated_sides, to_levels
from keras_gan.export._signatures import Signature

_TRIMAPS = "trimap_bytes"


def matte_png(sampler, make, rule, max_count, image_type):
    """Return the signature from pictures and trimaps to pictures with alpha, each by itself.

    Args:
        sampler: `keras_gan.training.Sampler` from pictures with a trimap as their last channel to alphas.
        make: function of inputs, a dict of tensors by name, that returns alphas in [-1, 1].
        rule: `SideRule` of the sampler.
        max_count: int, how many files one request may hold.
        image_type: "uint8" or "uint16", of the PNG files that are returned.

    Returns:
        `Signature`, for pictures that are grey or RGB.
    """
    channels = sampler.inputs[sampler.main].shape[-1] - 1

    def matted(files):
        file, trimap = files
        sides, found = stated_sides(file), stated_sides(trimap)
        trimap = _signatures.required(
            tf.reduce_all(tf.equal(sides, found)),
            trimap,
            "A trimap must have the height and width of its picture. Received: (height, width) of both =",
            shown=tf.stack([sides, found]),
        )
        colours = decoded(rule.checked(file, sides), channels)
        source = tf.concat([colours, decoded(trimap, 1)], axis=-1)
        source.set_shape((*rule.sides, channels + 1))
        alpha = _signatures.finite(make({sampler.main: source[tf.newaxis]}))[0]
        return tf.io.encode_png(to_levels(tf.concat([colours, alpha], axis=-1), image_type))

    def serve(files, trimaps):
        files, trimaps = checked_files(files, max_count), checked_files(trimaps, max_count)
        counts = tf.stack([tf.size(files), tf.size(trimaps)])
        trimaps = _signatures.required(
            counts[0] == counts[1], trimaps, "Each picture needs its trimap. Received: counts =", shown=counts
        )
        return {"png_bytes": tf.map_fn(matted, (files, trimaps), fn_output_signature=tf.string)}

    height, width, _ = rule.example().shape
    examples = {
        FILES: np.zeros((height, width, channels), np.uint8),
        _TRIMAPS: np.full((height, width, 1), 128, np.uint8),
    }
    return Signature(
        name="matte_png",
        documentation=f"{FILES} string (count,), PNG or JPEG files, {_TRIMAPS} string (count,), PNG files of the same "
        f"sizes, white for foreground, black for background and grey where it is open, count up to {max_count} -> "
        f"png_bytes string (count,), the pictures with their alpha as PNG of {8 * tf.as_dtype(image_type).size} bits.",
        inputs=tuple(tf.TensorSpec((None,), tf.string, name) for name in examples),
        function=serve,
        example={name: np.array([tf.io.encode_png(each).numpy()], object) for name, each in examples.items()},
    )
