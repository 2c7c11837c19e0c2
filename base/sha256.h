// SHA-256, by which a report names the exact inputs that it was made from; keyed where the plain hash would tell what
// the input says.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace wane {

// Of bytes as they come.
class Sha256 {
 public:
  Sha256();  // throws ResourceError where OpenSSL has none
  void add(const void* bytes, std::size_t count);
  std::string hex();  // ends the sum

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

// 64 lower-case hexadecimal digits, as sha256sum prints them. The file is read in pieces, whatever its size.
// Throws InputError where the file is missing, ResourceError where it cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);
std::string sha256_of_text(std::string_view text);

// HMAC-SHA-256 (RFC 2104): nobody without `key` can compute it, so that nobody can find out `text` by trying all that
// it may say. Throws ResourceError where OpenSSL has none.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace wane
