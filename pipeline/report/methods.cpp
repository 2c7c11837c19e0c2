#include "pipeline/report/methods.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "pipeline/analysis/exclusion.h"
#include "pipeline/report/words.h"

namespace wane {
namespace {

using nlohmann::ordered_json;

struct Source {
  std::string_view key;
  const char* text;
  const char* doi;
};

// What the code's headers name for what they do.
constexpr std::array sources = {
    Source{"bids",
           "Gorgolewski KJ, Auer T, Calhoun VD, et al. The brain imaging data structure, a format for organizing and "
           "describing outputs of neuroimaging experiments. Sci Data 2016;3:160044.",
           "10.1038/sdata.2016.44"},
    Source{"colin27",
           "Holmes CJ, Hoge R, Collins L, Woods R, Toga AW, Evans AC. Enhancement of MR images using registration for "
           "signal averaging. J Comput Assist Tomogr 1998;22:324-333.",
           "10.1097/00004728-199803000-00032"},
    Source{"aal",
           "Tzourio-Mazoyer N, Landeau B, Papathanassiou D, et al. Automated anatomical labeling of activations in SPM "
           "using a macroscopic anatomical parcellation of the MNI MRI single-subject brain. NeuroImage "
           "2002;15:273-289.",
           "10.1006/nimg.2001.0978"},
    Source{"robust",
           "Reuter M, Rosas HD, Fischl B. Highly accurate inverse consistent registration: a robust approach. "
           "NeuroImage 2010;53:1181-1196.",
           "10.1016/j.neuroimage.2010.07.020"},
    Source{"esm",
           "Benhimane S, Malis E. Real-time image-based tracking of planes using efficient second-order minimization. "
           "In: Proc IEEE/RSJ International Conference on Intelligent Robots and Systems (IROS) 2004;1:943-948.",
           "10.1109/IROS.2004.1389474"},
    Source{"mean_rigid",
           "Pennec X. Computing the mean of geometric features: application to the mean rotation. Research report "
           "RR-3371, INRIA, 1998.",
           ""},
    Source{"unbiased",
           "Reuter M, Schmansky NJ, Rosas HD, Fischl B. Within-subject template estimation for unbiased longitudinal "
           "image analysis. NeuroImage 2012;61:1402-1418.",
           "10.1016/j.neuroimage.2012.02.084"},
    Source{"n4",
           "Tustison NJ, Avants BB, Cook PA, et al. N4ITK: improved N3 bias correction. IEEE Trans Med Imaging "
           "2010;29:1310-1320.",
           "10.1109/TMI.2010.2046908"},
    Source{"syn",
           "Avants BB, Epstein CL, Grossman M, Gee JC. Symmetric diffeomorphic image registration with "
           "cross-correlation: evaluating automated labeling of elderly and neurodegenerative brain. Med Image Anal "
           "2008;12:26-41.",
           "10.1016/j.media.2007.06.004"},
    Source{"partial_volume",
           "Shattuck DW, Sandor-Leahy SR, Schaper KA, Rottenberg DA, Leahy RM. Magnetic resonance image tissue "
           "classification using a partial volume model. NeuroImage 2001;13:856-876.",
           "10.1006/nimg.2000.0730"},
    Source{"mixed_voxels",
           "Santago P, Gage HD. Quantification of MR brain images by mixture density and partial volume modeling. IEEE "
           "Trans Med Imaging 1993;12:566-574.",
           "10.1109/42.241885"},
    Source{"markov",
           "Zhang Y, Brady M, Smith S. Segmentation of brain MR images through a hidden Markov random field model and "
           "the expectation-maximization algorithm. IEEE Trans Med Imaging 2001;20:45-57.",
           "10.1109/42.906424"},
    Source{"adaptive",
           "Wells WM, Grimson WEL, Kikinis R, Jolesz FA. Adaptive segmentation of MRI data. IEEE Trans Med Imaging "
           "1996;15:429-442.",
           "10.1109/42.511747"},
    Source{"groupwise",
           "Ashburner J, Ridgway GR. Symmetric diffeomorphic modeling of longitudinal structural MRI. Front Neurosci "
           "2013;6:197.",
           "10.3389/fnins.2012.00197"},
    Source{"least_squares",
           "Lucas BD, Kanade T. An iterative image registration technique with an application to stereo vision. In: "
           "Proc 7th International Joint Conference on Artificial Intelligence (IJCAI) 1981:674-679.",
           ""},
    Source{"jacobian",
           "Nakamura K, Guizard N, Fonov VS, Narayanan S, Collins DL, Arnold DL. Jacobian integration method increases "
           "the statistical power to measure gray matter atrophy in multiple sclerosis. NeuroImage Clin 2014;4:10-17.",
           "10.1016/j.nicl.2013.10.015"},
    Source{"skull",
           "Smith SM, Zhang Y, Jenkinson M, et al. Accurate, robust, and automated longitudinal and cross-sectional "
           "brain change analysis. NeuroImage 2002;17:479-489.",
           "10.1006/nimg.2002.1040"},
    Source{"bsi",
           "Freeborough PA, Fox NC. The boundary shift integral: an accurate and robust measure of cerebral volume "
           "changes from registered repeat MRI. IEEE Trans Med Imaging 1997;16:623-629.",
           "10.1109/42.640753"},
    Source{"bsi_limits",
           "Leung KK, Clarkson MJ, Bartlett JW, et al. Robust atrophy rate measurement in Alzheimer's disease using "
           "multi-site serial MRI: tissue-specific intensity normalization and parameter selection. NeuroImage "
           "2010;50:516-523.",
           "10.1016/j.neuroimage.2009.12.059"},
    Source{"bootstrap", "Efron B. Better bootstrap confidence intervals. J Am Stat Assoc 1987;82:171-185.",
           "10.1080/01621459.1987.10478410"},
    Source{"jonckheere",
           "Jonckheere AR. A distribution-free k-sample test against ordered alternatives. Biometrika "
           "1954;41:133-145.",
           "10.1093/biomet/41.1-2.133"},
    Source{"terpstra",
           "Terpstra TJ. The asymptotic normality and consistency of Kendall's test against trend, when ties are "
           "present in one ranking. Indag Math 1952;14:327-333.",
           "10.1016/S1385-7258(52)50043-X"},
    Source{"isotonic",
           "Barlow RE, Bartholomew DJ, Bremner JM, Brunk HD. Statistical inference under order restrictions: the "
           "theory and application of isotonic regression. London: Wiley; 1972.",
           ""},
    Source{"hodges_lehmann",
           "Hodges JL, Lehmann EL. Estimates of location based on rank tests. Ann Math Stat 1963;34:598-611.",
           "10.1214/aoms/1177704172"},
    Source{"mixed_model",
           "Bates D, Maechler M, Bolker B, Walker S. Fitting linear mixed-effects models using lme4. J Stat Softw "
           "2015;67(1):1-48.",
           "10.18637/jss.v067.i01"},
    Source{"satterthwaite",
           "Satterthwaite FE. An approximate distribution of estimates of variance components. Biometrics Bull "
           "1946;2:110-114.",
           "10.2307/3002019"},
    Source{"holm", "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 1979;6:65-70.", ""},
};

// Null where there is none: names of columns, which texts quote, may hold anything.
const Source* source_named(std::string_view key) {
  const auto found = std::find_if(sources.begin(), sources.end(), [&](const Source& one) { return one.key == key; });
  return found == sources.end() ? nullptr : &*found;
}

// Texts cite their references by key, "[@n4, @syn]", and get numbers at the end, in the order in which they are read.
class Numbering {
 public:
  std::string numbered(const std::string& text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = text.find('@', at);
      result.append(text, at, begin - at);
      if (begin == std::string::npos) break;
      const std::size_t end = std::min(text.find_first_of(",]", begin), text.size());
      const Source* source = source_named(std::string_view(text).substr(begin + 1, end - begin - 1));
      result += source ? std::to_string(number_of(source)) : "@";
      at = source ? end : begin + 1;
    }
    return result;
  }
  std::vector<MethodsReference> references() const {
    std::vector<MethodsReference> list;
    for (const Source* source : cited_) list.push_back({source->text, source->doi});
    return list;
  }

