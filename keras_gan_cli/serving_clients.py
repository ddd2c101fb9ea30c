"""Clients of TensorFlow Serving: one for REST and one for gRPC, with the same methods.

REST needs only the standard library and NumPy. gRPC needs tensorflow-serving-api, which is imported when such a client
is created.
"""

import base64
import http.client
import json
import socket
import time
import urllib.parse

import numpy as np

from keras_gan_cli import serving_answers
from keras_gan_cli.serving_answers import ServingError

# The default ports of the official server.
PORTS = {"rest": 8501, "grpc": 8500}


def connect(protocol, host, port, model, *, timeout=60.0):
    """Return a client of a model.

    Args:
        protocol: "rest" or "grpc".
        host: name or address of the server.
        port: int, or None for the default of the official server.
        model: name of the model on the server.
        timeout: seconds from a request to the end of its answer.

    Raises:
        ServingError: if `host` is not the name of a machine, or a package is missing. No request is sent yet.
    """
    if not host.strip() or "/" in host:
        raise ServingError(
            f"The host is the name or the address of a machine, without http:// and without a path. "
            f"Received: --host={host}"
        )
    client = RestClient if protocol == "rest" else GrpcClient
    return client(host, PORTS[protocol] if port is None else port, model, timeout)


class RestClient:
    """Asks over HTTP, on one connection. Threads must not share it."""

    def __init__(self, host, port, model, timeout):
        self._address = _address(host, port)
        self._model, self._timeout = model, timeout
        self._connection = _Connection(host.strip("[]"), port)

    def signatures(self):
        """Return a dict of each signature's name to a dict of its inputs' names to shapes; None is any size.

        Raises:
            ServingError: if the server cannot be reached, or has no such model.
        """
        return serving_answers.signatures(self._ask("GET", "/metadata"))

    def predict(self, signature, inputs):
        """Return the output of a signature with one output: an array, or a list of bytes.

        Args:
            signature: name.
            inputs: dict of name to array, scalar or list of bytes.

        Raises:
            ServingError: if there is no answer, or it is an error.
        """
        columns = {alias: _for_json(value) for alias, value in inputs.items()}
        answer = self._ask("POST", ":predict", json.dumps({"signature_name": signature, "inputs": columns}))
        return serving_answers.output(answer)

    def close(self):
        """Close the connection."""
        self._connection.close()

    def _ask(self, method, verb, body=None):
        try:
            status, content = self._connection.ask(
                method, f"/v1/models/{urllib.parse.quote(self._model, safe='')}{verb}", body, self._timeout
            )
        except TimeoutError as error:
            raise ServingError(_too_late(self._address, self._timeout)) from error
        # ValueError: the address cannot be a name, or the pieces of the answer have impossible sizes.
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ServingError(_unreachable(self._address, "rest", error)) from error
        if len(content) > serving_answers.MAX_BYTES:
            raise serving_answers.too_large()
        answer = serving_answers.document(content)
        if status == http.HTTPStatus.NOT_FOUND:
            raise ServingError(_no_model(self._address, self._model, answer.get("error")))
        if status != http.HTTPStatus.OK:
            raise ServingError(f"The server refused the request: {answer.get('error', status)}")
        return answer


