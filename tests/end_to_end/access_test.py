"""Every RPC that the server serves, with every kind of credentials.

The services come from the server and their methods from their descriptors: an RPC that is added later has to be in the
table, too.
"""

import os
import re
import signal
import tempfile
import threading
import typing
import unittest

import grpc
from google.protobuf import descriptor_pool

from harness import access, mailstrom_server
from harness.mail_world import programs, simple_request
from mailstrom.admin.v1 import admin_service_pb2
from mailstrom.v1 import email_pb2, mailstrom_service_pb2

OK = grpc.StatusCode.OK
NOT_FOUND = grpc.StatusCode.NOT_FOUND
PERMISSION_DENIED = grpc.StatusCode.PERMISSION_DENIED
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED

# Health and the schema are no secrets, and probes have no credentials.
OPEN_SERVICES = {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
UNKNOWN_EMAIL = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
# From one address, so many failures are looked at.
FAILURES = 10


def good_request():
    return simple_request("b@receiver.test", sender="a@shop.test")


class Row(typing.NamedTuple):
    """How an RPC answers."""

    # A request that concerns the email of the tenant `shop`, by its id.
    request: typing.Callable
    # To `shop`, and to another tenant.
    own: grpc.StatusCode
    foreign: grpc.StatusCode


_V1 = mailstrom_service_pb2
ROWS = {
    "/mailstrom.v1.MailstromService/SendEmail": Row(lambda email_id: good_request(), OK, PERMISSION_DENIED),
    # The stream goes on; its response has the error.
    "/mailstrom.v1.MailstromService/SendEmails": Row(
        lambda email_id: _V1.SendEmailsRequest(request=good_request()), OK, OK
    ),
    "/mailstrom.v1.MailstromService/QueryStatus": Row(
        lambda email_id: _V1.QueryStatusRequest(email_id=email_id), OK, NOT_FOUND
    ),
    "/mailstrom.v1.MailstromService/QueryDialogues": Row(
        lambda email_id: _V1.QueryDialoguesRequest(email_id=email_id), OK, NOT_FOUND
    ),
    "/mailstrom.v1.MailstromService/WatchStatus": Row(
        lambda email_id: _V1.WatchStatusRequest(email_ids=[email_id]), OK, NOT_FOUND
    ),
    # Of emails of one's own: none.
    "/mailstrom.v1.MailstromService/ListEmails": Row(lambda email_id: _V1.ListEmailsRequest(), OK, OK),
    "/mailstrom.v1.MailstromService/CancelEmail": Row(
        lambda email_id: _V1.CancelEmailRequest(email_id=email_id), OK, NOT_FOUND
    ),
    # For administrators only, whatever is asked.
    **{
        f"/mailstrom.admin.v1.AdminService/{method}": Row(
            lambda email_id, method=method: getattr(admin_service_pb2, f"{method}Request")(),
            PERMISSION_DENIED,
            PERMISSION_DENIED,
        )
        for method in (
            "SuspendDelivery",
            "ResumeDelivery",
            "ListSuspensions",
            "RerouteDelivery",
            "EndReroute",
            "ListReroutes",
            "SummarizeQueue",
            "ListQueue",
            "RetryQueue",
            "CancelQueue",
            "ExplainRecipients",
            "DrainDelivery",
            "QueryDelivery",
            "ChangeLogLevel",
        )
    },
}


class AccessMatrixTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.mkdtemp(dir=os.environ["TEST_TMPDIR"])
        program = programs()[1]
        self.shop, self.press, self.gone, self.ops, self.unknown = (
            access.ApiKey(program, directory) for _ in range(5)
        )
        self.issuer, self.stranger = (access.TokenIssuer(directory) for _ in range(2))
        jwks_path = os.path.join(directory, "jwks.json")
        access.write(jwks_path, self.issuer.jwks)
        self.access_path = os.path.join(directory, "access.yaml")
        access.write(
            self.access_path,
            f"""
tenants:
- {{name: shop, keys: [{self.shop.entry}, {self.gone.expiring("2001-01-01T00:00:00Z")}], from_domains: [shop.test]}}
- {{name: press, keys: [{self.press.entry}], from_domains: [press.test]}}
administrators: {{keys: [{self.ops.entry}]}}
token_issuers:
- issuer: {self.issuer.name}
  audience: {self.issuer.audience}
  jwks_file: {jwks_path}
  administrator_scope: mailstrom.admin
""",
        )
        name = self.id().rpartition(".")[2]
        self.server = mailstrom_server.MailstromServer(programs()[0], {"access": {"file": self.access_path}}, name)
        self.addCleanup(self.server.stop)
        self.server.start()
        code, response, _ = self.call("/mailstrom.v1.MailstromService/SendEmail", good_request(), self.shop.text)
        self.assertEqual(code, OK)
        self.email_id = _V1.SendEmailResponse.FromString(response).email.email_id

    def call(self, method, request, key):
        """Sends one request; returns the code, the first response and the text of the error."""
        metadata = [("authorization", f"Bearer {key}")] if key is not None else []
        # In bytes, this fits RPCs with streams and without.
        call = self.server.channel.stream_stream(method)(
            iter([request.SerializeToString()]), metadata=metadata, timeout=60
        )
        try:
            response = next(call)
        except StopIteration:
            return OK, b"", ""
        except grpc.RpcError as error:
            return error.code(), b"", error.details()
        call.cancel()
        return OK, response, ""

    def served(self):
        """The full names of the services that the server says it has."""
        listing = self.server.channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")(
            # list_services: "".
            iter([b"\x3a\x00"]),
            timeout=60,
        )
        names = {name.decode() for name in re.findall(rb"[a-z][a-z0-9_.]*\.[A-Z]\w*", next(listing))}
        listing.cancel()
        return names

    def methods(self):
        """The RPCs of all services that are not open, by their descriptors."""
        services = self.served() - OPEN_SERVICES
        self.assertIn("mailstrom.v1.MailstromService", services)
        pool = descriptor_pool.Default()
        return [
            f"/{service}/{method.name}"
            for service in sorted(services)
            for method in pool.FindServiceByName(service).methods
        ]

    def rows(self):
        for method in self.methods():
            with self.subTest(method=method):
                self.assertIn(method, ROWS, "is missing in the table")
                yield method, ROWS[method], ROWS[method].request(self.email_id)

    def restart(self):
        """The server forgets who failed."""
        self.server.terminate()
        self.server.wait()
        self.server.start()

    def emails(self):
        """What the tenant `shop` sees."""
        _, response, _ = self.call(
            "/mailstrom.v1.MailstromService/ListEmails", _V1.ListEmailsRequest(), self.shop.text
        )
        return {email.email_id: email for email in _V1.ListEmailsResponse.FromString(response).emails}

    def test_the_table_is_that_of_the_server(self):
        self.assertEqual(set(self.methods()), set(ROWS))

    def test_without_good_credentials_no_rpc_is_served(self):
        kinds = {
            "none": None,
            "no key": "letmein",
            "unknown key": self.unknown.text,
            "guessed key": self.shop.wrong(),
            "expired key": self.gone.text,
            "expired token": self.issuer.token(tenant="shop", exp=1000000000),
            "token for later": self.issuer.token(tenant="shop", nbf=4000000000),
            "token without end": self.issuer.token(tenant="shop", exp=None),
            "token for another service": self.issuer.token(tenant="shop", aud="another"),
            "token of no issuer": self.issuer.token(tenant="shop", iss="https://evil.test"),
            "token of a stranger": self.stranger.token(tenant="shop"),
            "unsigned token": self.issuer.unsigned(tenant="shop"),
            "token signed with what is public": self.issuer.confused(tenant="shop"),
            "token of no tenant": self.issuer.token(),
            "token of an unknown tenant": self.issuer.token(tenant="nobody"),
        }
        for kind, key in kinds.items():
            for count, (method, _, request) in enumerate(self.rows()):
                # So that each failure is looked at.
                if count % FAILURES == 0:
                    self.restart()
                with self.subTest(kind=kind, method=method):
                    code, response, _ = self.call(method, request, key)
                    self.assertEqual((code, response), (UNAUTHENTICATED, b""))
        emails = self.emails()
        self.assertEqual(list(emails), [self.email_id])
        self.assertEqual(emails[self.email_id].recipients[0].failure_cause, email_pb2.FAILURE_CAUSE_UNSPECIFIED)
        for secret in (self.shop.text, self.gone.text, kinds["expired token"], kinds["unsigned token"]):
            self.assertNotIn(secret[-20:], self.server.log())

    def test_who_guesses_is_held_back_at_every_rpc(self):
        method = "/mailstrom.v1.MailstromService/QueryStatus"
        for _ in range(FAILURES):
            self.call(method, _V1.QueryStatusRequest(), "guess")
        for method, _, request in self.rows():
            self.assertEqual(self.call(method, request, "guess")[0], grpc.StatusCode.RESOURCE_EXHAUSTED, method)
        self.assertEqual(list(self.emails()), [self.email_id], "others go on")

    def test_the_own_tenant_is_served(self):
        for key in (self.shop.text, self.issuer.token(tenant="shop")):
            for method, row, request in self.rows():
                self.assertEqual(self.call(method, request, key)[0], row.own, method)

    def test_another_tenant_sees_and_changes_nothing(self):
        for key in (self.press.text, self.issuer.token(tenant="press")):
            for method, row, request in self.rows():
                code, response, text = self.call(method, request, key)
                self.assertEqual(code, row.foreign, method)
                self.assertNotIn(self.email_id.encode(), response, method)
                if code != NOT_FOUND:
                    continue
                # Exactly as if it had never been.
                _, _, unknown = self.call(method, row.request(UNKNOWN_EMAIL), key)
                self.assertEqual(text, unknown.replace(UNKNOWN_EMAIL, self.email_id), method)
            _, response, _ = self.call(
                "/mailstrom.v1.MailstromService/SendEmails", _V1.SendEmailsRequest(request=good_request()), key
            )
            error = _V1.SendEmailsResponse.FromString(response).error
            self.assertEqual(error.code, PERMISSION_DENIED.value[0])
        emails = self.emails()
        self.assertEqual(list(emails), [self.email_id])
        self.assertIn(
            emails[self.email_id].recipients[0].state,
            (email_pb2.Recipient.STATE_QUEUED, email_pb2.Recipient.STATE_DEFERRED),
        )

    def test_streams_end_with_the_key_that_opened_them(self):
        shop, press = ([("authorization", f"Bearer {key.text}")] for key in (self.shop, self.press))
        api = self.server.api
        foreign = api.SendEmail(simple_request("b@receiver.test", sender="a@press.test"), metadata=press, timeout=60)
        foreign_id = foreign.email.email_id
        own = api.WatchStatus(_V1.WatchStatusRequest(email_ids=[self.email_id]), metadata=shop, timeout=60)
        other = api.WatchStatus(_V1.WatchStatusRequest(email_ids=[foreign_id]), metadata=press, timeout=60)
        over = threading.Event()
        self.addCleanup(over.set)

        def requests():
            yield _V1.SendEmailsRequest(request=good_request())
            over.wait()

        sending = api.SendEmails(requests(), metadata=shop, timeout=60)
        # All three are open.
        self.assertEqual(next(own).snapshot.email_id, self.email_id)
        self.assertEqual(next(other).snapshot.email_id, foreign_id)
        self.assertEqual(next(sending).WhichOneof("result"), "response")

        with open(self.access_path, encoding="utf-8") as file:
            text = file.read()
        access.write(self.access_path, text.replace(self.shop.entry, self.unknown.entry))
        self.server.signal(signal.SIGHUP)
        for stream in (own, sending):
            with self.assertRaises(grpc.RpcError) as ended:
                for _ in stream:
                    pass
            self.assertEqual(ended.exception.code(), UNAUTHENTICATED)
        # Those of others go on, to their own end.
        api.CancelEmail(_V1.CancelEmailRequest(email_id=foreign_id), metadata=press, timeout=60)
        *_, last = other
        self.assertEqual(last.event.recipient.failure_cause, email_pb2.FAILURE_CAUSE_CANCELLED)
        self.assertNotIn(self.shop.text[-20:], self.server.log())

    def test_administrators_are_served(self):
        for key in (self.ops.text, self.issuer.token(scope="openid mailstrom.admin")):
            for method, _, request in self.rows():
                code, _, text = self.call(method, request, key)
                # What the request lacks is another matter.
                self.assertNotIn(code, (UNAUTHENTICATED, PERMISSION_DENIED), method)
                if "mailstrom.v1" in method:
                    self.assertEqual(code, OK, text)

    def test_probes_need_nothing(self):
        self.assertLessEqual(OPEN_SERVICES, self.served())
        check = self.server.channel.unary_unary("/grpc.health.v1.Health/Check")
        self.assertEqual(check(b"", timeout=60), b"\x08\x01")


if __name__ == "__main__":
    unittest.main()
