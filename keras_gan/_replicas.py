"""What a training step must know of the replicas it runs on, the same code on one device and on many."""

import contextlib
import contextvars

import tensorflow as tf


def replica_count():
    """Number of replicas that share the step in progress; 1 outside of a step, even within a strategy's scope."""
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

    Every replica computes the same global tensor and keeps its own part: so replicas differ from each other, and N
    of them together see what one device would.
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
    gathered = tf.distribute.get_replica_context().all_gather(rows, axis=0)
    # In a graph nothing is known of the shape of what was gathered.
    return tf.ensure_shape(gathered, (None, *rows.shape[1:]))


def run_if(condition, update):
    """Run `update()` (which returns nothing) where a scalar boolean tensor, equal on every replica, is true."""
    # On replicas the branch runs in a thread of its own: what this thread knows of its step goes along.
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
        # Optimizers merge across replicas, which TensorFlow forbids inside a branch taken by one replica alone: so
        # the branch is taken here, for all of them together, each with the `update` of its own.
        condition = strategy.experimental_local_results(condition)[0]

        def all_branches():
            strategy.extended.call_for_each_replica(lambda branch: branch(), args=(branches,))
            return tf.constant(True)

        tf.cond(condition, all_branches, skip)

    tf.distribute.get_replica_context().merge_call(across_replicas, args=(condition, branch))


def worker_count(strategy):
    """Number of processes that a strategy's replicas sit in, where each process runs the program by itself."""
    replicas = strategy.num_replicas_in_sync
    # The default strategy has no list of its devices.
    return 1 if replicas == 1 else replicas // len(strategy.extended.worker_devices)


def reducible(logs):
    """The logs of a step as Keras can reduce them: on several workers it takes their mean over the first axis."""
    context = tf.distribute.get_replica_context()
    if context is None or worker_count(context.strategy) == 1:
        return logs
    return {name: tf.reshape(value, (-1,)) for name, value in logs.items()}


@contextlib.contextmanager
def lost_workers_explained():
    """Say what to do where TensorFlow says that its collective operations were aborted."""
    try:
        yield
    except tf.errors.UnavailableError as error:
        _, aborted, reason = str(error).partition("Collective ops is aborted by:")
        if not aborted:
            raise
        raise ConnectionError(
            "Another worker has stopped, and training cannot go on without it. Start all workers again: with "
            "`keras_gan.callbacks.Checkpoint` they go on from the last checkpoint. "
            f"Received: {' '.join(reason.split()[:30])}"
        ) from error