class _Connection(http.client.HTTPConnection):
    """A connection whose timeout is for the whole of an answer, and not for each of its bytes."""

    def ask(self, method, path, body, timeout):
        """Return the status and the content of an answer, cut behind the first byte that is too many."""
        self._deadline = time.monotonic() + timeout
        try:
            self.request(method, path, body)
            with self.getresponse() as response:
                content = response.read(serving_answers.MAX_BYTES + 1)
                is_read = response.isclosed()
                if response.length and len(content) <= serving_answers.MAX_BYTES:
                    raise http.client.IncompleteRead(content, response.length)
        except BaseException:
            # The next request opens a new connection.
            self.close()
            raise
        if not is_read:
            self.close()
        return response.status, content

    def connect(self):
        self.timeout = self.remaining()
        super().connect()
        self.sock = _TimedSocket(self.sock, self.remaining)

    def remaining(self):
        """Return the seconds until the deadline, or raise TimeoutError."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


class _TimedSocket(socket.socket):
    """A connected socket that asks before each operation how long this may take."""

    def __init__(self, connected, remaining):
        super().__init__(fileno=connected.detach())
        self._remaining = remaining

    def sendall(self, *arguments):
        self.settimeout(self._remaining())
        return super().sendall(*arguments)

    def recv_into(self, *arguments):
        self.settimeout(self._remaining())
        return super().recv_into(*arguments)


class GrpcClient:
    """Asks over gRPC. Needs the package tensorflow-serving-api."""

    def __init__(self, host, port, model, timeout):
        try:
            import grpc
            import tensorflow as tf
            from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc
        except ImportError as error:
            raise ServingError(
                f"gRPC needs another package: pip install 'keras_gan[serving]', or give --protocol=rest ({error})."
            ) from error
        self._grpc, self._tf, self._predict_pb2, self._metadata_pb2 = grpc, tf, predict_pb2, get_model_metadata_pb2
        self._address = _address(host, port)
        self._model, self._timeout = model, timeout
        # Images are large: the default limit is 4 MiB. REST uses no proxy either.
        options = [("grpc.max_receive_message_length", serving_answers.MAX_BYTES), ("grpc.enable_http_proxy", 0)]
        self._channel = grpc.insecure_channel(self._address, options)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def signatures(self):
        """Return the same as `RestClient.signatures`."""
        request = self._metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        response = self._ask(self._stub.GetModelMetadata, request)
        signatures = self._metadata_pb2.SignatureDefMap()
        if not response.metadata["signature_def"].Unpack(signatures):
            raise ServingError("The server's metadata hold no signatures.")
        return {
            name: {alias: _shape(info.tensor_shape) for alias, info in signature.inputs.items()}
            for name, signature in signatures.signature_def.items()
            if signature.method_name.endswith("/predict")
        }

    def predict(self, signature, inputs):
        """Return the same as `RestClient.predict`."""
        request = self._predict_pb2.PredictRequest()
        request.model_spec.signature_name = signature
        for alias, value in inputs.items():
            request.inputs[alias].CopyFrom(self._tf.make_tensor_proto(value))
        outputs = self._ask(self._stub.Predict, request).outputs
        if len(outputs) != 1:
            raise ServingError(f"Expected {signature} to have one output. Received: {', '.join(sorted(outputs))}")
        (output,) = outputs.values()
        return serving_answers.tensor(output, self._tf.make_ndarray)

    def close(self):
        """Close the channel."""
        self._channel.close()

    def _ask(self, method, request):
        request.model_spec.name = self._model
        try:
            return method(request, timeout=self._timeout)
        except self._grpc.RpcError as error:
            if "larger than max" in error.details():
                raise serving_answers.too_large() from error
            raise ServingError(self._message(error.code(), error.details())) from error

    def _message(self, code, details):
        codes = self._grpc.StatusCode
        if code == codes.DEADLINE_EXCEEDED:
            return _too_late(self._address, self._timeout)
        if code == codes.UNAVAILABLE:
            return _unreachable(self._address, "grpc", details)
        if code == codes.NOT_FOUND:
            return _no_model(self._address, self._model, details)
        return f"The server refused the request: {details}"


def _for_json(value):
    # An array of bytes would lose the zeros at their ends.
    if isinstance(value, list):
        return [{"b64": base64.b64encode(content).decode()} for content in value]
    return np.asarray(value).tolist()


def _shape(tensor_shape):
    return tuple(dim.size if dim.size >= 0 else None for dim in tensor_shape.dim)


def _address(host, port):
    host = host.strip("[]")
    # The address of IPv6 has colons of its own.
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _unreachable(address, protocol, reason):
    return (
        f"No answer over {protocol} from {address} ({reason or 'the connection was closed'}). Start a server, or give "
        f"its --host and --port: the official defaults are {PORTS['rest']} for REST and {PORTS['grpc']} for gRPC."
    )


def _too_late(address, timeout):
    return (
        f"The answer of {address} took longer than {timeout:g} seconds: give it more with --timeout, or ask for fewer "
        "pictures at once with --batch."
    )


def _no_model(address, model, reason):
    return f"The server at {address} has no model {model!r}; give the name in the server's configuration ({reason})."