 private:
  std::size_t number_of(const Source* source) {
    const auto found = std::find(cited_.begin(), cited_.end(), source);
    if (found != cited_.end()) return static_cast<std::size_t>(found - cited_.begin()) + 1;
    cited_.push_back(source);
    return cited_.size();
  }

  std::vector<const Source*> cited_;
};

std::string counted(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

// "2", "2 to 4"
template <class Number>
std::string range(Number least, Number most) {
  return least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
}

std::vector<long> follow_up_days(const Trial& trial) {
  std::vector<long> days;
  for (const auto& report : trial.reports) {
    std::vector<double> dated;
    for (const auto& visit : report.visits)
      if (visit.days && was_measured(visit)) dated.push_back(*visit.days);
    if (dated.size() < 2) continue;
    const auto [first, last] = std::minmax_element(dated.begin(), dated.end());
    days.push_back(std::lround(*last - *first));
  }
  std::sort(days.begin(), days.end());
  return days;
}

bool measured_changes(const Trial& trial) {
  return std::any_of(trial.reports.begin(), trial.reports.end(),
                     [](const ParticipantReport& report) { return !report.changes.empty(); });
}

std::string listed(const std::vector<std::string>& all) {
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) text += (i == 0 ? "" : i + 1 == all.size() ? " and " : ", ") + all[i];
  return text;
}

std::string versions_words(const MethodsFacts& facts) {
  if (facts.measured_versions.empty()) return "version " + facts.version;
  return (facts.measured_versions.size() > 1 ? "versions " : "version ") + listed(facts.measured_versions);
}

std::string participants_paragraph(const Trial& trial, const MethodsFacts& facts) {
  std::size_t visits = 0, least = std::numeric_limits<std::size_t>::max(), most = 0;
  for (const auto& report : trial.reports) {
    const auto measured =
        static_cast<std::size_t>(std::count_if(report.visits.begin(), report.visits.end(), was_measured));
    visits += measured;
    least = std::min(least, measured);
    most = std::max(most, measured);
  }
  least = std::min(least, most);
  std::string text;
  if (const std::string sloppy = sloppy_sentence(trial.reports); !sloppy.empty()) text = sloppy + " ";
  text += "Brain volumes and their change were measured from T1-weighted MRI with Wane, " + versions_words(facts);
  if (!facts.measured_versions.empty() && facts.measured_versions != std::vector{facts.version})
    text += " (statistics: version " + facts.version + ")";
  text += ". The scans were organized by the Brain Imaging Data Structure [@bids]. " +
          counted(trial.reports.size(), "participant was", "participants were") + " measured, with " +
          counted(visits, "visit", "visits") + " in all (" + range(least, most) + " each)";
  if (!trial.left_out.empty())
    text += "; " + counted(trial.left_out.size(), "other participant", "other participants") +
            " of the dataset could not be measured";
  text += ".";
  if (const std::vector<long> days = follow_up_days(trial); !days.empty()) {
    text += " The time from the first to the last visit was " + std::to_string(days[days.size() / 2]) + " days";
    text += days.front() == days.back() ? "." : " (median; range " + range(days.front(), days.back()) + ").";
  }
  if (!facts.measured_alike)
    text += " The participants were not all measured with the same version and options of Wane.";
  return text;
}

std::string template_words(const MethodsFacts& facts) {
  if (facts.own_template)
    return "the template that comes with Wane, which is made from the Colin27 head [@colin27] and the AAL atlas [@aal]";
  if (facts.template_sha256.size() > 1)
    return "a template, which was not the same for all participants (SHA-256 of the heads: " +
           listed(facts.template_sha256) + ")";
  return "a template of the user" +
         (facts.template_sha256.empty() ? "" : " (SHA-256 of its head: " + facts.template_sha256.front() + ")");
}

std::string processing_paragraph(const Trial& trial, const MethodsFacts& facts) {
  std::string text = "The head in each scan was found and aligned affinely to " + template_words(facts) + ".";
  if (measured_changes(trial))
    text +=
        " All visits of a participant were registered to each other rigidly, symmetrically and robustly [@esm, "
        "@robust]. Each scan was resampled once, into a midpoint space that is the mean of "
        "these motions [@mean_rigid], so that no visit is the reference and all visits are treated "
        "alike [@unbiased].";
  return text +
         " Bias fields were removed with N4 [@n4]. The template was aligned to the participant's average by "
         "diffeomorphic registration with local "
         "correlation [@syn], and one brain mask was made for all visits of a participant. Gray matter, white matter "
         "and CSF were "
         "segmented with a partial-volume model, jointly for all visits, by a mixture of pure and mixed tissues "
         "[@partial_volume] with a Markov random field [@markov] and a bias field that is refined in the same "
         "iterations [@adaptive]; at the borders of tissues, fractions follow linearly from the brightness "
         "[@mixed_voxels]. "
         "Brain means gray and white matter, brainstem and cerebellum included.";
}

std::string drift_words(bool measured, bool removed) {
  if (!measured) return "Drift of the scanner's voxel size was not measured.";
  return std::string(
             "Where all visits showed the skull, which does not atrophy [@skull], drift of the scanner's voxel "
             "size was measured there and ") +
         (removed ? "removed from the changes where it was certain." : "left in the changes.");
}

std::string measurement_paragraph(const ordered_json& options, const MethodsFacts& facts) {
  const bool calibration = options.value("measure", ordered_json::object()).value("calibration", true);
  std::string text =
      "Change was measured by registering all visits of a participant to their common mean, symmetrically and "
      "diffeomorphically [@groupwise], with least-squares updates in a neighborhood [@least_squares]. The change of "
      "a tissue is the Jacobian determinant of the deformation, integrated over the tissue's "
      "partial-volume map [@jacobian], at least 3 mm inside the brain mask and where all visits show the brain. "
      "Percent changes refer to the mean "
      "of the two volumes; negative values are losses. Slow differences of brightness between visits were "
      "estimated together with the deformation and removed. ";
  text += drift_words(facts.drift_measured, calibration);
  return text +
         " The boundary shift integral [@bsi, @bsi_limits] was computed as a second measurement that uses no "
         "deformation. Standard errors of changes were estimated "
         "from the residual differences of the registered visits and from a model fitted to planted changes.";
}

std::string quality_paragraph(const Trial& trial) {
  std::size_t whole = 0, in_part = 0, passed = 0, failed = 0;
  for (const auto& report : trial.reports) {
    if (!exclusions_of(report).empty()) ++(report.rates_percent_per_year ? in_part : whole);
    for (const auto& visit : report.visits)
      if (visit.decision) ++(visit.decision->pass ? passed : failed);
  }
  std::string text = "Every scan, every pair of visits and every participant was checked automatically. ";
  text += trial.options.quality == name_of(QualityMode::report)
              ? "Anything that failed a check was listed and was not excluded for it."
              : "Anything that failed a check was excluded from rates, means and tests.";
  if (passed + failed > 0)
    text += " Readers decided about " + counted(passed + failed, "visit", "visits") + ": " + std::to_string(passed) +
            " passed, " + std::to_string(failed) + " failed; their decisions override the checks.";
  if (whole + in_part == 0) return text + " Nothing was excluded.";
  if (whole > 0) text += " " + counted(whole, "participant was", "participants were") + " excluded.";
  if (in_part > 0)
    text +=
        " " + counted(in_part, "participant counts", "participants count") + " without some of the visits or changes.";
  return text + " Results with everything that was measured are reported beside the results.";
}

// The first tissue whose dose response could be computed; null where none could.
const DoseResponse* any_response(const TrialAnalysis& analysis) {
  for (const auto& measure : analysis.measures)
    if (!measure.response.unable) return &measure.response;
  return nullptr;
}

bool any_mean(const TrialAnalysis& analysis) {
  const auto& groups = analysis.groups.groups;
  return std::any_of(groups.begin(), groups.end(),
                     [](const DoseGroup& group) { return group.rates_percent_per_year.brain.mean.has_value(); });
}

std::string dose_response_words(const TrialAnalysis& analysis, const DoseResponse& response) {
  std::string text = " Whether the rate depends on the dose (" + std::string(name_of(analysis.plan.scale)) +
                     " scale) was tested by permuting the rates over the doses: Jonckheere-Terpstra test [@jonckheere, "
                     "@terpstra], Spearman's rank correlation and linear contrast. P values of the " +
                     std::string(in_words(analysis.plan.test)) + ": " +
                     method_in_words(response.test(analysis.plan.test).permutation) + ".";
  if (!response.slope.method.empty()) text += " The slope's 95 % interval: " + response.slope.method + ".";
  text +=
      " The curve of mean rate over dose is the isotonic one [@isotonic]; highest and lowest dose were compared by the "
      "Hodges-Lehmann estimate [@hodges_lehmann].";
  if (std::any_of(analysis.measures.begin(), analysis.measures.end(),
                  [](const MeasureAnalysis& one) { return one.model.has_value(); })) {
    text += " A linear mixed model of the logarithm of volume, with dose, time and their interaction";
    for (std::size_t i = 0; i < analysis.trial.covariates.size(); ++i)
      text += (i == 0 ? " and the covariates " : ", ") + analysis.trial.covariates[i].name;
    text +=
        ", was fitted by restricted maximum likelihood [@mixed_model], with Satterthwaite's degrees of freedom "
        "[@satterthwaite].";
  }
  return text + " P values of exploratory tests were adjusted across the three tissues by Holm's method [@holm].";
}

std::string rates_words(const Trial& trial) {
  const std::size_t all = trial.reports.size();
  const auto with_rate = static_cast<std::size_t>(
      std::count_if(trial.reports.begin(), trial.reports.end(),
                    [](const ParticipantReport& report) { return report.rates_percent_per_year.has_value(); }));
  if (with_rate == 0) return "No participant has a rate of change.";
  const std::string who = with_rate == all
                              ? "Each participant has"
                              : std::to_string(with_rate) + " of " + counted(all, "participant", "participants") +
                                    (with_rate == 1 ? " has" : " have");
  return who +
         " one rate per tissue, in percent per year: the slope of the logarithm of volume over time, fitted to all "
         "visits that count, weighted by the part of the changes' errors that is independent from visit to visit.";
}

std::string statistics_paragraph(const TrialAnalysis& analysis) {
  const Trial& trial = analysis.trial;
  std::string text = rates_words(trial);
  if (trial.options.baseline_after_days > 0)
    text += " Visits before day " + std::to_string(std::lround(trial.options.baseline_after_days)) +
            " do not count in the rates.";
  if (trial.blinded)
    return text + " The analysis is blinded: dose groups are hidden, and nothing was tested against dose.";
  if (any_mean(analysis))
    text += " Means of " + counted(analysis.groups.groups.size(), "dose group", "dose groups") +
            " have 95 % intervals by Student's t and by the bootstrap (BCa) [@bootstrap].";
  const DoseResponse* response = any_response(analysis);
  text += response ? dose_response_words(analysis, *response) : " Nothing was tested against dose.";
  if (trial.plan.file) return text + " " + plan_sentence(analysis);
  return response ? text + " There was no analysis plan: all tests are exploratory." : text;
}

// "measure.iterations = 30 (default 8)"; of sections that say what is computed, not where files lie.
std::vector<std::string> changed_options(const ordered_json& options, const ordered_json& defaults) {
  std::vector<std::string> changed;
  for (const auto& [section, fields] : options.items()) {
    if (section == "dataset" || section == "output" || section == "group" || !fields.is_object()) continue;
    for (const auto& [name, value] : fields.items()) {
      const auto usual = defaults.value(section, ordered_json::object());
      if (!usual.contains(name) || usual[name] == value) continue;
      changed.push_back(section + "." + name + " = " + value.dump() + " (default " + usual[name].dump() + ")");
    }
  }
  return changed;
}

std::string options_paragraph(const ordered_json& options, const ordered_json& defaults) {
  const std::vector<std::string> changed = changed_options(options, defaults);
  if (changed.empty()) return "All options of the measurement were Wane's defaults.";
  std::string text = "Options of the measurement that differed from Wane's defaults: ";
  for (std::size_t i = 0; i < changed.size(); ++i) text += (i == 0 ? "" : ", ") + changed[i];
  return text + ". All others were the defaults.";
}

}  // namespace

