#include "clients/cli/admin_client.h"

#include <grpcpp/create_channel.h>

#include "absl/time/clock.h"
#include "clients/cpp/rpc_error.h"

namespace mailstrom::cli {
namespace {

constexpr absl::Duration kDefaultTimeout = absl::Minutes(2);

std::shared_ptr<grpc::Channel> OpenChannel(const Connection& connection) {
  grpc::ChannelArguments arguments;
  // A page of a thousand recipients is larger than gRPC's default limit allows.
  arguments.SetMaxReceiveMessageSize(-1);
  const client::Client::Options options = ClientOptions(connection);
  return grpc::CreateCustomChannel(
      connection.server,
      options.credentials != nullptr ? options.credentials : grpc::InsecureChannelCredentials(),
      arguments);
}

}  // namespace

AdminClient::AdminClient(const Connection& connection)
    : stub_(admin::v1::AdminService::NewStub(OpenChannel(connection))),
      timeout_(connection.timeout.value_or(kDefaultTimeout)) {}

void AdminClient::SetDeadline(grpc::ClientContext& context) const {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
}

absl::Status AdminClient::ToStatus(const grpc::Status& status) {
  return client::FromRpcStatus(status);
}

}  // namespace mailstrom::cli
