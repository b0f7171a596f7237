// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <vector>

#include "core/error.hpp"

namespace filigree {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  }
  void add(const void* data, std::size_t bytes) {
    require(EVP_DigestUpdate(context_.get(), data, bytes));
  }
  std::string result() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), &size));
    std::string text;
    for (unsigned int i = 0; i < size; ++i) text += format("{:02x}", digest[i]);
    return text;
  }

 private:
  static void require(int ok) {
    if (ok != 1) throw InternalError("the SHA-256 routine of libcrypto failed");
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256_text(std::string_view text) {
  Sha256 sha;
  sha.add(text.data(), text.size());
  return sha.result();
}

std::string sha256_file(const std::filesystem::path& file) {
  const auto fail = [&](int error) {
    throw EnvironmentError(
        format("cannot read '{}': {}", file.string(), std::generic_category().message(error)));
  };
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> stream(std::fopen(file.c_str(), "rbe"),
                                                                  &std::fclose);
  if (!stream) fail(errno);
  Sha256 sha;
  std::vector<char> piece(1 << 20);
  std::size_t n;
  while ((n = std::fread(piece.data(), 1, piece.size(), stream.get())) > 0)
    sha.add(piece.data(), n);
  if (std::ferror(stream.get())) fail(errno);
  return sha.result();
}

}  // namespace filigree
