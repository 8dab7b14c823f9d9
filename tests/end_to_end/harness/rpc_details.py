"""What an error says beyond its code."""

import dataclasses

from mailstrom.rpc import error_details_pb2


@dataclasses.dataclass
class Details:
    reason: str = ""
    domain: str = ""
    # Path of each wrong field to what is wrong with it.
    violations: dict = dataclasses.field(default_factory=dict)


def of(error):
    """The details of a grpc.RpcError."""
    details = Details()
    for key, value in error.trailing_metadata():
        if key != "grpc-status-details-bin":
            continue
        for detail in error_details_pb2.Status.FromString(value).details:
            if detail.type_url == "type.googleapis.com/google.rpc.ErrorInfo":
                info = error_details_pb2.ErrorInfo.FromString(detail.value)
                details.reason, details.domain = info.reason, info.domain
            elif detail.type_url == "type.googleapis.com/google.rpc.BadRequest":
                request = error_details_pb2.BadRequest.FromString(detail.value)
                details.violations = {v.field: v.description for v in request.field_violations}
    return details
