// Doses and dose groups hidden until the key file is given back.
//
// While OUT is blinded, no file below it holds a dose, the name of a dose group, or a participant's code: with codes
// beside the rates anybody would compute the means of the coded groups, and means in a clear order tell which dose each
// had. Nor is there a hash of anything that says who is in which group, other than keyed with the key's secret: a plain
// one is undone by hashing every arrangement. The trial's report lists the codes and nothing else about the groups. The
// dataset's participants.tsv has to be kept from those who are blinded, and so has the key.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/dataset/bids.h"

namespace wane {

struct BlindingKey {
  std::map<std::string, std::string> code_of;  // dose group to "group-1", "group-2", ... in an order drawn at random
  std::string secret;                          // stands in the key file alone
  std::string sha256;                          // by which OUT knows the key again
  std::vector<std::string> warnings;           // sentences: who else can read the key file; that it has no locks
};

enum class BlindingState { never, blinded, unblinded };
BlindingState blinding_state(const std::filesystem::path& out);

// The key in `file`; made there, with a random order of the dataset's groups, where there is no such file. Groups that
// the key does not know yet are added to it. OUT remembers the key by its secret, and is blinded from now on. Tasks
// that share OUT may call this at the same moment: one makes the key, all use it, and no code is given twice. At the
// first time OUT's log is put away as far as it tells of groups, see put_log_away. Throws UsageError where OUT was
// unblinded before, where it was blinded with another key, or where the key would lie below OUT or in the dataset;
// InputError for a file that is not a key.
BlindingKey blind(const std::filesystem::path& file, const Dataset& dataset, const std::filesystem::path& out);

// The key in `file`. Throws UsageError where OUT is not blinded (any more: the sentence says who unblinded it, and
// when, as far as the log knows) or was blinded with another key.
BlindingKey require_key_of(const std::filesystem::path& file, const std::filesystem::path& out);

// Marks OUT as unblinded, after require_key_of.
void unblind(const std::filesystem::path& file, const std::filesystem::path& out);

// The dataset without doses and groups, and without warnings that tell of them.
Dataset blinded(Dataset dataset);

// The codes of the dataset's groups, in their order.
std::vector<std::string> blinded_groups(const Dataset& dataset, const BlindingKey& key);

// An input with its hash keyed.
InputFile keyed(const InputFile& input, const BlindingKey& key);

// Gives every participant's report in OUT the dose group and dose of `dataset` (none, if it is blinded); those of
// people whom the dataset does not know (any more) get none of either. While OUT is blinded, warnings that tell of
// participants.tsv go too.
// Broken reports stay as they are.
void rewrite_doses(const Dataset& dataset, const std::filesystem::path& out);

}  // namespace wane
