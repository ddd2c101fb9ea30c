"""Train a model that encodes images, and use it: reconstruct, interpolate, edit, export.

    python examples/encode.py --dataset=digits --run_dir=runs/codes
    python examples/encode.py --dataset=faces/ --model=VAEGAN --image_size=64 --run_dir=runs/faces
    python examples/encode.py --dataset=digits --run_dir=runs/codes --edit=3 --export_dir=saved_models/codes

--dataset is what keras_gan.data.load takes: digits, a folder of pictures (with a sub-folder for each class, for
--edit), or a .npz file. The test images are those of the data set, or a tenth that is held out.

The run directory receives pictures of test images next to their reconstructions after each epoch (samples/), the losses
(losses.png), how well test images are reconstructed (evaluation_*.json) with the best model (best.keras), what
TrainingHealth has measured (health.json), checkpoints (checkpoints/), the flags (flags.txt) and the trained model
(gan.keras). Then these pictures are drawn of test images:

* reconstructions.png: images, and next to each what the model makes of its code;
* interpolation.png: what lies between one image and another, a path in each row;
* edit_<class>.png, with --edit: images as they are in the middle of a row, with less of the class to the left, and with
  more of it to the right, by the mean difference of the codes of training images with the class and without it.

A killed run resumes when the same command is given again. A finished one only draws and exports, and continues with a
larger --steps.
"""

import pathlib

from absl import app, flags

from keras_gan_cli import flag_words, run_flags

FLAGS = flags.FLAGS
flags.DEFINE_string("dataset", "digits", "What to train on, as of keras_gan.data.load.")
flags.DEFINE_enum("model", "VAE", ["VAE", "VAEGAN"], "The model; a VAEGAN is sharper, and takes longer.")
flags.DEFINE_integer("image_size", 32, "Height and width of the images.", lower_bound=8)
flags.DEFINE_integer("batch_size", 64, "Images in a step.", lower_bound=1)
flags.DEFINE_integer("latent_dim", 16, "Numbers of a code.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels of the convolutions.", lower_bound=2)
flags.DEFINE_float("beta", 1.0, "Weight of the divergence of a VAE.", lower_bound=0.0)
flags.DEFINE_integer("steps", 3000, "Training steps in all.", lower_bound=1)
flags.DEFINE_integer("steps_per_epoch", 300, "Steps between two pictures and two measurements.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the images, and all noise.", lower_bound=0)
flags.DEFINE_string("run_dir", "runs/encode", "Where the results go.")
run_flags.define_resume()
flags.DEFINE_string("edit", None, "A class, by its name or number, that images are moved to.")
flags.DEFINE_string("export_dir", None, "Export the model for TensorFlow Serving, as the next version in here.")

_RECORDED = ("dataset", "model", "image_size", "batch_size", "latent_dim", "width", "beta", "steps", "steps_per_epoch")
_SHOWN, _CODED = 32, 10_000


@run_flags.in_one_line
def main():
    """Train, draw and export as the flags say; an error in the flags or the data ends the program in one line."""
    if FLAGS.model != "VAE" and not FLAGS["beta"].using_default_value:
        raise ValueError(f"--beta is for a VAE. Received: --beta={FLAGS.beta} --model={FLAGS.model}")
    run_flags.require_whole_epochs(FLAGS)
    use(*train())


def load(split, **options):
    """Return batches of a split."""
    from keras_gan import data

    sizes = {"image_size": FLAGS.image_size, "batch_size": FLAGS.batch_size, "seed": FLAGS.seed}
    return data.load(FLAGS.dataset, split=split, **sizes | options)


def make_model(image_shape):
    """Return the compiled model that the flags name."""
    from keras_gan import VAE, VAEGAN, networks

    sizes = {"image_shape": image_shape, "latent_dim": FLAGS.latent_dim, "width": FLAGS.width}
    if FLAGS.model == "VAE":
        model = VAE(*networks.vae(**sizes), beta=FLAGS.beta, seed=FLAGS.seed)
    else:
        model = VAEGAN(*networks.vae_gan(**sizes), seed=FLAGS.seed)
    model.compile()
    return model


