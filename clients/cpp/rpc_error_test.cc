#include "clients/cpp/rpc_error.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include "mailstrom/rpc/error_details.pb.h"

namespace mailstrom::client {
namespace {

template <typename Message>
void AddDetail(const std::string& type_url, const Message& detail, rpc::Status& status) {
  google::protobuf::Any* any = status.add_details();
  any->set_type_url(type_url);
  any->set_value(detail.SerializeAsString());
}

TEST(RpcErrorTest, KeepsCodeAndMessage) {
  const absl::Status status =
      FromRpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such email"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no such email");
  EXPECT_EQ(ErrorReason(status), "");
  EXPECT_TRUE(FieldViolations(status).empty());
}

TEST(RpcErrorTest, WhatTheServerCancelledIsUnavailable) {
  const absl::Status status = FromRpcStatus(grpc::Status(grpc::StatusCode::CANCELLED, "stopping"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "stopping");
}

TEST(RpcErrorTest, ReadsReasonAndEveryViolation) {
  rpc::ErrorInfo info;
  info.set_reason("FIELD_INVALID");
  rpc::BadRequest request;
  for (const char* field : {"content.subject", "content.to[1].address"}) {
    auto* violation = request.add_field_violations();
    violation->set_field(field);
    violation->set_description("wrong");
  }
  rpc::Status details;
  AddDetail("type.googleapis.com/google.rpc.ErrorInfo", info, details);
  AddDetail("type.googleapis.com/google.rpc.BadRequest", request, details);

  const absl::Status status = FromRpcStatus(grpc::Status(
      grpc::StatusCode::INVALID_ARGUMENT, "2 fields are wrong", details.SerializeAsString()));

  EXPECT_EQ(ErrorReason(status), "FIELD_INVALID");
  const std::vector<FieldViolation> violations = FieldViolations(status);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].field, "content.subject");
  EXPECT_EQ(violations[1].field, "content.to[1].address");
  EXPECT_EQ(violations[1].description, "wrong");
}

TEST(RpcErrorTest, IgnoresDetailsThatDoNotParse) {
  const absl::Status status =
      FromRpcStatus(grpc::Status(grpc::StatusCode::INTERNAL, "broken", "\xff\xff\xff"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(FieldViolations(status).empty());
}

TEST(RpcErrorTest, OkHasNothing) { EXPECT_TRUE(FromRpcStatus(grpc::Status::OK).ok()); }

}  // namespace
}  // namespace mailstrom::client
