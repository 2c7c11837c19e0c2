#include "pipeline/run/participant.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_folder.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/analysis/exclusion.h"
#include "pipeline/analysis/trial_analysis.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/quality/acquisition.h"
#include "pipeline/report/image_names.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/mosaic.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/report/picture_file.h"
#include "pipeline/run/derivatives.h"
#include "pipeline/run/earlier_stages.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

// Marks the warnings that come from the tables, which may change without the scans.
constexpr const char* kFromDataset = "Dataset: ";

// Begins the names of the template's files among a report's inputs.
constexpr const char* template_start = "template/";

fs::path relative_to(const fs::path& folder, const fs::path& file) {
  return file.lexically_relative(folder);
}

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

// How sentences call a visit.
std::string session_words(const DatasetVisit& visit) {
  return visit.session.empty() ? "the only visit" : visit.session;
}

// What is known of a visit whether or not it was measured.
VisitRow visit_row(const DatasetVisit& visit, const fs::path& dataset, const NiftiReport& scan,
                   const ScanQualityInput& found) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  VisitRow row;
  row.session = visit.session;
  row.days = visit.days;
  row.volumes_ml = {unknown, unknown, unknown, unknown, unknown};
  if (found.unusable.empty())
    row.figures = {{"template_similarity", found.template_similarity},
                   {"non_finite_voxels", static_cast<double>(scan.non_finite_voxels)},
                   {"form_disagreement_mm", scan.form_disagreement_mm}};
  row.fingerprint = found.fingerprint;
  row.notes = visit.notes;
  if (found.brain_extracted) row.notes.push_back("already brain-extracted");
  append(row.notes, scan.warnings);
  row.inputs = {relative_to(dataset, visit.t1w).generic_string()};
  return row;
}

void add_measurement(VisitRow& row, const ConformedVisit& conformed, const MeasuredVisit& measured,
                     double share_compared) {
  row.volumes_ml = measured.volumes_ml;
  row.figures["share_of_brain_compared"] = share_compared;
  if (measured.calibration_drift_percent)
    row.figures["calibration_drift_percent"] = *measured.calibration_drift_percent;
  append(row.notes, conformed.warnings);
}

// Rounded as they are written, so that rates computed from a report read back are the same.
TissueValues as_written(const TissueValues& values) {
  return {rounded(values.brain, decimals_percent), rounded(values.gray_matter, decimals_percent),
          rounded(values.white_matter, decimals_percent)};
}

std::optional<ChangeEstimate> as_written(const std::optional<ChangeEstimate>& estimate) {
  if (!estimate) return std::nullopt;
  return ChangeEstimate{as_written(estimate->percent), as_written(estimate->standard_error)};
}

std::optional<ChangeErrors> as_written(const std::optional<ChangeErrors>& errors) {
  if (!errors) return std::nullopt;
  return ChangeErrors{as_written(errors->residual_percent),
                      rounded(errors->calibration_percent, decimals_percent),
                      rounded(errors->voxel_mm3, decimals_quality),
                      as_written(errors->noise_percent),
                      as_written(errors->scale_share),
                      errors->visits_blurred};
}

void date_changes(ParticipantReport& report) {
  const VisitSeries series = visit_series_of(report);
  for (std::size_t n = 0; n < report.changes.size(); ++n) {
    const auto& from = series.days.at(series.changes[n].from);
    const auto& to = series.days.at(series.changes[n].to);
    report.changes[n].days = from && to ? std::optional(*to - *from) : std::nullopt;
  }
}

struct ReadScans {
  std::vector<VisitScan> scans;
  std::vector<NiftiReport> reports;
};

// No fault of the scan: the participant can be measured when the scan is at rest.
class ChangedScan : public InputError {
  using InputError::InputError;
};

[[noreturn]] void refuse_changed(const fs::path& file) {
  throw ChangedScan(file.string() +
                    " changed while it was read; wait until the copy is finished and run the same command again.");
}

// The scan that has this SHA-256: what is reported must be of the bytes that the report names.
NiftiScan read_unchanged(const fs::path& file, const std::string& sha256) {
  try {
    NiftiScan scan = read_nifti(file);
    if (scan.sha256 == sha256) return scan;
  } catch (const InputError&) {
    if (sha256_of_file(file) == sha256) throw;  // it is as bad as it was
  }
  refuse_changed(file);
}

