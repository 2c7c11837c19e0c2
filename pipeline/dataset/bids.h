// A BIDS folder of raw scans: whose they are, which visits there are, when, and which file of each is measured.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/dataset/dataset_options.h"
#include "pipeline/dataset/left_out.h"
#include "pipeline/dataset/participants.h"
#include "pipeline/dataset/sidecar.h"

namespace wane {

struct DatasetVisit {
  std::string session;             // "ses-01"; empty where the scans lie in sub-01/anat without a session
  std::optional<double> days;      // days_since_baseline as written, or since the earliest date of the participant
  std::filesystem::path t1w;       // the scan to measure, below Dataset::folder
  std::vector<std::string> notes;  // sentences: which of several scans was chosen and why
  ScanSidecar sidecar = {};        // how the scan was acquired; empty where there is no sidecar
  std::optional<std::string> acquired = {};  // "2024-03-31", where the table that dates the visits has dates
};

struct DatasetParticipant {
  std::string participant_id;             // "sub-01"
  std::optional<std::string> dose_group;  // empty: not in participants.tsv, or n/a
  std::optional<double> dose;             // in Dataset::dose_unit
  std::vector<DatasetVisit> visits;       // at least one; by days where all are known, else by label
  std::vector<std::string> warnings;      // sentences: missing visits, missing or doubtful dates
  bool order_known = false;               // every visit has a day, and no two have the same
  std::string no_dates_because;  // why fewer than two of several visits have a day; ends a sentence, else empty
  std::vector<std::string> missing_visits;  // sessions that have a folder or a row, and no scan that can be used
};

// A table as it was when it was read: a run may take days, and the table may change meanwhile.
struct TableFile {
  std::filesystem::path file;
  std::string sha256;
};

struct Dataset {
  std::filesystem::path folder;
  std::vector<DatasetParticipant> participants;  // those with scans, "sub-2" before "sub-10"
  std::vector<LeftOut> left_out;                 // those without; same order
  std::vector<std::string> all_participant_ids;  // everybody with a folder or a row, also beyond `labels`
  std::string dose_unit;                         // empty: not said
  std::vector<std::string> warnings;             // sentences about the dataset
  std::vector<TableFile> tables;                 // the tables that were read, for the record of inputs
};

// Walks sub-*/ses-*/anat/*_T1w.nii[.gz] and sub-*/anat/*_T1w.nii[.gz]; derivatives/ and sourcedata/ are not entered.
//
// Where a visit has several T1w scans, one is chosen, in this order of preference: without contrast agent (no ce-
// entity); of the kind (acq-, rec-, echo-, ... entities) that most visits of the participant have, because a change
// measured across kinds is partly a change of scanner; the image that combines all echoes (no echo- entity); the
// highest run, because a scan is repeated when the earlier one was poor; the compressed file. Phase, real and imaginary
// parts (part-) are no T1w images and are never used. The choice and its reason are stated in the visit's notes.
//
// Days of visits come from sub-*_sessions.tsv (days, or dates), or from the acq_time of the chosen scans in
// sub-*_scans.tsv, whichever dates more visits; the former where both date as many.
//
// `labels`: the participants to keep, with or without "sub-", globs and commas allowed ("01,02", "sub-1*"); all where
// empty. Sessions and scans that the options' `sessions` and `filter_file` leave out are as if they were not there.
// `today`: days since 1970-01-01, after which dates are doubted; the clock's where empty.
// Throws InputError where the folder is missing, holds no T1w scan (and says what it seems to be instead), or
// participants.tsv is broken; UsageError where a label names nobody, or the filter
// file is none; ResourceError where a folder cannot be listed. A
// broken sub-*_sessions.tsv or sub-*_scans.tsv costs that participant the dates, with a warning.
Dataset read_dataset(const std::filesystem::path& folder, const DatasetOptions& options,
                     const std::vector<std::string>& labels = {}, std::optional<int> today = std::nullopt);

}  // namespace wane
