// Debian's ITK was configured with g++, and its headers refuse every other compiler; they compile with clang all the
// same. Included before everything else: here alone, clang passes for the g++ of Debian 12.
#pragma once

#pragma push_macro("__clang__")
#pragma push_macro("__GNUC__")
#undef __clang__
#undef __GNUC__
#define __GNUC__ 12
#include <itk_compiler_detection.h>
#pragma pop_macro("__GNUC__")
#pragma pop_macro("__clang__")
