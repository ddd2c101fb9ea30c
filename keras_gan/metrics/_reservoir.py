"""A sample of bounded size of rows that come batch by batch."""

import tensorflow as tf

from keras_gan.metrics._streaming import rows_of_all_replicas


class Reservoir:
    """The rows of highest priority, where the priority of a row is a hash of what it was made of.

    Each distinct sample is kept with the same chance. Since nothing but the sample itself decides, the rows that are
    kept are the same however the stream is cut into batches, ordered, or shared out among replicas and merged again.
    Equal samples have equal priorities: they are kept or dropped together, as far as there is room.

    Args:
        add_state: function of (name, shape, dtype) that makes a variable.
        name: str, to begin the names of the variables.
        size: int, the number of rows that are kept.
        width: int, the width of the rows.
    """

    def __init__(self, add_state, name, size, width):
        # 0 is the priority of an empty place, so that a state of zeros is an empty one.
        self._priorities = add_state(f"{name}_priorities", (size,), "int64")
        self._rows = add_state(f"{name}_rows", (size, width), "float32")

    @property
    def variables(self):
        """The priorities, 0 where a place is empty, and the rows."""
        return [self._priorities, self._rows]

    def update(self, rows, priorities):
        """Take in the rows of all replicas, float32 (batch, width), with their priorities, int64 (batch,)."""
        self._insert(rows_of_all_replicas(rows), rows_of_all_replicas(priorities))

    def merge(self, other):
        """Take in the rows that another one of the same size has kept."""
        self._insert(tf.convert_to_tensor(other._rows.value), tf.convert_to_tensor(other._priorities.value))

    def _insert(self, rows, priorities):
        # A batch displaces at most as many rows as it has: the lowest ones compete with it, the others stay.
        kept = self._priorities.value
        contested = tf.minimum(tf.shape(kept)[0], tf.shape(priorities)[0])
        lowest, places = tf.math.top_k(-kept, contested)
        candidates = tf.concat([-lowest, priorities], axis=0)
        best, chosen = tf.math.top_k(candidates, contested)
        held = tf.convert_to_tensor(self._rows.value)
        winners = tf.gather(tf.concat([tf.gather(held, places), rows], axis=0), chosen)
        places = places[:, tf.newaxis]
        self._rows.assign(tf.tensor_scatter_nd_update(held, places, winners))
        self._priorities.assign(tf.tensor_scatter_nd_update(kept, places, best))