// `hashes`: of the scans of all visits, in their order. What is wrong with a scan is kept with it.
ReadScans read_scans(const DatasetParticipant& participant, const std::vector<std::size_t>& places,
                     const std::vector<InputFile>& hashes) {
  ReadScans read{std::vector<VisitScan>(places.size()), std::vector<NiftiReport>(places.size())};
  parallel_tasks(places.size(), [&](std::size_t n) {
    const DatasetVisit& visit = participant.visits[places[n]];
    try {
      NiftiScan scan = read_unchanged(visit.t1w, hashes.at(places[n]).sha256);
      read.scans[n] = {visit.t1w.string(), std::move(scan.volume), session_words(visit),
                       scan.report.orientation_source != "none"};
      read.reports[n] = std::move(scan.report);
    } catch (const ChangedScan&) {
      throw;
    } catch (const InputError& error) {
      read.scans[n].session = session_words(visit);
      read.scans[n].unusable = error.what();
    }
  });
  return read;
}

std::vector<std::size_t> all_places(const DatasetParticipant& participant) {
  std::vector<std::size_t> places(participant.visits.size());
  std::iota(places.begin(), places.end(), std::size_t(0));
  return places;
}

// What the stages left in the folder `stages` for all visits of the participant; nothing where one was not usable.
std::optional<EarlierStages> stages_for(const fs::path& stages, const DatasetParticipant& participant,
                                        const Provenance& provenance, const ReadScans& read,
                                        const RunOptions& options) {
  if (stages.empty()) return std::nullopt;
  for (const VisitScan& scan : read.scans)
    if (!scan.unusable.empty()) return std::nullopt;
  std::vector<VisitToTakeUp> visits;
  for (std::size_t v = 0; v < participant.visits.size(); ++v)
    visits.push_back({participant.visits[v].session, provenance.inputs.at(v).sha256});
  StageOrigin origin{provenance.version, {}};
  for (const InputFile& input : provenance.inputs)
    if (input.path.starts_with(template_start)) origin.template_sha256.push_back(input.sha256);
  return take_up_stages(stages, visits, origin, options);
}

// What stands in the way of measuring the visits together is kept, because it may lie in one of them.
MeasuredTogether measured_together(const DatasetParticipant& participant, std::vector<std::size_t> places,
                                   const Provenance& provenance, const ReferenceData& reference,
                                   const RunOptions& options, const StageCallback& at_step, const fs::path& stages) {
  MeasuredTogether result;
  result.places = std::move(places);
  ReadScans read = read_scans(participant, result.places, provenance.inputs);
  result.scans = std::move(read.reports);
  if (at_step) at_step("conform", 0);
  std::optional<EarlierStages> earlier = stages_for(stages, participant, provenance, read, options);
  ConformedScans conformed =
      earlier ? already_conformed(std::move(read.scans), std::move(earlier->conformed), reference.head_template)
              : conform_scans(std::move(read.scans), reference.head_template, options);
  result.scan_quality = conformed.quality;
  result.taken_up = earlier.has_value();
  try {
    result.processed = process_conformed(std::move(conformed), reference, options, at_step, std::move(earlier));
  } catch (const InputError& error) {
    result.why_not = error.what();
  }
  return result;
}

// The verdicts of the checks on each visit of `all`.
std::vector<Quality> visit_quality(const MeasuredTogether& all, const QualityLimits& limits) {
  if (all.processed) return all.processed->quality.visits;
  std::vector<Quality> quality;
  for (const ScanQualityInput& scan : all.scan_quality) quality.push_back(judge_scan(scan, limits));
  return quality;
}

bool is_usable(const Quality& quality) {
  return std::none_of(quality.checks.begin(), quality.checks.end(),
                      [](const QualityCheck& check) { return check.name == usable_check; });
}

// Nobody can decide that there are numbers where there is no scan.
bool counts(const Quality& quality, const std::optional<bool>& decided_pass, QualityMode mode) {
  if (!is_usable(quality)) return false;
  if (decided_pass) return *decided_pass;
  return mode == QualityMode::report || quality.verdict() != Verdict::fail;
}

