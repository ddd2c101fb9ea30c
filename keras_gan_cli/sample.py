"""Draw pictures from a trained GAN, each from a seed, or a film of what lies between them.

    keras_gan sample --model=runs/digits --seeds=0-63 --out=samples.png
    keras_gan sample --model=saved_models/digits --seeds=3,17,40-47 --separate --out=pictures
    keras_gan sample --model=gan.keras --seeds=0-9 --labels=0,1,2
    keras_gan sample --model=gan.keras --interpolate=3-17-8 --out=walk.webp

--model is a .keras file, a SavedModel that keras_gan.export wrote, or the directory of a run, which may hold the best
GAN by a metric (best.keras) or the last one (gan.keras).

Each seed has a picture of its own, whatever the other seeds are: that of seed 7 is `gan.generate(1, seed=7)[0]`. All go
into one picture, row by row; with --separate, each becomes a file of --out, such as 00007.png, with the pixels of the
GAN. Of a conditional GAN, --labels gives the classes: one for all, or several in turn. Without it, the seed draws the
class.

--interpolate makes a film from the picture of one seed to that of the next, and back to the first one: a .gif or .webp,
by the ending of --out. A .png has its pictures in rows, one row from one seed to the next. The paths are great circles
between the latents (White 2016, arXiv 1609.04468). Other noise of the network stays the same along them.
"""

import contextlib
import pathlib
import re

from absl import flags

from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
_MOST_SEEDS, _LARGEST_SEED = 10_000, 2**31 - 1
_FILMS = (".gif", ".webp")
_SECONDS, _FILM_SIDE = 0.08, 256


def define():
    """Define the flags."""
    flags.DEFINE_string("model", None, "A .keras file, a SavedModel, or the directory of a run.", required=True)
    flags.DEFINE_string("seeds", "0-63", "Whole numbers and ranges, joined by commas: 0-63 or 3,17,40-47.")
    flags.DEFINE_list("labels", [], "Classes, for a conditional GAN: one for all, or several in turn, such as 0,1,2.")
    flags.DEFINE_string("interpolate", None, "Two seeds or more to make a film of, as 3-17 or 3-17-8.")
    flags.DEFINE_integer("steps", 24, "Pictures of the film from one seed to the next.", lower_bound=1)
    flags.DEFINE_bool("loop", True, "Lead the film back to its first seed.")
    flags.DEFINE_bool("separate", False, "Write a file for each seed into the folder --out.")
    flags.DEFINE_integer("columns", None, "Pictures in a row; default: the picture is nearly square.", lower_bound=1)
    flags.DEFINE_string(
        "out", None, "Where the pictures go; default: runs/samples.png, runs/samples/ or runs/samples.gif."
    )
    flags.register_validator(
        "labels",
        lambda labels: all(re.fullmatch("[0-9]{1,9}", label) for label in labels),
        "must be whole numbers, joined by commas",
    )


@run_flags.in_one_line
def main():
    """Draw as the flags say; an error in the flags or the files ends the program in one line."""
    if FLAGS.interpolate is None:
        draw = _draw_separate if FLAGS.separate else _draw_grid
        wanted = seeds_of(FLAGS.seeds)
    else:
        draw, wanted = _draw_path, stops_of(FLAGS.interpolate)
    out = _out()
    model = open_model(run_flags.gan_of_run(FLAGS["model"]) or run_flags.local_path(FLAGS["model"]))
    draw(model, wanted, out)


def seeds_of(text):
    """Return the seeds that a flag such as 3,17,40-47 names, a list of int; raise a ValueError if it names none.

    Example:
        >>> seeds_of("3,17,40-42")
        [3, 17, 40, 41, 42]
    """
    seeds = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last <= _LARGEST_SEED:
            raise ValueError(
                f"Seeds are whole numbers from 0 to {_LARGEST_SEED}, and ranges from a smaller to a larger one, joined "
                f"by commas, as 0-63 or 3,17,40-47. Received: --seeds={text}"
            )
        if len(seeds) + last - first >= _MOST_SEEDS:
            raise ValueError(f"Ask for at most {_MOST_SEEDS:,} seeds at once. Received: --seeds={text}")
        seeds += range(first, last + 1)
    return seeds


