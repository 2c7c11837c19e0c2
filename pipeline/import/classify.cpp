#include "pipeline/import/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/letters.h"

namespace wane {
namespace {

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Names of a series in lower case, and their words.
struct Names {
  std::string all;
  std::vector<std::string> words;

  explicit Names(const SeriesFacts& facts) : all(lower_case(facts.description + " " + facts.protocol)) {
    std::string word;
    for (const char c : all + " ") {
      if (is_letter(c) || is_digit(c) || c == '+') {
        word += c;
      } else if (!word.empty()) {
        words.push_back(word);
        word.clear();
      }
    }
  }
  // The first of these that stands somewhere in the names; empty where none does.
  std::string part(std::initializer_list<const char*> parts) const {
    for (const char* each : parts)
      if (all.find(each) != std::string::npos) return each;
    return {};
  }
  std::string word(std::initializer_list<const char*> wanted) const {
    for (const char* each : wanted)
      if (std::find(words.begin(), words.end(), each) != words.end()) return each;
    return {};
  }
  // "t1" and "t2" as part of names such as 3DT1, sT1W_3D_TFE and T1w, but not of T10 or fast1.
  bool weighted(const std::string& name) const {
    for (std::size_t at = all.find(name); at != std::string::npos; at = all.find(name, at + 1)) {
      const char after = at + name.size() < all.size() ? all[at + name.size()] : ' ';
      const char before = at > 0 ? all[at - 1] : ' ';
      const char two_before = at > 1 ? all[at - 2] : ' ';
      const bool begins =
          !is_letter(before) || (before == 'd' && is_digit(two_before)) || (before == 's' && !is_letter(two_before));
      if (begins && !is_digit(after)) return true;
    }
    return false;
  }
};

bool has_type(const SeriesFacts& facts, std::initializer_list<std::string_view> types) {
  return std::any_of(facts.image_type.begin(), facts.image_type.end(), [&](const std::string& type) {
    return std::find(types.begin(), types.end(), type) != types.end();
  });
}

Classification as(const std::string& taken_for, const std::string& why) {
  Classification c;
  c.taken_for = taken_for;
  c.why = why;
  return c;
}

std::string named(const std::string& part) {
  return "named " + part;
}

std::string parameters_of(const SeriesFacts& facts) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (facts.acquisition_type == "3D" || facts.acquisition_type == "2D") add(facts.acquisition_type);
  if (facts.repetition_time_ms) add(fmt::format("TR {:.4g} ms", *facts.repetition_time_ms));
  if (facts.echo_time_ms) add(fmt::format("TE {:.3g} ms", *facts.echo_time_ms));
  if (facts.inversion_time_ms && *facts.inversion_time_ms > 0)
    add(fmt::format("TI {:.4g} ms", *facts.inversion_time_ms));
  return text;
}

std::string with_parameters(const std::string& why, const SeriesFacts& facts) {
  const std::string parameters = parameters_of(facts);
  if (why.empty()) return parameters;
  return parameters.empty() ? why + "; no parameters are given" : why + "; " + parameters;
}

// What is no scan of anatomy at all; an empty `taken_for` where nothing of this is known.
Classification no_scan(const SeriesFacts& f, const Names& names) {
  if (!f.has_image) return as("no image", "holds no pixels (" + (f.modality.empty() ? "report" : f.modality) + ")");
  if (!f.modality.empty() && f.modality != "MR") return as("not MR", "its modality is " + f.modality);
  if (has_type(f, {"LOCALIZER"})) return as("localizer", "its image type is LOCALIZER");
  if (const auto part = names.part({"localizer", "localiser", "scout", "survey", "topogram", "3-plane", "3plane",
                                    "three plane", "tri-plane", "triplane", "plan scan"});
      !part.empty())
    return as("localizer", named(part));
  if (!names.word({"loc", "aahead"}).empty()) return as("localizer", named(names.word({"loc", "aahead"})));
  if (f.orientations > 1) return as("localizer", fmt::format("its slices have {} orientations", f.orientations));
  if (has_type(f, {"P", "PHASE", "PHASE MAP", "I", "IMAGINARY", "R", "REAL"}) || f.complex_component == "PHASE" ||
      f.complex_component == "REAL" || f.complex_component == "IMAGINARY")
    return as("phase or complex part", "its image type is no magnitude");
  if (has_type(f, {"MIP", "PROJECTION IMAGE", "SUBTRACT", "SUBTRACTION", "MINIP"}))
    return as("projection or difference", "its image type says so");
  if (has_type(f, {"T1 MAP", "T1MAP", "T2 MAP", "T2MAP", "R1", "R2", "PD MAP", "B1", "FIELDMAP"}))
    return as("map", "its image type says so");
  return {};
}

// Scans for another purpose than anatomy.
Classification other_purpose(const SeriesFacts& f, const Names& names) {
  if (f.diffusion || has_type(f, {"DIFFUSION", "ADC", "TRACEW", "FA", "EADC"}))
    return as("diffusion", f.diffusion ? "its b value is above 0" : "its image type says so");
  if (const auto word = names.word({"dwi", "dti", "diff", "adc", "tracew", "trace", "dki", "noddi", "hardi"});
      !word.empty())
    return as("diffusion", named(word));
  if (!names.part({"diffusion"}).empty()) return as("diffusion", "named diffusion");
  if (const auto word = names.word({"bold", "fmri", "rest", "rsfmri", "task", "sbref", "epi", "ep2d"}); !word.empty())
    return as("functional", named(word));
  if (const auto word = names.word({"asl", "pcasl", "pasl", "perf", "perfusion", "dsc", "dce", "cbf", "cbv", "mtt"});
      !word.empty())
    return as("perfusion", named(word));
  if (f.angiography) return as("angiography", "its angio flag is set");
  if (const auto word = names.word({"tof", "mra", "mrv", "angio", "pca"}); !word.empty())
    return as("angiography", named(word));
  if (const auto word = names.word({"swi", "swan", "mip", "minip", "qsm", "venobold"}); !word.empty())
    return as("susceptibility or projection", named(word));
  if (const auto part =
          names.part({"fieldmap", "field map", "field_map", "gre_field", "b0map", "b0 map", "b1map", "b1 map", "tfl_b1",
                      "calibration", "asset cal", "coil sens", "refscan", "ref scan"});
      !part.empty())
    return as("field map or calibration", named(part));
  if (const auto word = names.word({"mrs", "svs", "csi", "press", "spectro", "spectroscopy"}); !word.empty())
    return as("spectroscopy", named(word));
  if (f.scanning_sequence.find("EP") != std::string::npos) return as("echo planar", "its scanning sequence is EP");
  return {};
}

bool in_spine(const Names& names) {
  return !names
              .word(
                  {"spine", "cspine", "tspine", "lspine", "cervical", "lumbar", "thoracic", "knee", "orbit", "orbits"})
              .empty();
}

bool named_flair(const Names& names) {
  return !names.part({"flair", "dark fluid", "dark-fluid", "dark_fluid", "darkfluid", "da-fl"}).empty();
}

std::string t1w_name(const Names& names) {
  if (const auto part = names.part({"mprage", "mp-rage", "mp_rage", "mp rage", "bravo", "fspgr", "spgr", "turboflash"});
      !part.empty())
    return part;
  return names.weighted("t1") ? "t1" : "";
}

bool t1w_parameters(const SeriesFacts& f) {
  if (f.acquisition_type == "2D" || !f.echo_time_ms || !f.repetition_time_ms || *f.echo_time_ms > 8) return false;
  const double inversion = f.inversion_time_ms.value_or(0);
  if (inversion >= 300 && inversion <= 1500) return true;
  // A spoiled gradient echo without inversion.
  const double flip = f.flip_angle_degrees.value_or(0);
  return f.acquisition_type == "3D" && *f.repetition_time_ms < 50 && flip >= 10 && flip <= 40 &&
         f.scanning_sequence.find("GR") != std::string::npos;
}

// Why a series that is called T1 cannot be one; empty where it can.
std::string against_t1w(const SeriesFacts& f) {
  constexpr double longest_echo_ms = 35;  // of spin echoes; gradient echoes have less than 10
  if (f.echo_time_ms && *f.echo_time_ms > longest_echo_ms && f.acquisition_type != "3D")
    return fmt::format("its TE of {:.3g} ms is no T1 contrast", *f.echo_time_ms);
  if (f.inversion_time_ms && *f.inversion_time_ms > 1500)
    return fmt::format("its TI of {:.4g} ms is no T1 contrast", *f.inversion_time_ms);
  return {};
}

bool flair_parameters(const SeriesFacts& f) {
  return f.inversion_time_ms && *f.inversion_time_ms >= 1500 && *f.inversion_time_ms <= 3200 && f.echo_time_ms &&
         *f.echo_time_ms >= 60 && f.repetition_time_ms && *f.repetition_time_ms >= 4000;
}

std::string too_little(const SeriesFacts& f) {
  constexpr std::size_t fewest_slices = 15;
  constexpr double least_coverage_mm = 100;  // brains are 130 mm and more in every direction
  if (f.images > 0 && f.images < fewest_slices) return fmt::format("{} images are no whole head", f.images);
  if (f.coverage_mm && *f.coverage_mm < least_coverage_mm)
    return fmt::format("its slices cover {:.0f} mm, which is no whole head", *f.coverage_mm);
  if (f.volumes > 1 && f.coverage_mm) return fmt::format("it holds {} images of each place", f.volumes);
  return {};
}

bool with_contrast(const SeriesFacts& f, const Names& names) {
  if (f.contrast_agent) return true;
  if (!names
           .part({"non contrast", "non-contrast", "no contrast", "without", "precontrast", "pre contrast",
                  "pre-contrast", "noncontrast", "pre gd", "pre_gd"})
           .empty())
    return false;
  return !names
              .word({"gd", "gad", "gado", "gadolinium", "post", "postgd", "postcontrast", "+c", "c+", "ce", "km",
                     "contrast", "+gd", "gd+"})
              .empty();
}

}  // namespace