std::optional<bool> decided_pass(const QualityRules& rules, const std::string& id, const std::string& session) {
  const QualityDecision* decision = rules.decisions ? rules.decisions->find(id, session) : nullptr;
  return decision ? std::optional(decision->pass) : std::nullopt;
}

// Which visits are measured together in the end: those that count, or all where none does, so that there is something
// to look at.
std::vector<bool> measured_in_the_end(const std::vector<bool>& counting) {
  const bool any = std::find(counting.begin(), counting.end(), true) != counting.end();
  return any ? counting : std::vector<bool>(counting.size(), true);
}

// Places of those of `measured` that are left where some are taken out; empty where all stay, or none does.
std::vector<std::size_t> places_left(const DatasetParticipant& participant, const MeasuredTogether& measured,
                                     const QualityRules& rules) {
  const std::vector<Quality> quality = visit_quality(measured, rules.limits);
  std::vector<bool> counting;
  for (std::size_t v = 0; v < quality.size(); ++v)
    counting.push_back(counts(
        quality[v], decided_pass(rules, participant.participant_id, participant.visits[measured.places[v]].session),
        rules.mode));
  const std::vector<bool> stays = measured_in_the_end(counting);
  std::vector<std::size_t> places;
  for (std::size_t v = 0; v < stays.size(); ++v)
    if (stays[v]) places.push_back(measured.places[v]);
  return places.size() == stays.size() ? std::vector<std::size_t>() : places;
}

// First visit to each later one, then successive visits.
void order_changes(ParticipantReport& report) {
  const auto place = [&](const std::string& session) {
    return std::find_if(report.visits.begin(), report.visits.end(),
                        [&](const VisitRow& row) { return row.session == session; }) -
           report.visits.begin();
  };
  std::stable_sort(report.changes.begin(), report.changes.end(), [&](const ChangeRow& a, const ChangeRow& b) {
    const auto from_a = place(a.from), from_b = place(b.from);
    return from_a != from_b ? from_a < from_b : place(a.to) < place(b.to);
  });
}

// Numbers of `measured`, for the visits that `belongs` names and the changes whose two visits it accepts.
template <class VisitFilter, class ChangeFilter>
void add_measured(ParticipantReport& report, const MeasuredTogether& measured, const QualityLimits& limits,
                  VisitFilter&& takes_visit, ChangeFilter&& takes_change) {
  const std::vector<Quality> quality = visit_quality(measured, limits);
  for (std::size_t v = 0; v < measured.places.size(); ++v) {
    const std::size_t place = measured.places[v];
    if (!takes_visit(place)) continue;
    report.visits[place].quality = quality[v];
    if (!measured.processed) continue;
    const ProcessedParticipant& processed = *measured.processed;
    add_measurement(report.visits[place], processed.conformed[v], processed.measurement.visits[v],
                    processed.measurement.share_compared);
  }
  if (!measured.processed) return;
  const Measurement& measurement = measured.processed->measurement;
  for (std::size_t c = 0; c < measurement.changes.size(); ++c) {
    const Change& change = measurement.changes[c];
    const std::size_t from = measured.places[change.from], to = measured.places[change.to];
    if (!takes_change(from, to)) continue;
    report.changes.push_back({report.visits[from].session, report.visits[to].session, std::nullopt,
                              as_written(change.percent), as_written(change.standard_error),
                              as_written(change.boundary_shift), measured.processed->quality.changes[c],
                              as_written(change.errors)});
  }
}

// From the first of the visits that are measured together to the last.
double span_days(const ParticipantReport& report) {
  std::vector<double> days;
  for (const VisitRow& visit : report.visits)
    if (visit.days && visit.measured_together) days.push_back(*visit.days);
  if (days.empty()) return 0;
  const auto [first, last] = std::minmax_element(days.begin(), days.end());
  return *last - *first;
}

// Verdicts that follow from dates and sidecars.
void judge_with_dataset(ParticipantReport& report, const DatasetParticipant& participant, const QualityLimits& limits) {
  const VisitSeries series = visit_series_of(report);
  const double span = span_days(report);
  for (std::size_t c = 0; c < report.changes.size(); ++c) {
    ChangeRow& change = report.changes[c];
    const DatasetVisit& from = participant.visits.at(series.changes[c].from);
    const DatasetVisit& to = participant.visits.at(series.changes[c].to);
    judge_acquisition(change.quality, from.sidecar, to.sidecar, session_words(from), session_words(to));
    judge_dates(change.quality, change.percent, change.days, span, limits);
  }
}

