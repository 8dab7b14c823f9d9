#include "server/rpc_status.h"

#include "gtest/gtest.h"
#include "mailstrom/rpc/error_details.pb.h"
#include "storage/store.h"

namespace mailstrom::server {
namespace {

template <typename Detail>
Detail DetailOf(const grpc::Status& status, const std::string& type_url) {
  rpc::Status proto;
  EXPECT_TRUE(proto.ParseFromString(status.error_details()));
  EXPECT_EQ(proto.code(), status.error_code());
  EXPECT_EQ(proto.message(), status.error_message());
  for (const auto& any : proto.details()) {
    Detail detail;
    if (any.type_url() == type_url && detail.ParseFromString(any.value())) return detail;
  }
  ADD_FAILURE() << "no detail " << type_url;
  return {};
}

grpc::Status FromStore(const absl::Status& status) { return ToRpcStatus(MakeStoreError(status)); }

grpc::Status BadRequest(const std::vector<message::Violation>& violations) {
  return ToRpcStatus(MakeFieldError(violations));
}

TEST(RpcStatusTest, ErrorsCarryReasonAndDomain) {
  const grpc::Status status = FromStore(absl::NotFoundError("no such email"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  const auto info = DetailOf<rpc::ErrorInfo>(status, "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_EQ(info.reason(), "EMAIL_NOT_FOUND");
  EXPECT_EQ(info.domain(), "mailstrom");
}

TEST(RpcStatusTest, BadRequestNamesEveryField) {
  const grpc::Status status =
      BadRequest({{"content.subject", "has a line break"}, {"tags", "too many"}});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(),
            "invalid request: content.subject: has a line break (and 1 more)");
  const auto bad = DetailOf<rpc::BadRequest>(status, "type.googleapis.com/google.rpc.BadRequest");
  ASSERT_EQ(bad.field_violations_size(), 2);
  EXPECT_EQ(bad.field_violations(1).field(), "tags");
  EXPECT_EQ(bad.field_violations(1).description(), "too many");
}

TEST(RpcStatusTest, DetailsFitIntoResponseMetadata) {
  const std::vector<message::Violation> many(1000,
                                             {"envelope.forward_paths[7]", std::string(200, 'x')});
  const grpc::Status status = BadRequest(many);
  EXPECT_LT(status.error_details().size(), 7000u);
  EXPECT_EQ(status.error_message().substr(status.error_message().size() - 14), "(and 999 more)");
}

TEST(RpcStatusTest, AnErrorInAStreamIsBoundedToo) {
  const std::vector<message::Violation> many(10000, {"tags[x]", std::string(5000, 'x')});
  EXPECT_LT(MakeFieldError(many).ByteSizeLong(), 70000u);
  EXPECT_GT(MakeFieldError(many).field_violations_size(), 10);
}

TEST(RpcStatusTest, CallersCanTellWhyTheStoreRefused) {
  const struct {
    absl::Status status;
    grpc::StatusCode code;
    v1::ErrorReason reason;
  } kCases[] = {
      {absl::ResourceExhaustedError("full"), grpc::StatusCode::RESOURCE_EXHAUSTED,
       v1::ERROR_REASON_QUEUE_FULL},
      {storage::RequestKeyReusedError("e1"), grpc::StatusCode::ALREADY_EXISTS,
       v1::ERROR_REASON_REQUEST_ID_REUSED},
      // The server chose an id that is taken: no fault of the caller.
      {absl::AlreadyExistsError("e1"), grpc::StatusCode::INTERNAL, v1::ERROR_REASON_UNSPECIFIED},
      {absl::DataLossError("torn"), grpc::StatusCode::DATA_LOSS,
       v1::ERROR_REASON_STORAGE_UNAVAILABLE},
      {absl::UnavailableError("full disk"), grpc::StatusCode::UNAVAILABLE,
       v1::ERROR_REASON_STORAGE_UNAVAILABLE},
  };
  for (const auto& c : kCases) {
    const v1::Error error = MakeStoreError(c.status);
    EXPECT_EQ(error.code(), c.code) << c.status;
    EXPECT_EQ(error.reason(), c.reason) << c.status;
  }
}

TEST(RpcStatusTest, StoreTroubleIsUnavailableAndMayBeRetried) {
  EXPECT_EQ(FromStore(absl::UnavailableError("disk full")).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(FromStore(absl::InternalError("bug")).error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(FromStore(absl::OutOfRangeError("gone")).error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

}  // namespace
}  // namespace mailstrom::server
