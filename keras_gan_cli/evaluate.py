"""Measure a trained generator, or a folder of samples, against any data set, and draw a page of the results.

    keras_gan evaluate --samples=runs/demo/gan.keras --dataset=digits
    keras_gan evaluate --samples=saved_models/digits --metrics=kernel_distance,density_coverage
    keras_gan evaluate --samples=pictures/ --dataset=photos/ --image_size=64 --extractor=embedding.tflite

Samples come from a `.keras` file of a GAN, the directory of a run (its best GAN, or else the last one), a SavedModel
that keras_gan.export wrote, or a folder of images. They are compared with the images of --split, which training should
not have seen. If the data set has no test images, a tenth is held out of it, the same tenth that keras_gan train leaves
out. The images of --train_split give the nearest neighbours, and the floor: the value that real images reach instead of
samples.

The output directory receives report.json, and report.png and report.html with the numbers, samples next to their
nearest training images, samples by class and an interpolation between latents.
"""

import csv
import sys
import warnings

from absl import flags

from keras_gan_cli import run_flags

FLAGS = flags.FLAGS


def define():
    """Define the flags."""
    flags.DEFINE_string(
        "samples", None, "A .keras file of a GAN, a run, a SavedModel, or a folder of images.", required=True
    )
    flags.DEFINE_string(
        "dataset", "digits", "Real images: digits, a folder, a .npz file, or a name of TensorFlow Datasets."
    )
    flags.DEFINE_string("split", "test", "Part of the data set that samples are compared with.")
    flags.DEFINE_string(
        "train_split", "train", "Part for the floor, the neighbours and the classifier; empty for none."
    )
    flags.DEFINE_integer(
        "image_size", None, "Side of the real images; default: the side of the samples.", lower_bound=1
    )
    flags.DEFINE_list(
        "metrics", ["frechet_distance", "kernel_distance", "precision_recall"], "Metrics of an Evaluator."
    )
    flags.DEFINE_integer("num_images", 10_000, "Samples to draw.", lower_bound=2)
    flags.DEFINE_integer("seed", 0, "Seed of the samples, the intervals and the classifier.", lower_bound=0)
    flags.DEFINE_string(
        "extractor",
        "classifier",
        "classifier: a small one, trained on --train_split, with its labels if it has some; inception: from "
        "keras.applications; or the path of a .keras, .tflite or SavedModel network, or of the Inception of 2015 with "
        "--inception_2015.",
    )
    flags.DEFINE_bool("inception_2015", False, "--extractor is the Inception of 2015, whose distance is the FID.")
    flags.DEFINE_bool("download", False, "Fetch the weights of --extractor=inception.")
    flags.DEFINE_string("cache_dir", None, "Keeps classifiers, real images and their features from run to run.")
    flags.DEFINE_string("curves", None, "losses.csv of the run; default: the one next to --samples, if it exists.")
    flags.DEFINE_string("out", "runs/evaluation", "Where the report goes.")

    flags.register_multi_flags_validator(
        ["split", "train_split"],
        lambda values: values["split"] != values["train_split"],
        "--train_split must be another part than --split, or empty: real images compared with themselves are no floor",
    )


# The page shows SHOWN samples with neighbours, PER_CLASS of each class out of DRAWN, and PATHS between latents.
SHOWN, PER_CLASS, DRAWN = 12, 10, 500
PATHS, STEPS = 4, 12


def main(argv):
    """Evaluate; an error in the flags or the files ends the program in one line."""
    try:
        run_flags.require_no_words(argv)
        evaluate(run_flags.local_path(FLAGS["out"]))
    except (ValueError, OSError) as error:
        sys.exit(f"Error: {error}")


def evaluate(out):
    """Measure, print the lines of the report, and draw the page."""
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    from keras_gan import metrics
    from keras_gan_cli import report_page

    out.mkdir(parents=True, exist_ok=True)
    # Before the samples are measured, which takes minutes.
    samples = run_flags.gan_of_run(FLAGS["samples"]) or run_flags.local_path(FLAGS["samples"])
    losses = curves(samples)
    source = open_samples(samples)
    test = load(FLAGS.split, source)
    # The labels are for the classifier. Those of one class tell nothing: it is then trained without.
    has_labels = FLAGS.extractor == "classifier" and test.num_classes > 1
    train_split = FLAGS.train_split or FLAGS.split
    train = load(train_split, source, labels=has_labels) if FLAGS.train_split or has_labels else test
    if train.num_held_out:
        print(
            f"{FLAGS.dataset} has no test images: {train.num_held_out:,} of its images are held out. The numbers mean "
            "something only if the GAN was trained without them, as keras_gan train trains."
        )
    evaluator = metrics.Evaluator(
        make_extractor(train),
        FLAGS.metrics,
        num_images=FLAGS.num_images,
        seed=FLAGS.seed,
        cache_dir=FLAGS.cache_dir,
    )
    verbose = int(sys.stdout.isatty())
    known = evaluator.real(train, verbose=verbose)
    with warnings.catch_warnings():
        # The report prints them as notes.
        warnings.filterwarnings("ignore", r"[\d,]+ samples against ")
        report = evaluator.compare(source, test, floor=known if FLAGS.train_split else None, verbose=verbose)
    report.save(out / "report.json")
    print(report)
    picture, page = report_page.write_report(
        out,
        title=f"{FLAGS.samples} against {FLAGS.dataset}",
        results=report.values(),
        curves=losses,
        **pictures(evaluator.extractor, source, train, known),
    )
    print(f"Report: {page}, {picture}, {out / 'report.json'}")


