// The blinding key: what was understood comes back when it is written out.
#include "pipeline/run/blinding_key.h"

#include "fuzz/properties.h"

using namespace wane;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto key = parse_key(fuzz::text_of(data, size)))
    fuzz::require(parse_key(key_text(*key)) == key, "a key comes back as it was written");
  return 0;
}
