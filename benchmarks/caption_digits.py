"""Does a picture show what a text says, also where nothing like it was seen? Prints Markdown tables, draws pictures.

    python benchmarks/caption_digits.py --threads=1 --seeds=0

The texts are "a {small|large} {colour} {digit} at {place}" (`keras_gan.data.CaptionedDigits`, 24x24 pixels in colour):
480 combinations, of which a random 72 never come in training. A judge, a small network that was trained on drawings of
the train split of scikit-learn's digits in all combinations, reads the four attributes. Its own accuracy on drawings of
the test split is the first row of each table.

`TextToImage` is trained on the other 408 combinations: its encoders first, then the game. Once with the published
weight of real pictures with the wrong words, 1/2, and once with 0, where the discriminator sees no wrong words. The
wrong text is the one of 16 that shares the most words with the true one (--candidates): of a text that is drawn at
random, the colour, the place or the size is nearly always wrong, so that nobody has to read the digit. The
discriminators have R1 in the place of spectral normalisation, with which they read digits much later. The first table
has the share of pictures with the right digit, colour, size and place, and all four, of texts that were seen in
training and of those that were not. By chance these are 1/10, 1/6, 1/2 and 1/4.

`TextEditor` edits drawings of the test split, one word at a time: the text is that of the picture with another digit,
colour, size or place. The second table has the share of edits in which the word was obeyed, and of those in which each
other attribute stayed. "change of an edit to itself" is the mean absolute difference to the picture, of 2, where the
text is its own. Targets set before: a word of a colour is obeyed in at least 0.9, and the digit stays in at least 0.8.

The trainings of a seed take about 30 minutes of one core in all. A finished run is a line in --out, whatever its
result, and is not run again.
"""

import functools
import os

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np

import keras_gan
from keras_gan.metrics import attribute_accuracy

FLAGS = flags.FLAGS
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training of every row.")
flags.DEFINE_list("mismatches", ["0.5", "0"], "Weights of wrong words in TextToImage, each a row of the first table.")
flags.DEFINE_integer("candidates", 16, "Of how many wrong texts the most similar is taken.", lower_bound=1)
flags.DEFINE_integer("steps", 10_000, "Training steps of the game of TextToImage.", lower_bound=1)
flags.DEFINE_integer("edit_steps", 6_000, "Training steps of the game of TextEditor; 0 for no second table.")
flags.DEFINE_integer("matching_steps", 1500, "Training steps of the encoders.", lower_bound=1)
flags.DEFINE_integer("batch_size", 32, "Pictures in a step.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels next to the picture of TextToImage.", lower_bound=1)
flags.DEFINE_integer("edit_width", 16, "Channels next to the picture of TextEditor.", lower_bound=1)
flags.DEFINE_float("rate", 4e-4, "Learning rate of the players; the papers' is 2e-4, for some 100,000 steps.")
flags.DEFINE_float("r1", 0.1, "Weight of R1; 0 for spectral normalisation.", lower_bound=0.0)
flags.DEFINE_float("reconstruction_weight", 5.0, "Weight of what an edit to a picture's own text may change.")
flags.DEFINE_integer("pictures_drawn", 6000, "Training pictures.", lower_bound=64)
flags.DEFINE_integer("judge_steps", 2000, "Training steps of the judge.", lower_bound=1)
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/caption_digits/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/caption_digits", "Where the pictures go.")

MEASURED, TEXT_DIM, STAGES, SHOWN = 1440, 64, 3, 8
EDITED = {"digit": 0, "colour": 1, "size": 2, "place": 3}


class Judge:
    """A network that reads the four attributes of a picture."""

    def __init__(self):
        keras.utils.set_random_seed(0)
        everything = keras_gan.data.CaptionedDigits(20_000, held_out=0.0, seed=1)
        drawn = everything.draw("train")
        self.names = list(everything.values)
        images = keras.Input((everything.side, everything.side, 3))
        x = images
        for width in (24, 48, 96):
            x = keras.layers.Conv2D(width, 3, padding="same", activation="relu")(x)
            x = keras.layers.MaxPooling2D()(x)
        x = keras.layers.Dense(128, "relu")(keras.layers.Dropout(0.2)(keras.layers.Flatten()(x)))
        self.network = keras.Model(images, [keras.layers.Dense(len(v))(x) for v in everything.values.values()])
        losses = [keras.losses.SparseCategoricalCrossentropy(from_logits=True) for _ in self.names]
        self.network.compile(
            keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, FLAGS.judge_steps)), losses
        )
        batch = 64
        rows = np.random.default_rng(0).integers(len(drawn.images), size=FLAGS.judge_steps * batch)
        parts = [self.scaled(drawn.images[part]) for part in np.array_split(rows, 20)]
        for pictures, part in zip(parts, np.array_split(drawn.attributes[rows], 20), strict=True):
            self.network.fit(pictures, [*part.T], batch_size=batch, shuffle=False, verbose=0)

    @staticmethod
    def scaled(images):
        """Pictures of bytes as floats in [-1, 1]."""
        return images.astype("float32") / 127.5 - 1.0

    def read(self, images):
        """What the pictures show, int32 `(num_images, 4)`."""
        return np.stack([logits.argmax(-1) for logits in self.network.predict(images, 256, verbose=0)], axis=-1)

    def accuracy(self, images, attributes):
        """The share of pictures that show each of the attributes, and all."""
        return attribute_accuracy(self.read(images), attributes, self.names)


