"""What a client can ask of an exported translator: images as numbers or as files, with what must be done to them."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_gan._traversal import every_layer
from keras_gan.export import _mattes, _signatures
from keras_gan.export._picture_files import (
    FILES,
    checked_files,
    decoded,
    in_channels,
    pixels_of,
    stated_sides,
    to_floats,
    to_levels,
    with_its_alpha,
)
from keras_gan.export._signatures import Signature

IMAGE_TYPES = ("float32", "uint8", "uint16")

_MASKS = "masks"
# A longer side is most likely an attack: a small file that unpacks to gigabytes.
_LONGEST = 8192


def of_translator(sampler, *, max_count, jit_compile, image_type):
    """Return the signatures of a sampler that makes images of images.

    Args:
        sampler: `keras_gan.training.Sampler` whose main input is images, run in inference mode.
        max_count: int, how many images one request may hold.
        jit_compile: whether XLA compiles the network of `serving_default`.
        image_type: one of `IMAGE_TYPES`, what the images of `serving_default` are. The files of `translate_png` have 16
            bits with "uint16", else 8.

    Returns:
        List of `Signature`: `serving_default` and, for one to four channels of images, `translate_png`. What fills
        holes has `inpaint_png` in its place, for grey and RGB images; and what finds alphas has `matte_png`, because
        files of sources with a trimap would hold it as their alpha, and hide what matting looks at.
    """
    rule = SideRule(sampler, continues=True)
    make = rule.around(_signatures.making(sampler))
    compiled = rule.around(_signatures.making(sampler, jit_compile=True)) if jit_compile else make
    signatures = [_serving_default(sampler, compiled, rule, max_count, image_type)]
    file_type = "uint16" if image_type == "uint16" else "uint8"
    if _MASKS in sampler.inputs:
        is_shown = sampler.output_shape[-1] in (1, 3)
        return [*signatures, *([_inpaint_png(sampler, make, rule, max_count, file_type)] if is_shown else [])]
    counts = sampler.inputs[sampler.main].shape[-1], sampler.output_shape[-1]
    if any(getattr(layer, "takes_trimaps", False) for layer in every_layer(sampler.network)):
        are_shown = counts[0] - 1 in (1, 3)
        return [*signatures, *([_mattes.matte_png(sampler, make, rule, max_count, file_type)] if are_shown else [])]
    if all(count in range(1, 5) for count in counts):
        signatures.append(_translate_png(sampler, make, rule, max_count, file_type))
    return signatures


def _serving_default(sampler, make, rule, max_count, image_type):
    """Return the signature from images of a type to their translations of the same type."""

    def translated(inputs):
        inputs[sampler.main] = rule.checked(inputs[sampler.main], tf.shape(inputs[sampler.main])[1:3])
        return make(inputs)

    of_floats = _signatures.serving_default(sampler, translated, max_count)
    picture = rule.example()[np.newaxis]
    example = {**of_floats.example, sampler.main: picture.astype(image_type)}
    if _MASKS in example:
        example[_MASKS] = picture[..., :1]
    if image_type == "float32":
        return dataclasses.replace(of_floats, example=example)

    def serve(*tensors):
        tensors = [
            to_floats(tensor) if name == sampler.main else tensor
            for name, tensor in zip(sampler.inputs, tensors, strict=True)
        ]
        return {name: to_levels(made, image_type) for name, made in of_floats.function(*tensors).items()}

    specs = [
        tf.TensorSpec(spec.shape, image_type, name) if name == sampler.main else spec
        for name, spec in sampler.inputs.items()
    ]
    documentation = of_floats.documentation.replace("float32", f"{image_type} in [0, {tf.as_dtype(image_type).max}]")
    return Signature("serving_default", documentation, tuple(specs), serve, example)


def _translate_png(sampler, make, rule, max_count, image_type):
    """Return the signature from files to files. Each picture is translated by itself, so they may differ in size."""
    channels = sampler.inputs[sampler.main].shape[-1]
    conditions = [spec for name, spec in sampler.inputs.items() if name != sampler.main]
    keeps_alpha = getattr(sampler, "keeps_alpha", False) and channels == sampler.output_shape[-1] in (1, 3)

    def made_of(image, given):
        image.set_shape(sampler.inputs[sampler.main].shape[1:])
        inputs = {sampler.main: image, **{spec.name: part for spec, part in zip(conditions, given, strict=True)}}
        return _signatures.finite(make({name: part[tf.newaxis] for name, part in inputs.items()}))[0]

    def translated(parts):
        file, *given = parts
        # Before it is decoded: a small file can unpack to gigabytes.
        pixels = pixels_of(rule.checked(file, stated_sides(file)))
        if not keeps_alpha:
            return tf.io.encode_png(to_levels(made_of(in_channels(pixels, channels), given), image_type))
        return with_its_alpha(pixels, channels, lambda colours: made_of(colours, given), image_type)

    def serve(files, *given):
        files = checked_files(files, max_count)
        count = tf.shape(files)[0]
        given = [_signatures.checked_labels(part, count, sampler) for part in given]
        return {"png_bytes": tf.map_fn(translated, (files, *given), fn_output_signature=tf.string)}

    labels = "".join(
        f", {spec.name} int32 {_signatures.rows(spec)}{_signatures.classes(sampler)}" for spec in conditions
    )
    bits = 8 * tf.as_dtype(image_type).size
    return Signature(
        name="translate_png",
        documentation=f"{FILES} string (count,), PNG or JPEG files{labels}, count up to {max_count} -> png_bytes "
        f"string (count,), their translations as PNG of {bits} bits{', with their alpha' * keeps_alpha}.",
        inputs=(tf.TensorSpec((None,), tf.string, FILES), *conditions),
        function=serve,
        example={
            FILES: np.array([tf.io.encode_png(rule.example().astype("uint8")).numpy()], object),
            **{spec.name: np.zeros((1, *spec.shape[1:]), np.int32) for spec in conditions},
        },
    )


def _inpaint_png(sampler, make, rule, max_count, image_type):
    """Return the signature from files with transparent holes to complete ones. They may differ in size."""
    channels = sampler.output_shape[-1]

    def completed(file):
        picture = decoded(rule.checked(file, stated_sides(file)), channels + 1)
        picture.set_shape((*rule.sides, channels + 1))
        masks = _signatures.required(
            tf.reduce_any(picture[..., -1] <= -1.0),
            tf.cast(picture[..., -1:] <= -1.0, tf.float32),
            "This picture has no hole. Send a PNG file whose pixels are transparent (alpha 0) where it is to be "
            "filled. Received: height, width and channels =",
            shown=tf.shape(picture),
        )
        inputs = {sampler.main: picture[tf.newaxis, ..., :-1]}
        inputs[_MASKS] = _signatures.checked_masks(masks[tf.newaxis], inputs[sampler.main], sampler)
        return tf.io.encode_png(to_levels(_signatures.finite(make(inputs)), image_type)[0])

    def serve(files):
        return {"png_bytes": tf.map_fn(completed, checked_files(files, max_count), fn_output_signature=tf.string)}

    bits = 8 * tf.as_dtype(image_type).size
    example = np.concatenate([rule.example(), np.zeros((*rule.example().shape[:2], 1))], axis=-1)
    if sampler.holes_within is not None:
        example[..., -1:] = np.where(sampler.holes_within, 0, 255)
    return Signature(
        name="inpaint_png",
        documentation=f"{FILES} string (count,), PNG files whose holes are transparent (alpha 0), count up to "
        f"{max_count} -> png_bytes string (count,), the completed pictures as PNG of {bits} bits without alpha.",
        inputs=(tf.TensorSpec((None,), tf.string, FILES),),
        function=serve,
        example={FILES: np.array([tf.io.encode_png(example.astype("uint8")).numpy()], object)},
    )


class SideRule:
    """Which heights and widths a translator takes, as far as its network tells.

    Args:
        sampler: `Sampler`.
        continues: whether images with other sides are continued, by `around`, where the network is built for any size.
    """

    def __init__(self, sampler, *, continues=False):
        *self.sides, self.channels = sampler.inputs[sampler.main].shape[1:]
        # The layers that a network for pictures of any size begins with.
        rules = [layer for layer in every_layer(sampler.network) if hasattr(layer, "require_sides")]
        self.multiple = max([getattr(layer, "multiple", 1) for layer in rules], default=1)
        self.smallest = max([getattr(layer, "smallest", 1) for layer in rules], default=1)
        self._main, self._continues = sampler.main, continues

    def around(self, make):
        """A function of inputs that continues images by their mirror image to sides that the network takes.

        Args:
            make: function of inputs, a dict of tensors by name, that returns images a whole number of times as large.
        """
        if None not in self.sides or (self.multiple, self.smallest) == (1, 1):
            return make

        def made(inputs):
            sides = tf.shape(inputs[self._main])[1:3]
            wanted = (tf.maximum(sides, self.smallest) + self.multiple - 1) // self.multiple * self.multiple
            wanted = tf.where([side is None for side in self.sides], wanted, sides)
            rows, columns = (_mirrored(*each) for each in zip(tf.unstack(sides), tf.unstack(wanted), strict=True))
            images = make(
                {
                    name: tf.gather(tf.gather(value, rows, axis=1), columns, axis=2) if value.shape.rank == 4 else value
                    for name, value in inputs.items()
                }
            )
            height, width = tf.unstack(sides * (tf.shape(images)[1:3] // wanted))
            return images[:, :height, :width]

        return made

    def checked(self, images, sides):
        """Return images, or a file of them, if height and width are right; or raise an error that says what is.

        Args:
            images: tensor.
            sides: int32 tensor (2,), their height and width.
        """
        wanted = [-1 if side is None else side for side in self.sides]
        multiple, smallest = (1, 1) if self._continues else (self.multiple, self.smallest)
        if None not in self.sides:
            words = f"This model takes pictures of height {wanted[0]} and width {wanted[1]}. Resize the picture."
        elif (multiple, smallest) == (1, 1):
            words = f"Height and width must be at least 1 and at most {_LONGEST}. Resize the picture."
        else:
            words = (
                f"Height and width must be multiples of {multiple}, at least {smallest} and at most "
                f"{_LONGEST}. Resize the picture."
            )
        least = -(-smallest // multiple) * multiple
        nearest = tf.maximum((sides + multiple // 2) // multiple * multiple, least)
        nearest = tf.where(tf.equal(wanted, -1), tf.minimum(nearest, _LONGEST // multiple * multiple), wanted)
        return _signatures.required(
            tf.reduce_all(tf.equal(sides, nearest)),
            images,
            f"{words} The nearest that work, and received: height and width =",
            shown=tf.strings.format("{}, {}", (nearest, sides)),
        )

    def example(self):
        """A picture of zeros, float32, for the first request."""
        step = -(-max(_signatures.EXAMPLE_SIDE, self.smallest) // self.multiple) * self.multiple
        return np.zeros([*(side or step for side in self.sides), self.channels], np.float32)


def _mirrored(side, wanted):
    """The places of `wanted` pixels in an axis of `side` of them, which is continued by its mirror image."""
    places = tf.range(wanted) % (2 * side)
    return tf.minimum(places, 2 * side - 1 - places)
