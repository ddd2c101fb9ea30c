"""Train a translator of images, translate a folder with it, and export it.

    python examples/translate.py --pairs=facades/ --source_half=right --run_dir=runs/facades
    python examples/translate.py --pairs=facades/ --source_half=right --model=Pix2PixHD --run_dir=runs/sharp
    python examples/translate.py --source=horses/ --target=zebras/ --run_dir=runs/zebras
    python examples/translate.py --domains=faces/ --run_dir=runs/faces
    python examples/translate.py --run_dir=runs/facades --translate=new/ --out=translated/
    python examples/translate.py --run_dir=runs/zebras --translate=new/ --to=source --export_dir=saved_models/zebras

The images decide on the model. Pairs train `Pix2Pix`: one folder of pictures of two images next to each other, or with
sub-folders A and B, or two folders with the same names, as --pairs=maps/,photos/. With --model=Pix2PixHD they train
`Pix2PixHD`, which compares the features of discriminators at two scales in the place of pixels. --source and --target
are two kinds of images without pairs, and train `CycleGAN`. --domains is a folder with a sub-folder for each domain,
and trains `StarGAN`. Without one of these three, nothing is trained, and the translator of --run_dir is used.

The run directory receives pictures of translations after each epoch (samples/), the losses (losses.png, losses.csv),
what TrainingHealth has found (health.json), the flags of the run (flags.txt), checkpoints (checkpoints/) and the
trained translator (gan.keras). Pairs are also measured on the folder's test pairs, or on a tenth that is held out, and
the best translator by SSIM is kept (best.keras). A killed run resumes when the same command is given again; a finished
one continues with a larger --steps, where the learning rates fall later.
"""

import pathlib

import translate_parts
from absl import app, flags

from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
# By the images; the first model of each kind is its default.
MODELS = {"pairs": ("Pix2Pix", "Pix2PixHD"), "unpaired": ("CycleGAN",), "domains": ("StarGAN",)}
_IMAGES = {"pairs": "--pairs", "unpaired": "--source and --target", "domains": "--domains"}

flags.DEFINE_list("pairs", [], "A folder of pairs, or two folders of sources and targets.")
flags.DEFINE_string("source", None, "A folder of one kind of images, for --target without pairs.")
flags.DEFINE_string("target", None, "A folder of the other kind of images.")
flags.DEFINE_string("domains", None, "A folder with a sub-folder for each domain.")
flags.DEFINE_enum("model", None, sum(MODELS.values(), ()), "The model; default: the first one for these images.")
flags.DEFINE_enum(
    "source_half", None, ["left", "right"], "Where the source is in --pairs of one picture each; default: left."
)
flags.DEFINE_integer("image_size", 64, "Height and width of the training images.", lower_bound=8)
flags.DEFINE_integer("channels", None, "1: grey, 3: RGB, 4: RGB with alpha; default: as the images are.")
flags.DEFINE_bool("jitter", True, "Read images an eighth larger, cut a random part, and mirror half of them.")
flags.DEFINE_integer("batch_size", 4, "Images in a step.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels of the networks next to the picture; the papers have 64.", lower_bound=1)
flags.DEFINE_integer("blocks", 3, "Residual blocks of all but Pix2Pix; the papers have 6 or 9.", lower_bound=1)
flags.DEFINE_integer("steps", 4000, "Training steps in all; the learning rates fall in the second half.", lower_bound=2)
flags.DEFINE_integer("steps_per_epoch", 200, "Steps between two pictures and two measurements.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the images, and all noise.", lower_bound=0)
flags.DEFINE_string("run_dir", "runs/translate", "Where the results go, or where a trained translator is.")
run_flags.define_resume()
flags.DEFINE_string("translate", None, "A folder of images to translate.")
flags.DEFINE_string("out", None, "Where the translations go, under the same names; default: RUN_DIR/translations.")
flags.DEFINE_enum("to", "target", ["target", "source"], "Which way a CycleGAN translates, and is exported.")
flags.DEFINE_string("domain", None, "The domain that a StarGAN translates to: the name of its sub-folder.")
flags.DEFINE_string("export_dir", None, "Export the translator for TensorFlow Serving, as the next version in here.")

# What a run is recorded with.
_RECORDED = (
    *("pairs", "source", "target", "domains", "source_half", "image_size", "channels", "jitter", "batch_size"),
    *("model", "width", "blocks", "steps", "steps_per_epoch", "seed"),
)


