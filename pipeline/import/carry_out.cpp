#include "pipeline/import/carry_out.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_folder.h"
#include "base/outside_program.h"
#include "base/parallel.h"
#include "base/text_file.h"
#include "imaging/nifti.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/dataset/visit_dates.h"
#include "pipeline/import/clean_scan.h"
#include "pipeline/import/existing_dataset.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* staging_prefix = ".wane-import-";
constexpr std::chrono::seconds most_time{1800};  // a series takes seconds; a network disk that hangs must not hold all
constexpr const char* dcm2niix_package = "dcm2niix";
constexpr const char* bids_version = "1.8.0";

[[noreturn]] void throw_folder(const fs::path& folder, const std::string& why) {
  throw ResourceError("The folder " + folder.string() + " cannot be used: " + why +
                      "; check its permissions and the disk, or name another folder.");
}

// ------------------------------------------------------------------------------------------------ one scan

struct Made {
  fs::path scan;  // .nii or .nii.gz, as it was converted or given
  ordered_json sidecar;
  std::vector<std::string> warnings;
};

std::vector<std::string> lines_with(const std::string& output, const std::string& word) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < output.size();) {
    const std::size_t end = std::min(output.find('\n', begin), output.size());
    const std::string line = output.substr(begin, end - begin);
    if (line.find(word) != std::string::npos) lines.push_back(one_line(line));
    begin = end + 1;
  }
  return lines;
}

// Its links have names of numbers: names of the scanner's files reach neither dcm2niix nor the dataset.
void link_files(const Series& series, const fs::path& folder) {
  make_folders(folder);
  for (std::size_t n = 0; n < series.files.size(); ++n) {
    std::error_code error;
    fs::create_symlink(fs::absolute(series.files[n]), folder / (std::to_string(n) + ".dcm"), error);
    if (error) throw_cannot_write(folder / (std::to_string(n) + ".dcm"), error.value());
  }
}

std::string output_of(const ProgramEnd& end) {
  return end.out + "\n" + end.err;
}

// In the folder of the import, which is its HOME too: no settings of the user change what it does.
ProgramEnd run_dcm2niix(std::vector<std::string> words, const fs::path& folder, std::chrono::seconds most) {
  words.insert(words.begin(), "dcm2niix");
  return run_outside_program(words, {folder, folder, most}, dcm2niix_package);
}

std::string last_words(const ProgramEnd& end) {
  if (end.took_too_long) return "it took more than half an hour";
  auto lines = lines_with(output_of(end), "Error");
  if (lines.empty()) lines = lines_with(output_of(end), "Warning");
  return lines.empty() ? "exit code " + std::to_string(end.exit_code) : lines.back();
}

Made convert(const Series& series, const fs::path& folder) {
  link_files(series, folder / "in");
  make_folders(folder / "out");
  // No compression here, since the scan is written again without the texts of its header.
  const ProgramEnd end = run_dcm2niix(
      {"-b", "y", "-ba", "y", "-z", "n", "-f", "scan", "-o", (folder / "out").string(), (folder / "in").string()},
      folder, most_time);
  std::vector<fs::path> scans;
  for (const auto& entry : fs::directory_iterator(folder / "out"))
    if (entry.path().extension() == ".nii") scans.push_back(entry.path());
  if (scans.empty()) throw InputError("dcm2niix made no image of it: " + last_words(end) + ".");
  if (scans.size() > 1) {
    const auto equidistant = std::any_of(scans.begin(), scans.end(), [](const fs::path& scan) {
      return scan.filename().string().find("_Eq") != std::string::npos;
    });
    throw InputError(equidistant ? "Its slices are not equally far apart (dcm2niix), so that some seem to be missing; "
                                   "export the series again."
                                 : "dcm2niix made " + std::to_string(scans.size()) +
                                       " images of it (echoes, coils or parts), so that it is not one scan.");
  }
  if (end.exit_code != 0) throw InputError("dcm2niix failed: " + last_words(end) + ".");
  Made made{scans.front(), json_in_file(scans.front().parent_path() / (scans.front().stem().string() + ".json")),
            lines_with(output_of(end), "Warning")};
  const auto& size = inspect_nifti(made.scan).grid.size;
  if (std::find(size.begin(), size.end(), int(series.facts.images)) == size.end())
    throw InputError("dcm2niix made an image of " + std::to_string(size[0]) + "x" + std::to_string(size[1]) + "x" +
                     std::to_string(size[2]) + " voxels out of " + std::to_string(series.facts.images) +
                     " slices: slices are missing or double; export the series again.");
  return made;
}

Made take(const Series& series) {
  const fs::path& file = series.files.front();
  const std::string name = file.filename().string();
  const std::string stem = name.substr(0, name.size() - (name.ends_with(".gz") || name.ends_with(".GZ") ? 7 : 4));
  Made made{file, ordered_json::object(), {}};
  const fs::path json = file.parent_path() / (stem + ".json");
  if (std::error_code error; fs::is_regular_file(json, error)) made.sidecar = json_in_file(json);
  return made;
}

