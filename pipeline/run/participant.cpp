#include "pipeline/run/participant.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "imaging/atomic_file.h"
#include "imaging/error.h"
#include "imaging/output_folder.h"
#include "imaging/parallel.h"
#include "imaging/sha256.h"
#include "imaging/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/json_values.h"
#include "pipeline/report/mosaic.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/run/derivatives.h"
#include "pipeline/statistics/rates.h"

namespace wane {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

// Marks the warnings that come from the tables, which may change without the scans.
constexpr const char* kFromDataset = "Dataset: ";

fs::path relative_to(const fs::path& folder, const fs::path& file) {
  return file.lexically_relative(folder);
}

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

VisitRow visit_row(const DatasetVisit& visit, const fs::path& dataset, const NiftiReport& scan,
                   const ConformedVisit& conformed, const MeasuredVisit& measured, double share_compared) {
  VisitRow row;
  row.session = visit.session;
  row.days = visit.days;
  row.volumes_ml = measured.volumes_ml;
  row.quality = {{"template_similarity", conformed.template_similarity},
                 {"non_finite_voxels", static_cast<double>(scan.non_finite_voxels)},
                 {"form_disagreement_mm", scan.form_disagreement_mm},
                 {"share_of_brain_compared", share_compared}};
  if (measured.calibration_drift_percent)
    row.quality["calibration_drift_percent"] = *measured.calibration_drift_percent;
  row.notes = visit.notes;
  if (conformed.brain_extracted) row.notes.push_back("already brain-extracted");
  append(row.notes, scan.warnings);
  append(row.notes, conformed.warnings);
  row.inputs = {relative_to(dataset, visit.t1w).generic_string()};
  return row;
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

void date_changes_and_rates(ParticipantReport& report) {
  const VisitSeries series = visit_series_of(report);
  for (std::size_t n = 0; n < report.changes.size(); ++n) {
    const auto& from = series.days.at(series.changes[n].from);
    const auto& to = series.days.at(series.changes[n].to);
    report.changes[n].days = from && to ? std::optional(*to - *from) : std::nullopt;
  }
  report.rates_percent_per_year = rates_percent_per_year(series.days, series.changes);
}

struct ReadScans {
  std::vector<VisitScan> scans;
  std::vector<NiftiReport> reports;
};

ReadScans read_scans(const DatasetParticipant& participant) {
  const std::size_t count = participant.visits.size();
  ReadScans read{std::vector<VisitScan>(count), std::vector<NiftiReport>(count)};
  parallel_tasks(count, [&](std::size_t n) {
    const fs::path& file = participant.visits[n].t1w;
    NiftiScan scan = read_nifti(file);
    read.scans[n] = {file.string(), std::move(scan.volume)};
    read.reports[n] = std::move(scan.report);
  });
  return read;
}

void write_quality_figure(const fs::path& out, const DatasetParticipant& participant,
                          const ProcessedParticipant& processed) {
  std::vector<MosaicVisit> visits;
  for (std::size_t n = 0; n < participant.visits.size(); ++n) {
    const MeasuredVisit& measured = processed.measurement.visits[n];
    visits.push_back({participant.visits[n].session, &processed.extracted.corrected[n], &measured.brain,
                      &measured.tissues.gm, &measured.tissues.wm, &measured.tissues.csf});
  }
  const std::string& id = participant.participant_id;
  make_folders_inside(out, out / id / "figures");
  write_png(out / id / "figures" / (id + "_quality.png"), quality_mosaic(id, visits));
}

Json sidecar_provenance(const Provenance& provenance) {
  return {{"program", "wane"},
          {"version", provenance.version},
          {"options", Json::parse(provenance.options)},
          {"inputs", inputs_json(provenance.inputs)}};
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

ParticipantReport with_current_dataset(ParticipantReport report, const DatasetParticipant& participant) {
  report.dose_group = participant.dose_group;
  report.dose = participant.dose;
  for (std::size_t n = 0; n < report.visits.size() && n < participant.visits.size(); ++n)
    report.visits[n].days = participant.visits[n].days;
  std::erase_if(report.warnings, [](const std::string& warning) { return warning.starts_with(kFromDataset); });
  for (const auto& warning : participant.warnings) report.warnings.push_back(kFromDataset + warning);
  date_changes_and_rates(report);
  return report;
}

ParticipantReport report_of(const DatasetParticipant& participant, const fs::path& dataset,
                            const std::vector<NiftiReport>& scans, const ProcessedParticipant& processed) {
  ParticipantReport report;
  report.participant_id = participant.participant_id;
  for (std::size_t n = 0; n < participant.visits.size(); ++n)
    report.visits.push_back(visit_row(participant.visits[n], dataset, scans[n], processed.conformed[n],
                                      processed.measurement.visits[n], processed.measurement.share_compared));
  for (const Change& change : processed.measurement.changes)
    report.changes.push_back({report.visits[change.from].session, report.visits[change.to].session, std::nullopt,
                              as_written(change.percent), as_written(change.standard_error),
                              as_written(change.boundary_shift)});
  append(report.warnings, processed.aligned.warnings);
  append(report.warnings, processed.measurement.warnings);
  return with_current_dataset(std::move(report), participant);
}

void run_participant(const DatasetParticipant& participant, const fs::path& dataset, const fs::path& out,
                     const Provenance& provenance, const HeadTemplate& head_template, const RunOptions& options,
                     const StageCallback& at_step) {
  ReadScans read = read_scans(participant);
  const ProcessedParticipant processed = process_participant(std::move(read.scans), head_template, options, at_step);
  if (at_step) at_step("write", stage_count);

  std::vector<VisitFiles> files;
  for (const DatasetVisit& visit : participant.visits)
    files.push_back({visit.session, relative_to(dataset, visit.t1w)});
  write_derivatives(out, participant.participant_id, files, processed, sidecar_provenance(provenance));
  write_quality_figure(out, participant, processed);

  const ParticipantReport report = report_of(participant, dataset, read.reports, processed);
  write_text_atomically(report_file(out, participant.participant_id), participant_json_text(report, provenance));
}

bool kept_up_to_date(const DatasetParticipant& participant, const fs::path& out, const Provenance& provenance) {
  const fs::path file = report_file(out, participant.participant_id);
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return false;
  try {
    const std::string text = read_text_file(file, most_json_bytes);
    const ParticipantReport before = parse_participant_json(text, file.string());
    const std::string anew = participant_json_text(with_current_dataset(before, participant), provenance);
    if (origin_of(Json::parse(text)) != origin_of(Json::parse(anew))) return false;
    if (anew != text) write_text_atomically(file, anew);
    return true;
  } catch (const InputError&) {
    return false;  // another program's report, or damaged
  } catch (const Json::exception&) {
    return false;
  } catch (const std::out_of_range&) {
    return false;  // names visits that it does not list
  }
}

}  // namespace wane
