// Volumes of a visit and percent changes between visits. Sign convention everywhere: negative = loss.
#pragma once

#include <cstddef>

namespace wane {

struct Volumes {     // mL
  double brain = 0;  // parenchyma: gray + white, brainstem and cerebellum included
  double gray_matter = 0;
  double white_matter = 0;
  double csf = 0;
  double intracranial = 0;
};

struct TissueValues {  // one number each, percent or percent per year
  double brain = 0;
  double gray_matter = 0;
  double white_matter = 0;
};

struct Change {  // between two visits of a person, by their place in time order
  std::size_t from = 0;
  std::size_t to = 0;
  TissueValues percent;         // 100 (V_to / V_from - 1)
  TissueValues standard_error;  // percent
};

}  // namespace wane
