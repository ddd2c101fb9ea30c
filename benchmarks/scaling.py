"""How do time and memory of a training step grow with the work? Prints a Markdown table and draws a log-log picture.

    python benchmarks/scaling.py --picture=docs/images/scaling.png

One size is changed at a time: images in a batch, pixels of an image, channels of the networks, players, and the steps
that a run has already taken. The others stay as in `BASE`. The model is `NonSaturatingGAN` with `dcgan`; for players,
as many generators and discriminators as asked for play in pairs in one step. Each measurement has its own process, so
that no memory is shared.

"Work" is what the algorithm asks for: the multiply-adds of the step's convolutions and dense layers. Time over work
that grows would be a cost that the algorithm does not ask for. Memory is how much the process grew from before the
first layer was built to its peak.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).parent))

BASE = {"batch_size": 64, "image_size": 32, "width": 32, "players": 2, "steps_before": 0}
AXES = {
    "batch_size": (8, 16, 32, 64, 128, 256),
    "image_size": (16, 32, 64, 128),
    "width": (8, 16, 32, 64, 128),
    "players": (2, 4, 8, 16),
    "steps_before": (0, 100, 1000),
}
NAMES = {
    "batch_size": "images in a batch",
    "image_size": "height and width",
    "width": "channels next to the picture",
    "players": "players",
    "steps_before": "steps taken before",
}

FLAGS = flags.FLAGS
flags.DEFINE_multi_enum("axis", list(AXES), list(AXES), "What to change.")
flags.DEFINE_integer("steps", 12, "Steps of a measurement.", lower_bound=1)
flags.DEFINE_integer("threads", len(os.sched_getaffinity(0)), "Threads of TensorFlow.", lower_bound=1)
flags.DEFINE_string("picture", "runs/scaling.png", "Where the picture goes.")
flags.DEFINE_string("measure", None, "For the script's own processes: the sizes, as JSON.")


def measure(sizes, steps):
    """Train some steps of a model of these sizes in this process.

    Returns:
        dict of milliseconds a step, MiB of memory and GFLOP of a step.
    """
    import numpy as np
    import tensorflow as tf
    from _cases import Case, step_flops
    from _flops import forward
    from _keras_contenders import Clock
    from _keras_nets import build
    from _pairs import Pairs
    from _worker import memory, reset_peak

    shape = (sizes["batch_size"], sizes["image_size"], sizes["image_size"], 3)
    images = tf.data.Dataset.from_tensors(tf.constant(np.random.default_rng(0).uniform(-1, 1, shape), tf.float32))
    before = reset_peak()
    case = Case(
        "non_saturating",
        "dcgan",
        sizes["width"],
        sizes["width"],
        image_size=sizes["image_size"],
        batch_size=sizes["batch_size"],
    )
    networks = [build(case) for _ in range(sizes["players"] // 2)]
    model = Pairs(networks)
    model.compile()
    clock = Clock()
    total = 2 + sizes["steps_before"] + steps
    model.fit(images.repeat(), epochs=1, steps_per_epoch=total, verbose=0, callbacks=[clock])
    flops = len(networks) * step_flops(case, *(forward(network) for network in networks[0]))
    return {
        "ms": 1e3 * statistics.median(clock.seconds[-steps:]),
        "mib": (memory("VmHWM") - before) / 2**20,
        "gflop": flops / 1e9,
    }


def measured(sizes):
    """`measure` in a process of its own."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), str(FLAGS.threads))
    command = [sys.executable, __file__, f"--measure={json.dumps(sizes)}", f"--steps={FLAGS.steps}"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **threads}, check=False)
    if done.returncode:
        sys.exit(f"The measurement of {sizes} has failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def rows(axis, found):
    """The lines of the table for one axis, from `{value: measurement}`."""
    lines, previous = [], None
    for value, now in found.items():
        growth = ""
        if previous is not None and now["gflop"] > previous["gflop"]:
            growth = f"{now['ms'] / previous['ms']:.2f} for {now['gflop'] / previous['gflop']:.2f}"
        lines.append(
            f"| {NAMES[axis]} | {value} | {now['gflop']:.2f} | {now['ms']:.1f} | {now['ms'] / now['gflop']:.2f} "
            f"| {growth} | {now['mib']:.0f} |"
        )
        previous = now
    return lines


def draw(results, path):
    """Time and memory against each axis, both on logarithmic scales."""
    # Not pyplot, which would keep the figure.
    from matplotlib.figure import Figure

    shown = {axis: found for axis, found in results.items() if min(found) > 0}
    if not shown:
        return
    figure = Figure(figsize=(3.2 * len(shown), 5.5), layout="constrained")
    plots = figure.subplots(2, len(shown), squeeze=False)
    for column, (axis, found) in enumerate(shown.items()):
        for row, (key, label) in enumerate((("ms", "ms a step"), ("mib", "MiB"))):
            plot = plots[row][column]
            plot.loglog(list(found), [now[key] for now in found.values()], "o-", label="measured")
            if key == "ms":
                last = list(found.values())[-1]
                work = [last["ms"] * now["gflop"] / last["gflop"] for now in found.values()]
                plot.loglog(list(found), work, ":", label="in proportion to the work")
                plot.legend(fontsize=7)
            plot.set_xticks(list(found), [str(value) for value in found])
            plot.xaxis.minorticks_off()
            plot.yaxis.set_major_formatter("{x:g}")
            plot.yaxis.set_minor_formatter("{x:g}")
            plot.tick_params(axis="y", which="both", labelsize=7)
            plot.set_xlabel(NAMES[axis])
            plot.set_ylabel(label)
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)


def main(argv):
    """Measure, print, draw."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    if FLAGS.measure:
        print(json.dumps(measure(json.loads(FLAGS.measure), FLAGS.steps)))
        return
    print("| size | | GFLOP a step | ms a step | ms a GFLOP | time, for work | MiB |\n|---|---|---|---|---|---|---|")
    results = {}
    for axis in FLAGS.axis:
        results[axis] = {value: measured({**BASE, axis: value}) for value in AXES[axis]}
        print("\n".join(rows(axis, results[axis])), flush=True)
    draw(results, FLAGS.picture)


if __name__ == "__main__":
    app.run(main)
