"""Does the command of each model in docs/models.md run, what memory and time does it need? Prints a Markdown table.

    python benchmarks/commands.py
    python benchmarks/commands.py --models=SRGAN --models=ESRGAN --steps=50
    python benchmarks/commands.py --what=minutes

Each command runs as it stands on the page, in a folder of its own, but with --steps training steps. The data that it
names are made up: photographs of noise with edges, cut-outs, films, tones, sentences, a first stage of two steps.
Nothing good comes out of them, but they have the sizes of real ones. They are few: the memory of a large data set comes
on top. "GiB" is the largest resident memory of the process. The first row is what TensorFlow needs alone. The errors of
commands that fail are printed below the table, and this script then ends with 1.

With --what=minutes a command has its own number of steps, and is ended as soon as it says how long a step takes: at
the end of its first epoch, or after ten steps of a long one. "minutes" are those until then, and all other steps at
this pace, which has in it what comes between the steps. The part before a game, on pixels or on likelihood, has
--steps / 2 steps then, too, so the pace is that of the game.
"""

import functools
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

import numpy as np
from absl import app, flags
from PIL import Image
from scipy.io import wavfile

ROOT = pathlib.Path(__file__).parents[1]
_ROW = re.compile(r"^\| `(\w+)`.*?<br>`python (.*?)` \|", re.MULTILINE)
COMMANDS = dict(_ROW.findall((ROOT / "docs" / "models.md").read_text()))
SIDE, PICTURES, FRAMES, SAMPLE_RATE = 128, 40, 16, 8000

FLAGS = flags.FLAGS
flags.DEFINE_multi_enum("models", list(COMMANDS), list(COMMANDS), "Whose commands to run.")
flags.DEFINE_enum("what", "memory", ["memory", "minutes"], "What to measure.")
flags.DEFINE_integer("steps", 20, "Training steps of each.", lower_bound=2)
# What `callbacks.Progress` writes into a pipe. On a line with many losses there is no room for the pace.
_STEPS = re.compile(r"step (?P<done>[\d,]+)/(?P<all>[\d,]+)  ")
_PACE = re.compile(r"(?P<pace>[\d.]+) (?P<unit>m?s)/step")
_LEFT = re.compile(r"  (?P<parts>(?:\d+ (?:d|h|min|s) )+)left$")
_SECONDS = {"d": 86_400, "h": 3600, "min": 60, "s": 1, "ms": 1e-3}


