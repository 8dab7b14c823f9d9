"""Channels, and who may use them."""

from __future__ import annotations

import os
import pathlib

import grpc

# The status of an email with a thousand recipients is larger than gRPC's default limit allows. The channel's own pauses
# must not outlast those of `Backoff`, and no other channel's failures count for this one.
OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.use_local_subchannel_pool", 1),
)


def tls(
    *, root_certificates: bytes | str | os.PathLike[str] | None = None, api_key: str | None = None
) -> grpc.ChannelCredentials:
    """Credentials for an encrypted connection to a server whose certificate is verified.

    `root_certificates`, PEM bytes or the path of a file, replaces the roots that gRPC trusts. `api_key` goes with every
    call as a bearer token. Credentials of gRPC's own (`grpc.ssl_channel_credentials`, say, with a client's certificate)
    will do as well.
    """
    roots = root_certificates
    if roots is not None and not isinstance(roots, bytes):
        roots = pathlib.Path(roots).read_bytes()
    credentials = grpc.ssl_channel_credentials(root_certificates=roots)
    if api_key is None:
        return credentials
    return grpc.composite_channel_credentials(credentials, grpc.access_token_call_credentials(api_key))
