"""One update: the gradients of an objective for each of its players, and the steps of their optimizers."""

import contextlib
import contextvars
import functools

import tensorflow as tf

from keras_gan._replicas import replica_count, run_if
from keras_gan.training import _networks, _optimizers, _parts
from keras_gan.training._given_generator import GivenGenerator
from keras_gan.training.critic import Critic
from keras_gan.training.passes import current_noise, passes, uncounted

_TERMS = contextvars.ContextVar("terms", default=None)


@contextlib.contextmanager
def penalties_counted(model):
    """Raise a ValueError if a player is updated inside, and a penalty of its is in none of its objectives."""
    seen = {}
    token = _TERMS.set(seen)
    try:
        yield
    finally:
        _TERMS.reset(token)
    for name, terms in seen.items():
        forgotten = [penalty for penalty in model.players[name].penalties if penalty not in terms]
        if forgotten:
            raise ValueError(
                f"The player '{name}' has the penalty '{forgotten[0]}', and no objective of the training step has it: "
                f"add `**self.penalise('{name}', ...)` to its terms (in a `TwoPlayerGAN`, "
                "`**self.generator_penalties(real)` to those of the generator), or leave the penalty out. "
                f"Received: terms {sorted(terms)}"
            )


class Deferred:
    """A term of an objective that is computed in one of `every` training steps, with its own optimizer step.

    Args:
        value: function without arguments that returns the term's scalar.
        every: int.
    """

    def __init__(self, value, every):
        self.value, self.every = value, every


def penalty_terms(penalties, network, *batches):
    """The terms that penalties add to an objective; the terms of lazy penalties are deferred.

    Args:
        penalties: dict of the name in the logs to `Penalty`.
        network: `Critic`, or the `Interface` of a generator.
        *batches: dicts of named tensors with the samples that the penalties take; the labels of the first one condition
            the network.
    """
    noise, given = current_noise(), _given(network, batches[0])
    samples = [batch[given.main] for batch in batches]
    terms = {}
    for name, penalty in penalties.items():
        draw = {"seed": noise.next_seed(), "step": noise.step} if noise else {}
        value = functools.partial(_penalty, penalty, given, *samples, **draw)
        terms[name] = value() if penalty.every == 1 else Deferred(value, penalty.every)
    return terms


def _given(network, batch):
    """A network as penalties take it: a function of its main input alone."""
    return network.given(batch) if isinstance(network, Critic) else GivenGenerator(network, batch)


def _penalty(penalty, network, *samples, **options):
    """A penalty's value; of all that its passes assign, only the penalty's own state is kept."""
    with uncounted() as scope:
        value = penalty(network, *samples, **options)
    if penalty.state is not None:
        _commit(scope, penalty.state.weights)
    return value


class Recording:
    """A pass of some networks that objectives can differentiate through: one pass serves the updates of all players.

    Attributes:
        outputs: what the recorded function returned, a structure of tensors with rows.
        arguments: the arguments of the function.
    """

    def __init__(self, function, arguments, outputs, players, tapes=None, own_losses=None):
        self.function, self.arguments, self.outputs, self.players = function, arguments, outputs, players
        self.tapes, self.own_losses = tapes, own_losses or {}

    @property
    def differentiable(self):
        """The outputs that a gradient can go through, a list of tensors."""
        return [tensor for tensor in tf.nest.flatten(self.outputs) if tensor.dtype.is_floating]


def record(model, function, arguments):
    """Run a function of tensors, and keep what is needed to differentiate it.

    With gradient accumulation, keeping the activations of a whole batch would use the memory that should be saved. So
    only the arguments are kept, and they pass again, part by part, in the update that needs the gradient. The second
    pass is the one that updates the running statistics and the random streams of the networks.
    """
    parts = model.gradient_accumulation_steps
    if parts == 1:
        return _recorded(model, function, arguments)
    with passes(), tf.GradientTape() as witness:
        outputs = [function(*part) for part in _parts.split_rows(arguments, parts)]
    whole = tf.nest.map_structure(lambda *pieces: tf.concat(pieces, axis=0), *outputs)
    return Recording(function, arguments, whole, _players_of(model, witness))


def _recorded(model, function, arguments):
    """Run the function under a tape for each player, and keep the assignments of its passes."""
    with contextlib.ExitStack() as stack:
        witness = stack.enter_context(tf.GradientTape())
        tapes = {name: _tape(stack, player) for name, player in model.players.items()}
        own, scope = stack.enter_context(passes())
        outputs = function(*arguments)
        losses = {name: _sum(own.losses_of(player.networks.values())) for name, player in model.players.items()}
    for player in model.players.values():
        _commit(scope, _state(player))
    return Recording(function, arguments, outputs, _players_of(model, witness), tapes, losses)


