"""What the flags of describe.py describe: the pictures with their captions, the models, and what is done with them."""

import numpy as np
import picture_folder
import tensorflow as tf
from absl import flags

import keras_gan
from keras_gan import callbacks as callback
from keras_gan import networks, penalties, training
from keras_gan._files import is_fault_of_computer, write_atomically
from keras_gan._pixels import to_bytes
from keras_gan.data import CaptionedDigits, _decoding, _images, load_captions

FLAGS = flags.FLAGS
_SHOWN = 8
# Of captioned-digits.
_LEAST_SIDE = 24
# The token of words that a tokenizer does not know.
_UNKNOWN = 1


def first_stage(file):
    """Return the trained `TextToImage` of a file, from which a StackGAN gets its small pictures and reads its texts."""
    model = training.load_model(file)
    if type(model) is not keras_gan.TextToImage or model.tokenizer is None:
        found = type(model).__name__ + (" without a tokenizer" if type(model) is keras_gan.TextToImage else "")
        raise ValueError(
            "--first must be a trained TextToImage that reads strings, such as this script trains without --model. "
            f"Received: --first={FLAGS.first}, a {found}"
        )
    return model


def load(first=None):
    """Return batches of the pictures with their captions; for a StackGAN, larger than those of its first stage."""
    dataset, size, options = FLAGS.dataset, FLAGS.image_size, {}
    if first is not None:
        options = {"tokenizer": first.tokenizer}
        size = tuple(int(FLAGS.scale) * side for side in _small_shape(first)[:2])
        if dataset == "captioned-digits":
            dataset = _larger_digits(size)
    data = _load(dataset, image_size=size, **options)
    if first is not None:
        _require_known_words(data, first)
    return data


def _load(dataset, **options):
    settings = {"batch_size": FLAGS.batch_size, "candidates": FLAGS.candidates, "seed": FLAGS.seed}
    return load_captions(dataset, FLAGS.captions, **settings, **options)


def _small_shape(first):
    return first.data_spec["images"].shape


def _larger_digits(size):
    """Return the digits drawn at a size: with more pixels, and not the small pictures enlarged."""
    if size[0] != size[1] or size[0] < _LEAST_SIDE:
        raise ValueError(
            f"captioned-digits are squares of at least {_LEAST_SIDE} pixels, and this first stage draws others: give "
            f"the --dataset and the --captions that it was trained on. Received: --first={FLAGS.first}, from which "
            f"pictures become {size[0]}x{size[1]}"
        )
    return CaptionedDigits(side=size[0])


def _require_known_words(data, first):
    known = first.captions is None or not (np.asarray(first.captions) == _UNKNOWN).any()
    if known and (data.texts == _UNKNOWN).any():
        raise ValueError(
            "These captions have words that the first stage does not know: give the --dataset and the --captions that "
            f"it was trained on. Received: --first={FLAGS.first} --dataset={FLAGS.dataset} --captions={FLAGS.captions}"
        )


def make_model(data, first=None):
    """Return the compiled model for pictures with captions."""
    made = {"TextToImage": _text_to_image, "TextEditor": _text_editor}.get(FLAGS.model)
    model = _stack_gan(data, first) if made is None else made(data)
    optimizers = model.default_optimizers()
    for name in ("generator", "discriminator"):
        optimizers[name].learning_rate = FLAGS.learning_rate
    if FLAGS.model == "TextEditor":
        # As in benchmarks/caption_digits.py.
        optimizers["matcher"].learning_rate = 2e-3
    model.compile(**{f"{name}_optimizer": optimizer for name, optimizer in optimizers.items()})
    return model


def _text_to_image(data):
    encoders = _encoders(data)
    pair = networks.gan_cls(
        image_shape=data.image_shape,
        **_sizes(),
        conditioning_augmentation=FLAGS.conditioning_augmentation,
    )
    return keras_gan.TextToImage(*pair, *encoders, captions=data.texts[:1000], **_reading(data), **_options())


def _text_editor(data):
    pair = networks.text_editor(image_shape=data.image_shape, blocks=FLAGS.blocks, **_sizes())
    weights = {"reconstruction_weight": FLAGS.reconstruction_weight}
    return keras_gan.TextEditor(*pair, *_encoders(data), **weights, **_reading(data), **_options())


def _stack_gan(data, first):
    scale, text_dim = int(FLAGS.scale), first.vectors_of(data.texts[:1]).shape[-1]
    sizes = {"text_dim": text_dim, "text_width": text_dim, "stages": FLAGS.stages + scale.bit_length() - 1}
    pair = networks.stack_gan(
        source_shape=_small_shape(first),
        scale=scale,
        blocks=FLAGS.blocks,
        conditioning_augmentation=FLAGS.conditioning_augmentation,
        **{**_sizes(), **sizes},
    )
    return keras_gan.StackGAN.of(first, *pair, captions=data.texts[:1000], **_options())