def encoders(data, image_shape):
    """Return new encoders of texts and of pictures."""
    words = {"vocab_size": data.tokenizer.vocab_size, "length": data.tokenizer.length}
    reads = keras_gan.networks.text_encoder(**words, text_dim=TEXT_DIM, width=32)
    return reads, keras_gan.networks.dcgan_encoder(image_shape=image_shape, latent_dim=TEXT_DIM, width=24)


def discriminator():
    """Return how the discriminators are kept smooth: an argument of the networks, and one of the models."""
    kind, used = (None, [keras_gan.penalties.R1(FLAGS.r1)]) if FLAGS.r1 else ("spectral", [])
    return {"discriminator_normalization": kind}, {"penalties": used}


def train(model, data, steps):
    """Compile and train a model for its steps of both phases."""
    adam = functools.partial(keras.optimizers.Adam, FLAGS.rate, 0.5)
    model.compile(
        generator_optimizer=adam(), discriminator_optimizer=adam(), matcher_optimizer=keras.optimizers.Adam(2e-3)
    )
    steps += FLAGS.matching_steps
    return _protocol.fit(model, data, steps, epochs=_protocol.epochs_of(steps, at_most=20))


def training_data(world, seed):
    """Return the training pictures with their texts."""
    return keras_gan.data.load_captions(
        world, split="train", batch_size=FLAGS.batch_size, candidates=FLAGS.candidates, seed=seed
    )


def run_drawing(mismatch, seed, world, judge):
    """Train `TextToImage` and measure it; return the results for the log."""
    keras.utils.set_random_seed(seed)
    data = training_data(world, seed)
    sizes = {"text_dim": TEXT_DIM, "width": FLAGS.width, "text_width": 64, "latent_dim": 32, "stages": STAGES}
    normalized, penalised = discriminator()
    networks = keras_gan.networks.gan_cls(image_shape=data.image_shape, **sizes, **normalized)
    options = {"matching_steps": FLAGS.matching_steps, "mismatch_weight": mismatch, "ema_half_life": 1000, **penalised}
    gan = keras_gan.TextToImage(
        *networks, *encoders(data, data.image_shape), tokenizer=data.tokenizer, seed=seed, **options
    )
    result = {"ms_per_step": train(gan, data, FLAGS.steps)["ms_per_step"]}
    for split in ("train", "unseen"):
        attributes, texts = asked(world, split)
        images = gan.generate(text=texts, seed=0)
        result[split] = judge.accuracy(images, attributes)
        show(f"texts_{split}_{mismatch}_{seed}", [gan.generate(SHOWN, text=text, seed=0) for text in texts[:SHOWN]])
    return result


def asked(world, split):
    """Return combinations of a split, each equally often, and their sentences."""
    known = np.random.default_rng(2).permutation(world.combinations(split))
    attributes = np.resize(known, (MEASURED, known.shape[1]))
    return attributes, [world.sentence(row) for row in attributes]