Methods methods_of(const TrialAnalysis& analysis, const MethodsFacts& facts) {
  const auto options = ordered_json::parse(facts.options), defaults = ordered_json::parse(facts.default_options);
  Methods methods;
  methods.paragraphs.push_back(participants_paragraph(analysis.trial, facts));
  methods.paragraphs.push_back(processing_paragraph(analysis.trial, facts));
  if (measured_changes(analysis.trial)) methods.paragraphs.push_back(measurement_paragraph(options, facts));
  methods.paragraphs.push_back(quality_paragraph(analysis.trial));
  if (measured_changes(analysis.trial)) methods.paragraphs.push_back(statistics_paragraph(analysis));
  if (facts.measured_alike) methods.paragraphs.push_back(options_paragraph(options, defaults));
  Numbering numbering;
  for (auto& paragraph : methods.paragraphs) paragraph = numbering.numbered(paragraph);
  methods.references = numbering.references();
  return methods;
}

ordered_json methods_json(const Methods& methods) {
  ordered_json json = {{"paragraphs", methods.paragraphs}, {"references", ordered_json::array()}};
  for (std::size_t i = 0; i < methods.references.size(); ++i)
    json["references"].push_back(
        {{"number", i + 1}, {"text", methods.references[i].text}, {"doi", methods.references[i].doi}});
  return json;
}

std::string methods_markdown(const Methods& methods) {
  std::string text = "# Methods\n";
  for (const auto& paragraph : methods.paragraphs) text += "\n" + paragraph + "\n";
  text += "\n## References\n\n";
  for (std::size_t i = 0; i < methods.references.size(); ++i) {
    const MethodsReference& reference = methods.references[i];
    text += std::to_string(i + 1) + ". " + reference.text;
    if (!reference.doi.empty()) text += " https://doi.org/" + reference.doi;
    text += "\n";
  }
  return text;
}

}  // namespace wane
