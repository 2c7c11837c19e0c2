// Moved: pipeline/dataset/ needs it too.
#pragma once

#include "pipeline/dataset/shell_words.h"
