// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/optim/average.hpp"

#include <algorithm>

namespace filigree::optim {

Average::Average(const AverageOptions& options, const Parameters& parameters) : options_(options) {
  for (const learning::NamedParameter& named : parameters) {
    names_.push_back(named.name);
    averages_.push_back(*named.parameter);
    averages_.back().value = keep(named.parameter->value);
  }
}

void Average::update(const Parameters& parameters) {
  FILIGREE_REQUIRE(!is_swapped_, "the averages are in the model: swap() back before the next step");
  require_same(parameters);
  ++updates_;
  const auto t = static_cast<double>(updates_);
  const double decay =
      options_.warm_up ? std::min(options_.decay, (1 + t) / (10 + t)) : options_.decay;
  for (std::size_t k = 0; k < averages_.size(); ++k) {
    approach(averages_[k], parameters[k].parameter->value, 1 - decay);
  }
}

void Average::swap(const Parameters& parameters) {
  require_same(parameters);
  for (std::size_t k = 0; k < averages_.size(); ++k) {
    std::swap(parameters[k].parameter->value, averages_[k].value);
  }
  is_swapped_ = !is_swapped_;
}

void Average::reflect_state(StateVisitor& visitor, const std::string& prefix) {
  FILIGREE_REQUIRE(!is_swapped_, "the averages are in the model: swap() back before saving");
  Parameters named;
  for (std::size_t k = 0; k < names_.size(); ++k) named.push_back({names_[k], &averages_[k]});
  visitor(prefix + ".updates", updates_);
  learning::reflect_state(named, prefix + ".", visitor);
}

void Average::require_same(const Parameters& parameters) const {
  FILIGREE_REQUIRE(parameters.size() == names_.size(), "{} parameters: there are averages of {}",
                   parameters.size(), names_.size());
  for (std::size_t k = 0; k < names_.size(); ++k) {
    FILIGREE_REQUIRE(parameters[k].name == names_[k],
                     "parameter {} is '{}': there is an average of '{}'", k, parameters[k].name,
                     names_[k]);
  }
}

}  // namespace filigree::optim
