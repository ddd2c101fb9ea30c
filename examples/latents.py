"""Explore a trained GAN: draw what lies between its latents, and what they mean.

    python examples/latents.py --from=runs/digits --tool=interpolate --out=runs/digits/walk.gif
    python examples/latents.py --from=runs/digits --tool=truncate
    python examples/latents.py --from=gan.keras --tool=project --images=pictures/ --num_images=8
    python examples/latents.py --from=runs/faces --tool=directions --styles --num_images=5
    python examples/latents.py --from=runs/faces --tool=mix --styles --num_coarse=4

--from is a .keras file or the directory of a run, which may hold the best GAN by a metric (best.keras) or the last one
(gan.keras). Of a conditional GAN, --label chooses the class. --styles works on the styles of a generator that has some,
such as those of keras_gan.networks.stylegan2, and on the latents without it.

* interpolate: paths between random latents, one in each row; a film of closed paths if --out ends in .gif.
* truncate: the same latents with less and less truncation, one strength in each row.
* mix: the coarse styles of one image, and the fine ones of another.
* project: real images from --images, above the nearest that the generator can draw.
* directions: a latent moved along the directions that change images most, one in each row.
"""

import pathlib
import re
import sys

from absl import app, flags

TOOLS = ("interpolate", "truncate", "mix", "project", "directions")

FLAGS = flags.FLAGS
flags.DEFINE_string("from", None, "A .keras file of a GAN, or the directory of a run.", required=True)
flags.DEFINE_enum("tool", "interpolate", TOOLS, "What to draw.")
flags.DEFINE_string("out", None, "The picture, .png or .gif; default: runs/latents/<tool>.png.")
flags.DEFINE_bool("styles", False, "Work on the styles instead of the latents; mixing always does.")
flags.DEFINE_integer("label", None, "The class, for a conditional GAN.", lower_bound=0)
flags.DEFINE_integer("num_images", 6, "Paths, columns, images or directions.", lower_bound=1)
flags.DEFINE_integer("steps", None, "Images of a path, or steps of a projection.", lower_bound=2)
flags.DEFINE_integer("seed", 0, "Seed of the latents.", lower_bound=0)
flags.DEFINE_list("strengths", None, "Of truncation: psi of styles, thresholds of latents.")
flags.DEFINE_integer("num_coarse", 2, "Styles of mixed images that come from the first column.", lower_bound=1)
flags.DEFINE_float("strength", 5.0, "How far directions move a latent to both sides.", lower_bound=0.0)
flags.DEFINE_string("images", "digits", "Real images to project, as of examples/train.py --dataset.")
flags.DEFINE_string("split", "test", "Part of the images to project.")


def main(argv):
    """Draw; an error in the flags or the files ends the program in one line."""
    if argv[1:]:
        raise app.UsageError(f"Give only flags. Received: {' '.join(argv[1:])}")
    try:
        explore(local("from"), local("out") if FLAGS.out else pathlib.Path("runs/latents", f"{FLAGS.tool}.png"))
    except (ValueError, OSError) as error:
        sys.exit(f"Error: {' '.join(str(error).split())}")


def local(name):
    """Return the path that a flag gives."""
    value = FLAGS[name].value
    if not value.strip() or re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", value):
        raise ValueError(f"Expected a path on this machine, without a scheme such as gs://. Received: --{name}={value}")
    return pathlib.Path(value).expanduser()


def find_gan(source):
    """Return the .keras file of a run's directory, or the file itself."""
    found = [source] if source.is_file() else [source / name for name in ("best.keras", "gan.keras")]
    if not source.exists() or not any(path.is_file() for path in found):
        raise FileNotFoundError(
            "Expected a .keras file, or the directory of a run that has finished, with its gan.keras. "
            f"Received: --from={source}"
        )
    return next(path for path in found if path.is_file())


def explore(source, out):
    """Draw the picture of a tool, write it, and print where it is."""
    is_film = out.suffix == ".gif"
    if out.suffix not in (".png", ".gif") or (is_film and FLAGS.tool != "interpolate"):
        raise ValueError(
            "Expected the name of a .png file; of a .gif only for --tool=interpolate. "
            f"Received: --out={out}, --tool={FLAGS.tool}"
        )
    path = find_gan(source)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras

    from keras_gan import latents, training

    gan = training.load_model(path)
    space = latents.StyleSpace(gan) if FLAGS.styles or FLAGS.tool == "mix" else gan
    if is_film:
        latents.write_walk(out, space, **given(num_images=FLAGS.num_images, steps=FLAGS.steps))
    else:
        grid = DRAW[FLAGS.tool](latents, space, gan)
        out.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.save_img(out, grid, scale=False)
    print(f"{FLAGS.tool}: {out}")


def given(**arguments):
    """Return the arguments of a tool that have a value, with the class and the seed."""
    arguments |= {"labels": FLAGS.label, "seed": FLAGS.seed}
    return {name: value for name, value in arguments.items() if value is not None}


def interpolate(latents, space, _):
    """Draw paths."""
    return latents.interpolation_grid(space, **given(num_paths=FLAGS.num_images, steps=FLAGS.steps))


def truncate(latents, space, _):
    """Draw strengths of truncation."""
    strengths = FLAGS.strengths and [float(value) for value in FLAGS.strengths]
    return latents.truncation_grid(space, **given(strengths=strengths, num_images=FLAGS.num_images))


def mix(latents, space, _):
    """Draw mixed styles."""
    return latents.mixing_grid(space, **given(num_coarse=FLAGS.num_coarse, num_images=FLAGS.num_images))


def project(latents, space, gan):
    """Draw real images above their projections, and print the distances."""
    import numpy as np

    from keras_gan import data

    height, width, channels = gan.sample_shape
    dataset = data.load(
        FLAGS.images,
        split=FLAGS.split,
        image_size=(height, width),
        batch_size=1,
        preprocessing=data.Preprocessing(channels=channels),
    )
    images = np.concatenate([batch for batch, _ in zip(dataset.one_pass(), range(FLAGS.num_images), strict=False)])
    found = latents.project(space, images, **given(steps=FLAGS.steps), verbose=int(sys.stdout.isatty()))
    print(f"distance: mean {found.distances.mean():.4g}, largest {found.distances.max():.4g}")
    return latents.projection_grid(images, found)


def directions(latents, space, _):
    """Draw directions."""
    found = latents.directions(space, FLAGS.num_images)
    return latents.direction_grid(space, found, **given(strength=FLAGS.strength, steps=FLAGS.steps))


DRAW = {"interpolate": interpolate, "truncate": truncate, "mix": mix, "project": project, "directions": directions}


if __name__ == "__main__":
    app.run(main)
