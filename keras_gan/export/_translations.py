"""What a client can ask of an exported translator: images as numbers or as files, with what must be done to them."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_gan._pixels import luma, tensor_to_bytes
from keras_gan._traversal import every_layer
from keras_gan.export import _signatures
from keras_gan.export._signatures import Signature

IMAGE_TYPES = ("float32", "uint8", "uint16")

_FILES, _MASKS = "image_bytes", "masks"
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
# Bytes from the beginning of a PNG file to the end of its width and height.
_PNG_HEADER = 24
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
        holes has `inpaint_png` in its place, for grey and RGB images. The files of sources with a trimap would hold it
        as their alpha, and hide what matting looks at.
    """
    rule = SideRule(sampler)
    make = _signatures.making(sampler)
    compiled = _signatures.making(sampler, jit_compile=True) if jit_compile else make
    signatures = [_serving_default(sampler, compiled, rule, max_count, image_type)]
    file_type = "uint16" if image_type == "uint16" else "uint8"
    if _MASKS in sampler.inputs:
        is_shown = sampler.output_shape[-1] in (1, 3)
        return [*signatures, *([_inpaint_png(sampler, make, rule, max_count, file_type)] if is_shown else [])]
    are_images = not any(getattr(layer, "takes_trimaps", False) for layer in every_layer(sampler.network))
    counts = sampler.inputs[sampler.main].shape[-1], sampler.output_shape[-1]
    if are_images and all(count in range(1, 5) for count in counts):
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

    def translated(parts):
        file, *given = parts
        # Before it is decoded: a small file can unpack to gigabytes.
        image = decoded(rule.checked(file, stated_sides(file)), channels)
        image.set_shape(sampler.inputs[sampler.main].shape[1:])
        inputs = {sampler.main: image, **{spec.name: part for spec, part in zip(conditions, given, strict=True)}}
        made = _signatures.finite(make({name: part[tf.newaxis] for name, part in inputs.items()}))
        return tf.io.encode_png(to_levels(made, image_type)[0])

    def serve(files, *given):
        files = _checked_files(files, max_count)
        count = tf.shape(files)[0]
        given = [_signatures.checked_labels(part, count, sampler) for part in given]
        return {"png_bytes": tf.map_fn(translated, (files, *given), fn_output_signature=tf.string)}

    labels = "".join(
        f", {spec.name} int32 {_signatures.rows(spec)}{_signatures.classes(sampler)}" for spec in conditions
    )
    bits = 8 * tf.as_dtype(image_type).size
    return Signature(
        name="translate_png",
        documentation=f"{_FILES} string (count,), PNG or JPEG files{labels}, count up to {max_count} -> png_bytes "
        f"string (count,), their translations as PNG of {bits} bits.",
        inputs=(tf.TensorSpec((None,), tf.string, _FILES), *conditions),
        function=serve,
        example={
            _FILES: np.array([tf.io.encode_png(rule.example().astype("uint8")).numpy()], object),
            **{spec.name: np.zeros((1, *spec.shape[1:]), np.int32) for spec in conditions},
        },
    )


def _inpaint_png(sampler, make, rule, max_count, image_type):
    """Return the signature from files with transparent holes to complete ones. They may differ in size."""
    channels = sampler.output_shape[-1]

    def completed(file):
        picture = decoded(rule.checked(file, stated_sides(file)), channels + 1)
        picture.set_shape((*sampler.output_shape[:-1], channels + 1))
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
        return {"png_bytes": tf.map_fn(completed, _checked_files(files, max_count), fn_output_signature=tf.string)}

    bits = 8 * tf.as_dtype(image_type).size
    example = np.concatenate([rule.example(), np.zeros((*rule.example().shape[:2], 1))], axis=-1)
    if sampler.holes_within is not None:
        example[..., -1:] = np.where(sampler.holes_within, 0, 255)
    return Signature(
        name="inpaint_png",
        documentation=f"{_FILES} string (count,), PNG files whose holes are transparent (alpha 0), count up to "
        f"{max_count} -> png_bytes string (count,), the completed pictures as PNG of {bits} bits without alpha.",
        inputs=(tf.TensorSpec((None,), tf.string, _FILES),),
        function=serve,
        example={_FILES: np.array([tf.io.encode_png(example.astype("uint8")).numpy()], object)},
    )


def _checked_files(files, max_count):
    files = tf.ensure_shape(files, (None,), name=f"{_FILES}_of_the_right_shape")
    count = tf.shape(files)[0]
    return _signatures.required(
        count <= max_count,
        files,
        f"One request may hold up to {max_count} files. Send the rest in further requests. Received: count =",
        shown=count,
    )