def train():
    """Train, or resume; return the model, the images that are held out, and the directory of the run."""
    given = run_flags.local_path(FLAGS["run_dir"])
    recorded, run_dir = run_flags.begin(FLAGS, (*_RECORDED, "seed"), given)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras

    keras.utils.set_random_seed(FLAGS.seed)
    images = load("train")
    # Fewer may be held out than a batch has.
    held_out = load("test", batch_size=min(FLAGS.batch_size, images.num_held_out or FLAGS.batch_size))
    model = make_model(images.image_shape)
    run_flags.record(recorded, run_dir)
    model.fit(
        images,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=callbacks(images, held_out, run_dir),
    )
    model.save(run_dir / "gan.keras")
    return model, held_out, run_dir


def callbacks(images, held_out, run_dir):
    """Return the callbacks of a run on images, which is measured on others."""
    from keras_gan.callbacks import Checkpoint, Evaluate, ImageSnapshots, LossCurves, Progress, TrainingHealth
    from keras_gan.metrics import ReconstructionEvaluator

    measures = ["psnr", "elbo"] if FLAGS.model == "VAE" else ["psnr"]
    checkpoint = Checkpoint(run_dir, every=FLAGS.steps_per_epoch, unit="step")
    # A VAE has no critic whose signs need images.
    health = TrainingHealth(images if FLAGS.model == "VAEGAN" else None, checkpoint=checkpoint, directory=run_dir)
    checkpoint.phrase = health.phrase = flag_words.in_flags
    return [
        checkpoint,
        health,
        Evaluate(held_out, ReconstructionEvaluator(measures), directory=run_dir, best=measures[-1]),
        ImageSnapshots(run_dir / "samples", inputs=first_of(held_out, _SHOWN)[0]),
        LossCurves(run_dir / "losses.png"),
        Progress(measures),
    ]


def first_of(batches, count):
    """Return the first images of a pass through the data, and their classes if the batches have them."""
    import numpy as np

    parts, seen = [], 0
    for batch in batches.one_pass():
        parts.append(batch if isinstance(batch, tuple) else (batch,))
        seen += len(parts[-1][0])
        if seen >= count:
            break
    return [np.concatenate(column)[:count] for column in zip(*parts, strict=True)]


def use(model, held_out, run_dir):
    """Draw what the model makes of images that were held out, and export it."""
    from keras_gan import callbacks, export, latents

    shown = first_of(held_out, _SHOWN)[0]
    shown = shown[: len(shown) // 2 * 2]
    pictures, columns = model.snapshot(2 * len(shown), seed=FLAGS.seed, inputs=shown)
    save(run_dir / "reconstructions.png", callbacks.image_grid(pictures, columns=columns))
    codes = model.encode(shown)
    paths = codes[::2][:8], codes[1::2][:8]
    save(run_dir / "interpolation.png", latents.interpolation_grid(model, ends=paths))
    if FLAGS.edit is not None:
        grid = latents.direction_grid(model, direction(model), points=codes[:8], strength=1.5)
        save(run_dir / f"edit_{FLAGS.edit}.png", grid)
    if FLAGS.export_dir:
        facts = {"data_set": FLAGS.dataset, "split": "train"}
        print(f"Exported {export.save(model, pathlib.Path(FLAGS.export_dir), card=facts)}")


def direction(model):
    """Return the direction of the class of --edit, a row, from the codes of training images."""
    from keras_gan.latents import attribute_vectors

    labelled = load("train", labels=True)
    number = class_number(labelled)
    images, classes = first_of(labelled, _CODED)
    return attribute_vectors(model.encode(images), (classes == number)[:, None])


def class_number(labelled):
    """Return the number of the class that --edit names."""
    names = list(map(str, labelled.class_names or range(labelled.num_classes)))
    if FLAGS.edit in names:
        return names.index(FLAGS.edit)
    raise ValueError(f"--edit must be one of the classes {', '.join(names)}. Received: --edit={FLAGS.edit}")


def save(path, grid):
    """Write a picture, and say where it is."""
    import keras

    keras.utils.save_img(path, grid, scale=False)
    print(path)


if __name__ == "__main__":
    app.run(main)
