"""What the flags of translate.py describe: the images, the model, and what is done with it."""

import json
import pathlib

import picture_folder
from absl import flags

from keras_gan_cli import flag_words

FLAGS = flags.FLAGS
# The names of a StarGAN's domains, in the order of their labels.
_DOMAINS = "domains.json"
_SHOWN = 8


def load(kind):
    """Return batches of the training images that the flags name."""
    size = FLAGS.image_size
    changes = {"load_size": size * 9 // 8, "flip": True} if FLAGS.jitter else {}
    return _load(kind, changes, batch_size=FLAGS.batch_size, seed=FLAGS.seed)


def load_as_they_are(kind, split="train"):
    """Return the images of a split one by one, without jitter."""
    return _load(kind, {}, split=split, batch_size=1)


def held_out_pairs():
    """Return the pairs of the split "test" or "val", which may be a tenth that is held out; None if there are none."""
    for split in ("test", "val"):
        try:
            return load_as_they_are("pairs", split)
        except ValueError:
            continue
    return None


def _load(kind, changes, **options):
    from keras_gan import data

    options = {"split": "train", "image_size": FLAGS.image_size} | options
    options["preprocessing"] = data.Preprocessing(channels=FLAGS.channels, **changes)
    if kind == "pairs":
        return data.load_pairs(*FLAGS.pairs, source_half=FLAGS.source_half, **options)
    if kind == "unpaired":
        return data.load_unpaired(FLAGS.source, FLAGS.target, **options)
    images = data.load(FLAGS.domains, labels=True, **options)
    _require_full_domains(images.class_names, options["split"])
    return images


def _require_full_domains(names, split):
    """Raise a ValueError if a sub-folder has no images: the data leave it out, and no translation would lead to it."""
    root = pathlib.Path(FLAGS.domains)
    root = root / split if (root / split).is_dir() else root
    folders = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    if empty := [name for name in folders if name not in names]:
        raise ValueError(
            "A domain has no images: fill its folder, or remove it. Its files may have an ending that is not read. "
            f"Received: --domains={FLAGS.domains} without images in {', '.join(empty)}"
        )


def make_model(model_name, images):
    """Return the compiled model of a name for images."""
    import keras

    from keras_gan import schedules

    makers = {"Pix2Pix": _pix2pix, "Pix2PixHD": _pix2pix_hd, "CycleGAN": _cycle_gan, "StarGAN": _stargan}
    model = makers[model_name](images)

    rates = {name: float(optimizer.learning_rate.numpy()) for name, optimizer in model.default_optimizers().items()}
    if model_name in ("Pix2Pix", "Pix2PixHD"):
        # Narrow networks and short runs learn sooner than at the paper's rate.
        rates["generator"] *= 5
    falling = {
        name: schedules.LinearDecay(rate, FLAGS.steps, hold_steps=FLAGS.steps // 2) for name, rate in rates.items()
    }
    model.compile(
        **{f"{name}_optimizer": keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8) for name, rate in falling.items()}
    )
    return model


def _pix2pix(images):
    from keras_gan import Pix2Pix, networks

    source, target = (images.image_shape[name] for name in ("source", "target"))
    generator = networks.unet(image_shape=source, target_channels=target[-1], width=FLAGS.width)
    discriminator = networks.patch_discriminator(
        image_shape=target, source_channels=source[-1], width=FLAGS.width, layers=_patch_layers()
    )
    return Pix2Pix(generator, discriminator, seed=FLAGS.seed)


def _pix2pix_hd(images):
    from keras_gan import Pix2PixHD, networks

    source, target = (images.image_shape[name] for name in ("source", "target"))
    sizes = {"width": FLAGS.width, "blocks": FLAGS.blocks}
    # The paper's four are for large pictures: the blocks see maps of 16x16 up to 256x256.
    halvings = min(4, max(1, FLAGS.image_size.bit_length() - 5))
    generator = networks.resnet_translator(
        image_shape=(None, None, source[-1]), target_channels=target[-1], halvings=halvings, **sizes
    )
    judge = {"source_channels": source[-1], "width": FLAGS.width, "layers": _patch_layers()}
    return Pix2PixHD(generator, networks.multiscale_discriminator(image_shape=target, **judge), seed=FLAGS.seed)


def _cycle_gan(images):
    from keras_gan import CycleGAN, networks

    source, target = (images.image_shape[name] for name in ("source", "target"))
    sizes = {"width": FLAGS.width, "blocks": FLAGS.blocks}
    # For pictures of any size: so is the exported model.
    translators = [
        networks.resnet_translator(image_shape=(None, None, one[-1]), target_channels=other[-1], **sizes)
        for one, other in ((source, target), (target, source))
    ]
    discriminators = [
        networks.patch_discriminator(image_shape=shape, width=FLAGS.width, layers=_patch_layers())
        for shape in (source, target)
    ]
    # The identity loss gives each translator what it makes.
    weight = 0.5 if source == target else 0.0
    return CycleGAN(*translators, *discriminators, identity_weight=weight, seed=FLAGS.seed)


def _stargan(images):
    from keras_gan import StarGAN, networks

    sizes = {"image_shape": images.image_shape, "num_classes": images.num_classes, "width": FLAGS.width}
    generator = networks.resnet_translator(**sizes, blocks=FLAGS.blocks, padding="zeros")
    # The paper has 6 layers at 128x128.
    layers = max(2, FLAGS.image_size.bit_length() - 2)
    return StarGAN(generator, networks.stargan_discriminator(**sizes, layers=layers), seed=FLAGS.seed)


def _patch_layers():
    """A receptive field of 70 pixels from 128x128 on, and half of that below."""
    return 3 if FLAGS.image_size >= 128 else 2


def callbacks(kind, images, model, run_dir):
    """Return the callbacks of a run."""
    from keras_gan import metrics
    from keras_gan.callbacks import Checkpoint, Evaluate, ImageSnapshots, LossCurves, Progress, TrainingHealth

    if kind == "domains":
        (run_dir / _DOMAINS).write_text(json.dumps(images.class_names))
    measured, shown = [], held_out_pairs() if kind == "pairs" else None
    if shown is not None:
        measured = [Evaluate(shown, metrics.PairEvaluator(), directory=run_dir, best="ssim")]
    checkpoint = Checkpoint(run_dir, every=FLAGS.steps_per_epoch, unit="step")
    health = TrainingHealth(checkpoint=checkpoint, directory=run_dir)
    for callback in (checkpoint, health):
        callback.phrase = flag_words.in_flags
    return [
        health,
        checkpoint,
        *measured,
        ImageSnapshots(run_dir / "samples", inputs=_first(shown, kind, model.data_spec)),
        LossCurves(run_dir / "losses.png"),
        Progress(["ssim", "psnr"] if measured else list(model.terms)),
    ]


def _first(held_out, kind, fields):
    """Return some images, a dict by field: the first that are held out, or else some of the training images."""
    import numpy as np

    batches = []
    # In a random order, because a pass would begin with images of one domain alone.
    for batch in load_as_they_are(kind) if held_out is None else held_out.one_pass():
        batches.append(batch if isinstance(batch, dict) else dict(zip(fields, batch, strict=True)))
        if sum(len(next(iter(each.values()))) for each in batches) >= _SHOWN:
            break
    return {name: np.concatenate([batch[name] for batch in batches])[:_SHOWN] for name in batches[0]}


def options_of(model, run_dir):
    """Return which of its translations a model is asked for, as arguments of `translate`; or raise a ValueError."""
    takes_labels = "labels" in model.sampler().inputs
    if FLAGS.domain and not takes_labels:
        raise ValueError(f"--domain is for a StarGAN. Received: --domain={FLAGS.domain} for a {type(model).__name__}")
    if FLAGS.to == "source" and not hasattr(model, "target_to_source"):
        raise ValueError(f"--to=source is for a CycleGAN. Received: --to=source for a {type(model).__name__}")
    if not takes_labels:
        return {"to": FLAGS.to} if hasattr(model, "target_to_source") else {}
    names = json.loads((run_dir / _DOMAINS).read_text())
    require_domain(names)
    return {"labels": names.index(FLAGS.domain)} if FLAGS.domain else {}


def require_domain(names):
    """Raise a ValueError unless --domain is one of a StarGAN's domains; to translate with it, there must be one."""
    if names and FLAGS.domain not in names and (FLAGS.domain or FLAGS.translate):
        raise ValueError(
            f"Say which domain to translate to: --domain must be one of {', '.join(names)}. "
            f"Received: --domain={FLAGS.domain}"
        )


def translate_folder(model, folder, out, options):
    """Translate the images of a folder, and those in the folders below it.

    Args:
        model: with `translate`.
        folder: `pathlib.Path`.
        out: `pathlib.Path`, where the translations go, as PNG files with the same names.
        options: dict, arguments of `translate`.

    Returns:
        int, how many were translated. Files that are no images are named.

    Raises:
        ValueError: if there is no image.
    """
    channels = model.sampler().inputs["images"].shape[-1]

    def translated(given):
        images, levels = given
        return _as_png(model.translate(images, **options)[0], levels)

    return picture_folder.convert(
        folder, out, read=lambda path: _read(path, channels), change=translated, flag="translate"
    )


def _read(path, channels):
    """Return an image file as float32 `(1, height, width, channels)` in [-1, 1], as `keras_gan.data` reads it.

    With it comes the highest level of the file: 255, or 65,535 for one of 16 bits.
    """
    from keras_gan.data import _decoding, _images

    try:
        image = _decoding.decode(path, alpha=channels == 4, depth=16)
    # Deep colours of a format that is only read with 8 bits; or a file that is no image, which is an error again.
    except ValueError:
        image = _decoding.decode(path, alpha=channels == 4)
    levels = 255 if image.dtype == "uint8" else 65535
    return _images.fit(image, size=None, channels=channels, crop=None, depth=16)[None], levels


def _as_png(image, levels):
    """Return the PNG file of an image in [-1, 1] with so many levels."""
    import numpy as np
    import tensorflow as tf

    pixels = np.floor(np.clip((image.astype("float64") + 1.0) * (levels / 2) + 0.5, 0, levels))
    return tf.io.encode_png(pixels.astype("uint8" if levels == 255 else "uint16")).numpy()


def export(model, directory, options):
    """Export a translator for TensorFlow Serving; return the folder of the version."""
    import keras_gan

    # The label of a StarGAN is an input of the served model.
    return keras_gan.export.save(model, directory, **{name: value for name, value in options.items() if name == "to"})
