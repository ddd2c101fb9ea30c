"""The learning rates of a run that resumes: those of its checkpoint, or new ones of the user's."""

import math
import re

import keras

from keras_gan._inner_optimizer import inner_of
from keras_gan.callbacks._checkpoint_settings import BEGUN_AT, rate_in, settings_of, unlike
from keras_gan.callbacks._checkpoint_state import value


class NewRates:
    """The learning rates that the user has changed since the newest checkpoint was written.

    A constant rate is a variable: a callback may assign it, and `scale_learning_rates` lowers it. So another rate than
    the checkpoint's need not be the user's. A checkpoint holds what its program began with. If this program begins at
    the same step, a rate is new where the program gives another one. If it does not, as in a second `fit` of one
    process, a rate is new where it differs by more than the factor of `scale_learning_rates`.

    Args:
        model: `AdversarialModel`, before its state is restored.
        here: the settings of this program, as `collect` returned them.
        saved: `SavedState` of the newest checkpoint.

    Attributes:
        changes: list of `(name, before, now)`, the constant rates that are new.
        kept: list of strings, what new rates keep of the state.
    """

    def __init__(self, model, here, saved):
        there = settings_of(saved)
        self._model, self._newest = model, saved.meta["step"]
        self._constant, self.changes, self.kept = {}, [], []
        state, rates = model.training_state, constant_rates(model)
        factors = float(value(state.learning_rate_factor)), _factor_in(model, saved)
        for name, rate in rates.items():
            now, stored = float(value(rate)), _stored_rate(model, saved, name)
            given = rate_in(there, name).get("learning_rate")
            if stored is None:
                before = given if isinstance(given, dict) else {"class_name": "a schedule"}
            elif isinstance(given, float) and there.get(BEGUN_AT, 0) == here[BEGUN_AT]:
                before = given
            else:
                is_same = math.isclose(now / factors[0], stored / factors[1], rel_tol=1e-5)
                before = now if is_same else stored
            if before != now:
                self._constant[name] = now
                self.changes.append((f"{name}.learning_rate", before, now))
        schedules = [name for name in _places(model) if name not in rates]
        renewed = [name for name in schedules if _is_another_schedule(model, saved, name, here, there)]
        self._forgets_factor = bool(schedules) and renewed == schedules
        if renewed and not self._forgets_factor and factors[1] != 1.0:
            # One factor for all: a player whose schedule is the old one still needs it.
            self.kept.append(f"the factor {factors[1]:g}, by which training had multiplied all learning rates")
        self.kept += _moved_schedules(model, saved, schedules)

    def assign(self, step):
        """Assign the new rates to the model, if the state of this step was saved before the user changed them."""
        if step > self._newest:
            return
        rates = constant_rates(self._model)
        for name, rate in self._constant.items():
            rates[name].assign(rate)
        if self._forgets_factor:
            self._model.training_state.learning_rate_factor.assign(1.0)


def constant_rates(model):
    """The learning rates that are no schedule: a dict of the optimizer's name in the model to keras.Variable."""
    rates = {
        f"{name}_optimizer": inner_of(optimizer).learning_rate for name, optimizer in model.given_optimizers().items()
    }
    return {name: rate for name, rate in rates.items() if isinstance(rate, keras.Variable)}


def with_rates_of(model, saved):
    """The saved state with a variable for each rate that is constant in the model, and none for a schedule.

    The value of an added one is the model's.
    """
    values, paths, rates = saved.values, saved.meta["paths"], constant_rates(model)
    for name, place in _places(model).items():
        key, was_constant = f"{name}[{place}]", _stored_rate(model, saved, name) is not None
        if f"{name}[0]" not in paths or was_constant == (name in rates):
            continue
        values, paths = (_moved(entries, name, place, -1 if was_constant else 1) for entries in (values, paths))
        if not was_constant:
            values[key], paths[key] = value(rates[name]), rates[name].path
    return saved._replace(values=values, meta={**saved.meta, "paths": paths})


def updates_per_step(model):
    """How many updates each optimizer takes in a training step, with those of lazy penalties: a dict of its name."""
    return {
        f"{name}_optimizer": player.updates_per_step * (1.0 + player.lazy_updates)
        for name, player in model.players.items()
    }


def _moved_schedules(model, saved, names):
    """What to tell of schedules that are read at another step: an optimizer counts updates, and not training steps."""
    now, before = updates_per_step(model), saved.meta.get("updates_per_step")
    before = before if isinstance(before, dict) else {}
    for name in names:
        key = f"{name}[{_places(model)[name] - 1}]"
        if name in before and key in saved.values and not math.isclose(before[name], now[name]):
            yield (
                f"the count of updates of {name}, which had {before[name]:g} in a training step and now has "
                f"{now[name]:g}, so that its schedule continues from step {int(saved.values[key] / now[name]):,} "
                f"instead of {saved.meta['step']:,}"
            )


def _is_another_schedule(model, saved, name, here, there):
    if _stored_rate(model, saved, name) is not None:
        return True
    configs = [rate_in(settings, name).get("learning_rate") for settings in (there, here)]
    return None not in configs and any(unlike("", *configs))


def _stored_rate(model, saved, name):
    """The constant rate of an optimizer in a checkpoint; None where it was a schedule."""
    key = f"{name}[{_places(model)[name]}]"
    is_rate = str(saved.meta["paths"].get(key)).endswith("/learning_rate")
    return float(saved.values[key]) if is_rate and key in saved.values else None


def _factor_in(model, saved):
    weights = model.training_state.weights
    place = next(index for index, weight in enumerate(weights) if weight is model.training_state.learning_rate_factor)
    return float(saved.values.get(f"training_state[{place}]", 1.0))


def _places(model):
    """Where a constant rate stands among an optimizer's variables: Keras makes it after the count of the updates."""
    places = {}
    for name, optimizer in model.given_optimizers().items():
        count = inner_of(optimizer).iterations
        variables = model.players[name].optimizer.variables
        places[f"{name}_optimizer"] = 1 + next(index for index, variable in enumerate(variables) if variable is count)
    return places


def _moved(entries, name, place, by):
    """Entries such as "name[3]", with those from a place on moved by one; backwards, the one at the place is lost."""
    moved = {}
    for key, entry in entries.items():
        found = re.fullmatch(rf"{re.escape(name)}\[(\d+)\]", key)
        if found is None or int(found[1]) < place:
            moved[key] = entry
        elif by > 0 or int(found[1]) > place:
            moved[f"{name}[{int(found[1]) + by}]"] = entry
    return moved
