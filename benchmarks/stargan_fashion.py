"""One generator for four looks of Fashion-MNIST: are its twelve translations right? Prints Markdown tables.

    python benchmarks/stargan_fashion.py --data_dir=$KERAS_GAN_TEST_DATA/fashion-mnist --seeds=0

The domains are four known transformations of the images at 32x32: "plain", the image itself; "inverted", black for
white; "blurred", by a Gaussian of deviation 1.5; "edges", the size of the gradient. Each training image is in one
domain alone, so `StarGAN` never sees an image in two of them. It is asked to take held-out images from each domain to
each other one, and the truth is known: the other transformation of the same image.

The first table has, for each of the twelve directions, the mean absolute difference of the translation to the truth, in
[-1, 1], and that of the untranslated image. The second has the means over all directions: that difference over that of
the untranslated image; the share that a classifier of the domains takes for the domain asked for; and the share whose
class (of clothes) a classifier that knows the target domain still reads, next to the share for the truth. With
--reconstruction_weights=10,0, the training is repeated without the reconstruction. Edges and blurs lose what the way
back would need, so not all directions can be right. Both players learn at five times the rate of the paper, because the
networks are narrower and the training is short.

A finished run is a line in --out, whatever its result, and is not run again.
"""

import functools
import os

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np
from scipy import ndimage

