"""The settings of a run, which a checkpoint holds so that a resume with others is told."""

import json
import warnings

from keras_gan.callbacks._checkpoint_state import value

# Where a class is defined and which object it was: they change between programs that train the same.
_LEFT_OUT = {"format", "module", "registered_name", "build_config", "compile_config", "shared_object_id"}
# How the steps run, not what they compute.
_OF_THE_MODE = {"run_eagerly", "steps_per_execution", "jit_compile"}
_SHOWN, _LONGEST = 4, 60


def collect(model, data):
    """Return the settings of a training, a dict that JSON can store.

    A part whose configuration cannot be read, such as a layer of the user's without `get_config`, is left out.

    Args:
        model: `AdversarialModel`, before its state is restored.
        data: dict, what `Batches.identity` returned.
    """
    compiled, seed = _configuration(model.get_compile_config), model.training_state.given_seed
    settings = {
        "data": data,
        **({} if seed is None else {"seed": int(seed)}),
        **{name: setting for name, setting in compiled.items() if name not in _OF_THE_MODE},
        "model": _configuration(model.get_config),
    }
    if value(model.training_state.step):
        # By now the rate is part of the state, and no longer what the optimizer was made with.
        for name in compiled:
            if name.endswith("_optimizer"):
                _remove_rate(settings[name])
    return _without_names(settings)


def _remove_rate(optimizer):
    """Remove the learning rate from the configuration of an optimizer, or of the one within a LossScaleOptimizer."""
    while optimizer is not None:
        optimizer["config"].pop("learning_rate", None)
        optimizer = optimizer["config"].get("inner_optimizer")


def warn_of_differences(here, there, run_dir):
    """Warn if a checkpoint was written with other settings than those of this training.

    Args:
        here: what `collect` returned.
        there: the settings in the checkpoint; None if a version wrote it that stored none.
        run_dir: `pathlib.Path` of the run.
    """
    found = differences(here, there or {})
    if found:
        warnings.warn(
            f"The checkpoints of this run were written with other settings: {'; '.join(found)}. Training resumes with "
            "the new ones, except for the seed and constant learning rates, which are part of the state. For the "
            "result of a run that was never stopped, give the old settings, or choose another `run_dir`. "
            f"Received: run_dir={str(run_dir)!r}",
            stacklevel=2,
        )


def differences(here, there):
    """Return what differs between two settings, as a list of strings; equal changes of many layers are one."""
    groups = {}
    for path, before, now in _unlike("", there, here):
        groups.setdefault((path.rsplit(".", 1)[-1], _shown(before), _shown(now)), []).append(path)
    found = [
        f"{paths[0]}{f' (and {len(paths) - 1} more like it)' if len(paths) > 1 else ''} was {before}, now {now}"
        for (_, before, now), paths in groups.items()
    ]
    return found if len(found) <= _SHOWN else [*found[:_SHOWN], f"and {len(found) - _SHOWN} more"]


def _unlike(path, there, here):
    """Yield (path, value there, value here). A key that only one of them has belongs to another version."""
    if isinstance(there, dict) and isinstance(here, dict) and there.get("class_name") == here.get("class_name"):
        for key in (key for key in there if key in here and key not in _LEFT_OUT):
            yield from _unlike(path if key == "config" else f"{path}.{key}".lstrip("."), there[key], here[key])
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for index, pair in enumerate(zip(there, here, strict=True)):
            yield from _unlike(f"{path}[{index}]", *pair)
    elif there != here:
        yield path, there, here


def _shown(setting):
    if isinstance(setting, dict) and "class_name" in setting:
        text = str(setting["class_name"])
    elif isinstance(setting, list):
        text = f"[{', '.join(map(_shown, setting))}]"
    elif isinstance(setting, float):
        text = f"{setting:g}"
    else:
        text = repr(setting)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _configuration(read):
    """What a model says of itself, as JSON would store it; nothing where a part of it cannot say."""
    try:
        return json.loads(json.dumps(read(), default=lambda value: type(value).__name__))
    except Exception:
        # A user's own `get_config` can raise anything, and training can do without.
        return {}


def _without_names(config):
    """Number the layers instead of naming them: Keras's names depend on what else was built in the process."""
    names = {}

    def find(part):
        if isinstance(part, dict):
            # With nothing else it is the name of a dtype policy.
            if isinstance(part.get("name"), str) and len(part) > 1:
                names.setdefault(part["name"], f"#{len(names)}")
            for entry in part.values():
                find(entry)
        elif isinstance(part, list):
            for entry in part:
                find(entry)

    def replaced(part):
        if isinstance(part, dict) and part.get("class_name") == "__keras_tensor__":
            # Its shape and type follow from the layer that it comes from.
            return replaced(part["config"]["keras_history"])
        if isinstance(part, dict):
            return {key: replaced(entry) for key, entry in part.items()}
        if isinstance(part, list):
            return [replaced(entry) for entry in part]
        return names.get(part, part) if isinstance(part, str) else part

    find(config)
    return replaced(config)