def photograph(rng):
    """Return a picture with smooth parts, edges and noise, uint8 `(side, side, 3)`."""
    rough = rng.integers(0, 256, size=(4, 4, 3), dtype="uint8")
    smooth = np.array(Image.fromarray(rough).resize((SIDE, SIDE)))
    smooth[SIDE // 4 : SIDE // 2, SIDE // 4 :] //= 2
    return np.clip(smooth + rng.normal(0.0, 4.0, smooth.shape), 0, 255).astype("uint8")


def make_photographs(folder, rng, count=PICTURES, darker=1):
    """Write photographs into a folder, their levels divided by `darker`."""
    folder.mkdir(parents=True)
    for i in range(count):
        Image.fromarray(photograph(rng) // darker).save(folder / f"{i:03d}.png")


def make_pairs(folder, rng):
    """Write pairs side by side."""
    folder.mkdir(parents=True)
    for i in range(PICTURES):
        Image.fromarray(np.hstack([photograph(rng), photograph(rng)])).save(folder / f"{i:03d}.png")


def make_domains(folder, rng):
    """Write a sub-folder for each of two domains."""
    for domain in ("old", "young"):
        make_photographs(folder / domain, rng)


def make_cut_outs(folder, rng):
    """Write pictures with alpha: a disk with a soft edge."""
    folder.mkdir(parents=True)
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    alpha = np.clip(SIDE / 3 - np.hypot(x, y), 0, 8) * (255 / 8)
    for i in range(PICTURES):
        rgba = np.dstack([photograph(rng), alpha.astype("uint8")])
        Image.fromarray(rgba).save(folder / f"{i:03d}.png")


def make_films(folder, rng):
    """Write folders of frames, each a photograph that moves to the right."""
    for i in range(PICTURES):
        frames, picture = folder / f"{i:03d}", photograph(rng)
        frames.mkdir(parents=True)
        for t in range(FRAMES):
            Image.fromarray(np.roll(picture, 2 * t, axis=1)).save(frames / f"{t:03d}.png")


def make_recordings(folder, rng):
    """Write seconds of tones with noise."""
    folder.mkdir(parents=True)
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    for i in range(PICTURES):
        wave = 0.3 * np.sin(2 * np.pi * rng.uniform(100, 400) * time) + rng.normal(0.0, 0.02, time.shape)
        wavfile.write(folder / f"{i:03d}.wav", SAMPLE_RATE, (32767 * np.clip(wave, -1, 1)).astype("int16"))


def make_text(file, rng):
    """Write sentences of a small vocabulary, one a line."""
    words = ["a", "the", "king", "queen", "dog", "cat", "sees", "hears", "follows", "finds", "old", "young", "house"]
    lines = [" ".join(rng.choice(words, rng.integers(6, 14))) for _ in range(2000)]
    file.write_text("\n".join(lines) + "\n")


def make_features(file, rng):
    """Write random weights of VGG19, by the names of its layers."""
    arrays, taken = {}, 3
    for block, (count, width) in enumerate(zip((2, 2, 4, 4, 4), (64, 128, 256, 512, 512), strict=True), start=1):
        for number in range(1, count + 1):
            name, spread = f"block{block}_conv{number}", (2 / (9 * taken)) ** 0.5
            kernel = spread * rng.standard_normal((3, 3, taken, width), "float32")
            arrays[f"{name}/kernel"] = kernel.astype("float16")
            arrays[f"{name}/bias"] = np.zeros(width, "float16")
            taken = width
    np.savez(file, **arrays)


def make_first_stage(folder, rng):  # noqa: ARG001
    """Train what a StackGAN draws again, for two steps; or raise a RuntimeError."""
    words = arguments(COMMANDS["TextToImage"], folder.parent)
    given = ["--steps=2", "--steps_per_epoch=2", "--matching_steps=1", f"--run_dir={folder}"]
    code, _, errors = run([*words, *given], folder.parent)
    if code:
        raise RuntimeError(f"The first stage ended with {code}:\n{errors[-2000:]}")


MADE = {
    "horses/": make_photographs,
    "zebras/": make_photographs,
    "photographs/": make_photographs,
    "parts/good/": make_photographs,
    "day/": make_photographs,
    "night/": functools.partial(make_photographs, darker=4),
    "facades/": make_pairs,
    "faces/": make_domains,
    "cut_outs/": make_cut_outs,
    "films/": make_films,
    "recordings/": make_recordings,
    "plays.txt": make_text,
    "captions.txt": make_text,
    "words.txt": make_text,
    "runs/described": make_first_stage,
    "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5": make_features,
}
# The flag of the phase before the game, of commands with such a part.
PHASES = {
    "describe.py --run_dir": "matching_steps",
    "--model=TextEditor": "matching_steps",
    "write.py": "pretraining_steps",
    "--task=upscale": "pretraining_steps",
    "--detector=AnomalyGAN": "gan_steps",
}


def arguments(command, folder):
    """Return a command of the page as its arguments, with its data made in `folder` and few steps."""
    script, *given = shlex.split(command)
    words = [str(ROOT / script)]
    for flag in given:
        name, _, value = flag.partition("=")
        if value in MADE and name != "--run_dir":
            # Weights are written with NumPy alone.
            path = folder / "data" / value.rstrip("/").replace(".h5", ".npz")
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                MADE[value](path, np.random.default_rng(0))
            value = str(path)
        if name == "--flagfile":
            value = str(ROOT / value)
        if name != "--run_dir":
            words.append(f"{name}={value}")
    few = {"steps": FLAGS.steps, "steps_per_epoch": FLAGS.steps} if FLAGS.what == "memory" else {}
    few |= {"run_dir": folder / "run"}
    few |= {phase: FLAGS.steps // 2 for part, phase in PHASES.items() if part in command}
    return [*words, *(f"--{name}={value}" for name, value in few.items())]


def begun(words, folder, **streams):
    """Return a Python program that has begun."""
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen([sys.executable, *words], cwd=folder, env=environment, **streams)


def run(words, folder):
    """Run a Python program; return its exit status, the GiB that it needed, and what it wrote to stderr."""
    with (folder / "stderr.txt").open("w+") as errors:
        process = begun(words, folder, stdout=subprocess.DEVNULL, stderr=errors)
        # The usage of this process alone; `resource.getrusage` has that of the largest child so far.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        return process.returncode, usage.ru_maxrss / 2**20, errors.read()


def timed(words, folder):
    """Run a Python program until it says its pace; return that, the seconds until then, and what it wrote to stderr."""
    began = time.perf_counter()
    with (folder / "stderr.txt").open("w+") as errors:
        process = begun(words, folder, stdout=subprocess.PIPE, stderr=errors, text=True)
        pace = next(filter(None, map(pace_of, process.stdout)), None)
        elapsed = time.perf_counter() - began
        process.kill()
        process.communicate()
        errors.seek(0)
        return pace, elapsed, errors.read()


def pace_of(line):
    """Return the steps done, all steps, and the seconds of each, which a line of `callbacks.Progress` has; or None."""
    steps, pace, left = (pattern.search(line.rstrip()) for pattern in (_STEPS, _PACE, _LEFT))
    if steps is None or (pace or left) is None:
        return None
    done, all_steps = (int(steps[name].replace(",", "")) for name in ("done", "all"))
    if pace:
        return done, all_steps, float(pace["pace"]) * _SECONDS[pace["unit"]]
    counts = left["parts"].split()
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in zip(counts[::2], counts[1::2], strict=True))
    return done, all_steps, seconds / (all_steps - done)


def row_of_memory(name, folder):
    """Return the cells of a command's memory, and its errors."""
    code, gib, errors = run(arguments(COMMANDS[name], folder), folder)
    return [f"{gib:.1f}" if not code else "**failed**"], f"{name} ended with {code}:\n{errors[-2000:]}" if code else ""


def row_of_minutes(name, folder):
    """Return the cells of a command's time, and its errors."""
    pace, elapsed, errors = timed(arguments(COMMANDS[name], folder), folder)
    if pace is None:
        return ["**failed**", "", ""], f"{name} did not say how long a step takes:\n{errors[-2000:]}"
    done, steps, seconds = pace
    minutes = (elapsed + (steps - done) * seconds) / 60
    return [f"{minutes:.{0 if minutes > 10 else 1}f}", f"{steps:,}", f"{1000 * seconds:.3g}"], ""


COLUMNS = {"memory": ["GiB"], "minutes": ["minutes", "steps", "ms_per_step"]}
ROWS = {"memory": row_of_memory, "minutes": row_of_minutes}


def main(argv):
    """Run the commands, print the table."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    head, failed = ["model", *COLUMNS[FLAGS.what], "command"], []
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
    if FLAGS.what == "memory":
        with tempfile.TemporaryDirectory() as directory:
            _, gib, _ = run(["-c", "import keras_gan"], pathlib.Path(directory))
        print(f"| `import keras_gan` | {gib:.1f} | |", flush=True)
    for name in dict.fromkeys(FLAGS.models):
        with tempfile.TemporaryDirectory() as directory:
            cells, errors = ROWS[FLAGS.what](name, pathlib.Path(directory))
        failed += [errors] if errors else []
        print(f"| {name} | {' | '.join(cells)} | `{COMMANDS[name]}` |", flush=True)
    print("", *failed, sep="\n")
    sys.exit(bool(failed))


if __name__ == "__main__":
    app.run(main)
