"""What a training step must know about its replicas. The same code runs on one device and on many."""

import contextlib
import contextvars

import tensorflow as tf


def replica_count():
    """Number of replicas that share the step in progress; 1 outside a step, even in a strategy's scope."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def mean_over_replicas(value):
    """Mean of a tensor over all replicas, differentiable; the tensor itself on one device."""
    if replica_count() == 1:
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, value)


def sum_over_replicas(value):
    """Sum of a tensor over all replicas; the tensor itself on one device."""
    if replica_count() == 1:
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def true_on_all_replicas(condition):
    """Whether a scalar boolean tensor is true on every replica."""
    return tf.equal(mean_over_replicas(tf.cast(condition, tf.float32)), 1.0)


def own_rows(rows):
    """This replica's share of a tensor that holds the rows of the global batch.

    Every replica computes the same global tensor and keeps its own part. So the replicas differ from each other, and
    together they see what one device would see.
    """
    count = replica_count()
    if count == 1:
        return rows
    share = (tf.shape(rows)[0] if rows.shape[0] is None else rows.shape[0]) // count
    index = tf.distribute.get_replica_context().replica_id_in_sync_group
    return tf.reshape(tf.gather(rows, index * share + tf.range(share)), (share, *rows.shape[1:]))


def all_rows(rows):
    """The rows of all replicas, in the order of the global batch; the tensor itself on one device."""
    if replica_count() == 1:
        return rows
    # In a graph the gathered tensor has forgotten its shape.
    return tf.ensure_shape(tf.distribute.get_replica_context().all_gather(rows, axis=0), (None, *rows.shape[1:]))


def run_if(condition, update):
    """Run `update()`, which returns nothing, if a scalar boolean tensor is true; it must be equal on all replicas."""
    # On replicas the branch runs in another thread, which needs the context variables of this step.
    context = contextvars.copy_context()

    def branch():
        context.run(update)
        return tf.constant(True)

    def skip():
        return tf.constant(False)

    if replica_count() == 1:
        tf.cond(condition, branch, skip)
        return

    def across_replicas(strategy, condition, branches):
        # Optimizers merge across replicas, and TensorFlow forbids this inside a branch that one replica takes alone.
        # So all replicas take the branch here together, each with its own `update`.
        condition = strategy.experimental_local_results(condition)[0]

        def all_branches():
            strategy.extended.call_for_each_replica(lambda branch: branch(), args=(branches,))
            return tf.constant(True)

        tf.cond(condition, all_branches, skip)

    tf.distribute.get_replica_context().merge_call(across_replicas, args=(condition, branch))


def worker_count(strategy):
    """Number of processes that run the program and share a strategy's replicas."""
    replicas = strategy.num_replicas_in_sync
    # The default strategy has no list of its devices.
    return 1 if replicas == 1 else replicas // len(strategy.extended.worker_devices)


def reducible(logs):
    """The logs of a step in a shape that Keras can reduce: on several workers it averages over the first axis."""
    context = tf.distribute.get_replica_context()
    if context is None or worker_count(context.strategy) == 1:
        return logs
    return {name: tf.reshape(value, (-1,)) for name, value in logs.items()}


@contextlib.contextmanager
def lost_workers_explained():
    """Turn TensorFlow's error about aborted collective operations into one that says what to do."""
    try:
        yield
    except tf.errors.UnavailableError as error:
        _, aborted, reason = str(error).partition("Collective ops is aborted by:")
        if not aborted:
            raise
        raise ConnectionError(
            "Another worker has stopped, and training cannot continue without it. Start all workers again: with "
            "`keras_gan.callbacks.Checkpoint` they resume from the last checkpoint. "
            f"Received: {' '.join(reason.split()[:30])}"
        ) from error
