"""Train a model that restores pictures, restore a folder with it, and export it.

    python examples/restore.py --task=upscale --pictures=photographs/ --run_dir=runs/large
    python examples/restore.py --run_dir=runs/large --restore=small/ --out=large/
    python examples/restore.py --task=denoise --noise=25 --pictures=photographs/ --restore=noisy/ --out=clean/
    python examples/restore.py --task=brighten --dark=night/ --bright=day/ --run_dir=runs/bright
    python examples/restore.py --task=inpaint --pictures=photographs/ --run_dir=runs/holes
    python examples/restore.py --run_dir=runs/holes --restore=torn/ --out=whole/ --export_dir=saved_models/holes
    python examples/restore.py --task=matte --pictures=cut_outs/ --backgrounds=photographs/ --run_dir=runs/alphas
    python examples/restore.py --run_dir=runs/alphas --restore=portraits/ --trimaps=trimaps/ --out=alphas/

Good pictures are all that it learns from: it makes them small, noisy, grey or dark, or cuts holes into them, and learns
the way back. They may have any sizes. Training takes squares of --image_size at the pictures' own resolution, because
that is what the model will see of yours: a whole photograph made as small as a square would teach it another kind of
detail. Use pictures of the kind and the sharpness that you want to have. Smaller ones than a square are left out.

    --task     --model                        restores
    upscale    SRGAN, ESRGAN, RealESRGAN      pictures that are --scale times too small; RealESRGAN also blurred, noisy
                                              and compressed ones, for which --scale=1 keeps the size
    inpaint    FreeFormInpainter,             PNG files whose holes are transparent; all other pixels stay as they are
               ContextEncoder
    denoise    Pix2Pix, DPED                  pictures with Gaussian noise of up to --noise of 255 levels
    brighten   Pix2Pix, DPED, EnlightenGAN    pictures that got too little light, with the noise of it
    colourise  Pix2Pix                        grey pictures
    matte      AlphaGAN                       the alpha of pictures whose trimaps (white for what is kept, black for
                                              what is not, grey where it is open) have the same names in --trimaps

--task=matte learns from PNG files with exact alpha, made as small as --image_size: each is laid on another part of the
--backgrounds each time.

EnlightenGAN needs no picture twice: it learns from a folder of --dark pictures and another one of --bright pictures,
which show other things. From --pictures alone it takes every second one, makes it dark, and never sees it bright.

The first model of a task is the default; that of --dark and --bright is EnlightenGAN. What enlarges begins with smooth
enlargement, and learns to add details. --features adds the perceptual loss of the model's paper (DPED needs it): a file
of VGG19, such as vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5 of Keras; of EnlightenGAN, VGG16. They are too slow
for two processor cores. Without it, EnlightenGAN keeps what a picture shows by the features of a small network that was
never trained, which sees edges.

The pictures that come out are PNG files of 8 or 16 bits, as they went in, with their alpha. Large ones are restored in
tiles. The run directory receives pictures of training (samples/), the losses (losses.png, losses.csv), what
TrainingHealth has found (health.json), the flags of the run (flags.txt), checkpoints (checkpoints/) and the trained
model (gan.keras). Of 20 pictures or more, a tenth is held out, shown in samples/ and measured after each epoch. A
killed run resumes when the same command is given again; a finished one continues with a larger --steps.
"""

import pathlib

import picture_folder
from absl import app, flags

from keras_gan_cli import flag_words, run_flags

