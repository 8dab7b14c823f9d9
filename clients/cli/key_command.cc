#include "clients/cli/key_command.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/api_key.h"
#include "clients/cli/json.h"
#include "clients/cli/output.pb.h"
#include "clients/cli/utf8.h"
#include "openssl/rand.h"

namespace mailstrom::cli {

ExitCode RunKeyNew(const Arguments& arguments, const Environment& environment) {
  ApiKeyEntropy entropy;
  // Never fails; without entropy the process ends.
  RAND_bytes(entropy.data(), entropy.size());
  const ApiKey key = MakeApiKey(entropy);
  ApiKeyMade shown;
  shown.set_id(key.id);
  shown.set_sha256(absl::BytesToHexString(HashApiKey(key.text)));
  if (arguments.Has("out")) {
    const absl::Status written =
        environment.write_secret(arguments.Get("out"), absl::StrCat(key.text, "\n"));
    if (!written.ok()) {
      environment.err << "mailstrom: " << Printable(written.message()) << "\n";
      return ExitCode::kUsage;
    }
  } else {
    shown.set_key(key.text);
  }
  if (arguments.Has("json")) {
    environment.out << ToJson(shown) << "\n";
    return ExitCode::kOk;
  }
  if (!shown.key().empty()) environment.out << shown.key() << "\n";
  environment.out << "- {id: \"" << shown.id() << "\", sha256: \"" << shown.sha256() << "\"}\n";
  return ExitCode::kOk;
}

}  // namespace mailstrom::cli