def run_editing(seed, world, judge):
    """Train `TextEditor` and measure it; return the results for the log."""
    keras.utils.set_random_seed(seed)
    data = training_data(world, seed)
    sizes = {"text_dim": TEXT_DIM, "width": FLAGS.edit_width, "text_width": 64, "blocks": 2, "stages": STAGES}
    normalized, penalised = discriminator()
    networks = keras_gan.networks.text_editor(image_shape=data.image_shape, **sizes, **normalized)
    options = {"reconstruction_weight": FLAGS.reconstruction_weight, **penalised}
    editor = keras_gan.TextEditor(
        *networks,
        *encoders(data, data.image_shape),
        tokenizer=data.tokenizer,
        ema_half_life=1000,
        seed=seed,
        matching_steps=FLAGS.matching_steps,
        **options,
    )
    result = {"ms_per_step": train(editor, data, FLAGS.edit_steps)["ms_per_step"]}
    drawn = keras_gan.data.CaptionedDigits(MEASURED // 4, seed=3).draw("test")
    images, columns = judge.scaled(drawn.images), [judge.scaled(drawn.images[:SHOWN])]
    own = editor.edit(images, text=drawn.captions)
    result["itself"] = judge.accuracy(own, drawn.attributes) | {"change": float(np.abs(own - images).mean())}
    for name, axis in EDITED.items():
        wanted = with_another(world, drawn.attributes, axis)
        edited = editor.edit(images, text=[world.sentence(row) for row in wanted])
        result[name] = judge.accuracy(edited, wanted)
        columns.append(edited[:SHOWN])
    show(f"edits_{seed}", np.stack([*columns[:1], own[:SHOWN], *columns[1:]], axis=1))
    return result


def with_another(world, attributes, axis):
    """Return the attributes with another value in one place, drawn at random."""
    count = len(list(world.values.values())[axis])
    shift = np.random.default_rng(axis).integers(1, count, size=len(attributes))
    changed = attributes.copy()
    changed[:, axis] = (changed[:, axis] + shift) % count
    return changed


def show(name, rows):
    """Write pictures as one file, each of the rows an array."""
    rows = np.stack(rows)
    _protocol.save_grid(FLAGS.pictures, name, rows.reshape(-1, *rows.shape[2:]), columns=rows.shape[1], scale=3)


def cells(shares, names):
    """Return the shares as the table has them."""
    return [f"{shares[name]:.3f}" for name in names]


def settings_of(**own):
    """Return the settings of a run, by which the log knows it."""
    sizes = {
        name: FLAGS[name].value
        for name in ("matching_steps", "candidates", "batch_size", "rate", "r1", "pictures_drawn", "judge_steps")
    }
    return {**own, **sizes}


def drawing_rows(log, world, judge):
    """Yield the rows of the table of drawings."""
    names = [*judge.names, "all"]
    for split in ("test", "unseen"):
        drawn = keras_gan.data.CaptionedDigits(MEASURED, seed=4).draw(split)
        yield (
            "real pictures",
            "yes" if split == "test" else "no",
            *cells(judge.accuracy(judge.scaled(drawn.images), drawn.attributes), names),
            "",
        )
    for mismatch in map(float, FLAGS.mismatches):
        for seed in map(int, FLAGS.seeds):
            settings = settings_of(mismatch=mismatch, seed=seed, steps=FLAGS.steps, width=FLAGS.width)
            result = log.result(settings, lambda m=mismatch, s=seed: run_drawing(m, s, world, judge))
            for split in ("train", "unseen"):
                yield (
                    f"TextToImage, wrong words {mismatch:g}, seed {seed}",
                    "yes" if split == "train" else "no",
                    *cells(result[split], names),
                    f"{result['ms_per_step']:.0f}",
                )


def editing_rows(log, world, judge):
    """Yield the rows of the table of edits."""
    names = [*judge.names, "all"]
    for seed in map(int, FLAGS.seeds):
        own = {name: FLAGS[name].value for name in ("edit_steps", "edit_width", "reconstruction_weight")}
        result = log.result(settings_of(editor=True, seed=seed, **own), lambda s=seed: run_editing(s, world, judge))
        for name in ("itself", *EDITED):
            change = f"{result[name]['change']:.3f}" if name == "itself" else ""
            yield f"TextEditor, seed {seed}: {name}", *cells(result[name], names), change


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    judge, world = Judge(), keras_gan.data.CaptionedDigits(FLAGS.pictures_drawn)
    log = _protocol.RunLog(FLAGS.out)
    print(
        f"{FLAGS.steps:,} steps of {FLAGS.batch_size} pictures after {FLAGS.matching_steps:,} of the encoders; "
        f"{len(world.combinations('train'))} combinations seen, {len(world.combinations('unseen'))} not."
    )
    _protocol.print_table(["", "seen", *judge.names, "all", "ms_per_step"], drawing_rows(log, world, judge))
    if FLAGS.edit_steps:
        header = ["word edited", *judge.names, "all", "change of an edit to itself"]
        _protocol.print_table(header, editing_rows(log, world, judge))


if __name__ == "__main__":
    app.run(main)