FLAGS = flags.FLAGS
# The first model of each task is its default.
MODELS = {
    "upscale": ("SRGAN", "ESRGAN", "RealESRGAN"),
    "inpaint": ("FreeFormInpainter", "ContextEncoder"),
    "denoise": ("Pix2Pix", "DPED"),
    "brighten": ("Pix2Pix", "DPED", "EnlightenGAN"),
    "colourise": ("Pix2Pix",),
    "matte": ("AlphaGAN",),
}
# What a few minutes on two processor cores are enough for.
_STEPS = {"upscale": 2500, "inpaint": 1000, "denoise": 2500, "brighten": 2500, "colourise": 2500, "matte": 2000}
_FEATURES = ("SRGAN", "ESRGAN", "RealESRGAN", "DPED", "EnlightenGAN")
_OF_ONE_TASK = (
    *(("scale", "upscale"), ("pretraining_steps", "upscale"), ("noise", "denoise"), ("backgrounds", "matte")),
    *(("dark", "brighten"), ("bright", "brighten")),
)
_FOLDERS = ("pictures", "backgrounds", "dark", "bright")
# What a run is recorded with.
_RECORDED = (
    *("task", "model", *_FOLDERS, "scale", "noise", "features", "image_size", "parts", "batch_size"),
    *("width", "blocks", "pretraining_steps", "steps", "steps_per_epoch", "seed"),
)

flags.DEFINE_enum("task", None, list(MODELS), "What to learn; default: use the model of --run_dir.")
flags.DEFINE_enum(
    "model", None, sorted(set(sum(MODELS.values(), ()))), "The model; default: the first one of the task."
)
flags.DEFINE_string("pictures", None, "A folder of good pictures to learn from; of --task=matte, cut-outs with alpha.")
flags.DEFINE_string("backgrounds", None, "Of --task=matte: a folder of photographs to lay the cut-outs on.")
flags.DEFINE_string("dark", None, "Of EnlightenGAN: a folder of dark pictures, in the place of --pictures.")
flags.DEFINE_string("bright", None, "Of EnlightenGAN: a folder of bright pictures of other things, for --dark.")
flags.DEFINE_integer("scale", 4, "Of --task=upscale: how many times as high and wide, 1, 2 or 4.")
flags.DEFINE_float("noise", 25.0, "Of --task=denoise: the largest standard deviation, in levels of 255.", 1.0, 255.0)
flags.DEFINE_string("features", None, "A file of weights of VGG19, or VGG16 for EnlightenGAN, for a perceptual loss.")
flags.DEFINE_integer("image_size", 64, "Side of the squares in training, a multiple of 16.", lower_bound=16)
flags.DEFINE_integer("parts", 4000, "About how many squares to cut from the pictures, as many of each.", lower_bound=1)
flags.DEFINE_integer("batch_size", 8, "Squares in a step.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels of the networks; the papers have 64.", lower_bound=4)
flags.DEFINE_integer("blocks", 4, "Blocks of the networks; the papers have 16 or 23.", lower_bound=1)
flags.DEFINE_integer(
    "pretraining_steps", 2000, "Of --task=upscale: steps on the pixels alone, at first.", lower_bound=0
)
flags.DEFINE_integer("steps", None, "Training steps in all; default: what takes some minutes.", lower_bound=2)
flags.DEFINE_integer("steps_per_epoch", 250, "Steps between two pictures and two measurements.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the squares, their order, and all noise.", lower_bound=0)
flags.DEFINE_string("run_dir", "runs/restore", "Where the results go, or where a trained model is.")
run_flags.define_resume()
flags.DEFINE_string("restore", None, "A folder of pictures to restore.")
flags.DEFINE_string("trimaps", None, "Of a model that finds alphas: a folder with the trimaps of the --restore.")
flags.DEFINE_string("out", None, "Where the restored pictures go; default: RUN_DIR/restored.")
flags.DEFINE_integer(
    "tile", None, "Side of the tiles of large pictures; default: 128, or 256 for holes.", lower_bound=16
)
flags.DEFINE_string("export_dir", None, "Export the model for TensorFlow Serving, as the next version in here.")


@run_flags.in_one_line
def main():
    """Train, restore and export as the flags say; an error in the flags or the data ends the program in one line."""
    run_dir = run_flags.local_path(FLAGS["run_dir"])
    require_flags(run_dir)
    if FLAGS.task:
        run_dir = train(run_dir)
    if FLAGS.restore or FLAGS.export_dir:
        use(run_dir)