ordered_json sidecar_of(const Series& series, const PlannedSeries& planned, Made& made, Face face,
                        const std::string& wane_version) {
  if (!series.device_serial_number.empty() && made.sidecar.is_object())
    made.sidecar["DeviceSerialNumber"] = series.device_serial_number;
  std::vector<std::string> withheld;
  ordered_json sidecar = clean_sidecar(made.sidecar, private_words(series), withheld);
  for (const auto& field : withheld)
    made.warnings.push_back("The field " + field + " of its sidecar was left out, as it may tell who or when it was.");
  sidecar["WaneImport"] = {{"SeriesMark", series_mark(series)},
                           {"TakenFor", suffix_text(planned.taken.suffix)},
                           {"Face", face_text(face)},
                           {"WaneVersion", wane_version}};
  return sidecar;
}

struct Staged {
  fs::path scan, sidecar;
};

ImportOutcome stage(const Series& series, const PlannedSeries& planned, const fs::path& folder, const ImportRun& run,
                    Staged& staged) {
  ImportOutcome outcome;
  make_folders(folder);
  try {
    Made made = series.nifti ? take(series) : convert(series, folder);
    staged = {folder / "scan.nii.gz", folder / "scan.json"};
    copy_clean_nifti(made.scan, staged.scan);
    const NiftiScan scan = read_nifti(staged.scan);
    outcome.face = face_of(scan.volume);
    const ordered_json sidecar = sidecar_of(series, planned, made, outcome.face, run.wane_version);
    write_text_atomically(staged.sidecar, sidecar.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    outcome.warnings = made.warnings;
  } catch (const InputError& error) {
    outcome.failure = error.what();
  }
  std::error_code error;
  fs::remove_all(folder / "in", error);
  fs::remove_all(folder / "out", error);
  return outcome;
}

void place(const PlannedSeries& planned, const Staged& staged, const fs::path& bids, ImportOutcome& outcome) {
  const fs::path target = bids / scan_path(planned.participant, planned.session, planned.taken.suffix);
  make_folders_inside(bids, target.parent_path());
  const fs::path scan = target.string() + ".nii.gz", sidecar = target.string() + ".json";
  std::error_code error;
  if (fs::exists(fs::symlink_status(scan, error))) {
    outcome.failure = "There is a file " + scan.string() + " already; it stays as it is.";
    return;
  }
  require_inside(bids, sidecar);
  // The sidecar first: a scan is never without.
  write_text_atomically(sidecar, read_text_file(staged.sidecar));
  if (!move_new_into_place(staged.scan, scan, bids))
    outcome.failure = "There is a file " + scan.string() + " already; it stays as it is.";
}

// ------------------------------------------------------------------------------------------------ tables

void write_if_changed(const fs::path& bids, const fs::path& file, const std::string& prefix,
                      const std::vector<NewRow>& rows) {
  if (rows.empty()) return;
  require_inside(bids, file);
  std::error_code error;
  const std::string before = fs::exists(file, error) ? read_text_file(file) : std::string();
  const std::string after = with_rows(before, file.filename().string(), prefix, rows);
  if (after != before) write_text_atomically(file, after);
}

std::string number_text(double number) {
  return std::to_string(std::lround(number));
}

std::string acq_time(const PlannedVisit& visit) {
  if (!visit.calendar_day) return {};
  const std::string& t = visit.time;
  const bool has_time = t.size() >= 6 && t.find_first_not_of("0123456789") >= 6;
  return iso_date(*visit.calendar_day) + "T" +
         (has_time ? t.substr(0, 2) + ":" + t.substr(2, 2) + ":" + t.substr(4, 2) : "00:00:00");
}

// One for each participant: the validator of BIDS knows none of the whole dataset.
void write_sessions_dictionary(const fs::path& bids, const fs::path& file) {
  require_inside(bids, file);
  std::error_code error;
  if (fs::exists(fs::symlink_status(file, error))) return;
  const ordered_json days{{"Description", "Days since the first visit of the participant"}, {"Units", "days"}};
  write_new_text_atomically(file, ordered_json{{"days_since_baseline", days}}.dump(1) + "\n");
}

void write_tables(const ImportPlan& plan, const fs::path& bids,
                  const std::set<std::pair<std::string, std::string>>& there, bool keep_dates) {
  std::map<std::string, std::vector<NewRow>> sessions;
  for (const auto& visit : plan.visits) {
    if (!there.contains({visit.participant, visit.session})) continue;
    NewRow row{{"session_id", "ses-" + visit.session},
               {"days_since_baseline", visit.days ? number_text(*visit.days) : ""}};
    if (keep_dates) row.emplace_back("acq_time", acq_time(visit));
    sessions[visit.participant].push_back(row);
  }
  for (const auto& [participant, rows] : sessions) {
    const std::string id = "sub-" + participant;
    write_if_changed(bids, bids / id / (id + "_sessions.tsv"), "ses-", rows);
    write_sessions_dictionary(bids, bids / id / (id + "_sessions.json"));
  }
  std::vector<NewRow> people;
  for (const auto& participant : plan.participants) {
    const bool any = std::any_of(there.begin(), there.end(),
                                 [&](const auto& visit) { return visit.first == participant.participant; });
    if (any)
      people.push_back({{"participant_id", "sub-" + participant.participant},
                        {"dose_group", participant.dose_group},
                        {"dose", participant.dose}});
  }
  write_if_changed(bids, bids / "participants.tsv", "sub-", people);
}

void write_description(const fs::path& bids, const ImportRun& run, const std::string& converter) {
  const auto write_new = [&](const char* name, const std::string& text) {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(bids / name, error))) write_new_text_atomically(bids / name, text);
  };
  ordered_json made_by = {{{"Name", "Wane"}, {"Version", run.wane_version}}};
  if (!converter.empty()) made_by.push_back({{"Name", "dcm2niix"}, {"Version", converter}});
  write_new("dataset_description.json", ordered_json{{"Name", "Imported MRI visits"},
                                                     {"BIDSVersion", bids_version},
                                                     {"DatasetType", "raw"},
                                                     {"GeneratedBy", made_by}}
                                                .dump(1) +
                                            "\n");
  std::string readme =
      "MRI visits that `wane import` brought in.\n\nScans and sidecars hold neither names nor dates. "
      "sub-*/sub-*_sessions.tsv has the days\nsince each participant's first visit.\n";
  if (run.keep_dates)
    readme +=
        "\nDates of visits were kept (--keep-dates): sub-*/sub-*_sessions.tsv has them in the\ncolumn acq_time, and "
        "labels may hold them.\n";
  write_new("README", readme);
  write_new("participants.json", ordered_json{{"dose_group", {{"Description", "Dose group of the trial"}}},
                                              {"dose", {{"Description", "Dose given"}}}}
                                         .dump(1) +
                                     "\n");
}

}  // namespace

