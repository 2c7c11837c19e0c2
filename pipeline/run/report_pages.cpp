#include "pipeline/run/report_pages.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/natural_order.h"
#include "base/output_folder.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "base/text_file.h"
#include "pipeline/dataset/json_input.h"
#include "pipeline/report/image_names.h"
#include "pipeline/report/page_images.h"
#include "pipeline/report/pages.h"
#include "pipeline/report/participant_json.h"
#include "pipeline/run/memory.h"

namespace wane {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* trial_page_name = "trial.html";
constexpr const char* quality_page_name = "quality.html";
constexpr int picture_pixels = 1600;  // wide enough for three planes of all visits on paper
constexpr std::size_t most_bundle_bytes = 64u << 20;
constexpr const char* dataset_key_name = "dataset_key.txt";  // in OUT/logs
constexpr std::size_t dataset_key_length = 16;

// As large as so many visits allow: the quality page stays below some 45 MB, which a browser opens at once. The quality
// picture holds some 700 pixels of a visit, of which 36 KB come (scans of 2 mm).
struct Thumbnails {
  std::size_t most_visits;
  int pixels;
};
constexpr std::array thumbnails = {Thumbnails{100, 1600}, Thumbnails{500, 1000}, Thumbnails{1000, 500},
                                   Thumbnails{4000, 250}};

int thumbnail_pixels(std::size_t visits) {
  for (const Thumbnails& each : thumbnails)
    if (visits <= each.most_visits) return each.pixels;
  return 0;
}

void remove_if_there(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
}

std::string beginning_of(const fs::path& file) {
  std::string text(page_beginning_bytes, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
  return text;
}

void remove_page(const fs::path& file) {
  std::error_code error;
  if (fs::is_regular_file(fs::symlink_status(file, error)) && is_page(beginning_of(file))) remove_if_there(file);
}

// Of all participants but these.
void remove_other_participant_pages(const fs::path& out, const std::set<fs::path>& kept) {
  std::vector<fs::path> others;
  std::error_code error;
  for (fs::directory_iterator it(out, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("sub-") && name.ends_with(".html") && !kept.contains(it->path())) others.push_back(it->path());
  }
  for (const fs::path& file : others) remove_page(file);
}

void remove_pages_but_methods(const fs::path& out) {
  for (const char* name : {trial_page_name, quality_page_name}) remove_page(out / name);
  remove_other_participant_pages(out, {});
}

// Nobody is kept from measuring while pages are made, so a report may change meanwhile.
class MeasuredMeanwhile : public InputError {
 public:
  explicit MeasuredMeanwhile(const std::string& id)
      : InputError(id + " has been measured again in the meantime; run `wane report` when that is done.") {}
};

struct Bundles {
  std::string trial, participant, quality;
};

Bundles read_bundles(const fs::path& folder) {
  return {read_text_file(folder / "trial.html", most_bundle_bytes),
          read_text_file(folder / "participant.html", most_bundle_bytes),
          read_text_file(folder / "quality.html", most_bundle_bytes)};
}

// Calls `make` and turns what is wrong with it alone into a warning; a full disk or memory is everybody's.
template <class F>
bool made_or_warned(const std::string& page, const PagesEvents& events, F&& make) {
  try {
    make();
    return true;
  } catch (const MeasuredMeanwhile& error) {
    events.warn(page + " was not made: " + error.what());
  } catch (const ResourceError&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    events.warn(page + " could not be made (everything else was): " + error.what());
  }
  return false;
}

class PageWriter {
 public:
  PageWriter(const Dataset& dataset, const TrialAnalysis& analysis, const std::vector<InputFile>& collected,
             const Methods& methods, const PagesRequest& request, const PagesEvents& events, Bundles bundles)
      : dataset_(dataset),
        analysis_(analysis),
        methods_(methods),
        request_(request),
        events_(events),
        bundles_(std::move(bundles)) {
    for (const InputFile& file : collected) sha256_of_[file.path] = file.sha256;
    for (const auto& participant : dataset.participants) scans_of_[participant.participant_id] = &participant;
    std::size_t visits = 0;
    for (const auto& report : analysis.trial.reports) visits += report.visits.size();
    thumbnail_pixels_ = thumbnail_pixels(visits);
  }

  WrittenPages write_all(const std::string& trial_report) {
    const auto& reports = analysis_.trial.reports;
    std::vector<Made> made(reports.size());
    const int threads_before = omp_get_max_threads();
    omp_set_num_threads(pages_at_once());
    try {
      parallel_tasks(reports.size(), [&](std::size_t i) {
        made[i] = make(reports[i], analysis_.rates[i]);
        events_.made(reports.size());
      });
    } catch (...) {
      omp_set_num_threads(threads_before);
      throw;
    }
    omp_set_num_threads(threads_before);

    WrittenPages written;
    std::set<std::string> with_page;
    for (std::size_t i = 0; i < made.size(); ++i) {
      if (!made[i].page) continue;
      with_page.insert(reports[i].participant_id);
      written.participants.push_back(page_of(reports[i].participant_id));
    }
    remove_other_participant_pages(request_.out, {written.participants.begin(), written.participants.end()});
    written.quality = write(quality_page_name, [&] { return quality_page(std::move(made)); });
    written.trial = write(trial_page_name, [&] {
      return page_html(bundles_.trial,
                       trial_page_json(analysis_, ordered_json::parse(trial_report), with_page, methods_));
    });
    return written;
  }

 private:
  struct Made {
    bool page = false;
    std::vector<QualityVisit> visits;
  };

  fs::path page_of(const std::string& id) const { return request_.out / participant_page_name(id); }

  // Empty where the page could not be made.
  template <class F>
  fs::path write(const char* name, F&& page) const {
    const fs::path file = request_.out / name;
    if (made_or_warned(name, events_, [&] { write_text_atomically(file, page()); })) return file;
    remove_page(file);
    return {};
  }

  // Of the images that a page is made of, as they lie in the memory while it is made.
  int pages_at_once() const {
    // Per voxel of midpoint space: masks of each visit, each change's map and mask, and what is read of one visit.
    constexpr std::uint64_t bytes_each_visit = 4, bytes_each_change = 5, bytes_else = 28, fixed = 64u << 20;
    std::vector<std::uint64_t> bytes;
    for (const auto& report : analysis_.trial.reports) {
      const std::string& id = report.participant_id;
      const auto shown = std::find_if(report.visits.begin(), report.visits.end(),
                                      [](const VisitRow& visit) { return visit.measured_together; });
      const std::string session = shown == report.visits.end() ? "" : shown->session;
      const Grid grid = declared_grid(midpoint_file(request_.out, id, session, "desc-brain_mask.nii.gz"));
      bytes.push_back(fixed + grid.voxel_count() * (bytes_else + bytes_each_visit * report.visits.size() +
                                                    bytes_each_change * report.changes.size()));
      if (bytes.back() > request_.memory_bytes) return 1;
    }
    return plan_work(bytes, request_.threads, request_.memory_bytes).participants_at_once;
  }

  Made make(const ParticipantReport& known, const TissueRates& rates) const {
    Made made;
    made.page =
        made_or_warned(participant_page_name(known.participant_id), events_, [&] { made.visits = page(known, rates); });
    if (made.page) return made;
    remove_page(page_of(known.participant_id));
    made.visits = quality_visits(known, false, analysis_.trial.blinded, [](const std::string&) { return ""; });
    return made;
  }

  // The text of the report that the trial's numbers are of.
  std::string collected_report(const std::string& id) const {
    const std::string path = participant_json_path(id);
    std::error_code error;
    if (!fs::exists(request_.out / path, error)) throw MeasuredMeanwhile(id);
    std::string text = read_text_file(request_.out / path, most_json_bytes);
    const auto collected = sha256_of_.find(path);
    if (collected == sha256_of_.end() || collected->second != sha256_of_text(text)) throw MeasuredMeanwhile(id);
    return text;
  }

  // Writes the page and gives the rows of the quality page.
  std::vector<QualityVisit> page(const ParticipantReport& known, const TissueRates& rates) const {
    const std::string& id = known.participant_id;
    const std::string text = collected_report(id);
    const ParticipantReport now = as_known_now(parse_participant_json(text, participant_json_path(id)), known);
    const auto dataset = scans_of_.find(id);
    if (dataset == scans_of_.end()) throw InputError("the dataset has no scans of " + id + ".");

    ParticipantPageParts parts;
    parts.blinded = analysis_.trial.blinded;
    parts.dose_unit = analysis_.trial.dose_unit;
    parts.rates = rates;
    parts.rate_options = {analysis_.trial.options.baseline_after_days};
    parts.scans = scan_facts_json(*dataset->second, now);
    parts.viewer = viewer_json(request_.out, now);
    parts.picture = picture_data_uri(request_.out / id / "figures" / (id + "_quality.png"), picture_pixels);
    ordered_json json = participant_page_json(ordered_json::parse(text), now, std::move(parts), methods_);
    write_text_atomically(page_of(id), page_html(bundles_.participant, json));
    json = nullptr;
    auto visits = quality_visits(now, true, analysis_.trial.blinded, [&](const std::string& session) {
      return thumbnail_pixels_ > 0 ? quality_picture_data_uri(request_.out, now, session, thumbnail_pixels_) : "";
    });
    // Whoever measures removes the report first and then the page: where the report is still there, either the images
    // were its own, or the page is removed after this.
    static_cast<void>(collected_report(id));
    return visits;
  }

  std::optional<HumanDecision> decision_about(const std::string& id, const std::string& session) const {
    const QualityDecision* found = request_.decisions ? request_.decisions->find(id, session) : nullptr;
    if (!found) return std::nullopt;
    return HumanDecision{found->pass, found->reason, found->reader, found->time};
  }

  std::string quality_page(std::vector<Made> made) const {
    const auto& reports = analysis_.trial.reports;
    struct Person {
      std::string id;
      std::vector<QualityVisit> visits;
    };
    std::vector<Person> people;
    for (std::size_t i = 0; i < made.size(); ++i)
      people.push_back({reports[i].participant_id, std::move(made[i].visits)});
    for (const auto& absent : analysis_.trial.left_out) {
      const auto found = scans_of_.find(absent.participant_id);
      if (found == scans_of_.end()) continue;
      Person person{absent.participant_id, {}};
      for (const auto& visit : found->second->visits)
        person.visits.push_back(unmeasured_visit(absent, visit, decision_about(absent.participant_id, visit.session),
                                                 analysis_.trial.blinded));
      people.push_back(std::move(person));
    }
    std::stable_sort(people.begin(), people.end(),
                     [](const Person& a, const Person& b) { return natural_less(a.id, b.id); });
    std::vector<QualityVisit> visits;
    for (Person& person : people)
      for (QualityVisit& visit : person.visits) visits.push_back(std::move(visit));
    return page_html(bundles_.quality, quality_page_json(std::move(visits), analysis_.trial.blinded,
                                                         request_.program_version, dataset_key(), methods_));
  }

  // Made at the first time and kept in OUT/logs: people who join, leave or fail later do not change it, so that the
  // browser finds a reader's work again. Not random, because the same input gives the same bytes.
  std::string dataset_key() const {
    const fs::path file = request_.out / "logs" / dataset_key_name;
    if (const std::string kept = kept_dataset_key(file); !kept.empty()) return kept;
    const std::string key = new_dataset_key();
    make_folders_inside(request_.out, file.parent_path());
    write_text_atomically(file, key + "\n");
    return key;
  }

  // Empty where there is none.
  static std::string kept_dataset_key(const fs::path& file) {
    std::error_code error;
    if (!fs::is_regular_file(file, error) || fs::file_size(file, error) != dataset_key_length + 1) return "";
    const std::string key = read_text_file(file, dataset_key_length + 1).substr(0, dataset_key_length);
    return key.find_first_not_of("0123456789abcdef") == std::string::npos ? key : "";
  }

  // Of what is known whether or not a scan can be measured: names and sizes of scans.
  std::string new_dataset_key() const {
    std::string scans = "wane quality page\n";
    for (const auto& participant : dataset_.participants)
      for (const auto& visit : participant.visits) {
        std::error_code error;
        const std::uintmax_t bytes = fs::file_size(visit.t1w, error);
        scans += participant.participant_id + "\t" + visit.session + "\t" + std::to_string(error ? 0 : bytes) + "\n";
      }
    return sha256_of_text(scans).substr(0, dataset_key_length);
  }

  const Dataset& dataset_;
  const TrialAnalysis& analysis_;
  const Methods& methods_;
  const PagesRequest& request_;
  const PagesEvents& events_;
  const Bundles bundles_;
  std::map<std::string, const DatasetParticipant*> scans_of_;
  std::map<std::string, std::string> sha256_of_;  // of the reports that were collected, by path
  int thumbnail_pixels_ = 0;
};

}  // namespace

WrittenPages write_pages(const Dataset& dataset, const TrialAnalysis& analysis, const std::vector<InputFile>& collected,
                         const std::string& trial_report, const Methods& methods, const PagesRequest& request,
                         const PagesEvents& events) {
  std::optional<Bundles> bundles;
  std::error_code error;
  if (!fs::is_directory(request.bundles, error)) {
    events.warn("There are no pages: they are not where they belong (" + request.bundles.string() +
                "); build or install Wane again, with -DWANE_PAGES=ON.");
    remove_pages_but_methods(request.out);
    return {};
  }
  if (!made_or_warned("The pages", events, [&] { bundles = read_bundles(request.bundles); })) {
    remove_pages_but_methods(request.out);
    return {};
  }
  return PageWriter(dataset, analysis, collected, methods, request, events, std::move(*bundles))
      .write_all(trial_report);
}

void remove_pages(const fs::path& out) {
  remove_pages_but_methods(out);
  if (beginning_of(out / methods_file_name).starts_with("# Methods\n")) remove_if_there(out / methods_file_name);
}

void remove_page_of(const fs::path& out, const std::string& participant_id) {
  remove_page(out / participant_page_name(participant_id));
}

}  // namespace wane
