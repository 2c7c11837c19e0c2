// "Did you mean": the names nearest to a misspelt one.
#pragma once

#include <string>
#include <vector>

namespace wane {

// Names within a third of the word's length in edits (insert, delete, replace, case ignored), or that contain the
// word; nearest first, at most three.
std::vector<std::string> near_names(const std::string& word, const std::vector<std::string>& names);

// " Did you mean spacing_mm or margin_mm?", or where nothing is near " Known are: …."
std::string did_you_mean(const std::string& word, const std::vector<std::string>& names);

}  // namespace wane
