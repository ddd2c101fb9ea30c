"""One contender in its own process, controlled over standard input and output: one JSON object per line.

The first line says what to train; the answer comes after the first step. Then `{"steps": n}` trains n more steps and
returns the seconds of each, and `{"peak": size}` returns the speed of a matrix product. The process ends with its
input.
"""

import json
import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from _cases import Case


def load(contender):
    """The class of a contender; imports its framework."""
    if contender == "pytorch":
        from _torch_contender import contender_of

        return contender_of
    import _keras_contenders

    return {
        "keras_gan": _keras_contenders.Ours,
        "r1_r2": _keras_contenders.ExactPenalties,
        "approximate_r1_r2": _keras_contenders.ApproximatePenalties,
        "textbook": _keras_contenders.Textbook,
    }[contender]


def start(kind, job):
    """Build a contender and take its first step; return it and its report."""
    before = reset_peak()
    begin = time.perf_counter()
    contender = kind(Case(**job["case"]), job["bfloat16"], job["jit_compile"])
    contender.run(1)
    seconds = time.perf_counter() - begin
    flops = getattr(contender, "flops_per_step", None)
    return contender, before, {"first_step": seconds, "parameters": contender.parameters, "flops_per_step": flops}


def answer(contender, baseline, request):
    """Return the answer to one request."""
    if "steps" in request:
        return {"seconds": contender.run(request["steps"]), "bytes": memory("VmHWM") - baseline}
    return {"flops_per_second": _speed_of_products(contender, request["peak"], request["bfloat16"])}


def _speed_of_products(contender, size, bfloat16, tries=5):
    """Operations a second of the fastest of some matrix products."""
    product = contender.matrix_product(size, bfloat16)
    product()
    seconds = []
    for _ in range(tries):
        begin = time.perf_counter()
        product()
        seconds.append(time.perf_counter() - begin)
    return 2 * size**3 / min(seconds)


def reset_peak():
    """Forget the peak of the memory so far, such as that of the imports; return what the process holds."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def memory(field):
    """Bytes of memory that the process holds ("VmRSS"), or has held at most ("VmHWM")."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024


def main():
    """Answer until the input ends."""
    # Output of libraries goes to standard error, so that standard output has only the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    job = json.loads(sys.stdin.readline())
    contender, baseline, report = start(load(job["contender"]), job)
    print(json.dumps(report), file=answers)
    for line in sys.stdin:
        print(json.dumps(answer(contender, baseline, json.loads(line))), file=answers)


if __name__ == "__main__":
    main()