def require_flags(run_dir):
    """Raise an error if the flags do not fit each other or name files that are not there, before anything is done."""
    if FLAGS.task:
        _require_training_flags()
    elif name := next((name for name in ("pictures", "dark", "bright", "model") if FLAGS[name].value), None):
        raise ValueError(
            f"Say what to learn, with --task={', --task='.join(MODELS)}. Received: --{name}={FLAGS[name].value}"
        )
    elif not (FLAGS.restore or FLAGS.export_dir):
        raise ValueError(
            "Nothing to do: give --task and --pictures to train; --restore or --export_dir to use a trained model. "
            "Received: no such flag"
        )
    else:
        _trained(run_dir)
    if FLAGS.restore:
        picture_folder.require_folders(run_flags.local_path(FLAGS["restore"]), _out(run_dir), "restore")
        if FLAGS.task:
            _require_trimaps(FLAGS.task == "matte")


def _require_training_flags():
    models = MODELS[FLAGS.task]
    is_unpaired = FLAGS.task == "brighten" and (FLAGS.dark or FLAGS.bright)
    FLAGS.model = FLAGS.model or ("EnlightenGAN" if is_unpaired else models[0])
    FLAGS.steps = FLAGS.steps or _STEPS[FLAGS.task]
    if FLAGS.model not in models:
        raise ValueError(
            f"--task={FLAGS.task} has --model={', --model='.join(models)}. Received: --model={FLAGS.model}"
        )
    _require_pictures()
    _require_features()
    for name, of in _OF_ONE_TASK:
        if FLAGS.task != of and not FLAGS[name].using_default_value:
            raise ValueError(f"--{name} is for --task={of}: leave it out. Received: --{name}={FLAGS[name].value}")
    if FLAGS.scale not in (1, 2, 4):
        raise ValueError(f"--scale must be 1, 2 or 4. Received: --scale={FLAGS.scale}")
    if FLAGS.image_size % 16:
        raise ValueError(f"--image_size must be a multiple of 16. Received: --image_size={FLAGS.image_size}")
    run_flags.require_whole_epochs(FLAGS)


def _require_pictures():
    """Raise an error unless the folders that a model learns from are named, and are there."""
    if FLAGS.task == "brighten" and (FLAGS.dark or FLAGS.bright):
        _require_dark_and_bright()
    elif not FLAGS.pictures:
        either = ", or --dark=DIR and --bright=DIR" if FLAGS.model == "EnlightenGAN" else ""
        raise ValueError(
            f"Give the folder of good pictures, as --pictures=DIR{either}. Received: --task={FLAGS.task} alone"
        )
    if FLAGS.task == "matte" and not FLAGS.backgrounds:
        raise ValueError("Give the folder of photographs to lay cut-outs on, as --backgrounds=DIR. Received: none")
    for name in _FOLDERS:
        if FLAGS[name].value and not run_flags.local_path(FLAGS[name]).is_dir():
            raise FileNotFoundError(f"There is no such folder. Received: --{name}={FLAGS[name].value}")


def _require_dark_and_bright():
    received = " ".join(f"--{name}={FLAGS[name].value}" for name in ("pictures", "dark", "bright") if FLAGS[name].value)
    if FLAGS.model != "EnlightenGAN":
        raise ValueError(
            f"{FLAGS.model} learns from good pictures, which it makes dark: give them as --pictures, or take "
            f"--model=EnlightenGAN for --dark and --bright. Received: --model={FLAGS.model} {received}"
        )
    if FLAGS.pictures or not (FLAGS.dark and FLAGS.bright):
        raise ValueError(
            "Give --dark together with --bright; or --pictures alone, of which every second one is made dark. "
            f"Received: {received}"
        )
    if run_flags.local_path(FLAGS["dark"]).resolve() == run_flags.local_path(FLAGS["bright"]).resolve():
        raise ValueError(f"--dark and --bright must be two folders. Received: {received}")


