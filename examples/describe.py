"""Learn to draw what a text says, from pictures with captions; draw sentences, and export the model.

    python examples/describe.py --run_dir=runs/described --text="a small red seven at left"
    python examples/describe.py --dataset=pictures/ --captions=captions.csv --image_size=64 --run_dir=runs/pictures

--dataset is "captioned-digits", digits of which a sentence says the size, the colour and the place, which need no
download; or a folder of pictures. Then --captions is a CSV file with the columns "file" and "caption", a row for each
caption; a picture may have several. The defaults take about a quarter of an hour on two free cores.

First the encoders of texts and of pictures learn which belong together (--matching_steps), then the game begins. The
run directory receives pictures of the same captions while it learns (samples/), the losses (losses.png, losses.csv),
the flags of the run (flags.txt), checkpoints (checkpoints/), the trained model (gan.keras), and at the end texts.png, a
row of pictures for each --text. With --export_dir it is exported too: a server takes strings and returns PNG files. A
killed run resumes when the same command is given again.
"""

from absl import app, flags

from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
flags.DEFINE_string("dataset", "captioned-digits", 'The pictures: "captioned-digits", or a folder.')
flags.DEFINE_string("captions", None, "Of a folder: a CSV file with the columns file and caption.")
flags.DEFINE_string("run_dir", "runs/described", "Where the results go.")
run_flags.define_resume()
flags.DEFINE_string("export_dir", None, "Where to export the trained model to; default: nowhere.")
flags.DEFINE_multi_string("text", [], "A sentence to draw at the end; may be given several times.")
flags.DEFINE_enum("encoder", "gru", ["gru", "transformer", "bag"], "What reads the texts.")
flags.DEFINE_integer("image_size", None, "Height and width of the pictures; default: as they are.", lower_bound=4)
flags.DEFINE_integer("batch_size", 32, "Pictures in a batch; at most as many as there are.", lower_bound=1)
flags.DEFINE_integer("candidates", 16, "Of how many wrong captions the most similar is taken.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels of the networks next to the pictures.", lower_bound=1)
flags.DEFINE_integer("stages", 3, "How often the discriminator halves the pictures.", lower_bound=1)
flags.DEFINE_integer("text_dim", 64, "Size of the vector of a text.", lower_bound=1)
flags.DEFINE_bool("conditioning_augmentation", False, "Whether the generator draws the code of a text, as in StackGAN.")
flags.DEFINE_float("interpolation_weight", 0.0, "Weight of texts between two, as in GAN-INT.", lower_bound=0.0)
flags.DEFINE_float(
    "r1", 0.1, "Weight of the penalty of the discriminator's gradient; 0 for spectral normalisation.", lower_bound=0.0
)
flags.DEFINE_float("learning_rate", 4e-4, "Learning rate of generator and discriminator.", lower_bound=1e-9)
flags.DEFINE_integer("matching_steps", 1000, "Training steps of the encoders, a part of --steps.", lower_bound=0)
flags.DEFINE_integer("steps", 10_000, "Training steps in all.", lower_bound=1)
flags.DEFINE_integer("steps_per_epoch", 500, "Steps between two pictures and two checkpoints.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the pictures, and all noise.", lower_bound=0)

# What a run is recorded with.
_RECORDED = (
    *("dataset", "captions", "encoder", "image_size", "batch_size", "candidates", "width", "stages", "text_dim"),
    *("conditioning_augmentation", "interpolation_weight", "r1", "learning_rate", "matching_steps"),
    *("steps", "steps_per_epoch", "seed"),
)
_SHOWN = 8


@run_flags.in_one_line
def main():
    """Train as the flags say; an error in the flags or the data ends the program in one line."""
    if (FLAGS.captions is None) != (FLAGS.dataset == "captioned-digits"):
        raise ValueError(
            "A folder of pictures needs the table of their captions, and captioned-digits have their own. "
            f"Received: --dataset={FLAGS.dataset} --captions={FLAGS.captions}"
        )
    run_flags.require_whole_epochs(FLAGS)
    train(run_flags.local_path(FLAGS["run_dir"]))