void write_quality_figure(const fs::path& out, const DatasetParticipant& participant, const MeasuredTogether& measured,
                          bool sloppy) {
  std::vector<MosaicVisit> visits;
  for (std::size_t n = 0; n < measured.places.size(); ++n) {
    const MeasuredVisit& visit = measured.processed->measurement.visits[n];
    visits.push_back({participant.visits[measured.places[n]].session, &measured.processed->extracted.corrected[n],
                      &visit.brain_mask, &visit.tissues.gm, &visit.tissues.wm, &visit.tissues.csf});
  }
  const std::string& id = participant.participant_id;
  make_folders_inside(out, out / id / "figures");
  write_png(quality_picture_file(out, id), quality_mosaic(sloppy ? id + "  (--sloppy: no results)" : id, visits));
}

Json sidecar_provenance(const Provenance& provenance) {
  Json json = {{"program", "wane"},
               {"version", provenance.version},
               {"options", Json::parse(provenance.options)},
               {"inputs", inputs_json(provenance.inputs)}};
  if (provenance.sloppy) json["sloppy"] = true;
  return json;
}

// What a report was made from, as far as it decides whether the scans have to be looked at again.
Json origin_of(const Json& report) {
  Json options = report.at("options");
  options.erase("dataset");  // the names of columns; what they lead to is compared itself
  return {{"version", report.at("version")}, {"options", options}, {"inputs", report.at("inputs")}};
}

}  // namespace

fs::path report_file(const fs::path& out, const std::string& participant_id) {
  return out / participant_json_path(participant_id);
}

std::vector<InputFile> scan_files(const DatasetParticipant& participant, const fs::path& dataset) {
  std::vector<InputFile> files;
  for (const DatasetVisit& visit : participant.visits) {
    require_length_of_a_scan(visit.t1w);
    files.push_back({relative_to(dataset, visit.t1w).generic_string(), sha256_of_file(visit.t1w)});
  }
  return files;
}

ParticipantReport with_current_dataset(ParticipantReport report, const DatasetParticipant& participant,
                                       const QualityRules& rules) {
  report.dose_group = participant.dose_group;
  report.dose = participant.dose;
  for (std::size_t n = 0; n < report.visits.size() && n < participant.visits.size(); ++n)
    report.visits[n].days = participant.visits[n].days;
  report.no_dates_because = participant.no_dates_because;
  report.quality_mode = rules.mode;
  apply_decisions(report, rules.decisions ? *rules.decisions : QualityDecisions{});
  std::erase_if(report.warnings, [](const std::string& warning) { return warning.starts_with(kFromDataset); });
  for (const auto& warning : participant.warnings) report.warnings.push_back(kFromDataset + warning);
  date_changes(report);
  judge_with_dataset(report, participant, rules.limits);
  set_rates(report);
  return report;
}

ParticipantReport report_of(const DatasetParticipant& participant, const fs::path& dataset,
                            const std::vector<MeasuredTogether>& rounds, const QualityRules& rules) {
  ParticipantReport report;
  report.participant_id = participant.participant_id;
  for (std::size_t v = 0; v < participant.visits.size(); ++v) {
    report.visits.push_back(
        visit_row(participant.visits[v], dataset, rounds.front().scans[v], rounds.front().scan_quality[v]));
    report.visits.back().measured_together = false;
  }
  for (const std::size_t place : rounds.back().places) report.visits[place].measured_together = true;
  // Of each visit and each pair, the last measurement that it was part of.
  std::set<std::size_t> visits;
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  for (auto round = rounds.rbegin(); round != rounds.rend(); ++round) {
    add_measured(
        report, *round, rules.limits, [&](std::size_t place) { return visits.insert(place).second; },
        [&](std::size_t from, std::size_t to) {
          return pairs.insert({from, to}).second;
        });
    if (!round->processed && std::all_of(round->scan_quality.begin(), round->scan_quality.end(),
                                         [](const ScanQualityInput& scan) { return scan.unusable.empty(); }))
      report.warnings.push_back("The visits could not be measured with those that are left out (" + round->why_not +
                                ")");
  }
  order_changes(report);
  const ProcessedParticipant& result = *rounds.back().processed;
  report.quality = result.quality.person;
  append(report.warnings, result.aligned.warnings);
  append(report.warnings, result.measurement.warnings);
  return with_current_dataset(std::move(report), participant, rules);
}

