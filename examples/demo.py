"""Learn handwritten digits in a few minutes on a laptop's processor, and serve the trained generator.

    python examples/demo.py

The demo trains a convolutional GAN on scikit-learn's digits. `runs/demo/` receives a grid of samples from the same
latents for each epoch, a GIF of these grids, the curves of the losses, events for TensorBoard and the trained GAN. Then
the demo exports the generator to `saved_models/digits/`, and loads it in a new process that imports only TensorFlow.
"""

import pathlib
import subprocess
import sys
import time

from keras_gan_cli import quiet_tensorflow  # noqa: F401 - before TensorFlow

# isort: split
import keras
from absl import app, flags

import keras_gan
from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
flags.DEFINE_string("run_dir", "runs/demo", "Where pictures, curves, events and the trained GAN go.")
flags.DEFINE_string("export_dir", "saved_models/digits", "Where the generator is exported, as its next version.")
flags.DEFINE_integer("epochs", 20, "Epochs of 50 training steps, each on 64 images.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the images and all noise.", lower_bound=0)

STEPS_PER_EPOCH = 50
SERVE = pathlib.Path(__file__).with_name("serve_picture.py")


def main(argv):
    """Run the demo; an error in the flags or the directories ends it in one line."""
    if argv[1:]:
        raise app.UsageError(f"The demo takes only flags. Received: {' '.join(argv[1:])}")
    try:
        demo(run_flags.local_path(FLAGS["run_dir"]))
    except (ValueError, OSError) as error:
        sys.exit(f"Error: {error}")


def demo(run_dir):
    """Train, export and serve, and print what to try next."""
    keras.utils.set_random_seed(FLAGS.seed)
    # A narrow DCGAN with R1. These settings learnt fastest in a small search: see benchmarks/RESULTS.md.
    preset = keras_gan.presets.get("digits")
    digits = preset.load("digits", seed=FLAGS.seed)
    gan = preset.make_gan(digits.image_shape, seed=FLAGS.seed)
    log_dir = str(run_dir / "tensorboard" / time.strftime("%Y%m%d-%H%M%S"))
    gan.fit(
        digits,
        epochs=FLAGS.epochs,
        steps_per_epoch=STEPS_PER_EPOCH,
        verbose=0,
        callbacks=[
            keras_gan.callbacks.Throughput(),
            keras_gan.callbacks.ImageSnapshots(run_dir / "samples", num_images=36, log_dir=log_dir),
            keras_gan.callbacks.LossCurves(run_dir / "losses.png"),
            keras_gan.callbacks.TensorBoard(log_dir, write_graph=False),
            keras_gan.callbacks.Progress(),
        ],
    )
    gan.save(run_dir / "gan.keras")
    card = {"data_set": "digits", "split": "train", "seeds": {"run": FLAGS.seed}}
    exported = keras_gan.export.save(gan, FLAGS.export_dir, card=card)
    served = run_dir / "served.png"
    subprocess.run([sys.executable, SERVE, exported, served], check=True)
    print(
        f"""
Samples of each epoch:  {run_dir / "samples"} (snapshots.gif shows them in order)
Losses:                 {run_dir / "losses.png"}
Exported and served:    {exported}, {served}

Try next:
  {sys.executable} -m tensorboard.main --logdir {run_dir / "tensorboard"}
  {sys.executable} examples/train.py --help
  {sys.executable} examples/train.py --preset=few_images --dataset=FOLDER_OF_IMAGES --run_dir=runs/mine"""
    )


if __name__ == "__main__":
    app.run(main)
