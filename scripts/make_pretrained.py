"""Train the models that `keras_gan.load_pretrained` loads, and pack them into the package.

    python scripts/make_pretrained.py --names=digits,digits_by_class
    python scripts/make_pretrained.py --names=fashion_mnist --data_dir=~/tensorflow_datasets
    python scripts/make_pretrained.py --names=shakespeare --text=tinyshakespeare.txt

Each is a run of a script of examples/, below, with seed 0, in a folder of --runs. A trained run that is there is packed
as it is, and a run that was stopped resumes. --data_dir holds Fashion-MNIST of TensorFlow Datasets (see
examples/recipes/fashion_mnist_dcgan.txt), and --text is a file of Shakespeare's plays.

A packed model has the averaged generator in the place of the other one, no state of optimizers, and weights that are
rounded to float16 (11 bits of a float32), which makes the compressed file about half as large. keras_gan/pretrained/
receives a folder for each: model.keras, the model card (README.md, model_card.json) and a picture of samples. A larger
picture goes to docs/images/.
"""

import dataclasses
import datetime
import io
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import zipfile

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from PIL import Image

import keras_gan
from keras_gan import callbacks, data, export, metrics

ROOT = pathlib.Path(__file__).parents[1]
PACKAGE, PICTURES = ROOT / "keras_gan" / "pretrained", ROOT / "docs" / "images"
LARGEST = 2_000_000

FLAGS = flags.FLAGS
flags.DEFINE_list("names", [], "Which models to make.")
flags.DEFINE_string("runs", "runs/pretrained", "Where the runs go, each in a folder of its name.")
flags.DEFINE_string("data_dir", None, "TensorFlow Datasets, for fashion_mnist.")
flags.DEFINE_string("text", None, "A file of Shakespeare's plays, for shakespeare.")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a model is made, and of what.

    Args:
        command: str, the script and its flags, without the folders of this computer.
        data_set: str, the name on the card.
        licence: str, of the data.
        needs: tuple of names of flags of this script that the command takes, too.
    """

    command: str
    data_set: str
    licence: str
    needs: tuple[str, ...] = ()


RECIPES = {
    "digits": Recipe(
        "examples/train.py --flagfile=examples/recipes/digits_dcgan_r1.txt",
        "digits",
        "Optical Recognition of Handwritten Digits, Alpaydin and Kaynak 1998, UCI; by way of scikit-learn; CC BY 4.0",
    ),
    "digits_by_class": Recipe(
        "examples/train.py --preset=digits --labels --image_size=16 --steps=4000 --steps_per_epoch=500",
        "digits",
        "Optical Recognition of Handwritten Digits, Alpaydin and Kaynak 1998, UCI; by way of scikit-learn; CC BY 4.0",
    ),
    "fashion_mnist": Recipe(
        "examples/train.py --preset=digits --dataset=fashion_mnist --labels --steps=4000 --steps_per_epoch=500",
        "fashion_mnist",
        "Fashion-MNIST, Xiao et al. 2017 (arXiv 1708.07747), Zalando SE; MIT",
        needs=("data_dir",),
    ),
    "shakespeare": Recipe(
        "examples/write.py --tokenizer=characters --length=64 --width=256 --steps=1250 --steps_per_epoch=250",
        "tinyshakespeare",
        "Shakespeare's plays, in the public domain: 1,115,394 characters, gathered for char-rnn, Karpathy 2015",
        needs=("text",),
    ),
}


def main(argv):
    """Make the models of --names."""
    if argv[1:]:
        raise app.UsageError(f"Give only flags. Received: {' '.join(argv[1:])}")
    if unknown := set(FLAGS.names) - set(RECIPES):
        raise app.UsageError(f"--names are of {', '.join(RECIPES)}. Received: {', '.join(sorted(unknown))}")
    for name in FLAGS.names:
        make(name, RECIPES[name])


def make(name, recipe):
    """Train one model if its run is not there, and pack it."""
    run_dir = pathlib.Path(FLAGS.runs).expanduser() / name
    if not (run_dir / "gan.keras").exists():
        train(recipe, run_dir)
    model = keras_gan.training.load_model(run_dir / "gan.keras")
    small = packed(model)
    folder = PACKAGE / name
    folder.mkdir(parents=True, exist_ok=True)
    write_compressed(small, folder / "model.keras")
    if (size := (folder / "model.keras").stat().st_size) > LARGEST:
        sys.exit(f"{name} has {size:,} bytes, and at most {LARGEST:,} are wanted")
    facts = facts_of(name, recipe, model, small)
    small.compile_from_config(model.get_compile_config())
    export.write_model_card(folder, small, facts=facts)
    if hasattr(small, "sample_shape"):
        draw(small, PICTURES / f"pretrained_{name}.png")
    print(f"{name}: {size:,} bytes; {', '.join(map(str, facts['metrics'].items()))}")


def train(recipe, run_dir):
    """Run the script of a recipe."""
    missing = [need for need in recipe.needs if FLAGS[need].value is None]
    if missing:
        raise app.UsageError(f"This model needs --{missing[0]}.")
    given = [f"--{need}={FLAGS[need].value}" for need in recipe.needs]
    command = [sys.executable, *shlex.split(recipe.command), *given, f"--run_dir={run_dir.resolve()}"]
    subprocess.run(command, cwd=ROOT, check=True)


def packed(model):
    """Return the model without optimizers, with its average in the place of the generator, in float16's precision."""
    small = type(model).from_config({**model.get_config(), "ema_half_life": None})
    for player in model.players:
        for name, network in model.players[player].networks.items():
            trained = model.players[player].averages.get(name, network)
            small.players[player].networks[name].set_weights([rounded(weight) for weight in trained.get_weights()])
    small.training_state.step.assign(model.training_state.step.value)
    small.training_state.seed.assign(model.training_state.seed.value)
    return small