def train(run_dir):
    """Train the model; write pictures and checkpoints on the way, and the model and the drawn texts at the end."""
    recorded, run_dir = run_flags.begin(FLAGS, _RECORDED, run_dir)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras

    from keras_gan import export

    keras.utils.set_random_seed(FLAGS.seed)
    data = load()
    model = make_model(data)
    print(f"{data.num_images:,} pictures of {data.image_shape}, {len(data.texts):,} different captions")
    model.fit(
        data,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=[
            run_flags.recording(recorded, run_dir),
            *callbacks(run_dir),
        ],
    )
    model.save(run_dir / "gan.keras")
    print(f"Saved {run_dir / 'gan.keras'}")
    if FLAGS.text:
        print(f"Drew {draw(model, run_dir)}")
    if FLAGS.export_dir is not None:
        print(f"Exported {export.save(model, FLAGS.export_dir)}")


def load():
    """Return batches of the pictures with their captions."""
    from keras_gan import data

    return data.load_captions(
        FLAGS.dataset,
        FLAGS.captions,
        image_size=FLAGS.image_size,
        batch_size=FLAGS.batch_size,
        candidates=FLAGS.candidates,
        seed=FLAGS.seed,
    )


def make_model(data):
    """Return the compiled model for pictures with captions."""
    import keras_gan
    from keras_gan import networks, penalties

    words = {"vocab_size": data.tokenizer.vocab_size, "length": data.tokenizer.length}
    encoder = networks.text_encoder(**words, text_dim=FLAGS.text_dim, kind=FLAGS.encoder)
    sees = networks.dcgan_encoder(image_shape=data.image_shape, latent_dim=FLAGS.text_dim, width=24)
    sizes = {"text_dim": FLAGS.text_dim, "text_width": FLAGS.text_dim, "width": FLAGS.width, "stages": FLAGS.stages}
    pair = networks.gan_cls(
        image_shape=data.image_shape,
        **sizes,
        conditioning_augmentation=FLAGS.conditioning_augmentation,
        discriminator_normalization=None if FLAGS.r1 else "spectral",
    )
    model = keras_gan.TextToImage(
        *pair,
        encoder,
        sees,
        matching_steps=FLAGS.matching_steps,
        tokenizer=data.tokenizer,
        captions=data.texts[:1000],
        interpolation_weight=FLAGS.interpolation_weight,
        penalties=[penalties.R1(FLAGS.r1)] if FLAGS.r1 else [],
        ema_half_life=1000,
        seed=FLAGS.seed,
    )
    optimizers = model.default_optimizers()
    for name in ("generator", "discriminator"):
        optimizers[name].learning_rate = FLAGS.learning_rate
    model.compile(**{f"{name}_optimizer": optimizer for name, optimizer in optimizers.items()})
    return model


def callbacks(run_dir):
    """Return the callbacks of a run."""
    from keras_gan.callbacks import Checkpoint, ImageSnapshots, LossCurves, Progress

    every = {"every": FLAGS.steps_per_epoch, "unit": "step"}
    return [
        Checkpoint(run_dir, **every),
        ImageSnapshots(run_dir / "samples", **every),
        LossCurves(run_dir / "losses.png"),
        Progress(["matching_loss", "d_loss", "d_text_loss", "g_loss"]),
    ]


def draw(model, run_dir):
    """Draw a row of pictures for each --text, and return the path of the file."""
    import numpy as np
    from PIL import Image

    from keras_gan.callbacks import image_grid

    rows = [model.generate(_SHOWN, text=text, seed=FLAGS.seed) for text in FLAGS.text]
    path = run_dir / "texts.png"
    Image.fromarray(image_grid(np.concatenate(rows), columns=_SHOWN, scale=2).squeeze()).save(path)
    return path


if __name__ == "__main__":
    app.run(main)