namespace {

// A participant of whom too little is left is told of as one that failed, with the first scan that cannot be used;
// unless people have decided that those scans do not count.
void require_enough_left(const DatasetParticipant& participant, const MeasuredTogether& all, std::size_t left,
                         const QualityRules& rules) {
  if (left >= 2) return;
  for (std::size_t v = 0; v < all.scan_quality.size(); ++v) {
    if (all.scan_quality[v].unusable.empty()) continue;
    const auto decided = decided_pass(rules, participant.participant_id, participant.visits[v].session);
    if (left == 0 || !decided || *decided) throw InputError(all.scan_quality[v].unusable);
  }
}

// Visits that fail are taken out and the others measured again, until no more fail.
// `draw`: called once, with the first of them. `stages`: see run_participant.
std::vector<MeasuredTogether> measured_in_rounds(const DatasetParticipant& participant, const Provenance& provenance,
                                                 const ReferenceData& reference, const RunOptions& options,
                                                 const QualityRules& rules, const StageCallback& at_step,
                                                 const fs::path& stages,
                                                 const std::function<void(const MeasuredTogether&)>& draw) {
  std::vector<MeasuredTogether> rounds;
  bool drawn = false;
  for (std::vector<std::size_t> places = all_places(participant); !places.empty();) {
    // The stages ran on all visits.
    rounds.push_back(measured_together(participant, std::move(places), provenance, reference, options, at_step,
                                       rounds.empty() ? stages : fs::path()));
    MeasuredTogether& measured = rounds.back();
    places = places_left(participant, measured, rules);
    if (rounds.size() == 1) require_enough_left(participant, measured, places.size(), rules);
    if (!measured.processed && places.empty()) throw InputError(measured.why_not);
    if (!measured.processed) continue;
    // The picture shows the visits with those that are taken out, because a reader will want to see why.
    if (!drawn) draw(measured);
    drawn = true;
    // Images of visits that are taken out are not written, and the memory that they take is needed.
    if (!places.empty()) release_images(*measured.processed);
  }
  return rounds;
}

}  // namespace

ParticipantReport measured_report(const DatasetParticipant& participant, const fs::path& dataset,
                                  const Provenance& provenance, const ReferenceData& reference,
                                  const RunOptions& options, const QualityRules& rules, const StageCallback& at_step) {
  const auto draw_nothing = [](const MeasuredTogether&) {};
  const std::vector<MeasuredTogether> rounds =
      measured_in_rounds(participant, provenance, reference, options, rules, at_step, {}, draw_nothing);
  return report_of(participant, dataset, rounds, rules);
}

bool run_participant(const DatasetParticipant& participant, const fs::path& dataset, const fs::path& out,
                     const Provenance& provenance, const ReferenceData& reference, const RunOptions& options,
                     const QualityRules& rules, const StageCallback& at_step, const fs::path& stages) {
  const std::vector<MeasuredTogether> rounds = measured_in_rounds(
      participant, provenance, reference, options, rules, at_step, stages,
      [&](const MeasuredTogether& first) { write_quality_figure(out, participant, first, provenance.sloppy); });
  const MeasuredTogether& result = rounds.back();
  if (at_step) at_step("write", stage_count);
  std::vector<VisitFiles> files;
  for (const std::size_t place : result.places)
    files.push_back({participant.visits[place].session, relative_to(dataset, participant.visits[place].t1w)});
  const DerivativesKept kept = derivatives_named(options.output.derivatives).value_or(DerivativesKept::full);
  write_derivatives(out, participant.participant_id, files, *result.processed, sidecar_provenance(provenance), kept);
  ParticipantReport report = report_of(participant, dataset, rounds, rules);
  report.derivatives = name_of(kept);
  write_text_atomically(report_file(out, participant.participant_id), participant_json_text(report, provenance));
  return rounds.front().taken_up;
}

namespace {

// When the file system changed the file or its place; empty where there is none.
std::optional<timespec> changed_at(const fs::path& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0) return std::nullopt;
  return found.st_ctim;
}