const char* suffix_text(Suffix suffix) {
  return suffix == Suffix::t1w ? "T1w" : suffix == Suffix::flair ? "FLAIR" : "";
}

Classification classify(const SeriesFacts& f) {
  const Names names(f);
  if (const auto known = no_scan(f, names); !known.taken_for.empty()) return known;
  if (const auto known = other_purpose(f, names); !known.taken_for.empty()) return known;
  if (in_spine(names)) return as("not the head", "named for another part of the body");
  if (!names.part({"mp2rage", "memp2rage"}).empty() || has_type(f, {"UNI", "UNI-DEN"}))
    return as("MP2RAGE", "its contrast is not the T1w that Wane measures");

  Classification c;
  c.derived = has_type(f, {"DERIVED", "SECONDARY", "MPR", "REFORMATTED", "RESAMPLED"}) ||
              !names.word({"reformat", "reformatted", "recon", "reslice"}).empty();
  c.contrast = with_contrast(f, names);
  c.normalized = has_type(f, {"NORM", "PSN", "PURE", "CLEAR", "NORMALIZED"}) ||
                 !names.word({"norm", "pure", "scic", "clear"}).empty();
  c.distortion_corrected = has_type(f, {"DIS3D", "DIS3DND"}) ? 3 : has_type(f, {"DIS2D"}) ? 2 : 0;
  c.three_d = f.acquisition_type == "3D";

  const bool t1_name = !t1w_name(names).empty();
  // T1 FLAIR has a shorter inversion; names of whole protocols hold T1 and FLAIR both.
  const bool long_inversion = f.inversion_time_ms.value_or(0) <= 0 || *f.inversion_time_ms >= 1500;
  if (named_flair(names) && (flair_parameters(f) || (!names.weighted("t1") && long_inversion))) {
    c.suffix = Suffix::flair;
    c.why = with_parameters("named FLAIR", f);
  } else if (t1_name) {
    if (const auto why = against_t1w(f); !why.empty()) return as("unclear", named(t1w_name(names)) + ", but " + why);
    c.suffix = Suffix::t1w;
    c.why = with_parameters(named(t1w_name(names)), f);
  } else if (flair_parameters(f)) {
    c.suffix = Suffix::flair;
    c.why = with_parameters("", f);
  } else if (names.weighted("t2") || !names.word({"pd", "pdw", "haste", "tirm", "stir"}).empty()) {
    return as("T2w or PDw", with_parameters("named for another contrast", f));
  } else if (t1w_parameters(f)) {
    c.suffix = Suffix::t1w;
    c.why = with_parameters("", f);
  } else {
    return as("unknown", with_parameters("neither name nor parameters tell", f));
  }
  c.taken_for = suffix_text(c.suffix);
  if (const auto why = too_little(f); !why.empty()) {
    c.suffix = Suffix::none;
    c.taken_for += ", not usable";
    c.why += "; " + why;
  }
  return c;
}

}  // namespace wane
