#include "pipeline/report/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace wane {

std::string base64(std::string_view bytes) {
  // OpenSSL counts in int; a multiple of three bytes has no padding at its end.
  constexpr std::size_t piece_bytes = std::size_t(3) << 20;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::string piece(piece_bytes / 3 * 4 + 1, '\0');
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    const std::size_t count = std::min(piece_bytes, bytes.size() - at);
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(piece.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data() + at), int(count));
    text.append(piece, 0, std::size_t(length));
  }
  return text;
}

}  // namespace wane
