// Dose groups hidden behind codes until the key file is given back.
//
// While OUT is blinded, no file below it holds a dose or the name of a dose group. Whoever keeps the key file knows the
// codes; the dataset's participants.tsv tells them too and has to be kept from those who are blinded. The sizes of the
// groups stay visible.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "pipeline/dataset/bids.h"

namespace wane {

struct BlindingKey {
  std::map<std::string, std::string> code_of;  // dose group to "group-1", "group-2", ... in an order drawn at random
  std::string sha256;                          // of the key file
  std::optional<std::string> warning;          // a sentence: others than its owner can read the key file
};

enum class BlindingState { never, blinded, unblinded };
BlindingState blinding_state(const std::filesystem::path& out);

// The key in `file`; made there, with a random order of the dataset's groups, where there is no such file. Groups that
// the key does not know yet are added to it. OUT remembers the key by its secret, and is blinded from now on. Tasks
// that share OUT may call this at the same moment: one makes the key, all use it, and no code is given twice. Throws
// UsageError where OUT was unblinded before, where it was blinded with another key, or where the key would lie below
// OUT; InputError for a file that is not a key.
BlindingKey blind(const std::filesystem::path& file, const Dataset& dataset, const std::filesystem::path& out);

// Throws UsageError where OUT is not blinded or was blinded with another key than that in `file`.
void require_key_of(const std::filesystem::path& file, const std::filesystem::path& out);

// Marks OUT as unblinded, after require_key_of.
void unblind(const std::filesystem::path& file, const std::filesystem::path& out);

// The dataset with codes instead of groups and without doses, and without warnings that tell of them. Without a key:
// without groups too.
Dataset blinded(Dataset dataset, const std::optional<BlindingKey>& key);

// Gives every participant's report in OUT the dose group and dose of `dataset` (code and none, if it is blinded); those
// of people whom the dataset does not know (any more) get none of either. Broken reports stay as they are.
void rewrite_doses(const Dataset& dataset, const std::filesystem::path& out);

}  // namespace wane
