#include "base/sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "base/error.h"

namespace wane {
namespace {

std::string hexadecimal(const unsigned char* bytes, unsigned int count) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int n = 0; n < count; ++n) {
    text += digits[bytes[n] >> 4];
    text += digits[bytes[n] & 15];
  }
  return text;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    throw ResourceError("OpenSSL on this machine offers no SHA-256; check its installation (libssl3).");
}

void Sha256::add(const void* bytes, std::size_t count) {
  EVP_DigestUpdate(context_.get(), bytes, count);
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(context_.get(), digest.data(), &length);
  return hexadecimal(digest.data(), length);
}

std::string sha256_of_file(const std::filesystem::path& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rb"), &std::fclose);
  if (!stream) {
    const int reason = errno;
    const std::string message =
        "Cannot open '" + file.string() + "': " + std::strerror(reason) + "; check the path and its permissions.";
    if (reason == ENOENT || reason == ENOTDIR) throw InputError(message);
    throw ResourceError(message);
  }
  Sha256 sum;
  std::vector<unsigned char> piece(1 << 18);
  while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), stream.get()))
    sum.add(piece.data(), count);
  if (std::ferror(stream.get()))
    throw ResourceError("Cannot read '" + file.string() + "': " + std::strerror(errno) + "; check the disk.");
  return sum.hex();
}

std::string sha256_of_text(std::string_view text) {
  Sha256 sum;
  sum.add(text.data(), text.size());
  return sum.hex();
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
            text.size(), digest.data(), &length))
    throw ResourceError("OpenSSL on this machine offers no HMAC-SHA-256; check its installation (libssl3).");
  return hexadecimal(digest.data(), length);
}

}  // namespace wane