def _players_of(model, witness):
    """The players whose networks a tape has seen."""
    seen = {id(variable) for variable in witness.watched_variables()}
    return {
        name
        for name, player in model.players.items()
        if any(id(weight.value) in seen for weight in player.trainable_weights)
    }


class Update:
    """One update of the players of an objective.

    Each player has a tape that watches only its own weights, so that only gradients that an optimizer needs are
    computed. The assignments of the passes are kept for the networks of these players and dropped for all others: a
    step of one player does not change the running statistics and random streams of another.

    Args:
        model: `AdversarialModel`.
        objective: function of the inputs that returns `{player: {term: scalar}}`.
        inputs: tuple of structures of tensors with rows, or of `Recording`.
    """

    def __init__(self, model, objective, inputs):
        self._model, self._objective, self._inputs = model, objective, inputs
        self._noise = current_noise()
        self._deferred, self._told, self._held = {}, [], []
        self._players = ()

    def run(self):
        """Step the optimizers, then update spectral norms, lazy terms, listeners and averages."""
        parts, draws = self._model.gradient_accumulation_steps, self._noise.draws_so_far if self._noise else 0
        mean = _parts.Mean(parts)
        for number, inputs in enumerate(self._inputs_of_parts(parts)):
            with self._noise.part(number, draws) if self._noise else contextlib.nullcontext():
                mean.add(self._gradients(mean.after(inputs)))
        for name, gradients in mean.value().items():
            self._step(name, gradients)
        for name in self._players:
            for network in self._model.players[name].networks.values():
                _networks.advance_spectral_norms(network)
        for (name, term), values in self._deferred.items():
            self._step_deferred(name, term, values)
        self._tell()
        rows = _parts.rows(self._inputs)
        for name in self._players:
            self._model.players[name].average(rows, self._model.training_state.step.value)

    def _tell(self):
        """Call the listeners, each with the rows of all parts."""
        for told in zip(*self._told, strict=True):
            (listener, _), *_ = told
            listener(tf.concat([rows for _, rows in told], axis=0))

    def _inputs_of_parts(self, parts):
        if parts == 1:
            return [self._inputs]
        pieces = [
            _parts.split_recording(i, parts) if isinstance(i, Recording) else _parts.split_rows(i, parts)
            for i in self._inputs
        ]
        return list(zip(*pieces, strict=True))

    def _gradients(self, inputs):
        """The gradients of one part, a dict of player's name to list; counts the part in the logs."""
        model, recordings = self._model, [entry for entry in inputs if isinstance(entry, Recording)]
        with contextlib.ExitStack() as stack:
            tapes = {}
            for name, player in model.players.items():
                watched = [tensor for r in recordings if name in r.players for tensor in r.differentiable]
                tapes[name] = _tape(stack, player, watched)
            own, scope = stack.enter_context(passes())
            terms = self._objective(*[i.outputs if isinstance(i, Recording) else i for i in inputs])
            _require_terms(model, terms)
            _note(terms)
            self._players = tuple(terms)
            now = {name: self._immediate(name, player_terms) for name, player_terms in terms.items()}
            totals = {name: self._total(name, now[name], own) for name in now}
        found = {
            name: self._of_player(name, total, tapes[name], recordings)
            for name, total in totals.items()
            if total is not None
        }
        for name in totals:
            _commit(scope, _state(model.players[name]))
        self._track(now)
        self._told.append(own.told)
        self._held.append(own.held)
        return found

    def _immediate(self, name, terms):
        """The terms that count in this step; the others are deferred."""
        for term, value in terms.items():
            if isinstance(value, Deferred):
                self._deferred.setdefault((name, term), []).append(value)
        return {term: value for term, value in terms.items() if not isinstance(value, Deferred)}

    def _total(self, name, terms, own):
        """What a player minimises, scaled for its optimizer; None if all terms are deferred."""
        player = self._model.players[name]
        total = [self._model.loss_weights[term] * value for term, value in terms.items()]
        total += own.losses_of(player.networks.values())
        for network in player.networks.values():
            total += _networks.regularisation(network)
        if not total:
            return None
        return player.optimizer.scale_loss(tf.add_n([tf.cast(t, tf.float32) for t in total]) / replica_count())

    def _of_player(self, name, total, tape, recordings):
        """Gradients with respect to a player's weights: from the objective itself and through the recordings."""
        player = self._model.players[name]
        taken = [recording for recording in recordings if name in recording.players]
        outputs = [recording.differentiable for recording in taken]
        gradients, through = tape.gradient(total, (player.trainable_weights, outputs))
        gradients = [_dense(gradient) for gradient in gradients]
        for recording, upstream in zip(taken, through, strict=True):
            if recording.tapes is None:
                recording = _recorded(self._model, recording.function, recording.arguments)
            gradients = _added(gradients, self._through(recording, name, upstream))
        return gradients

    def _through(self, recording, name, upstream):
        player = self._model.players[name]
        pairs = [(o, g) for o, g in zip(recording.differentiable, upstream, strict=True) if g is not None]
        own = recording.own_losses.get(name)
        if own is not None:
            pairs.append((own, player.optimizer.scale_loss(tf.constant(1.0 / replica_count()))))
        if not pairs:
            return [None] * len(player.trainable_weights)
        targets, seeds = zip(*pairs, strict=True)
        found = recording.tapes[name].gradient(list(targets), player.trainable_weights, output_gradients=list(seeds))
        return [_dense(gradient) for gradient in found]

    def _track(self, terms):
        """Count the terms in the logs; for a shared term, the value of its first player counts."""
        seen = {}
        for player_terms in terms.values():
            seen = {**player_terms, **seen}
        for term, value in seen.items():
            self._model.trackers[term].update_state(value)

    def _step(self, name, gradients):
        player, step = self._model.players[name], self._model.training_state.step.value
        take = functools.partial(_optimizers.step, player.optimizer, gradients, player.trainable_weights, step)
        waits = [held[name] for held in self._held if name in held]
        if waits:
            # With gradient accumulation, a player waits if it does so in all parts of the batch.
            run_if(~tf.reduce_all(waits), take)
        else:
            take()

    def _step_deferred(self, name, term, values):
        due = self._model.training_state.step.value % values[0].every == 0
        run_if(due, functools.partial(self._take_deferred, name, term, values))

    def _take_deferred(self, name, term, values):
        model, mean = self._model, _parts.Mean(len(values))
        player = model.players[name]
        for deferred in values:
            with contextlib.ExitStack() as stack:
                mean.wait(stack)
                tape = _tape(stack, player)
                _, scope = stack.enter_context(passes())
                value = deferred.value()
                objective = player.optimizer.scale_loss(model.loss_weights[term] * value / replica_count())
            _commit(scope, _state(player))
            found = [_dense(gradient) for gradient in tape.gradient(objective, player.trainable_weights)]
            # A gradient penalty does not depend on the last bias.
            weights = player.trainable_weights
            mean.add({name: [tf.zeros_like(w) if g is None else g for g, w in zip(found, weights, strict=True)]})
            model.trackers[term].update_state(value / deferred.every)
        self._step(name, mean.value()[name])