def _encoders(data):
    """Return new encoders of texts and of pictures."""
    words = {"vocab_size": data.tokenizer.vocab_size, "length": data.tokenizer.length}
    reads = networks.text_encoder(**words, text_dim=FLAGS.text_dim, kind=FLAGS.encoder)
    return reads, networks.dcgan_encoder(image_shape=data.image_shape, latent_dim=FLAGS.text_dim, width=24)


def _sizes():
    """Return what the networks of all models take."""
    return {
        "text_dim": FLAGS.text_dim,
        "text_width": FLAGS.text_dim,
        "width": FLAGS.width,
        "stages": FLAGS.stages,
        "discriminator_normalization": None if FLAGS.r1 else "spectral",
    }


def _reading(data):
    return {"matching_steps": FLAGS.matching_steps, "tokenizer": data.tokenizer}


def _options():
    """Return what all models take."""
    return {
        "interpolation_weight": FLAGS.interpolation_weight,
        "penalties": [penalties.R1(FLAGS.r1)] if FLAGS.r1 else [],
        "ema_half_life": 1000,
        "seed": FLAGS.seed,
    }


def shown(data):
    """Return the pictures that a TextEditor is shown with, a dict of arrays: of the test split where it is known."""
    batches = data
    if FLAGS.dataset == "captioned-digits":
        batches = _load(FLAGS.dataset, split="test", image_size=FLAGS.image_size, tokenizer=data.tokenizer)
    return {name: tensor.numpy() for name, tensor in next(iter(batches)).items()}


def callbacks(model, inputs, run_dir):
    """Return the callbacks of a run; `inputs` as `shown` returns them, or None."""
    every = {"every": FLAGS.steps_per_epoch, "unit": "step"}
    if inputs is not None:
        own, asked = (model.tokenizer.decode(inputs[name]).numpy() for name in ("captions", "mismatched"))
        lines = [f"{before.decode()} -> {after.decode()}\n" for before, after in zip(own, asked, strict=True)]
        write_atomically(run_dir / "words.txt", "".join(lines).encode())
    return [
        callback.Checkpoint(run_dir, **every),
        callback.ImageSnapshots(run_dir / "samples", inputs=inputs, **every),
        callback.LossCurves(run_dir / "losses.png"),
        callback.Progress([name for name in model.terms if name not in ("g_between_loss", "kl_loss")]),
    ]


def draw(model, inputs, run_dir):
    """Draw a row of pictures for each --text, and return the path of the file."""
    if inputs is not None:
        pictures = inputs["images"][:_SHOWN]
        rows = [pictures, *(model.edit(pictures, text=text) for text in FLAGS.text)]
    else:
        rows = [row for text in FLAGS.text for row in _drawn(model, text)]
    path = run_dir / "texts.png"
    grid = callback.image_grid(np.concatenate(rows), columns=len(rows[0]), scale=2)
    write_atomically(path, callback.image_snapshots.png_of(grid))
    return path


def _drawn(model, text):
    """Yield rows of drawings of a text: of a StackGAN, those of its first stage as large as its own come first."""
    drawings = model.generate(_SHOWN, text=text, seed=FLAGS.seed)
    if isinstance(model, keras_gan.StackGAN):
        small = model.draw_small(_SHOWN, text=text, seed=FLAGS.seed)
        times = drawings.shape[1] // small.shape[1]
        yield small.repeat(times, axis=1).repeat(times, axis=2)
    yield drawings


def edit(file, pictures, out):
    """Change pictures as --text says.

    Args:
        file: `pathlib.Path` of a trained `TextEditor`.
        pictures: `pathlib.Path` of a picture or a folder.
        out: `pathlib.Path`, where the results go, as PNG files with the same names.

    Returns:
        int, how many were changed. Files of a folder that are left out are named.

    Raises:
        ValueError: if the model is another one, or there is no picture.
    """
    model = training.load_model(file)
    if not isinstance(model, keras_gan.TextEditor):
        raise ValueError(
            "--edit is for a TextEditor: train one, with --model=TextEditor and another --run_dir. "
            f"Received: --run_dir={FLAGS.run_dir}, a {type(model).__name__}"
        )
    *size, channels = model.data_spec["images"].shape

    def read(path):
        pixels = _decoding.decode(path, alpha=channels == 4)
        return _images.fit(pixels, size=tuple(size), channels=channels, crop="center", depth=16)[None]

    def edited(images):
        return _as_png(model.edit(images, text=FLAGS.text[0]))

    if pictures.is_dir():
        return picture_folder.convert(pictures, out, read=read, change=edited, flag="edit")
    to = out / f"{pictures.stem}.png"
    if to.resolve() == pictures.resolve():
        raise ValueError(f"Give another --out than the folder of --edit. Received: --edit={pictures} --out={out}")
    content = edited(_read_one(read, pictures))
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(to, content)
    return 1


def _read_one(read, path):
    try:
        return read(path)
    # Pillow raises errors of many classes for damaged files.
    except Exception as error:
        if is_fault_of_computer(error):
            raise
        raise ValueError(f"This is no picture that can be read ({error}). Received: --edit={path}") from error


def _as_png(images):
    """Return the PNG file of the one image of a batch."""
    return tf.io.encode_png(to_bytes(images)[0]).numpy()
