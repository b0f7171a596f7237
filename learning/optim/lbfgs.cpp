// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/optim/lbfgs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace filigree::optim {

namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
void add(Vector& y, double factor, const Vector& x) {
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += factor * x[i];
}
double largest(const Vector& v) {
  double most = 0;
  for (const double x : v) {
    if (!(std::abs(x) <= most)) most = std::abs(x);  // NaN too
  }
  return most;
}

using Changes = std::vector<LbfgsState::Change>;

/// -H g, H the approximate inverse of the Hessian.
Vector descent(const Vector& gradient, const Changes& changes) {
  Vector d = gradient;
  std::vector<double> alpha(changes.size());
  for (std::size_t k = changes.size(); k-- > 0;) {
    alpha[k] = dot(changes[k].x, d) / dot(changes[k].x, changes[k].gradient);
    add(d, -alpha[k], changes[k].gradient);
  }
  if (!changes.empty()) {
    const LbfgsState::Change& last = changes.back();
    const double scale = dot(last.x, last.gradient) / dot(last.gradient, last.gradient);
    for (double& x : d) x *= scale;
  }
  for (std::size_t k = 0; k < changes.size(); ++k) {
    const double beta = dot(changes[k].gradient, d) / dot(changes[k].x, changes[k].gradient);
    add(d, alpha[k] - beta, changes[k].x);
  }
  for (double& x : d) x = -x;
  return d;
}

/// A point on the line.
struct Point {
  double a = 0;
  double value = 0;
  double slope = 0;
  Vector x, gradient;
};

class LineSearch {
 public:
  LineSearch(const Objective& objective, const Point& start, const Vector& direction, int most)
      : objective_(objective), start_(start), direction_(direction), left_(most) {}

  /// A point that satisfies the conditions; where none was found the best one seen, start included.
  Point run(double a) {
    best_ = start_;
    Point before = start_;
    for (bool first = true; left_ > 0; first = false) {
      const Point here = evaluate(a);
      if (!std::isfinite(here.value)) {
        a = before.a + 0.25 * (a - before.a);
        continue;
      }
      if (too_high(here) || (!first && here.value >= before.value)) return zoom(before, here);
      if (flat(here)) return here;
      if (here.slope >= 0) return zoom(here, before);
      before = here;
      a *= 2;
    }
    return best_;
  }
  int evaluations() const { return evaluations_; }

 private:
  static constexpr double kDecrease = 1e-4;
  static constexpr double kCurvature = 0.9;

  bool too_high(const Point& p) const {
    return p.value > start_.value + kDecrease * p.a * start_.slope;
  }
  bool flat(const Point& p) const { return std::abs(p.slope) <= -kCurvature * start_.slope; }

  Point evaluate(double a) {
    Point p;
    p.a = a;
    p.x = start_.x;
    add(p.x, a, direction_);
    p.gradient.assign(p.x.size(), 0);
    p.value = objective_(p.x, p.gradient);
    p.slope = dot(p.gradient, direction_);
    if (!std::isfinite(p.slope)) p.value = INFINITY;
    --left_;
    ++evaluations_;
    if (p.value < best_.value) best_ = p;
    return p;
  }

  /// The minimum of the cubic through both points, kept a tenth away from them.
  static double between(const Point& low, const Point& high) {
    const double width = high.a - low.a;
    const double d1 = low.slope + high.slope - 3 * (low.value - high.value) / (low.a - high.a);
    const double square = d1 * d1 - low.slope * high.slope;
    double a = low.a + width / 2;
    if (square >= 0) {
      const double d2 = std::copysign(std::sqrt(square), width);
      const double cubic =
          high.a - width * (high.slope + d2 - d1) / (high.slope - low.slope + 2 * d2);
      if (std::isfinite(cubic)) a = cubic;
    }
    const double least = std::min(low.a + 0.1 * width, high.a - 0.1 * width);
    const double most = std::max(low.a + 0.1 * width, high.a - 0.1 * width);
    return std::clamp(a, least, most);
  }

  Point zoom(Point low, Point high) {
    while (left_ > 0) {
      const double a =
          std::isfinite(high.value) ? between(low, high) : low.a + 0.25 * (high.a - low.a);
      const Point here = evaluate(a);
      if (!std::isfinite(here.value) || too_high(here) || here.value >= low.value) {
        high = here;
      } else {
        if (flat(here)) return here;
        if (here.slope * (high.a - low.a) >= 0) high = low;
        low = here;
      }
    }
    return best_;
  }

  const Objective& objective_;
  const Point& start_;
  const Vector& direction_;
  int left_;
  int evaluations_ = 0;
  Point best_;
};

}  // namespace

LbfgsState start_lbfgs(const Objective& objective, std::vector<double> x) {
  LbfgsState state;
  state.x = std::move(x);
  state.gradient.assign(state.x.size(), 0);
  state.value = objective(state.x, state.gradient);
  state.evaluations = 1;
  FILIGREE_REQUIRE(std::isfinite(state.value),
                   "the function to be minimised is not finite at the start");
  return state;
}

void iterate(const Objective& objective, const LbfgsOptions& options, LbfgsState& state) {
  if (state.end != LbfgsEnd::kNotYet) return;
  const double steepest = largest(state.gradient);
  if (steepest <= options.gradient_tolerance) {
    state.end = LbfgsEnd::kGradient;
    return;
  }
  if (state.iterations >= options.max_iterations) {
    state.end = LbfgsEnd::kIterations;
    return;
  }
  Point here{0, state.value, 0, state.x, state.gradient};
  for (;;) {
    Vector direction = descent(here.gradient, state.changes);
    here.slope = dot(here.gradient, direction);
    if (!(here.slope < 0)) {  // round-off has spoilt the memory, or there is no way down
      if (state.changes.empty()) {
        state.end = LbfgsEnd::kLineSearch;
        return;
      }
      state.changes.clear();
      continue;
    }
    const double first = state.changes.empty() ? std::min(1.0, options.first_step / steepest) : 1.0;
    LineSearch search(objective, here, direction, options.max_line_search);
    Point next = search.run(first);
    state.evaluations += search.evaluations();
    if (!(next.value < here.value)) {
      if (state.changes.empty()) {
        state.end = LbfgsEnd::kLineSearch;
        return;
      }
      state.changes.clear();  // once more, straight down
      continue;
    }
    LbfgsState::Change change{next.x, next.gradient};
    add(change.x, -1, here.x);
    add(change.gradient, -1, here.gradient);
    if (dot(change.x, change.gradient) > 1e-12 * dot(change.gradient, change.gradient)) {
      state.changes.push_back(std::move(change));
      if (state.changes.size() > static_cast<std::size_t>(options.memory)) {
        state.changes.erase(state.changes.begin());
      }
    }
    state.x = std::move(next.x);
    state.gradient = std::move(next.gradient);
    state.value = next.value;
    ++state.iterations;
    if (here.value - state.value <= options.value_tolerance * std::abs(state.value)) {
      state.end = LbfgsEnd::kValue;
    }
    return;
  }
}

LbfgsState minimize(const Objective& objective, std::vector<double> x, const LbfgsOptions& options,
                    const Progress& progress) {
  LbfgsState state = start_lbfgs(objective, std::move(x));
  while (state.end == LbfgsEnd::kNotYet) {
    const int before = state.iterations;
    iterate(objective, options, state);
    if (progress && state.iterations > before && !progress(state)) {
      state.end = LbfgsEnd::kStopped;
    }
  }
  return state;
}

}  // namespace filigree::optim
