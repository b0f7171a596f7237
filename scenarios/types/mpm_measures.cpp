// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/mpm_measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "physics/mpm/front.hpp"

namespace filigree {

namespace {

Index index_of(const std::vector<BodyOptions>& bodies, const std::string& name) {
  for (std::size_t b = 0; b < bodies.size(); ++b) {
    if (bodies[b].name == name) return static_cast<Index>(b);
  }
  throw InternalError(format("a measure names body '{}', which is not there", name));
}

/// Notes when the line from the previous value to this one passes `level` upwards (or, with
/// `both_ways`, in either direction).
void note_crossing(MeasureState& s, double time, double value, double level, bool both_ways) {
  const bool up = s.previous_value < level && value >= level;
  const bool down = both_ways && s.previous_value > level && value <= level;
  if (up || down) {
    const double share = (level - s.previous_value) / (value - s.previous_value);
    const double crossing = s.previous_time + share * (time - s.previous_time);
    if (s.crossings++ == 0) s.first_crossing = crossing;
    s.last_crossing = crossing;
  }
  s.previous_time = time;
  s.previous_value = value;
}

double length_along(const BodyOptions& body, int axis) {
  return upper_corner(*body.shape)[axis] - lower_corner(*body.shape)[axis];
}

/// Coordinate along an axis below which `fraction` of the body's mass lies; NaN when nothing is
/// left of it.
template <int D>
double mass_front(const mpm::State<D>& state, Index body, int axis, double fraction) {
  const auto bodies = to_host(state.particles.template get<mpm::Body>());
  const auto positions = to_host(state.particles.template get<mpm::Position<D>>());
  std::vector<double> coordinates;
  for (Index p = 0; p < bodies.size(); ++p) {
    if (bodies(p) == body) coordinates.push_back(positions(p)[axis]);
  }
  if (coordinates.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto last = static_cast<double>(coordinates.size() - 1);
  const auto nth = coordinates.begin() + static_cast<std::ptrdiff_t>(std::llround(fraction * last));
  std::nth_element(coordinates.begin(), nth, coordinates.end());
  return *nth;
}

}  // namespace

template <int D>
MpmMeasures<D>::MpmMeasures(const MpmOptions& options)
    : bodies_(options.bodies), measures_(options.measures), states_(options.measures.size()) {}

template <int D>
const BodyOptions& MpmMeasures<D>::body_of(const Measure& measure) const {
  const std::string name = std::visit([](const auto& m) { return m.body; }, measure);
  return bodies_[static_cast<std::size_t>(index_of(bodies_, name))];
}

template <int D>
void MpmMeasures<D>::observe(const mpm::Model<D>& model, const mpm::State<D>& state,
                             mpm::Scratch<D>& scratch) {
  for (std::size_t i = 0; i < measures_.size(); ++i) {
    const Index body = index_of(bodies_, body_of(measures_[i]).name);
    if (const auto* oscillation = std::get_if<OscillationMeasure>(&measures_[i])) {
      const auto budget = mpm::budget(model, state, scratch, body);
      if (!(budget.mass > 0)) continue;
      note_crossing(states_[i], state.time, budget.momentum[oscillation->axis] / budget.mass, 0,
                    true);
    } else if (const auto* arrival = std::get_if<ArrivalMeasure>(&measures_[i])) {
      const auto budget = mpm::budget(model, state, scratch, body);
      if (!(budget.mass > 0)) continue;
      note_crossing(states_[i], state.time, budget.upper[arrival->axis], arrival->position, false);
    }
  }
}

template <int D>
void MpmMeasures<D>::evaluate(const mpm::Model<D>& model, const mpm::State<D>& state,
                              Recorder& metrics) const {
  for (std::size_t i = 0; i < measures_.size(); ++i) {
    const BodyOptions& body = body_of(measures_[i]);
    const MeasureState& s = states_[i];
    if (const auto* oscillation = std::get_if<OscillationMeasure>(&measures_[i])) {
      const double intervals = std::max<double>(1, static_cast<double>(s.crossings - 1));
      const double period = 2 * (s.last_crossing - s.first_crossing) / intervals;
      const double expected = 4 * length_along(body, oscillation->axis) / wave_speed(body.material);
      metrics.add(body.name + "_period", period, "s");
      metrics.add(body.name + "_period_fixed_free", expected, "s");
      metrics.add(body.name + "_period_error", std::abs(period / expected - 1));
    } else if (std::holds_alternative<ArrivalMeasure>(measures_[i])) {
      metrics.add(body.name + "_arrival_time", s.crossings > 0 ? s.first_crossing : -1, "s");
    } else {
      const auto& runout = std::get<RunoutMeasure>(measures_[i]);
      const double start = lower_corner(*body.shape)[runout.axis];
      const double before = length_along(body, runout.axis);
      const Index number = index_of(bodies_, body.name);
      const double front = runout.front == FrontKind::kConnected
                               ? mpm::connected_front(model.grid, state, number, runout.axis)
                               : mass_front(state, number, runout.axis, runout.mass_fraction);
      metrics.add(body.name + "_runout", (std::max(front, start) - start) / before - 1);
    }
  }
}

template <int D>
void MpmMeasures<D>::reflect_state(StateVisitor& visitor) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::string prefix = format("measures/{}/", i);
    visitor(prefix + "previous_time", states_[i].previous_time);
    visitor(prefix + "previous_value", states_[i].previous_value);
    visitor(prefix + "first_crossing", states_[i].first_crossing);
    visitor(prefix + "last_crossing", states_[i].last_crossing);
    visitor(prefix + "crossings", states_[i].crossings);
  }
}

template class MpmMeasures<2>;
template class MpmMeasures<3>;

}  // namespace filigree