class SideRule:
    """Which heights and widths a translator takes, as far as its network tells.

    Args:
        sampler: `Sampler`.
    """

    def __init__(self, sampler):
        *self.sides, self.channels = sampler.inputs[sampler.main].shape[1:]
        # The layers that a network for pictures of any size begins with.
        rules = [layer for layer in every_layer(sampler.network) if hasattr(layer, "require_sides")]
        self.multiple = max([getattr(layer, "multiple", 1) for layer in rules], default=1)
        self.smallest = max([getattr(layer, "smallest", 1) for layer in rules], default=1)

    def checked(self, images, sides):
        """Return images, or a file of them, if height and width are right; or raise an error that says what is.

        Args:
            images: tensor.
            sides: int32 tensor (2,), their height and width.
        """
        wanted = [-1 if side is None else side for side in self.sides]
        if None not in self.sides:
            words = f"This model takes pictures of height {wanted[0]} and width {wanted[1]}. Resize the picture."
        else:
            words = (
                f"Height and width must be multiples of {self.multiple}, at least {self.smallest} and at most "
                f"{_LONGEST}. Resize the picture."
            )
        least = -(-self.smallest // self.multiple) * self.multiple
        nearest = tf.maximum((sides + self.multiple // 2) // self.multiple * self.multiple, least)
        nearest = tf.where(tf.equal(wanted, -1), tf.minimum(nearest, _LONGEST // self.multiple * self.multiple), wanted)
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


def to_floats(images):
    """Whole numbers, from 0 to the highest of their type, as float32 in [-1, 1]."""
    # A table: TensorFlow divides by multiplying with the reciprocal, and the last bit decides the noise of a network.
    levels = np.arange(images.dtype.max + 1, dtype=np.float32) / np.float32(images.dtype.max / 2) - np.float32(1)
    return tf.gather(levels, tf.cast(images, tf.int32))


def to_levels(images, image_type):
    """Floats in [-1, 1] as the nearest of 256 or of 65,536 levels."""
    if image_type == "uint8":
        return tensor_to_bytes(images)
    return tf.cast(tf.floor(tf.clip_by_value(images * 32767.5 + 32768.0, 0.0, 65535.0)), tf.uint16)


def stated_sides(file):
    """Height and width, int32 (2,), as a file states them at its beginning; or an error for other files."""
    start = tf.strings.substr(tf.strings.join([file, tf.constant(bytes(_PNG_HEADER))]), 0, _PNG_HEADER)
    is_png, is_jpeg = (tf.equal(tf.strings.substr(start, 0, len(sign)), sign) for sign in (_PNG, _JPEG))
    file = _signatures.required(
        is_png | is_jpeg,
        file,
        "These bytes are no PNG or JPEG file. Send the content of such a file; in REST, in base64 as "
        '{"b64": "..."}. Received: the number of bytes =',
        shown=tf.strings.length(file),
    )
    return tf.cond(
        is_png,
        # Width and height end the header.
        lambda: tf.io.decode_raw(tf.strings.substr(start, _PNG_HEADER - 8, 8), tf.int32, little_endian=False)[::-1],
        lambda: tf.image.extract_jpeg_shape(file)[:2],
    )


def decoded(file, channels):
    """A PNG or JPEG file as a float32 picture `(height, width, channels)` in [-1, 1].

    Colours become grey and grey becomes colours where the network takes these. As in `keras_gan.data`, transparent
    parts become white where it takes no alpha, and what nobody sees is white where it does.
    """
    # TensorFlow widens 8 bits to 16 as x * 257, so that white stays white.
    picture = tf.cond(
        tf.equal(tf.strings.substr(file, 0, 1), _PNG[:1]),
        lambda: to_floats(tf.io.decode_png(file, dtype=tf.uint16)),
        lambda: to_floats(tf.io.decode_jpeg(file, dct_method="INTEGER_ACCURATE")),
    )
    return tf.ensure_shape(_in_channels(picture, channels), (None, None, channels))


def _in_channels(picture, channels):
    """A picture of one to four channels, which are known when the graph runs, with other channels."""
    given = tf.shape(picture)[-1]
    has_alpha = tf.equal(given % 2, 0)
    alpha = tf.cond(has_alpha, lambda: picture[..., -1:], lambda: tf.ones_like(picture[..., :1]))
    colour = tf.cond(has_alpha, lambda: picture[..., :-1], lambda: picture)
    if channels < 3:
        colour = tf.cond(given < 3, lambda: colour[..., :1], lambda: luma(colour))
    else:
        colour = tf.cond(given < 3, lambda: tf.repeat(colour[..., :1], 3, axis=-1), lambda: colour)
    if channels in (2, 4):
        return tf.concat([tf.where(alpha > -1.0, colour, 1.0), alpha], axis=-1)
    opacity = 0.5 * (alpha + 1.0)
    return tf.cond(has_alpha, lambda: colour * opacity + (1.0 - opacity), lambda: colour)
