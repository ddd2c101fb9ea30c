"""Learn to draw what a text says, from pictures with captions; draw it again, larger; change pictures by words.

    python examples/describe.py --run_dir=runs/described --text="a small red seven at left"
    python examples/describe.py --dataset=pictures/ --captions=captions.csv --image_size=64 --run_dir=runs/pictures
    python examples/describe.py --model=StackGAN --first=runs/described --run_dir=runs/larger
    python examples/describe.py --model=TextEditor --run_dir=runs/edited
    python examples/describe.py --run_dir=runs/edited --edit=drawings/ --text="a large red seven at left"

--dataset is "captioned-digits", digits of which a sentence says the size, the colour and the place, which need no
download; or a folder of pictures. Then --captions is a CSV file with the columns "file" and "caption", a row for each
caption; a picture may have several. TextToImage takes about a quarter of an hour on two free cores, by default.

    --model        learns to
    TextToImage    draw what a text says
    StackGAN       draw what a trained TextToImage (--first, its run or its file) draws again, --scale times as large;
                   it reads the text as the first one does, so its captions must have the same words
    TextEditor     change a picture as a text says, and leave the rest as it is

The encoders of texts and of pictures of TextToImage and TextEditor learn first which belong together
(--matching_steps), then the game begins. The run directory receives pictures while it learns (samples/): drawings of
the same captions, or real pictures, each to the left of its edit by other words (words.txt). It also receives the
losses (losses.png, losses.csv), the flags of the run (flags.txt), checkpoints (checkpoints/), the trained model
(gan.keras), and at the end texts.png: for each --text a row of drawings, of StackGAN below those of its first stage,
and of TextEditor the edits of the real pictures in the first row. With --export_dir it is exported too: a server takes
strings and returns PNG files. A killed run resumes when the same command is given again.

--edit trains nothing: the TextEditor of --run_dir changes a picture, or those of a folder, as one --text says. The
results are as large as the pictures that it was trained on.
"""

from absl import app, flags

from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
flags.DEFINE_enum("model", "TextToImage", ["TextToImage", "StackGAN", "TextEditor"], "The model that is trained.")
flags.DEFINE_string("dataset", "captioned-digits", 'The pictures: "captioned-digits", or a folder.')
flags.DEFINE_string("captions", None, "Of a folder: a CSV file with the columns file and caption.")
flags.DEFINE_string("run_dir", "runs/described", "Where the results go, or where the TextEditor of --edit is.")
run_flags.define_resume()
flags.DEFINE_string("export_dir", None, "Where to export the trained model to; default: nowhere.")
flags.DEFINE_multi_string("text", [], "A sentence to draw or to edit by at the end; may be given several times.")
flags.DEFINE_string("edit", None, "A picture, or a folder of pictures, that a trained TextEditor changes.")
flags.DEFINE_string("out", None, "Where the edited pictures go, under the same names; default: RUN_DIR/edits.")
flags.DEFINE_string("first", None, "Of a StackGAN: the run directory or the .keras file of a trained TextToImage.")
flags.DEFINE_enum("scale", "2", ["2", "4"], "Of a StackGAN: how many times as high and wide it draws.")
flags.DEFINE_enum("encoder", "gru", ["gru", "transformer", "bag"], "What reads the texts.")
flags.DEFINE_integer("image_size", None, "Height and width of the pictures; default: as they are.", lower_bound=4)
flags.DEFINE_integer("batch_size", 32, "Pictures in a batch; at most as many as there are.", lower_bound=1)
flags.DEFINE_integer("candidates", 16, "Of how many wrong captions the most similar is taken.", lower_bound=1)
flags.DEFINE_integer(
    "width", None, "Channels of the networks next to the pictures; default: 32, or 16 of the others.", lower_bound=1
)
flags.DEFINE_integer("blocks", 2, "Residual blocks of a StackGAN or TextEditor; the papers have 4.", lower_bound=1)
flags.DEFINE_integer("stages", 3, "How often the discriminator halves pictures, as large as --first's.", lower_bound=1)
flags.DEFINE_integer("text_dim", 64, "Size of the vector of a text.", lower_bound=1)
flags.DEFINE_bool("conditioning_augmentation", False, "Whether the generator draws the code of a text, as in StackGAN.")
flags.DEFINE_float("interpolation_weight", 0.0, "Weight of texts between two, as in GAN-INT.", lower_bound=0.0)
flags.DEFINE_float(
    "reconstruction_weight", 5.0, "Of a TextEditor: weight of what an edit to the own text changes.", lower_bound=0.0
)
flags.DEFINE_float(
    "r1", 0.1, "Weight of the penalty of the discriminator's gradient; 0 for spectral normalisation.", lower_bound=0.0
)
flags.DEFINE_float("learning_rate", 4e-4, "Learning rate of generator and discriminator.", lower_bound=1e-9)
flags.DEFINE_integer(
    "matching_steps", None, "Training steps of the encoders, a part of --steps; default: 1000 or 1500.", lower_bound=0
)
flags.DEFINE_integer(
    "steps", None, "Training steps in all; default: 10000, 5000 of a StackGAN, 7500 of a TextEditor.", lower_bound=1
)
flags.DEFINE_integer("steps_per_epoch", 500, "Steps between two pictures and two checkpoints.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the pictures, and all noise.", lower_bound=0)