bool is_later(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

// A scan that was given other permissions, or copied to where it was, with the same bytes.
bool is_older_than_a_scan(const fs::path& report, const DatasetParticipant& participant) {
  const auto reported = changed_at(report);
  return reported && std::any_of(participant.visits.begin(), participant.visits.end(), [&](const DatasetVisit& visit) {
           const auto changed = changed_at(visit.t1w);
           return changed && is_later(*changed, *reported);
         });
}

// So that looks_up_to_date takes the scans for those of the report again. Where it cannot be, they are only compared
// once more the next time.
void touch(const fs::path& file) {
  utimensat(AT_FDCWD, file.c_str(), nullptr, 0);
}

bool keeps_what_is_wanted(const ParticipantReport& report, DerivativesKept wanted) {
  return derivatives_named(report.derivatives).value_or(DerivativesKept::minimal) >= wanted;
}

// Whether the visits that `report` measured together are those that would be now. Where none counts, any will do.
bool measured_as_decided(const ParticipantReport& report) {
  std::vector<bool> counting, measured;
  for (const VisitRow& visit : report.visits) {
    counting.push_back(counts(visit.quality, visit.decision ? std::optional(visit.decision->pass) : std::nullopt,
                              report.quality_mode));
    measured.push_back(visit.measured_together);
  }
  return counting == measured || std::find(counting.begin(), counting.end(), true) == counting.end();
}

}  // namespace

bool kept_up_to_date(const DatasetParticipant& participant, const fs::path& out, const Provenance& provenance,
                     const QualityRules& rules, DerivativesKept wanted) {
  const fs::path file = report_file(out, participant.participant_id);
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return false;
  try {
    const std::string text = read_text_file(file, most_json_bytes);
    const ParticipantReport now = with_current_dataset(parse_participant_json(text, file.string()), participant, rules);
    if (!measured_as_decided(now) || !keeps_what_is_wanted(now, wanted)) return false;
    const std::string anew = participant_json_text(now, provenance);
    if (origin_of(Json::parse(text)) != origin_of(Json::parse(anew))) return false;
    if (anew != text)
      write_text_atomically(file, anew);
    else if (is_older_than_a_scan(file, participant))
      touch(file);
    return true;
  } catch (const InputError&) {
    return false;  // another program's report, or damaged
  } catch (const Json::exception&) {
    return false;
  } catch (const std::out_of_range&) {
    return false;  // names visits that it does not list
  }
}

namespace {

// The scans of the participant with the hashes that the report names; nothing where it names other files or one that
// has changed since.
std::vector<InputFile> scans_as_reported(const DatasetParticipant& participant, const fs::path& dataset,
                                         const Json& inputs, const timespec& reported) {
  std::vector<InputFile> scans;
  for (std::size_t v = 0; v < participant.visits.size(); ++v) {
    const fs::path& file = participant.visits[v].t1w;
    const auto changed = changed_at(file);
    if (!changed || is_later(*changed, reported)) return {};
    const Json& input = inputs.at(v);
    if (input.at("path") != relative_to(dataset, file).generic_string()) return {};
    scans.push_back({input.at("path"), input.at("sha256")});
  }
  return scans;
}

}  // namespace

bool looks_up_to_date(const DatasetParticipant& participant, const fs::path& dataset, const fs::path& out,
                      const Provenance& provenance, const QualityRules& rules, DerivativesKept wanted) {
  const fs::path file = report_file(out, participant.participant_id);
  const auto reported = changed_at(file);
  if (!reported) return false;
  try {
    const std::string text = read_text_file(file, most_json_bytes);
    Provenance now = provenance;
    now.inputs = scans_as_reported(participant, dataset, parse_ordered_json(text).at("inputs"), *reported);
    if (now.inputs.empty()) return false;
    append(now.inputs, provenance.inputs);
    const ParticipantReport report =
        with_current_dataset(parse_participant_json(text, file.string()), participant, rules);
    return measured_as_decided(report) && keeps_what_is_wanted(report, wanted) &&
           participant_json_text(report, now) == text;
  } catch (const InputError&) {
    return false;
  } catch (const Json::exception&) {
    return false;
  } catch (const std::out_of_range&) {
    return false;
  }
}

}  // namespace wane
