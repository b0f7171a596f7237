// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_identification.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace filigree::rods {

namespace {

/// The numbers at a place that an unknown changes, and in which sense: 1 or -1.
struct Entry {
  double* value;
  double sign;
};
std::vector<Entry> entries(CableQuantity quantity, Index place, RodParameters& p,
                           GripperRoll& roll) {
  const auto i = static_cast<std::size_t>(place);
  switch (quantity) {
    case CableQuantity::kRestLength:
      return {{&p.rest_length.at(i), 1}};
    case CableQuantity::kStretch:
      return {{&p.edges.at(i).stretch_stiffness, 1}};
    case CableQuantity::kBending:
      return {{&p.edges.at(i).bending_stiffness[0], 1}, {&p.edges.at(i).bending_stiffness[1], 1}};
    case CableQuantity::kBendingRatio:
      return {{&p.edges.at(i).bending_stiffness[0], 1}, {&p.edges.at(i).bending_stiffness[1], -1}};
    case CableQuantity::kTwist:
      return {{&p.edges.at(i).twist_stiffness, 1}};
    case CableQuantity::kLineDensity:
      return {{&p.edges.at(i).line_density, 1}};
    case CableQuantity::kRestBend1:
      return {{&p.joint_rest.at(i)[0], 1}};
    case CableQuantity::kRestBend2:
      return {{&p.joint_rest.at(i)[1], 1}};
    case CableQuantity::kRestTwist:
      return {{&p.joint_rest.at(i)[2], 1}};
    case CableQuantity::kCompliance:
      return {{&p.junction_compliance.at(i), 1}};
    case CableQuantity::kAddedMass:
      return {{&p.added_mass.at(i), 1}};
    case CableQuantity::kDamping:
      return {{&p.damping, 1}};
    case CableQuantity::kRoll:
      return {{&roll.at(i), 1}};
  }
  throw InternalError("an unknown of no kind");
}

/// Unknowns may go too far in a line search: no length, or nothing but overflow.
bool is_possible(const RodParameters& p) {
  const auto positive = [](double x) { return std::isfinite(x) && x > 0; };
  bool good = std::all_of(p.rest_length.begin(), p.rest_length.end(), positive);
  for (const EdgeProperties& edge : p.edges) {
    good = good && positive(edge.stretch_stiffness) && std::isfinite(edge.bending_stiffness[0]) &&
           std::isfinite(edge.bending_stiffness[1]) && std::isfinite(edge.twist_stiffness) &&
           positive(edge.line_density);
  }
  for (const double c : p.junction_compliance) good = good && std::isfinite(c);
  for (const double m : p.added_mass) good = good && std::isfinite(m);
  return good && std::isfinite(p.damping);
}

}  // namespace

bool is_factor(CableQuantity quantity) {
  switch (quantity) {
    case CableQuantity::kRestLength:
    case CableQuantity::kRestBend1:
    case CableQuantity::kRestBend2:
    case CableQuantity::kRestTwist:
    case CableQuantity::kRoll:
      return false;
    default:
      return true;
  }
}

CableFit changed(const CableFit& start, const std::vector<CableUnknown>& unknowns,
                 const std::vector<double>& u) {
  CableFit fit = start;
  for (std::size_t k = 0; k < unknowns.size(); ++k) {
    const double change = unknowns[k].scale * u[k];
    for (const Index place : unknowns[k].places) {
      for (const Entry& entry : entries(unknowns[k].quantity, place, fit.parameters, fit.roll)) {
        if (is_factor(unknowns[k].quantity)) {
          *entry.value *= std::exp(entry.sign * change);
        } else {
          *entry.value += entry.sign * change;
        }
      }
    }
  }
  return fit;
}

double identification_cost(const CableExperiment& experiment, const CableFit& start,
                           const std::vector<CableUnknown>& unknowns,
                           const IdentificationOptions& options, const std::vector<double>& u,
                           std::vector<double>& gradient) {
  CableFit fit = changed(start, unknowns, u);
  CableFit bar;
  gradient.assign(u.size(), 0);
  if (!is_possible(fit.parameters)) return std::numeric_limits<double>::infinity();
  double cost = replay_misfit(experiment, fit.parameters, fit.roll, options.smooth,
                              options.tolerance, bar.parameters, bar.roll);
  if (!std::isfinite(cost)) return cost;
  for (std::size_t k = 0; k < unknowns.size(); ++k) {
    const CableQuantity quantity = unknowns[k].quantity;
    for (const Index place : unknowns[k].places) {
      const auto values = entries(quantity, place, fit.parameters, fit.roll);
      const auto bars = entries(quantity, place, bar.parameters, bar.roll);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double rate = is_factor(quantity) ? *values[i].value : 1;
        gradient[k] += *bars[i].value * values[i].sign * rate * unknowns[k].scale;
      }
    }
    cost += 0.5 * options.prior_weight * u[k] * u[k];
    gradient[k] += options.prior_weight * u[k];
  }
  return cost;
}

}  // namespace filigree::rods