ImportStaging::ImportStaging(const fs::path& bids) {
  make_folders(bids);
  lock_ = open(bids.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0) throw_folder(bids, std::strerror(errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(lock_);
    throw ResourceError("Another import is at work in " + bids.string() + "; wait until it ends.");
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(bids, error))
    if (entry.path().filename().string().starts_with(staging_prefix)) {
      std::error_code ignored;
      fs::remove_all(entry.path(), ignored);
    }
  std::string name = (bids / (std::string(staging_prefix) + "XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr) {
    const int reason = errno;
    close(lock_);
    throw_folder(name, std::strerror(reason));
  }
  folder_ = fs::absolute(name);
}

ImportStaging::~ImportStaging() {
  remove();
  close(lock_);
}

void ImportStaging::remove() const {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string dcm2niix_version(const fs::path& folder) {
  const std::string output = output_of(run_dcm2niix({"--version"}, folder, std::chrono::seconds(60)));
  for (std::size_t at = output.find("v1."); at != std::string::npos; at = output.find("v1.", at + 1)) {
    const std::size_t last = output.find_first_not_of("v0123456789.", at);
    const std::string version = output.substr(at, last - at);
    if (version.size() >= 12) return version;
  }
  throw ResourceError(std::string("The program dcm2niix does not tell its version: install Debian's package ") +
                      dcm2niix_package + ".");
}

std::vector<ImportOutcome> carry_out(const std::vector<Series>& series, const ImportPlan& plan, const fs::path& bids,
                                     const ImportStaging& staging, const ImportRun& run) {
  std::vector<std::size_t> chosen;
  bool dicom = false;
  for (std::size_t n = 0; n < plan.series.size(); ++n)
    if (plan.series[n].action == Action::import) {
      chosen.push_back(n);
      dicom = dicom || !series[n].nifti;
    }
  const std::string converter = dicom ? dcm2niix_version(staging.folder()) : std::string();
  std::vector<ImportOutcome> outcomes(chosen.size());
  std::mutex one_at_a_time;
  std::size_t done = 0;
  std::set<std::pair<std::string, std::string>> there;
  for (const auto& planned : plan.series)
    if (planned.action == Action::there) there.insert({planned.participant, planned.session});
  parallel_tasks(chosen.size(), [&](std::size_t n) {
    const PlannedSeries& planned = plan.series[chosen[n]];
    const fs::path folder = staging.folder() / std::to_string(n);
    Staged staged;
    ImportOutcome outcome = stage(series[chosen[n]], planned, folder, run, staged);
    outcome.series = chosen[n];
    const std::lock_guard wait(one_at_a_time);
    if (outcome.failure.empty()) place(planned, staged, bids, outcome);
    if (outcome.failure.empty()) there.insert({planned.participant, planned.session});
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    outcomes[n] = std::move(outcome);
    if (run.progress) run.progress(++done, chosen.size());
  });
  if (there.empty()) return outcomes;
  write_tables(plan, bids, there, run.keep_dates);
  write_description(bids, run, converter);
  return outcomes;
}

}  // namespace wane