def _require_features():
    if FLAGS.model == "DPED" and not FLAGS.features:
        raise ValueError(
            "DPED compares the content in the features of VGG19: give its file of weights as --features, or take "
            "--model=Pix2Pix. Received: --model=DPED without --features"
        )
    if FLAGS.features and FLAGS.model not in _FEATURES:
        raise ValueError(
            f"{FLAGS.model} has no perceptual loss: leave --features out. Received: --features={FLAGS.features}"
        )
    if FLAGS.features and not run_flags.local_path(FLAGS["features"]).is_file():
        raise FileNotFoundError(f"There is no such file. Received: --features={FLAGS.features}")
    if FLAGS.features and FLAGS.model == "EnlightenGAN" and FLAGS.image_size < 64:
        raise ValueError(
            "EnlightenGAN compares parts of half a side in the features, which need 32 pixels: give --image_size=64 or "
            f"more, or leave --features out. Received: --image_size={FLAGS.image_size}"
        )


def _require_trimaps(are_needed):
    if bool(FLAGS.trimaps) != are_needed:
        rule = "Pictures need trimaps to find their alpha: give the folder, as --trimaps=DIR"
        raise ValueError(
            f"{rule if are_needed else 'This model takes no --trimaps: leave them out'}. "
            f"Received: --restore={FLAGS.restore} --trimaps={FLAGS.trimaps}"
        )
    if are_needed and not run_flags.local_path(FLAGS["trimaps"]).is_dir():
        raise FileNotFoundError(f"There is no such folder. Received: --trimaps={FLAGS.trimaps}")


def _out(run_dir):
    return run_flags.local_path(FLAGS["out"]) if FLAGS.out else run_dir / "restored"


def _trained(run_dir):
    """Return the file of the trained model of a run."""
    file = run_dir / "gan.keras"
    if not file.is_file():
        raise FileNotFoundError(
            "Expected the directory of a run that has finished, with its gan.keras: train first, with --task and "
            f"--pictures. Received: --run_dir={run_dir}"
        )
    return file


def train(run_dir):
    """Train the model of a task; return the directory of the run."""
    recorded, run_dir = run_flags.begin(FLAGS, _RECORDED, run_dir)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras
    import restore_data
    import restore_parts
    from keras_gan import callbacks

    keras.utils.set_random_seed(FLAGS.seed)
    batches, held_out, shown, channels = restore_data.load()
    model = restore_parts.make_model(channels)
    batch = restore_data.as_batch(model, shown)
    measured = [] if held_out is None else [restore_parts.evaluation(batch, run_dir)]
    if FLAGS.task == "upscale" and FLAGS.pretraining_steps >= FLAGS.steps:
        print("All steps are on the pixels alone: sharp textures need --steps beyond --pretraining_steps.")
    checkpoint = callbacks.Checkpoint(run_dir, every=FLAGS.steps_per_epoch, unit="step")
    checkpoint.phrase = flag_words.in_flags
    model.fit(
        batches,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=[
            run_flags.recording(recorded, run_dir),
            callbacks.TrainingHealth(checkpoint=checkpoint, directory=run_dir),
            checkpoint,
            *measured,
            callbacks.ImageSnapshots(run_dir / "samples", inputs=restore_data.shown_of(model, batch), zoom=4),
            callbacks.LossCurves(run_dir / "losses.png"),
            callbacks.Progress(restore_parts.measures() if measured else list(model.terms)),
        ],
    )
    model.save(run_dir / "gan.keras")
    print(f"Saved {run_dir / 'gan.keras'}; see {run_dir / 'samples'}")
    return run_dir


def use(run_dir):
    """Restore a folder and export with the model of a run."""
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras_gan
    import restore_pictures

    file = _trained(run_dir)
    model = keras_gan.training.load_model(file)
    if FLAGS.restore:
        _require_trimaps(hasattr(model, "matte"))
        folder, out = run_flags.local_path(FLAGS["restore"]), _out(run_dir)
        print(f"Restored {restore_pictures.restore_folder(model, folder, out):,} pictures with {file}: {out}")
    if FLAGS.export_dir:
        print(f"Exported {keras_gan.export.save(model, pathlib.Path(FLAGS.export_dir))}")


if __name__ == "__main__":
    app.run(main)
