// Writes the manual page to standard output, for the build.

#include <iostream>

#include "clients/cli/man_page.h"

int main() {
  std::cout << mailstrom::cli::ManPage() << std::flush;
  return std::cout ? 0 : 1;
}
