"""The settings of a run, which a checkpoint holds so that a resume with others is told."""

import copy
import json
import re
import warnings

from keras_gan.callbacks._checkpoint_state import value

# The step at which the program had begun: it tells whether two programs can be compared, and is no setting itself.
BEGUN_AT = "begun_at"
# Where a class is defined and which object it was: they change between programs that train the same.
_LEFT_OUT = {"format", "module", "registered_name", "build_config", "compile_config", "shared_object_id", BEGUN_AT}
# How the steps run, not what they compute.
_OF_THE_MODE = {"run_eagerly", "steps_per_execution", "jit_compile"}
# What a run only begins with: its state holds what became of it.
_ONLY_AT_THE_BEGINNING = re.compile(r"seed|.*(initializer|\.initial_scale)\b.*")
_SHOWN, _LONGEST = 12, 60


def collect(model, data):
    """Return the settings of a training, a dict that JSON can store.

    A part whose configuration cannot be read, such as a layer of the user's without `get_config`, is left out.

    Args:
        model: `AdversarialModel`, before its state is restored.
        data: dict, what `Batches.identity` returned.
    """
    compiled, seed = _configuration(model.get_compile_config), model.training_state.given_seed
    return _without_names(
        {
            "data": data,
            **({} if seed is None else {"seed": int(seed)}),
            **{name: setting for name, setting in compiled.items() if name not in _OF_THE_MODE},
            "model": _configuration(model.get_config),
            BEGUN_AT: int(value(model.training_state.step)),
        }
    )


def settings_of(saved):
    """The settings in a `SavedState`; none if a version wrote it that stored none."""
    settings = saved.meta.get("settings")
    return settings if isinstance(settings, dict) else {}


def rate_in(settings, name):
    """The configuration in some settings that has an optimizer's `learning_rate`; empty if they do not hold it."""
    config = settings.get(name)
    while isinstance(config, dict) and isinstance(config.get("config"), dict):
        config = config["config"].get("inner_optimizer", config["config"])
    return config if isinstance(config, dict) else {}


def continued(here, there, rates):
    """The settings of a second `fit` of one process, for its checkpoints.

    They keep the beginning and the constant rates of the first one, because a new process begins with these again.

    Args:
        here: what `collect` returned.
        there: the settings in the checkpoint.
        rates: names of the optimizers whose rate is constant.
    """
    kept = copy.deepcopy(here)
    for name in rates:
        before = rate_in(there, name)
        if "learning_rate" in before:
            rate_in(kept, name)["learning_rate"] = before["learning_rate"]
    return {**kept, BEGUN_AT: there[BEGUN_AT]}


def differences(here, there, rates=(), new_rates=()):
    """Return what differs between two settings, as two lists of strings: what is new, and what stays as it was.

    Args:
        here: what `collect` returned.
        there: the settings in the checkpoint.
        rates: names of the optimizers whose rate is constant, and so a part of the state.
        new_rates: list of `(path, before, now)`, those of them that the user has changed.
    """
    here, there = _without_rates(here, rates), _without_rates(there, rates)
    found = [*new_rates, *unlike("", there, here)]
    kept = [difference for difference in found if _ONLY_AT_THE_BEGINNING.fullmatch(difference[0])]
    return _in_words([difference for difference in found if difference not in kept]), _in_words(kept)


def warn_of_differences(new, kept, run_dir):
    """Warn if a checkpoint was written with other settings than those of this training.

    Args:
        new: list of strings, the settings that are new.
        kept: list of strings, those that stay as they were.
        run_dir: `pathlib.Path` of the run.
    """
    if not new and not kept:
        return
    changed = f" A resume takes these new ones: {'; '.join(new)}." if new else ""
    state = f" A resume keeps these old ones, which are part of the state: {'; '.join(kept)}." if kept else ""
    warnings.warn(
        f"The checkpoints of this run were written with other settings.{changed}{state} For the result of a run that "
        f"was never stopped, give the old settings, or choose another `run_dir`. Received: run_dir={str(run_dir)!r}",
        stacklevel=2,
    )


def _without_rates(settings, rates):
    settings = copy.deepcopy(settings)
    for name in rates:
        rate_in(settings, name).pop("learning_rate", None)
    return settings


def _in_words(differences):
    """A string for each difference; equal changes of several parts are one."""
    groups = {}
    for path, before, now in differences:
        groups.setdefault((path.rsplit(".", 1)[-1], _shown(before), _shown(now)), []).append(path)
    found = [
        f"{_listed(paths)} {'were' if len(paths) == 2 else 'was'} {before}, now {now}"
        for (_, before, now), paths in groups.items()
    ]
    return found if len(found) <= _SHOWN else [*found[:_SHOWN], f"and {len(found) - _SHOWN} more"]


def _listed(paths):
    if len(paths) <= 2:
        return " and ".join(paths)
    return f"{paths[0]} (and {len(paths) - 1} more like it)"


def unlike(path, there, here):
    """Yield (path, value there, value here). A key that only one of them has belongs to another version."""
    if isinstance(there, dict) and isinstance(here, dict) and there.get("class_name") == here.get("class_name"):
        for key in (key for key in there if key in here and key not in _LEFT_OUT):
            yield from unlike(path if key == "config" else f"{path}.{key}".lstrip("."), there[key], here[key])
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for index, pair in enumerate(zip(there, here, strict=True)):
            yield from unlike(f"{path}[{index}]", *pair)
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
