// The error model (measurement/error_model.h) as a JSON file (schema wane/error-model/1), so that it can be refitted,
// questioned and replaced without touching the program.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/measurement/error_model.h"

namespace wane {

// `share/wane/error_model.json`
inline constexpr const char* error_model_file_name = "error_model.json";

// Throws InputError naming the file and the field that is missing, is no number, or cannot be (negative, or shares of 0
// that something is divided by).
ErrorModel read_error_model(const std::filesystem::path& file);
ErrorModel error_model_of(const std::string& json_text, const std::string& file);

// SHA-256 of the heads that the model's coefficients were fitted to, by the file's member "fit"; empty where it has
// none.
std::vector<std::string> heads_of_fit(const std::filesystem::path& file);

// `fit`: how the coefficients were found (heads, command, version, date); read_error_model does not read it.
std::string error_model_json_text(const ErrorModel& model, const nlohmann::ordered_json& fit);

}  // namespace wane