def _tape(stack, player, outputs=()):
    """A tape that watches a player's weights and some tensors until the stack unwinds."""
    tape = stack.enter_context(tf.GradientTape(watch_accessed_variables=False))
    tape.watch([weight.value for weight in player.trainable_weights])
    tape.watch(list(outputs))
    return tape


def _state(player):
    """The variables that a player's passes change: the state of its networks and of its penalties."""
    of_networks = [variable for network in player.networks.values() for variable in _networks.state(network)]
    return of_networks + [variable for state in player.states.values() for variable in state.weights]


def _commit(scope, variables):
    """Apply the assignments to some variables that a scope has stored."""
    for variable in variables:
        value = scope.get_current_value(variable)
        if value is not None:
            variable.assign(value)


def _require_terms(model, terms):
    for name, player_terms in terms.items():
        if name not in model.players:
            raise ValueError(
                f"An objective must return a dict of terms by player, but '{name}' is not a player. The players are "
                f"{', '.join(model.players)}. Received: {{{name!r}: ...}}"
            )
        for term, value in player_terms.items():
            _require_scalar(name, term, value)
            if term not in model.trackers:
                raise ValueError(
                    f"The term '{term}' is not in the model's `terms`, so the logs would not show it: add it "
                    f"there. Received: {{{name!r}: {{{term!r}: ...}}}}, terms={tuple(model.trackers)}"
                )


def _require_scalar(name, term, value):
    """Raise a ValueError for a loss of each sample: its gradient would be that of the sum, as large as the batch."""
    if isinstance(value, tuple | list | dict):
        found = f"a {type(value).__name__}"
    elif getattr(value, "shape", None) is not None and tf.TensorShape(value.shape).num_elements() not in (1, None):
        found = f"a tensor of shape {tuple(value.shape)}"
    else:
        return
    raise ValueError(
        f"A term must be one number: add its parts, or take the mean of the samples with `tf.reduce_mean`. "
        f"Received: {{{name!r}: {{{term!r}: {found}}}}}"
    )


def _note(terms):
    """Remember the terms of an objective until the end of the step."""
    seen = _TERMS.get()
    if seen is not None:
        for name, player_terms in terms.items():
            seen.setdefault(name, set()).update(player_terms)


def _dense(gradient):
    """Make a sparse gradient dense: an optimizer must square the sum of repeated rows, not each row."""
    return tf.convert_to_tensor(gradient) if isinstance(gradient, tf.IndexedSlices) else gradient


def _added(first, second):
    return [b if a is None else a if b is None else a + b for a, b in zip(first, second, strict=True)]


def _sum(losses):
    return tf.add_n(losses) if losses else None