@run_flags.in_one_line
def main():
    """Train, translate and export as the flags say; an error in the flags or the data ends the program in one line."""
    kind, run_dir = kind_of_run(), run_flags.local_path(FLAGS["run_dir"])
    if kind is None and not (FLAGS.translate or FLAGS.export_dir):
        raise ValueError(
            "Nothing to do: give --pairs, --source with --target, or --domains to train; --translate or "
            "--export_dir to use a trained translator. Received: no such flag"
        )
    if kind is not None:
        run_dir = train(kind, run_dir)
    if FLAGS.translate or FLAGS.export_dir:
        use(run_dir)


def kind_of_run():
    """Return "pairs", "unpaired" or "domains", by the flags that name images; None if no flag does."""
    given = [name for name in ("pairs", "source", "target", "domains") if FLAGS[name].value]
    kinds = {("pairs",): "pairs", ("source", "target"): "unpaired", ("domains",): "domains", (): None}
    if tuple(given) not in kinds or len(FLAGS.pairs) > 2:
        raise ValueError(
            "Give --pairs (one folder or two), or --source together with --target, or --domains. "
            f"Received: {' '.join(f'--{name}={FLAGS[name].value}' for name in given)}"
        )
    run_flags.require_whole_epochs(FLAGS)
    kind = kinds[tuple(given)]
    model = model_of(kind)
    for name, of in (("domain", "domains"), ("to", "unpaired"), ("source_half", "pairs")):
        if kind not in (of, None) and not FLAGS[name].using_default_value:
            raise ValueError(
                f"--{name} is for a {MODELS[of][0]}, and these images train a {model}: leave it out. "
                f"Received: --{name}={FLAGS[name].value}"
            )
    return kind


def model_of(kind):
    """Return the name of the model that a kind of data trains, or None for none; or raise a ValueError."""
    if FLAGS.model is None or FLAGS.model in MODELS.get(kind, ()):
        return FLAGS.model or MODELS.get(kind, (None,))[0]
    fits = _IMAGES[next(of for of, models in MODELS.items() if FLAGS.model in models)]
    if kind is None:
        raise ValueError(
            f"--model says what to train, so give its images, as {fits}; or leave it out to use a trained translator. "
            f"Received: --model={FLAGS.model}"
        )
    raise ValueError(
        f"A {FLAGS.model} learns from {fits}: give these; or with {_IMAGES[kind]} take "
        f"--model={' or --model='.join(MODELS[kind])}. Received: --model={FLAGS.model} with {_IMAGES[kind]}"
    )


def train(kind, run_dir):
    """Train the model of a kind of data; return the directory of the run."""
    name = model_of(kind)
    # With the default or without the flag, it is the same run.
    FLAGS.model = None if name == MODELS[kind][0] else name
    recorded, run_dir = run_flags.begin(FLAGS, _RECORDED, run_dir)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras

    keras.utils.set_random_seed(FLAGS.seed)
    images = translate_parts.load(kind)
    translate_parts.require_domain(images.class_names or ())
    model = translate_parts.make_model(name, images)
    print(f"{type(model).__name__}: {describe(images)}")
    model.fit(
        images,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=[
            run_flags.recording(recorded, run_dir),
            *translate_parts.callbacks(kind, images, model, run_dir),
        ],
    )
    model.save(run_dir / "gan.keras")
    print(f"Saved {run_dir / 'gan.keras'}; see {run_dir / 'samples'}")
    return run_dir


def describe(images):
    """Say how many images there are, and of which shape."""
    if isinstance(images.num_images, dict):
        return ", ".join(
            f"{count:,} {name} images of {images.image_shape[name]}" for name, count in images.num_images.items()
        )
    return (
        f"{images.num_images:,} {'pairs' if isinstance(images.image_shape, dict) else 'images'} of {images.image_shape}"
    )


def use(run_dir):
    """Translate a folder and export with the translator of a run: the best one if it was measured."""
    found = [run_dir / name for name in ("best.keras", "gan.keras") if (run_dir / name).is_file()]
    if not found:
        raise FileNotFoundError(
            "Expected the directory of a run that has finished, with its gan.keras: train first, with --pairs, with "
            f"--source and --target, or with --domains. Received: --run_dir={run_dir}"
        )
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    from keras_gan import training

    model = training.load_model(found[0])
    options = translate_parts.options_of(model, run_dir)
    if FLAGS.translate:
        out = run_flags.local_path(FLAGS["out"]) if FLAGS.out else run_dir / "translations"
        count = translate_parts.translate_folder(model, run_flags.local_path(FLAGS["translate"]), out, options)
        print(f"Translated {count:,} images with {found[0]}: {out}")
    if FLAGS.export_dir:
        print(f"Exported {translate_parts.export(model, pathlib.Path(FLAGS.export_dir), options)}")


if __name__ == "__main__":
    app.run(main)