import keras_gan
from keras_gan.metrics import train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_string("data_dir", _protocol.real_data("fashion-mnist"), "Folder of Fashion-MNIST's IDX files.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_list("reconstruction_weights", ["10", "0"], "Weights of the reconstruction, each a training.")
flags.DEFINE_integer("steps", 5000, "Updates of the generator.", lower_bound=1)
flags.DEFINE_integer("discriminator_steps", 1, "Updates of the critic before each of the generator.", lower_bound=1)
flags.DEFINE_integer("batch_size", 16, "Images in a minibatch.", lower_bound=1)
flags.DEFINE_integer("width", 16, "Channels of the networks next to the picture.", lower_bound=1)
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/stargan_fashion/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/stargan_fashion", "Where the pictures of the runs go.")
flags.register_validator("data_dir", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

SIDE, TRAINED, TESTED, RATE = 32, 12_000, 1_000, 5e-4
SETTINGS = ("steps", "discriminator_steps", "batch_size", "width")


def plain(images):
    """The images themselves."""
    return images


def inverted(images):
    """Black for white."""
    return -images


def blurred(images):
    """Blurred along both axes."""
    return ndimage.gaussian_filter(images, (0.0, 1.5, 1.5, 0.0))


def edges(images):
    """The size of the gradient, from black to white."""
    slopes = [
        # Not `ndimage.sobel`, which also smooths over the images and the channels.
        ndimage.correlate1d(ndimage.correlate1d(images, [-1, 0, 1], axis), [1, 2, 1], other)
        for axis, other in ((1, 2), (2, 1))
    ]
    return np.clip(np.hypot(*slopes) / 4.0, 0.0, 2.0) - 1.0


DOMAINS = (plain, inverted, blurred, edges)


@functools.cache
def images_of(split, count):
    """Return the first images of a split at 32x32 in [-1, 1], and their classes."""
    images, labels = _protocol.read_split(FLAGS.data_dir, split)
    padded = np.pad(images[:count], ((0, 0), (2, 2), (2, 2), (0, 0)))
    return padded.astype("float32") / 127.5 - 1.0, labels[:count]


def training_images():
    """Return images, each in one domain, and their domains and classes."""
    images, classes = images_of("train", TRAINED)
    domains = np.arange(len(images)) % len(DOMAINS)
    looks = np.empty_like(images)
    for number, transform in enumerate(DOMAINS):
        looks[domains == number] = transform(images[domains == number])
    return looks, domains.astype("int32"), classes


def make_model(reconstruction_weight, seed):
    """Return the compiled model."""
    keras.utils.set_random_seed(seed)
    sizes = {"image_shape": (SIDE, SIDE, 1), "num_classes": len(DOMAINS), "width": FLAGS.width}
    generator = keras_gan.networks.resnet_translator(**sizes, blocks=2, padding="zeros")
    critic = keras_gan.networks.stargan_discriminator(**sizes, layers=4)
    options = {"reconstruction_weight": reconstruction_weight, "discriminator_steps": FLAGS.discriminator_steps}
    model = keras_gan.StarGAN(generator, critic, **options, ema_half_life=2000, seed=seed)
    _protocol.compile_falling(model, FLAGS.steps, RATE)
    return model


def run(reconstruction_weight, seed, judges):
    """Train a model and measure it; return the results for the log."""
    model = make_model(reconstruction_weight, seed)
    images, domains, _ = training_images()
    data = keras_gan.data.load((images, domains), labels=True, batch_size=FLAGS.batch_size, seed=seed)
    epochs = _protocol.epochs_of(FLAGS.steps, at_most=20)
    trained = _protocol.fit(model, data, FLAGS.steps, epochs=epochs)
    draw(model, f"reconstruction_{reconstruction_weight:g}_{seed}")
    return trained | measured(model, judges)


def measured(model, judges):
    """Return the differences of all directions, and the shares that the judges read."""
    images, classes = images_of("test", TESTED)
    looks = [transform(images) for transform in DOMAINS]
    directions, in_domain, of_class = {}, [], []
    for source, target in all_directions():
        made = model.translate(looks[source], labels=target)
        pair = [float(np.mean(np.abs(each - looks[target]))) for each in (made, looks[source])]
        directions[f"{DOMAINS[source].__name__} to {DOMAINS[target].__name__}"] = pair
        in_domain.append(float(np.mean(judges.domains_of(made) == target)))
        of_class.append(float(np.mean(judges.classes_of(made, target) == classes)))
    return {"directions": directions, "in_domain": float(np.mean(in_domain)), "of_class": float(np.mean(of_class))}


def all_directions():
    """Return the pairs of different domains, a list of (source, target)."""
    numbers = range(len(DOMAINS))
    return [(source, target) for source in numbers for target in numbers if source != target]


class Judges:
    """A classifier of the domains, and for each domain one of the classes of clothes."""

    def __init__(self):
        looks, domains, _ = training_images()
        images, classes = images_of("train", TRAINED)
        self._of_domains = train_extractor(keras_gan.data.load((looks, domains), labels=True))
        self._of_classes = [
            train_extractor(keras_gan.data.load((transform(images), classes), labels=True)) for transform in DOMAINS
        ]
        self.fingerprint = self._of_domains.fingerprint

    def domains_of(self, images):
        """The domains of images."""
        return np.argmax(self._of_domains(images).logits, axis=-1)

    def classes_of(self, images, domain):
        """The classes of images that look like those of a domain."""
        return np.argmax(self._of_classes[domain](images).logits, axis=-1)

    def of_truth(self):
        """What they read from the true transformations of held-out images: the mean shares."""
        images, classes = images_of("test", TESTED)
        looks = [transform(images) for transform in DOMAINS]
        in_domain = [np.mean(self.domains_of(look) == number) for number, look in enumerate(looks)]
        of_class = [np.mean(self.classes_of(look, number) == classes) for number, look in enumerate(looks)]
        return float(np.mean(in_domain)), float(np.mean(of_class))


def draw(model, name):
    """Draw a held-out image: a row for each of its looks, with its translations to all looks, then the truth."""
    images, _ = images_of("test", TESTED)
    truth = [transform(images[:1]) for transform in DOMAINS]
    rows = [
        np.concatenate([*(model.translate(one, labels=target) for target in range(len(DOMAINS))), *truth])
        for one in truth
    ]
    _protocol.save_grid(FLAGS.pictures, name, np.concatenate(rows), columns=2 * len(DOMAINS), scale=2)


def results(judges):
    """Yield the name and the result of each weight and seed."""
    log = _protocol.RunLog(FLAGS.out)
    for weight in map(float, FLAGS.reconstruction_weights):
        for seed in map(int, FLAGS.seeds):
            settings = {"reconstruction_weight": weight, "seed": seed, "judges": judges.fingerprint, "rate": RATE}
            settings |= {name: FLAGS[name].value for name in SETTINGS}
            result = log.result(settings, lambda weight=weight, seed=seed: run(weight, seed, judges))
            yield f"reconstruction {weight:g}, seed {seed}", result


def mean_ratio(result):
    """The mean difference of all directions over that of the untranslated images."""
    made, untranslated = np.mean(list(result["directions"].values()), axis=0)
    return made / untranslated


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    judges = Judges()
    found = list(results(judges))
    print(f"{FLAGS.steps:,} steps, width {FLAGS.width}; {TESTED:,} held-out images.")
    names = [name for name, _ in found]
    first = found[0][1]["directions"]
    _protocol.print_table(
        ["direction", "untranslated", *names],
        (
            (way, f"{first[way][1]:.3f}", *(f"{result['directions'][way][0]:.3f}" for _, result in found))
            for way in first
        ),
    )
    in_domain, of_class = judges.of_truth()
    _protocol.print_table(
        ["", "over the untranslated", "in the domain", "class is read", "ms a step"],
        [
            ("the truth", "0", f"{in_domain:.3f}", f"{of_class:.3f}", ""),
            *(
                (
                    name,
                    f"{mean_ratio(result):.3f}",
                    f"{result['in_domain']:.3f}",
                    f"{result['of_class']:.3f}",
                    f"{result['ms_per_step']:.0f}",
                )
                for name, result in found
            ),
        ],
    )


if __name__ == "__main__":
    app.run(main)