def pictures(extractor, source, train, known):
    """Return the pictures of the page, as arguments of `report_page.write_report`."""
    import numpy as np

    from keras_gan import metrics

    samples = draw(source, DRAWN)
    features, logits = extractor(samples)
    shown = {
        "samples": samples[:SHOWN],
        "real_images": all_images(train),
        "neighbours": metrics.nearest_neighbours(features[:SHOWN], known.features, num_neighbours=2),
    }
    if logits is not None:
        shown["class_samples"] = by_class(samples, np.argmax(logits, axis=1), extractor.num_classes, train.class_names)
    if hasattr(source, "latent_shape"):
        shown["interpolation"] = interpolate(source)
    return shown


def draw(source, count):
    """Return some samples, or images of a folder in a random order, because it may be sorted by class."""
    import numpy as np

    if hasattr(source, "generate"):
        return source.generate(count, seed=FLAGS.seed)
    images = all_images(source)
    return images[np.random.default_rng(FLAGS.seed).permutation(len(images))[:count]]


def all_images(dataset):
    """Return the images of what `data.load` returned as one array, without labels."""
    import numpy as np

    return np.concatenate([np.asarray(batch[0] if isinstance(batch, tuple) else batch) for batch in dataset.one_pass()])


def by_class(samples, classes, num_classes, names):
    """Return a dict of each class to samples that the classifier assigns to it, filled up with black images."""
    import numpy as np

    rows = {}
    for number in range(num_classes):
        found = samples[classes == number][:PER_CLASS]
        blank = np.full((PER_CLASS - len(found), *samples.shape[1:]), -1.0, samples.dtype)
        rows[names[number] if names else number] = np.concatenate([found, blank])
    return rows


def interpolate(source):
    """Return samples along great circles between latents: `(paths, steps, height, width, channels)`."""
    import numpy as np

    rng = np.random.default_rng(FLAGS.seed)
    begin, end = rng.standard_normal((2, PATHS, 1, *source.latent_shape))
    # In many dimensions, normal latents all have nearly the same length; a great circle keeps it.
    angles = np.linspace(0, np.pi / 2, STEPS).reshape(1, STEPS, *(1 for _ in source.latent_shape))
    latents = (begin * np.cos(angles) + end * np.sin(angles)).astype("float32")
    images = source.generate(latents=latents.reshape(-1, *source.latent_shape))
    return images.reshape(PATHS, STEPS, *images.shape[1:])


def open_samples(path):
    """Return what `Evaluator.compare` takes: a GAN, an exported generator, or the images of a folder."""
    from keras_gan import data, export, training

    if path.suffix == ".keras" and path.is_file():
        model = training.load_model(path)
        if not hasattr(model, "generate"):
            raise ValueError(f"This file holds no GAN that could draw samples. Received: --samples={path}")
        return model
    if not path.is_dir():
        raise FileNotFoundError(f"Expected a .keras file, a SavedModel or a folder. Received: --samples={path}")
    if run_flags.is_saved_model(path):
        return export.ExportedGenerator(path)
    return data.load(data.Folder(path), image_size=FLAGS.image_size, batch_size=1)


def load(split, source, *, labels=False):
    """Return a split of the data set, in the size of the samples."""
    from keras_gan import data

    shape = source.image_shape if hasattr(source, "image_shape") else source.sample_shape
    size = FLAGS.image_size or tuple(shape[:2])
    return data.load(
        FLAGS.dataset,
        split=split,
        image_size=size,
        batch_size=1,
        labels=labels,
        preprocessing=data.Preprocessing(channels=shape[2]),
        cache_dir=FLAGS.cache_dir,
    )


def make_extractor(train):
    """Return the extractor that the flags ask for; a classifier is trained on these images."""
    from keras_gan import metrics

    if FLAGS.extractor == "classifier":
        return metrics.train_extractor(train, cache_dir=FLAGS.cache_dir, seed=FLAGS.seed)
    if FLAGS.extractor == "inception":
        return metrics.KerasInception(download=FLAGS.download)
    if FLAGS.inception_2015:
        return metrics.Inception2015(FLAGS.extractor)
    return metrics.ModelExtractor(FLAGS.extractor)


def curves(samples):
    """Return the training curves, a list with a dict for each epoch, or None; `samples` is the path of a GAN."""
    from keras_gan_cli import report_page

    given = FLAGS.curves is not None
    path = run_flags.local_path(FLAGS["curves"]) if given else samples.parent / "losses.csv"
    if not given and not path.exists():
        return None
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return report_page.checked_curves(csv.DictReader(file))
    except (ValueError, csv.Error) as error:
        received = f"{error}," if "Received: " in str(error) else f"It is no table: {error}. Received:"
        raise ValueError(
            f"The table of losses cannot be drawn: move it away, or name another with --curves. {received} file={path}"
        ) from error
