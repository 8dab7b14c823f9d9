#ifndef MAILSTROM_SERVER_ADMISSION_H_
#define MAILSTROM_SERVER_ADMISSION_H_

#include <variant>

#include "grpcpp/server_context.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "server/access_control.h"
#include "server/caller.h"

namespace mailstrom::server {

// The first step of each RPC: who calls, by the metadata and the connection, or why he is refused
// (see AccessControl::Admit). Does not block.
std::variant<Caller, v1::Error> Admit(AccessControl& access,
                                      const grpc::CallbackServerContext& context);

// The same for RPCs of administrators; PERMISSION_DENIED for everybody else. Where nobody needs
// credentials, those who call from this very machine are administrators, and nobody else.
std::variant<Caller, v1::Error> AdmitAdministrator(AccessControl& access,
                                                   const grpc::CallbackServerContext& context);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMISSION_H_
