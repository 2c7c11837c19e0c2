#include "pipeline/statistics/isotonic.h"

#include "pipeline/statistics/permutation.h"

namespace wane {
namespace {

struct Block {
  double sum;
  double count;
  std::size_t doses;
  double mean() const { return sum / count; }
};

// Fitted means, never falling in the order of the blocks given.
std::vector<double> pooled(const std::vector<Block>& by_dose) {
  std::vector<Block> blocks;
  for (const Block& block : by_dose) {
    blocks.push_back(block);
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() >= blocks.back().mean()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back() = {blocks.back().sum + last.sum, blocks.back().count + last.count,
                       blocks.back().doses + last.doses};
    }
  }
  std::vector<double> fitted;
  for (const Block& block : blocks) fitted.insert(fitted.end(), block.doses, block.mean());
  return fitted;
}

IsotonicCurve curve(const DoseClasses& classes, const std::vector<double>& values, bool rising) {
  const double sign = rising ? 1 : -1;
  std::vector<Block> blocks;
  for (const auto size : classes.sizes) blocks.push_back({0, static_cast<double>(size), 1});
  for (std::size_t i = 0; i < values.size(); ++i) blocks[classes.class_of[i]].sum += sign * values[i];
  IsotonicCurve result{rising, classes.doses, pooled(blocks), 0};
  for (double& value : result.fitted) value *= sign;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double residual = values[i] - result.fitted[classes.class_of[i]];
    result.residual_squares += residual * residual;
  }
  return result;
}

}  // namespace

IsotonicCurve isotonic_curve(const std::vector<double>& doses, const std::vector<double>& values) {
  const DoseClasses classes = dose_classes(doses);
  const IsotonicCurve rising = curve(classes, values, true), falling = curve(classes, values, false);
  return falling.residual_squares < rising.residual_squares ? falling : rising;
}

}  // namespace wane
