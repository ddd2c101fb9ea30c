"""What a client can ask of an exported model with an encoder: codes of images, and images of codes, and scores."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_gan.export import _signatures
from keras_gan.export._picture_files import to_floats, to_levels
from keras_gan.export._signatures import Signature
from keras_gan.export._translations import SideRule


def of_encoder(encoder, decoder, scorer=None, *, max_count, image_type):
    """Return the signatures of a model that encodes images.

    Args:
        encoder: `keras_gan.training.Sampler` from images to codes, run in inference mode.
        decoder: `keras_gan.training.Sampler` from codes to images.
        scorer: `keras_gan.training.Sampler` from images to their scores; None for a model that has no scores.
        max_count: int, how many images or codes one request may hold.
        image_type: one of `IMAGE_TYPES`, what images are in these signatures.

    Returns:
        List of `Signature`: `encode`, `decode` and `reconstruct`, and with a scorer `score`.
    """
    options = {"max_count": max_count, "image_type": image_type}
    encode = of_images("encode", encoder, **options, returns="latents")
    score = [] if scorer is None else [of_images("score", scorer, **options, returns="scores")]
    decode = _signatures.serving_default(decoder, _signatures.making(decoder), max_count)
    (name,) = decoder.inputs

    def decoded(latents):
        return {"images": _of_type(decode.function(latents)[decoder.output], image_type)}

    def reconstructed(images):
        return decoded(*encode.function(images).values())

    made = f"images {_in_words(image_type)}"
    documentation = decode.documentation.partition(" -> ")[0]
    return [
        encode,
        Signature("decode", f"{documentation} -> {made}.", (decoder.inputs[name],), decoded, decode.example),
        dataclasses.replace(
            encode,
            name="reconstruct",
            documentation=encode.documentation.replace("latents float32", f"{made}, decoded from their codes"),
            function=reconstructed,
        ),
        *score,
    ]


def of_images(name, sampler, *, max_count, image_type, returns):
    """Return the signature from images to what a network makes of them.

    Args:
        name: str, of the signature.
        sampler: `keras_gan.training.Sampler` whose only input is images.
        max_count: int.
        image_type: one of `IMAGE_TYPES`.
        returns: str, the name of its output, float32.
    """
    make, rule, (main,) = _signatures.making(sampler), SideRule(sampler), sampler.inputs

    def serve(images):
        floats = images if image_type == "float32" else to_floats(images)
        inputs = _signatures.checked_inputs(sampler, [floats], max_count)
        inputs[main] = rule.checked(inputs[main], tf.shape(inputs[main])[1:3])
        return {returns: _signatures.finite(make(inputs))}

    spec = sampler.inputs[main].shape
    shape = ", ".join("any" if side is None else str(side) for side in spec[1:])
    return Signature(
        name=name,
        documentation=f"images {_in_words(image_type)} (count, {shape}), count up to {max_count} -> {returns} float32.",
        inputs=(tf.TensorSpec(spec, image_type, "images"),),
        function=serve,
        example={"images": rule.example()[np.newaxis].astype(image_type)},
    )


def _of_type(images, image_type):
    return images if image_type == "float32" else to_levels(images, image_type)


def _in_words(image_type):
    highest = "" if image_type == "float32" else f" in [0, {tf.as_dtype(image_type).max}]"
    return f"{image_type}{highest}"
