// Columns of participants.tsv that the statistics adjust for (--covariates age,sex,site:category).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipeline/dataset/dataset_options.h"
#include "pipeline/dataset/tsv.h"

namespace wane {

struct CovariateColumn {
  std::string name;
  bool category = false;                        // else every value is a number, with a decimal point
  std::map<std::string, std::string> value_of;  // by participant_id; those with n/a are not in it
};

struct Covariates {
  std::vector<CovariateColumn> columns;
  std::vector<std::string> notes;     // sentences, one for each column: how it is used and who has no value
  std::vector<std::string> warnings;  // sentences: what was read otherwise than written, and what may not be meant
};

// `names` as the user writes them: columns with commas between, each alone or with ":category" or ":number" behind it.
// Without, a column is numbers where more than half of its values are, and else categories.
//
// BIDS writes ages of 89 and more as "89+"; such a value is read as the number, with a warning. A column of numbers
// with other text, or with a decimal comma, is an error, because it would silently become one category a value. What
// looks like codes (few different whole numbers) is used as numbers, with a warning.
//
// `ids`: the participant of each row of `table`. `participants`: whose values are wanted; rows of others are checked
// all the same. Several rows of one participant are one where they agree.
// Throws UsageError for a column that is asked for twice, that holds the dose or the group (the model has the dose
// already, and it would unblind), or a kind that is none; InputError naming line and value for what is wrong in the
// table, and for a column it lacks.
Covariates covariates_in(const Table& table, const std::vector<std::string>& ids, const DatasetOptions& options,
                         const std::string& names, const std::vector<std::string>& participants);

// The same from the participants.tsv of a dataset; nothing where `names` is empty. Throws InputError also where there
// is no participants.tsv.
Covariates read_covariates(const std::filesystem::path& bids_folder, const DatasetOptions& options,
                           const std::string& names, const std::vector<std::string>& participants);

// All columns of participants.tsv but those of participant, dose group and dose, for tables: values as they stand. Of
// several rows of one participant that disagree none is taken. Nothing where there is no participants.tsv. Throws
// InputError as read_participants_table.
std::vector<CovariateColumn> other_columns(const std::filesystem::path& bids_folder, const DatasetOptions& options);

}  // namespace wane