def stops_of(text):
    """Return the seeds that a flag such as 3-17-8 names, a list of int; raise a ValueError if these are not two.

    Example:
        >>> stops_of("3-17-8")
        [3, 17, 8]
    """
    stops = re.split("[-,]", text)
    if not 2 <= len(stops) <= 100 or not all(re.fullmatch(r"\d{1,10}", s) and int(s) <= _LARGEST_SEED for s in stops):
        raise ValueError(
            f"Give from 2 to 100 seeds, whole numbers from 0 to {_LARGEST_SEED}, joined by -, as 3-17 or 3-17-8. "
            f"Received: --interpolate={text}"
        )
    return [int(stop) for stop in stops]


def _out():
    """Return the path of what is written, of which the flags must be right."""
    if FLAGS.separate and FLAGS.interpolate is not None:
        raise ValueError("A film is one file: leave one of the flags out. Received: --separate and --interpolate")
    if FLAGS.out is None:
        ending = ".gif" if FLAGS.interpolate else "" if FLAGS.separate else ".png"
        return pathlib.Path("runs", f"samples{ending}")
    out = run_flags.local_path(FLAGS["out"])
    endings = (".png", *_FILMS) if FLAGS.interpolate else (".png",)
    if not FLAGS.separate and out.suffix.lower() not in endings:
        instead = "" if FLAGS.interpolate else ", or add --separate for a folder of them"
        raise ValueError(f"Give a file that ends in {' or '.join(endings)}{instead}. Received: --out={FLAGS.out}")
    if FLAGS.separate and out.suffix.lower() in (".png", *_FILMS):
        raise ValueError(f"With --separate, --out is a folder of files. Received: --out={FLAGS.out}")
    return out


def open_model(path):
    """Return what draws the pictures: a GAN, or an exported one.

    Args:
        path: `pathlib.Path` of a .keras file or a SavedModel.

    Returns:
        An object with `generate` and `sample_shape`.
    """
    if not path.is_file() and not run_flags.is_saved_model(path):
        raise FileNotFoundError(
            "Expected a .keras file, a SavedModel, or the directory of a run that has finished, with its gan.keras. "
            f"Received: --model={path}"
        )
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    from keras_gan import export, training

    model = training.load_model(path) if path.is_file() else export.ExportedGenerator(path)
    shape = getattr(model, "sample_shape", ())
    # An exported translator has `generate`, and no latents.
    draws = hasattr(model, "generate") and getattr(model, "latent_shape", None) is not None
    if not draws or len(shape) != 3:
        makes = f"whose samples have the shape {shape}" if draws else "which draws nothing from a seed"
        raise ValueError(f"This model is no GAN that draws pictures. Received: --model={path}, {makes}")
    if shape[-1] not in (1, 3):
        raise ValueError(f"Only grey and RGB pictures can be drawn. Received: pictures of {shape[-1]} channels")
    return model


def draw(model, seeds, labels):
    """Draw the picture of each seed.

    Args:
        model: with `generate`.
        seeds: list of int.
        labels: list of int, the classes in turn; empty to leave them to the seeds.

    Returns:
        float32 array `(len(seeds), height, width, channels)` in [-1, 1].
    """
    import numpy as np

    if labels and not _takes_labels(model):
        raise ValueError(f"This GAN has no classes: leave --labels out. Received: --labels={_joined(labels)}")
    classes = [{"labels": labels[place % len(labels)]} if labels else {} for place in range(len(seeds))]
    # One by one: what a network with noise of its own draws depends on the whole batch.
    return np.concatenate([model.generate(1, seed=seed, **given) for seed, given in zip(seeds, classes, strict=True)])


def _draw_grid(model, seeds, out):
    """Write one picture of all seeds."""
    from keras_gan.callbacks import image_grid

    _save(out, image_grid(draw(model, seeds, _labels()), columns=FLAGS.columns))
    print(f"{len(seeds):,} pictures: {out}")


