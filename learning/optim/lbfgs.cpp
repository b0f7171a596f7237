// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/optim/lbfgs.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
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
  for (const double x : v) most = std::max(most, std::abs(x));
  return most;
}

/// A change of x and of the gradient.
struct Pair {
  Vector s, y;
};

/// -H g, H the approximate inverse of the Hessian.
Vector descent(const Vector& gradient, const std::deque<Pair>& pairs) {
  Vector d = gradient;
  std::vector<double> alpha(pairs.size());
  for (std::size_t k = pairs.size(); k-- > 0;) {
    alpha[k] = dot(pairs[k].s, d) / dot(pairs[k].s, pairs[k].y);
    add(d, -alpha[k], pairs[k].y);
  }
  if (!pairs.empty()) {
    const Pair& last = pairs.back();
    const double scale = dot(last.s, last.y) / dot(last.y, last.y);
    for (double& x : d) x *= scale;
  }
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const double beta = dot(pairs[k].y, d) / dot(pairs[k].s, pairs[k].y);
    add(d, alpha[k] - beta, pairs[k].s);
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

LbfgsReport minimize(const Objective& objective, std::vector<double>& x,
                     const LbfgsOptions& options, const Progress& progress) {
  using End = LbfgsReport::End;
  LbfgsReport report;
  Point here;
  here.x = x;
  here.gradient.assign(x.size(), 0);
  here.value = objective(here.x, here.gradient);
  report.evaluations = 1;
  FILIGREE_REQUIRE(std::isfinite(here.value),
                   "the function to be minimised is not finite at the start");
  std::deque<Pair> pairs;
  const auto finish = [&](End end) {
    x = here.x;
    report.value = here.value;
    report.gradient = largest(here.gradient);
    report.end = end;
    return report;
  };
  while (report.iterations < options.max_iterations) {
    const double steepest = largest(here.gradient);
    if (steepest <= options.gradient_tolerance) return finish(End::kGradient);
    Vector direction = descent(here.gradient, pairs);
    here.slope = dot(here.gradient, direction);
    if (!(here.slope < 0)) {  // round-off has spoilt the pairs
      pairs.clear();
      direction = descent(here.gradient, pairs);
      here.slope = dot(here.gradient, direction);
    }
    here.a = 0;
    const double first = pairs.empty() ? std::min(1.0, options.first_step / steepest) : 1.0;
    LineSearch search(objective, here, direction, options.max_line_search);
    const Point next = search.run(first);
    report.evaluations += search.evaluations();
    if (!(next.value < here.value)) {
      if (pairs.empty()) return finish(End::kLineSearch);
      pairs.clear();  // once more, straight down
      continue;
    }
    Pair pair{next.x, next.gradient};
    add(pair.s, -1, here.x);
    add(pair.y, -1, here.gradient);
    const double fell = here.value - next.value;
    here = next;
    ++report.iterations;
    if (dot(pair.s, pair.y) > 1e-12 * dot(pair.y, pair.y)) {
      pairs.push_back(std::move(pair));
      if (pairs.size() > static_cast<std::size_t>(options.memory)) pairs.pop_front();
    }
    if (progress && !progress(report.iterations, here.value, here.x)) return finish(End::kStopped);
    if (fell <= options.value_tolerance * std::abs(here.value)) return finish(End::kValue);
  }
  return finish(End::kIterations);
}

}  // namespace filigree::optim
