#include "server/admission.h"

#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "grpc/grpc_security_constants.h"
#include "server/peer_address.h"
#include "server/rpc_status.h"
#include "server/traceparent.h"

namespace mailstrom::server {
namespace {

std::vector<absl::string_view> MetadataOf(const grpc::CallbackServerContext& context,
                                          const char* name) {
  std::vector<absl::string_view> values;
  const auto [first, last] = context.client_metadata().equal_range(name);
  for (auto entry = first; entry != last; ++entry) {
    values.emplace_back(entry->second.data(), entry->second.size());
  }
  return values;
}

CallCredentials ReadCredentials(const grpc::CallbackServerContext& context) {
  CallCredentials credentials;
  credentials.host = PeerHost(context.peer());
  for (const absl::string_view value : MetadataOf(context, "authorization")) {
    credentials.authorizations.emplace_back(value);
  }
  const std::shared_ptr<const grpc::AuthContext> connection = context.auth_context();
  if (connection == nullptr || !connection->IsPeerAuthenticated()) return credentials;
  auto names = connection->FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME);
  if (names.empty()) names = connection->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
  for (const grpc::string_ref& name : names) {
    credentials.certificate_names.emplace_back(name.data(), name.size());
  }
  return credentials;
}

v1::Error NotAnAdministrator(absl::string_view text) {
  return MakeError(grpc::StatusCode::PERMISSION_DENIED, text, v1::ERROR_REASON_PERMISSION_DENIED);
}

}  // namespace

std::variant<Caller, v1::Error> Admit(AccessControl& access,
                                      const grpc::CallbackServerContext& context) {
  std::variant<Caller, v1::Error> admitted = Caller();
  if (access.is_required()) admitted = access.Admit(ReadCredentials(context));
  if (Caller* caller = std::get_if<Caller>(&admitted)) {
    caller->traceparent = ParseTraceparent(MetadataOf(context, "traceparent"));
  }
  return admitted;
}

std::variant<Caller, v1::Error> AdmitAdministrator(AccessControl& access,
                                                   const grpc::CallbackServerContext& context) {
  if (!access.is_required()) {
    if (IsLocalPeer(context.peer())) return Caller{.is_administrator = true};
    return NotAnAdministrator(
        "without an access file the server is administered from its own machine only");
  }
  std::variant<Caller, v1::Error> admitted = access.Admit(ReadCredentials(context));
  const Caller* caller = std::get_if<Caller>(&admitted);
  if (caller != nullptr && !caller->is_administrator) {
    return NotAnAdministrator("the caller is not one of the access file's administrators");
  }
  return admitted;
}

}  // namespace mailstrom::server