def _draw_separate(model, seeds, out):
    """Write a file for each seed."""
    from keras_gan.callbacks import image_grid

    for seed, image in zip(seeds, draw(model, seeds, _labels()), strict=True):
        _save(out / f"{seed:05d}.png", image_grid(image[None], padding=0, scale=1))
    print(f"{len(seeds):,} pictures: {out}")


def _draw_path(model, stops, out):
    """Write the film or the picture of a path from seed to seed."""
    from keras_gan.callbacks import image_grid

    images = along(model, stops, _labels(), steps=FLAGS.steps, loop=FLAGS.loop)
    if out.suffix.lower() in _FILMS:
        # A single picture is shown larger than those of a grid.
        scale = max(1, _FILM_SIDE // max(images.shape[1:3]))
        _save_film(out, [image_grid(image[None], padding=0, scale=scale) for image in images])
    else:
        _save(out, image_grid(images, columns=FLAGS.columns or FLAGS.steps))
    print(f"{len(images):,} pictures from seed {' to '.join(map(str, stops))}: {out}")


def along(model, stops, labels, *, steps, loop):
    """Draw the pictures of a path through the latents of seeds.

    Args:
        model: a GAN or an `ExportedGenerator`.
        stops: list of int, the seeds.
        labels: list of one int, the class of all pictures; empty for a GAN without classes.
        steps: int, pictures from one seed to the next.
        loop: whether the path leads back to the first seed, whose picture is then not repeated.

    Returns:
        float32 array `(num_images, height, width, channels)` in [-1, 1].
    """
    import numpy as np

    from keras_gan import _random, latents
    from keras_gan.latents import _spaces

    if len(labels) != int(_takes_labels(model)):
        wanted = "one class for all pictures of the film" if _takes_labels(model) else "no classes: this GAN has none"
        raise ValueError(f"Give {wanted}. Received: --labels={_joined(labels)}")
    ends = np.concatenate([_random.latents_of_seed(1, model.latent_shape, seed) for seed in stops])
    points = latents.walk(np.concatenate([ends, ends[:1]]) if loop else ends, steps)
    points = points[:-1] if loop else points
    if hasattr(model, "sampler"):
        return _spaces.images_of(_spaces.space_of(model), points, labels[0] if labels else None)
    return model.generate(latents=points, labels=labels[0] if labels else None, seed=stops[0])


def _takes_labels(model):
    """Whether a GAN or an exported one takes the class of a picture."""
    inputs = getattr(model, "inputs", None)
    return "labels" in inputs if isinstance(inputs, dict) else bool(getattr(model, "num_classes", None))


def _joined(labels):
    return ",".join(map(str, labels))


def _labels():
    return [int(label) for label in FLAGS.labels]


def _picture(grid):
    from PIL import Image

    return Image.fromarray(grid.squeeze(-1) if grid.shape[-1] == 1 else grid)


def _save(path, grid):
    """Write a picture as PNG."""
    with _replaced(path) as temporary:
        _picture(grid).save(temporary, "PNG")


def _save_film(path, grids):
    """Write pictures as a GIF or WebP that loops, by the ending of the path."""
    from keras_gan import _gif

    pictures = [_picture(grid) for grid in grids]
    with _replaced(path) as temporary:
        if path.suffix.lower() == ".gif":
            with temporary.open("wb") as file:
                _gif.write_gif(file, pictures, [picture.size for picture in pictures], _SECONDS)
        else:
            times = {"duration": round(1000 * _SECONDS), "loop": 0}
            pictures = [picture.convert("RGB") for picture in pictures]
            pictures[0].save(temporary, "WEBP", save_all=True, append_images=pictures[1:], lossless=True, **times)


@contextlib.contextmanager
def _replaced(path):
    """Give a path for new content of a file; a reader sees the old content or the new one, never a part."""
    from keras_gan._files import replacement, writable_file

    with replacement(writable_file(path, "out")) as temporary:
        yield temporary