# Those of TextEditor are of benchmarks/caption_digits.py.
_DEFAULTS = {
    "TextToImage": {"width": 32, "matching_steps": 1000, "steps": 10_000},
    "StackGAN": {"width": 16, "steps": 5000},
    "TextEditor": {"width": 16, "matching_steps": 1500, "steps": 7500},
}
# The flags that not all models have.
_OF_SOME = {
    **dict.fromkeys(("first", "scale"), ("StackGAN",)),
    **dict.fromkeys(("image_size", "encoder", "text_dim", "matching_steps"), ("TextToImage", "TextEditor")),
    "conditioning_augmentation": ("TextToImage", "StackGAN"),
    "blocks": ("StackGAN", "TextEditor"),
    "reconstruction_weight": ("TextEditor",),
}
# What a run is recorded with.
_RECORDED = (
    *("model", "dataset", "captions", "first", "scale", "encoder", "image_size", "batch_size", "candidates"),
    *("width", "blocks", "stages", "text_dim", "conditioning_augmentation", "interpolation_weight"),
    *("reconstruction_weight", "r1", "learning_rate", "matching_steps", "steps", "steps_per_epoch", "seed"),
)


@run_flags.in_one_line
def main():
    """Train or edit as the flags say; an error in the flags or the data ends the program in one line."""
    run_dir = run_flags.local_path(FLAGS["run_dir"])
    if FLAGS.edit is not None:
        edit(run_dir)
    else:
        require_flags()
        train(run_dir)


def require_flags():
    """Raise an error if the flags do not fit each other or the model; fill in the defaults of the model."""
    if (FLAGS.captions is None) != (FLAGS.dataset == "captioned-digits"):
        raise ValueError(
            "A folder of pictures needs the table of their captions, and captioned-digits have their own. "
            f"Received: --dataset={FLAGS.dataset} --captions={FLAGS.captions}"
        )
    for name, models in _OF_SOME.items():
        # Not whether it is given: a flag file of a run gives all.
        if FLAGS.model not in models and FLAGS[name].value != FLAGS[name].default:
            raise ValueError(
                f"--{name} is for --model={' or '.join(models)}: leave it out. "
                f"Received: --model={FLAGS.model} --{name}={FLAGS[name].value}"
            )
    for name, default in _DEFAULTS[FLAGS.model].items():
        setattr(FLAGS, name, default if FLAGS[name].value is None else FLAGS[name].value)
    run_flags.require_whole_epochs(FLAGS)
    if FLAGS.model == "StackGAN":
        first_file()


def first_file():
    """Return the file of the first stage of a StackGAN."""
    path = run_flags.local_path(FLAGS["first"]) if FLAGS.first else None
    found = path and (path if path.is_file() else run_flags.gan_of_run(FLAGS["first"]))
    if found is None:
        raise FileNotFoundError(
            "A StackGAN draws again what a trained TextToImage draws: train one with this script first, and give its "
            f"run directory or its .keras file, as --first=runs/described. Received: --first={FLAGS.first}"
        )
    return found


def train(run_dir):
    """Train the model; write pictures and checkpoints on the way, and the model and the drawn texts at the end."""
    recorded, run_dir = run_flags.begin(FLAGS, _RECORDED, run_dir)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import describe_parts
    import keras

    from keras_gan import export

    keras.utils.set_random_seed(FLAGS.seed)
    first = describe_parts.first_stage(first_file()) if FLAGS.model == "StackGAN" else None
    data = describe_parts.load(first)
    model = describe_parts.make_model(data, first)
    shown = describe_parts.shown(data) if FLAGS.model == "TextEditor" else None
    print(f"{data.num_images:,} pictures of {data.image_shape}, {len(data.texts):,} different captions")
    model.fit(
        data,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=[
            run_flags.recording(recorded, run_dir),
            *describe_parts.callbacks(model, shown, run_dir),
        ],
    )
    model.save(run_dir / "gan.keras")
    print(f"Saved {run_dir / 'gan.keras'}")
    if FLAGS.text:
        print(f"Drew {describe_parts.draw(model, shown, run_dir)}")
    if FLAGS.export_dir is not None:
        print(f"Exported {export.save(model, FLAGS.export_dir)}")


def edit(run_dir):
    """Change the pictures of --edit with the TextEditor of a run."""
    if len(FLAGS.text) != 1:
        raise ValueError(
            'Say what the pictures of --edit should show, in one sentence, as --text="a large red seven at left". '
            f"Received: {len(FLAGS.text)} --text"
        )
    pictures = run_flags.local_path(FLAGS["edit"])
    if not pictures.exists():
        raise FileNotFoundError(f"There is no such picture or folder. Received: --edit={FLAGS.edit}")
    found = run_flags.gan_of_run(FLAGS["run_dir"])
    if found is None:
        raise FileNotFoundError(
            "Expected the directory of a run that has finished, with its gan.keras: train first, with "
            f"--model=TextEditor and without --edit. Received: --run_dir={run_dir}"
        )
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import describe_parts

    out = run_flags.local_path(FLAGS["out"]) if FLAGS.out else run_dir / "edits"
    count = describe_parts.edit(found, pictures, out)
    print(f"Edited {count:,} pictures with {found}: {out}")


if __name__ == "__main__":
    app.run(main)
