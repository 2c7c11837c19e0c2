// The reports of a trial: of its dose groups and as a whole, from what the participants left in OUT.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/dataset/bids.h"
#include "pipeline/report/look_list.h"
#include "pipeline/run/blinding.h"
#include "pipeline/run/output_folder.h"
#include "pipeline/run/report_pages.h"
#include "pipeline/run/trial_request.h"

namespace wane {

// Throws UsageError where OUT is blinded and the request has no key, so that nobody waits for measurements whose
// reports cannot be made.
void require_blinding_as_before(const TrialRequest& request);

struct GroupResult {
  std::vector<std::filesystem::path> files;  // the reports and tables written
  std::string summary;                       // the findings in a few lines, who is left out and why
  LookList look;                             // who needs a look
  WrittenPages pages;
};

// Writes the reports of dose groups and of the trial, the tables, methods.md and the pages, from what participants left
// in OUT. `dataset` may be without scans where no pages are made.
// Participants of the dataset without a report are left out, with the reason of their failure where there is one.
// With request.blind_key, no file of OUT holds a dose or says who is in which group, and dose responses are not
// computed. `reports`: the lock of lock_reports(request.out). Throws InputError where OUT holds no report of any
// participant of the dataset; UsageError where OUT is blinded and the request is not.
GroupResult report_trial(const Dataset& dataset, const TrialRequest& request, const TrialEvents& events,
                         const OutputLock& reports);

// Gives the blinded results in OUT their dose groups and doses back, and makes the trial's reports anew. Throws
// UsageError where `key` is not the one that OUT was blinded with, or OUT was unblinded already; InputError where OUT
// holds no report of any participant of the dataset, ResourceError where somebody is being measured; OUT is then as
// blinded as before.
GroupResult unblind_trial(const Dataset& dataset, const TrialRequest& request, const std::filesystem::path& key,
                          const TrialEvents& events, const OutputLock& reports);

// A dataset as those who are blinded may know it.
struct Blinded {
  Dataset dataset;
  BlindingKey key;
  std::vector<std::string> groups;  // codes
};

// Blinds OUT with request.blind_key and frees it of any dose that an earlier run left there: the trial's reports are
// removed before they are made anew, because that can fail, or be hours away. Throws ResourceError where OUT was never
// blinded and somebody is being measured.
Blinded blinded_with_results(const Dataset& dataset, const TrialRequest& request, const TrialEvents& events);

// Throws InputError where a link in OUT, OUT/logs or OUT/dose-groups leads outside of OUT. Of participants' folders the
// names alone: each is looked into when it is written.
void require_links_of_trial_inside(const std::filesystem::path& out);

}  // namespace wane
