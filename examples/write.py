"""Learn to write from a text file, and write.

    python examples/write.py --text=shakespeare.txt --tokenizer=characters --length=32 --run_dir=runs/plays
    python examples/write.py --text=captions.txt --model=SeqGAN --pretraining_steps=2000 --run_dir=runs/captions

--text is a file or a folder of files (.txt). With --tokenizer=words each line is a text, and with "characters" each
window of --length characters. LanguageModel learns by maximum likelihood alone; SeqGAN and RelGAN do so for
--pretraining_steps, and then play against a discriminator; TextWGANGP writes all places at once.

The run directory receives samples of text (samples/, step by step), the losses (losses.png, losses.csv), the flags of
the run (flags.txt), checkpoints (checkpoints/), the trained model (gan.keras) and, at the end, written.txt. With
--export_dir, a SavedModel that returns strings is written, too. A killed run resumes when the same command is given
again.
"""

from absl import app, flags

from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
flags.DEFINE_string("text", None, "The texts: a file, or a folder of files.")
flags.DEFINE_string("run_dir", "runs/text", "Where the results go.")
run_flags.define_resume()
flags.DEFINE_string("export_dir", None, "Where the SavedModel goes; default: none is written.")
flags.DEFINE_enum(
    "model", "LanguageModel", ["LanguageModel", "SeqGAN", "RelGAN", "TextWGANGP"], "The model that is trained."
)
flags.DEFINE_enum("tokenizer", "words", ["words", "characters"], "What a token is.")
flags.DEFINE_integer("length", None, "Tokens of a text; default: those of the longest line.", lower_bound=2)
flags.DEFINE_integer("max_tokens", 5000, "The largest vocabulary.", lower_bound=3)
flags.DEFINE_integer("batch_size", 64, "Texts in a batch.", lower_bound=1)
flags.DEFINE_integer("width", 128, "Units of the generator's cell; channels of a TextWGANGP.", lower_bound=2)
flags.DEFINE_integer("filters", 32, "Filters of each size in the discriminator of tokens.", lower_bound=1)
flags.DEFINE_integer("rollouts", 4, "Of a SeqGAN: how often each beginning is finished.", lower_bound=1)
flags.DEFINE_integer("pretraining_steps", 2000, "Steps of maximum likelihood before a game.", lower_bound=0)
flags.DEFINE_float("temperature", 1.0, "Of written.txt: less than 1 for likelier texts.", lower_bound=1e-6)
flags.DEFINE_string("prompt", None, "What the texts of written.txt begin with.")
flags.DEFINE_integer("steps", 3000, "Training steps in all.", lower_bound=1)
flags.DEFINE_integer("steps_per_epoch", 500, "Steps between two samples and two checkpoints.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the texts, and all noise.", lower_bound=0)

# What a run is recorded with.
_RECORDED = (
    *("text", "model", "tokenizer", "length", "max_tokens", "batch_size", "width", "filters", "rollouts"),
    *("pretraining_steps", "steps", "steps_per_epoch", "seed"),
)
_SHOWN = 20


@run_flags.in_one_line
def main():
    """Train as the flags say; an error in the flags or the data ends the program in one line."""
    if FLAGS.text is None:
        raise ValueError("Say which texts to learn from, as in --text=shakespeare.txt. Received: no --text")
    if FLAGS.model == "TextWGANGP" and (FLAGS.prompt is not None or FLAGS.temperature != 1.0):
        raise ValueError(
            "A TextWGANGP writes all places at once: it takes neither --prompt nor --temperature. "
            f"Received: --prompt={FLAGS.prompt} --temperature={FLAGS.temperature}"
        )
    run_flags.require_whole_epochs(FLAGS)
    train(run_flags.local_path(FLAGS["run_dir"]))


def train(run_dir):
    """Train the model; write samples and checkpoints on the way, and the model and a page of texts at the end."""
    recorded, run_dir = run_flags.begin(FLAGS, _RECORDED, run_dir)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras

    keras.utils.set_random_seed(FLAGS.seed)
    texts = load()
    model = make_model(texts.tokenizer)
    print(
        f"{FLAGS.model}: {texts.num_texts:,} texts of {texts.tokenizer.length} of {texts.tokenizer.vocab_size} tokens"
    )
    model.fit(
        texts,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=[run_flags.recording(recorded, run_dir), *callbacks(model, run_dir)],
    )
    model.save(run_dir / "gan.keras")
    written = write(model, run_dir / "written.txt")
    print(f"Saved {run_dir / 'gan.keras'}; see {run_dir / 'written.txt'}, which begins so:\n{written[0]}")
    if FLAGS.export_dir:
        from keras_gan import export

        print(f"Exported {export.save(model, FLAGS.export_dir)}")


def load():
    """Return batches of the texts that --text names."""
    from keras_gan import data

    return data.load_text(
        FLAGS.text,
        tokenizer=FLAGS.tokenizer,
        length=FLAGS.length,
        max_tokens=FLAGS.max_tokens,
        split="train",
        batch_size=FLAGS.batch_size,
        seed=FLAGS.seed,
    )


def make_model(tokenizer):
    """Return the compiled model for the texts of a tokenizer."""
    import keras_gan

    networks = keras_gan.networks
    sizes = {"vocab_size": tokenizer.vocab_size, "length": tokenizer.length, "width": FLAGS.width}
    filters = {size: FLAGS.filters for size in range(2, 6) if size <= tokenizer.length}
    options = {"tokenizer": tokenizer, "seed": FLAGS.seed}
    if FLAGS.model == "TextWGANGP":
        model = keras_gan.TextWGANGP(*networks.text_wgan_gp(**sizes), discriminator_steps=5, **options)
    elif FLAGS.model == "RelGAN":
        made = networks.relgan(**sizes, cell="lstm", representations=8, filters=filters)
        model = keras_gan.RelGAN(*made, pretraining_steps=FLAGS.pretraining_steps, **options)
    else:
        made = networks.seqgan(**sizes, filters=filters)
        if FLAGS.model == "LanguageModel":
            model = keras_gan.LanguageModel(made[0], **options)
        else:
            options |= {"pretraining_steps": FLAGS.pretraining_steps, "rollouts": FLAGS.rollouts}
            model = keras_gan.SeqGAN(*made, discriminator_pretraining_steps=FLAGS.steps_per_epoch, **options)
    model.compile()
    return model


def callbacks(model, run_dir):
    """Return the callbacks of a run."""
    from keras_gan.callbacks import Checkpoint, LossCurves, Progress, TextSnapshots

    often = {"unit": "step", "every": FLAGS.steps_per_epoch}
    return [
        Checkpoint(run_dir, **often),
        TextSnapshots(run_dir / "samples", num_texts=_SHOWN, **often),
        LossCurves(run_dir / "losses.png"),
        Progress(list(model.terms)),
    ]


def write(model, path):
    """Write the texts of the trained model to a file, and return them."""
    given = {} if FLAGS.model == "TextWGANGP" else {"prompt": FLAGS.prompt, "temperature": FLAGS.temperature}
    texts = model.write(_SHOWN, seed=FLAGS.seed, **given)
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return texts


if __name__ == "__main__":
    app.run(main)