def rounded(weight):
    """Return float32 numbers that float16 can hold; others, such as counters, as they are."""
    return weight.astype("float16").astype("float32") if weight.dtype == np.float32 else weight


def write_compressed(model, path):
    """Save a model as a `.keras` file whose parts are compressed; Keras stores them as they are."""
    with tempfile.TemporaryDirectory() as directory:
        whole = pathlib.Path(directory) / path.name
        model.save(whole)
        with zipfile.ZipFile(whole) as parts, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
            for part in parts.namelist():
                made.writestr(zipfile.ZipInfo(part), parts.read(part), zipfile.ZIP_DEFLATED, 9)


def facts_of(name, recipe, model, small):
    """Return what the card says beyond what the model knows."""
    recorded = (pathlib.Path(FLAGS.runs).expanduser() / name / "flags.txt").read_text()
    batch_size = int(re.search(r"^--batch_size=(\d+)$", recorded, re.MULTILINE)[1])
    # Of the command on the card: TensorFlow Datasets have a folder of their own.
    given = {"text": f" --text={recipe.data_set}.txt", "data_dir": ""}
    command = recipe.command + "".join(given[need] for need in recipe.needs)
    written = {}
    if not hasattr(small, "sample_shape"):
        written["three_texts"] = small.write(3, prompt="KING ", temperature=0.6, seed=0)
    return {
        "data_set": recipe.data_set,
        "split": "train",
        "fingerprint": small.fingerprint(),
        "images_seen": int(model.training_state.step.value) * batch_size,
        "seeds": {"run": 0},
        "metrics": measured(small, name),
        "further": {
            "trained_by": f"python {command}",
            "packed_by": f"python scripts/make_pretrained.py --names={name}",
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "licence_of_the_data": recipe.licence,
            "weights": "rounded to float16; the generator is the average of the training, where there was one",
            "fingerprint_of_the_run": model.fingerprint(),
            **written,
        },
    }


def measured(model, name):
    """Return how good a packed model is on the test split, as a card takes it."""
    if name == "shakespeare":
        texts = data.load_text(FLAGS.text, tokenizer=model.tokenizer, split="test", batch_size=64)
        tokens = np.concatenate([batch["tokens"] for batch in texts.one_pass()])
        nats = -model.log_likelihood(tokens).mean() / tokens.shape[1]
        return {"nats a character of the last tenth of the plays": float(nats)}
    side = model.sample_shape[0]
    source = data.TFDS(name, data_dir=FLAGS.data_dir) if name == "fashion_mnist" else "digits"
    real = {split: data.load(source, image_size=side, split=split, labels=True) for split in ("train", "test")}
    keras.utils.set_random_seed(0)
    extractor = metrics.train_extractor(real["train"], seed=0)
    evaluator = metrics.Evaluator(extractor, ["frechet_distance", "precision_recall"], num_images=2_000)
    report = evaluator.compare(model, real["test"], floor=real["train"])
    if model.num_classes is None:
        return dict(report)
    labels = np.repeat(np.arange(model.num_classes), 100)
    logits = extractor(model.generate(labels=labels, num_images=len(labels), seed=0)).logits
    return {**report, "label accuracy": metrics.label_accuracy(logits, labels).accuracy}


def draw(model, path):
    """Draw samples of seed 0: a row for each class, or 48 of them."""
    classes = model.num_classes
    labels = None if classes is None else np.repeat(np.arange(classes), 12)
    samples = model.generate(48 if labels is None else len(labels), labels=labels, seed=0)
    grid = callbacks.image_grid(samples, columns=12, scale=2 if model.sample_shape[0] < 32 else 1).squeeze(-1)
    buffer = io.BytesIO()
    Image.fromarray(grid).save(buffer, "PNG", optimize=True)
    path.write_bytes(buffer.getvalue())


if __name__ == "__main__":
    app.run(main)
