// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/network/network_multigrid.hpp"

#include <algorithm>
#include <cmath>

#include "graph/bucket_sort.hpp"
#include "graph/small_sort.hpp"

namespace filigree::network {

namespace {

constexpr int kPairingRounds = 12;
/// Groups must make a network at least this much smaller, or the next level is not worth it.
constexpr double kLargestCoarsePart = 0.8;
constexpr int kPowerSteps = 12;
/// The power method finds less than the largest eigenvalue: by this factor at most, in practice.
constexpr double kEigenvalueMargin = 1.1;
/// A second step on the coarse problem is taken unless the first left less than this.
constexpr double kGoodStep = 0.25;

/// Any fixed order of the pairs of nodes that has nothing to do with their numbers: it decides
/// between throats of equal strength.
FILIGREE_FUNCTION std::uint64_t pair_rank(Index i, Index j) {
  const std::uint64_t low = static_cast<std::uint64_t>(i < j ? i : j);
  const std::uint64_t high = static_cast<std::uint64_t>(i < j ? j : i);
  std::uint64_t x = (low << 32 | high) * 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 31)) * 0xBF58476D1CE4E5B9u;
  return x ^ (x >> 29);
}

/// How strongly two nodes hold each other: the throat compared with everything at either end.
struct Strength {
  GroundedNetwork network;

  FILIGREE_FUNCTION double of(Index i, Offset e) const {
    const Index j = network.rows.sender(e);
    const double k = network.values(static_cast<Index>(e));
    const double d =
        network.diagonal(i) < network.diagonal(j) ? network.diagonal(i) : network.diagonal(j);
    return k / d;
  }
  /// The strongest neighbour of i for which is_free(j) holds, -1 when there is none.
  template <class IsFree>
  FILIGREE_FUNCTION Index strongest(Index i, const IsFree& is_free) const {
    Index best = -1;
    double best_strength = 0;
    for (Offset e = network.rows.row_begin(i); e < network.rows.row_end(i); ++e) {
      const Index j = network.rows.sender(e);
      if (!is_free(j)) continue;
      const double strength = of(i, e);
      const bool is_better = best < 0 || strength > best_strength ||
                             (strength == best_strength && pair_rank(i, j) < pair_rank(i, best));
      if (!is_better) continue;
      best = j;
      best_strength = strength;
    }
    return best;
  }
};

/// Each node's partner, itself when it has none: pairs of nodes that are each other's strongest
/// free neighbour, round after round.
Array<Index> pair_nodes(const GroundedNetwork& network, Reducer& reducer) {
  const Index n = network.size();
  const Strength strength{network};
  const Array<Index> mates("network/mates", n);
  const Array<Index> choices("network/choices", n);
  for_each(
      "network/unpaired", n, FILIGREE_LAMBDA(Index i) { mates(i) = i; });
  double n_paired = -1;
  for (int round = 0; round < kPairingRounds; ++round) {
    for_each(
        "network/choose", n, FILIGREE_LAMBDA(Index i) {
          choices(i) = -1;
          if (mates(i) != i) return;
          choices(i) = strength.strongest(i, [&](Index j) { return mates(j) == j; });
        });
    for_each(
        "network/pair", n, FILIGREE_LAMBDA(Index i) {
          if (choices(i) >= 0 && choices(choices(i)) == i) mates(i) = choices(i);
        });
    const double paired = reducer.sum(
        "network/count_paired", n, 0.0,
        FILIGREE_LAMBDA(Index i) { return mates(i) != i ? 1.0 : 0.0; });
    if (paired == n_paired) break;
    n_paired = paired;
  }
  return mates;
}

struct Groups {
  Array<Index> of;  ///< [n]
  Index count = 0;
};

/// Pairs become groups; who found no partner joins the group of the strongest neighbour.
Groups group_nodes(const GroundedNetwork& network, Reducer& reducer) {
  const Index n = network.size();
  const Strength strength{network};
  const Array<Index> mates = pair_nodes(network, reducer);
  const Array<Index> leaders("network/leaders", n);
  for_each(
      "network/leaders", n, FILIGREE_LAMBDA(Index i) {
        Index member = i;
        if (mates(i) == i) {
          const Index other = strength.strongest(i, [&](Index j) { return mates(j) != j; });
          if (other >= 0) member = other;
        }
        leaders(i) = member < mates(member) ? member : mates(member);
      });
  const Array<Index> numbers("network/group_numbers", n);
  for_each(
      "network/group_flags", n, FILIGREE_LAMBDA(Index i) { numbers(i) = leaders(i) == i ? 1 : 0; });
  Groups groups;
  groups.count = exclusive_scan("network/group_numbers", numbers);
  groups.of = Array<Index>("network/groups", n);
  const Array<Index> of = groups.of;
  for_each(
      "network/groups", n, FILIGREE_LAMBDA(Index i) { of(i) = numbers(leaders(i)); });
  return groups;
}

/// Edges of a coarse network before they are packed: row c has degrees(c) of them from starts(c)
/// on.
struct LooseRows {
  Array<Offset> starts;
  Array<Index> degrees;
  Array<std::uint64_t> keys;  ///< scratch: neighbour and place
  Array<double> values;
  Array<Index> columns;
  Array<double> loose_values;
};

/// Gathers the edges of the members of each group, sorted by group and added up.
void gather_rows(const GroundedNetwork& fine, const Groups& groups, const Buckets& members,
                 const LooseRows& rows) {
  const Array<Index> of = groups.of;
  for_each(
      "network/gather_rows", groups.count, FILIGREE_LAMBDA(Index c) {
        const auto start = static_cast<Index>(rows.starts(c));
        Index n = 0;
        for (Index m = members.starts(c); m < members.starts(c + 1); ++m) {
          const Index i = members.items(m);
          for (auto e = static_cast<Index>(fine.rows.row_begin(i)); e < fine.rows.row_end(i); ++e) {
            const Index other = of(fine.rows.senders(e));
            if (other == c) continue;
            rows.keys(start + n) = std::uint64_t(other) << 32 | std::uint64_t(n);
            rows.loose_values(start + n) = fine.values(e);
            ++n;
          }
        }
        sort_ascending(rows.keys.data() + start, n);
        Index degree = 0;
        for (Index k = 0; k < n; ++k) {
          const auto other = static_cast<Index>(rows.keys(start + k) >> 32);
          const auto place = static_cast<Index>(rows.keys(start + k) & 0xFFFFFFFFu);
          const double value = rows.loose_values(start + place);
          if (degree > 0 && rows.columns(start + degree - 1) == other) {
            rows.values(start + degree - 1) += value;
          } else {
            rows.columns(start + degree) = other;
            rows.values(start + degree) = value;
            ++degree;
          }
        }
        rows.degrees(c) = degree;
      });
}

/// The network of the groups.
GroundedNetwork coarse_network(const GroundedNetwork& fine, const Groups& groups,
                               const Buckets& members) {
  const Index n = groups.count;
  const Array<Index> degrees("network/degrees", n);
  GroundedNetwork coarse;
  coarse.ground = Array<double>("network/ground", n);
  const Array<double> ground = coarse.ground;
  for_each(
      "network/coarse_ground", n, FILIGREE_LAMBDA(Index c) {
        Index degree = 0;
        double total = 0;
        for (Index m = members.starts(c); m < members.starts(c + 1); ++m) {
          degree += fine.rows.degree(members.items(m));
          total += fine.ground(members.items(m));
        }
        degrees(c) = degree;
        ground(c) = total;
      });
  LooseRows rows;
  rows.starts = Array<Offset>("network/loose_starts", n + 1);
  const auto n_loose =
      static_cast<Index>(offsets_from_counts("network/loose_starts", degrees, rows.starts));
  rows.degrees = degrees;
  rows.keys = Array<std::uint64_t>("network/keys", n_loose);
  rows.values = Array<double>("network/values", n_loose);
  rows.columns = Array<Index>("network/columns", n_loose);
  rows.loose_values = Array<double>("network/loose_values", n_loose);
  gather_rows(fine, groups, members, rows);
  coarse.rows.row_offsets = Array<Offset>("network/row_offsets", n + 1);
  const auto n_edges = static_cast<Index>(
      offsets_from_counts("network/row_offsets", rows.degrees, coarse.rows.row_offsets));
  coarse.rows.senders = Array<Index>("network/senders", n_edges);
  coarse.values = Array<double>("network/values", n_edges);
  const GroundedNetwork to = coarse;
  for_each(
      "network/pack_rows", n, FILIGREE_LAMBDA(Index c) {
        const auto from = static_cast<Index>(rows.starts(c));
        const auto begin = static_cast<Index>(to.rows.row_begin(c));
        for (Index k = 0; k < rows.degrees(c); ++k) {
          to.rows.senders(begin + k) = rows.columns(from + k);
          to.values(begin + k) = rows.values(from + k);
        }
      });
  fill_diagonal(coarse);
  return coarse;
}

/// groups(i) = next(groups(i))
void compose(const Array<Index>& groups, const Array<Index>& next) {
  for_each(
      "network/compose", groups.size(), FILIGREE_LAMBDA(Index i) { groups(i) = next(groups(i)); });
}

/// A bound of the eigenvalues of D^-1 A: power steps, then a margin; 2 by Gershgorin at most.
double largest_eigenvalue(const GroundedNetwork& network, Reducer& reducer) {
  const Index n = network.size();
  const Array<double> x("network/power", n);
  const Array<double> y("network/power_image", n);
  for_each(
      "network/power_start", n,
      FILIGREE_LAMBDA(Index i) { x(i) = double(pair_rank(i, i) >> 11) * 0x1p-53 - 0.5; });
  double largest = 0;
  for (int step = 0; step < kPowerSteps; ++step) {
    apply(network, x, y);
    // Rayleigh quotient in the product of D, in which D^-1 A is symmetric.
    const auto products = reducer.sum(
        "network/power_products", n, Vec<2, double>::zero(), FILIGREE_LAMBDA(Index i) {
          return Vec<2, double>{x(i) * y(i), network.diagonal(i) * x(i) * x(i)};
        });
    if (!(products[1] > 0)) break;
    largest = products[0] / products[1];
    const double scale = 1 / std::sqrt(products[1]);
    for_each(
        "network/power_step", n,
        FILIGREE_LAMBDA(Index i) { x(i) = scale * y(i) / network.diagonal(i); });
  }
  return largest > 0 ? std::min(2.0, kEigenvalueMargin * largest) : 2.0;
}

/// Row i of A x.
FILIGREE_FUNCTION double row_product(const GroundedNetwork& a, const Array<double>& x, Index i) {
  double sum = a.diagonal(i) * x(i);
  for (auto e = static_cast<Index>(a.rows.row_begin(i)); e < a.rows.row_end(i); ++e) {
    sum -= a.values(e) * x(a.rows.senders(e));
  }
  return sum;
}

/// Chebyshev steps towards A x = b, from x or from zero.
void smooth(const MultigridLevel& level, const MultigridOptions& options, const Array<double>& b,
            const Array<double>& x, bool from_zero) {
  const GroundedNetwork a = level.network;
  const Array<double> step = level.step;
  const double centre = level.largest * (1 + options.smoothed_part) / 2;
  const double width = level.largest * (1 - options.smoothed_part) / 2;
  const double sigma = centre / width;
  double rho = 1 / sigma;
  // Steps go back and forth between x and `other`, and end in x.
  Array<double> from = x;
  Array<double> to = level.other;
  if (from_zero ? options.degree % 2 == 1 : false) std::swap(from, to);
  for (int k = 0; k < options.degree; ++k) {
    const double next_rho = 1 / (2 * sigma - rho);
    const double keep = k == 0 ? 0 : next_rho * rho;
    const double add = k == 0 ? 1 / centre : 2 * next_rho / width;
    if (k > 0) rho = next_rho;
    const Array<double> source = from;
    const Array<double> target = to;
    if (k == 0 && from_zero) {
      for_each(
          "network/first_step", a.size(), FILIGREE_LAMBDA(Index i) {
            step(i) = add * b(i) / a.diagonal(i);
            target(i) = step(i);
          });
    } else {
      const bool has_step = k > 0;
      for_each(
          "network/chebyshev", a.size(), FILIGREE_LAMBDA(Index i) {
            const double residual = (b(i) - row_product(a, source, i)) / a.diagonal(i);
            const double s = add * residual + (has_step ? keep * step(i) : 0.0);
            step(i) = s;
            target(i) = source(i) + s;
          });
    }
    std::swap(from, to);
  }
  copy(x, from);
}

/// coarse_b = P^T (b - A x)
void restrict_residual(const MultigridLevel& level, const Array<double>& b, const Array<double>& x,
                       const Array<double>& coarse_b) {
  const GroundedNetwork a = level.network;
  const Array<Index> starts = level.group_starts;
  const Array<Index> members = level.members;
  for_each(
      "network/restrict", coarse_b.size(), FILIGREE_LAMBDA(Index c) {
        double sum = 0;
        for (Index m = starts(c); m < starts(c + 1); ++m) {
          sum += b(members(m)) - row_product(a, x, members(m));
        }
        coarse_b(c) = sum;
      });
}

/// x += P coarse_x
void prolong(const MultigridLevel& level, const Array<double>& coarse_x, const Array<double>& x) {
  const Array<Index> group = level.group;
  for_each(
      "network/prolong", x.size(), FILIGREE_LAMBDA(Index i) { x(i) += coarse_x(group(i)); });
}

/// (c . v, c . b, b . b)
Vec<3, double> first_products(const Array<double>& c, const Array<double>& v,
                              const Array<double>& b, Reducer& reducer) {
  return reducer.sum(
      "network/first_products", c.size(), Vec<3, double>::zero(), FILIGREE_LAMBDA(Index i) {
        return Vec<3, double>{c(i) * v(i), c(i) * b(i), b(i) * b(i)};
      });
}

/// r = b - alpha v; returns its squared length.
double first_residual(const Array<double>& b, double alpha, const Array<double>& v,
                      const Array<double>& r, Reducer& reducer) {
  return reducer.sum(
      "network/first_residual", b.size(), 0.0, FILIGREE_LAMBDA(Index i) {
        const double residual = b(i) - alpha * v(i);
        r(i) = residual;
        return residual * residual;
      });
}

/// (c2 . v1, c2 . v2, c2 . r)
Vec<3, double> second_products(const MultigridLevel& level, Reducer& reducer) {
  const Array<double> c = level.second;
  const Array<double> v1 = level.first_image;
  const Array<double> v2 = level.second_image;
  const Array<double> r = level.residual;
  return reducer.sum(
      "network/second_products", c.size(), Vec<3, double>::zero(), FILIGREE_LAMBDA(Index i) {
        return Vec<3, double>{c(i) * v1(i), c(i) * v2(i), c(i) * r(i)};
      });
}

/// x = alpha c1 + beta c2
void combine(const MultigridLevel& level, double alpha, double beta) {
  const Array<double> x = level.x;
  const Array<double> c1 = level.first;
  const Array<double> c2 = level.second;
  if (beta == 0) {
    for_each(
        "network/one_step", x.size(), FILIGREE_LAMBDA(Index i) { x(i) = alpha * c1(i); });
    return;
  }
  for_each(
      "network/two_steps", x.size(),
      FILIGREE_LAMBDA(Index i) { x(i) = alpha * c1(i) + beta * c2(i); });
}

}  // namespace

void fill_diagonal(GroundedNetwork& network) {
  network.diagonal = Array<double>("network/diagonal", network.size());
  const GroundedNetwork a = network;
  for_each(
      "network/diagonal", a.size(), FILIGREE_LAMBDA(Index i) {
        double sum = a.ground(i);
        for (auto e = static_cast<Index>(a.rows.row_begin(i)); e < a.rows.row_end(i); ++e) {
          sum += a.values(e);
        }
        a.diagonal(i) = sum;
      });
}

void apply(const GroundedNetwork& network, const Array<double>& x, const Array<double>& result) {
  const GroundedNetwork a = network;
  for_each(
      "network/apply", a.size(), FILIGREE_LAMBDA(Index i) { result(i) = row_product(a, x, i); });
}

HostNetwork to_host(const GroundedNetwork& network) {
  return {to_vector(network.rows.row_offsets), to_vector(network.rows.senders),
          to_vector(network.values), to_vector(network.ground)};
}

NetworkMultigrid::NetworkMultigrid(const GroundedNetwork& network, const MultigridOptions& options)
    : options_(options) {
  levels_.emplace_back();
  levels_.back().network = network;
  while (levels_.back().network.size() > options.coarsest) {
    MultigridLevel& level = levels_.back();
    const Index n = level.network.size();
    GroundedNetwork coarse = level.network;
    for (int round = 0; round < options.pairings && coarse.size() > options.coarsest; ++round) {
      const Groups groups = group_nodes(coarse, reducer_);
      const Buckets pairs = sort_into_buckets("network/pairs", groups.of, groups.count);
      coarse = coarse_network(coarse, groups, pairs);
      if (round == 0) {
        level.group = groups.of;
      } else {
        compose(level.group, groups.of);
      }
    }
    if (coarse.size() > kLargestCoarsePart * n) break;
    const Buckets members = sort_into_buckets("network/members", level.group, coarse.size());
    level.group_starts = members.starts;
    level.members = members.items;
    levels_.emplace_back();
    levels_.back().network = coarse;
  }
  for (std::size_t l = 0; l < levels_.size(); ++l) {
    MultigridLevel& level = levels_[l];
    const Index n = level.network.size();
    level.largest = largest_eigenvalue(level.network, reducer_);
    for (Array<double>* array : {&level.step, &level.other}) {
      *array = Array<double>("network/multigrid", n);
    }
    if (l == 0) continue;
    for (Array<double>* array : {&level.b, &level.x, &level.residual, &level.first,
                                 &level.first_image, &level.second, &level.second_image}) {
      *array = Array<double>("network/multigrid", n);
    }
  }
  if (levels_.back().network.size() <= options.coarsest) {
    direct_ = std::make_unique<StarMesh>(to_host(levels_.back().network));
    direct_values_ = HostArray<double>("network/coarsest", levels_.back().network.size());
  }
}

double NetworkMultigrid::operator_complexity() const {
  double edges = 0;
  for (const MultigridLevel& level : levels_) edges += level.network.values.size();
  return edges / std::max(1, levels_.front().network.values.size());
}

void NetworkMultigrid::solve_coarse(std::size_t depth) {
  const MultigridLevel& level = levels_[depth];
  if (depth + 1 == levels_.size()) return cycle(depth, level.b, level.x);
  cycle(depth, level.b, level.first);
  filigree::network::apply(level.network, level.first, level.first_image);
  const auto p = first_products(level.first, level.first_image, level.b, reducer_);
  const double alpha = p[0] > 0 ? p[1] / p[0] : 0;
  const double left = first_residual(level.b, alpha, level.first_image, level.residual, reducer_);
  if (!(left > kGoodStep * kGoodStep * p[2])) return combine(level, alpha, 0);
  cycle(depth, level.residual, level.second);
  filigree::network::apply(level.network, level.second, level.second_image);
  const auto q = second_products(level, reducer_);
  const double rest = q[1] - q[0] * q[0] / p[0];
  const double beta = rest > 0 ? q[2] / rest : 0;
  combine(level, alpha - q[0] * beta / p[0], beta);
}

void NetworkMultigrid::cycle(std::size_t depth, const Array<double>& b, const Array<double>& x) {
  const MultigridLevel& level = levels_[depth];
  if (depth + 1 == levels_.size() && direct_) {
    Kokkos::deep_copy(direct_values_.view(), b.view());
    direct_->solve({direct_values_.data(), static_cast<std::size_t>(b.size())});
    Kokkos::deep_copy(x.view(), direct_values_.view());
    return;
  }
  smooth(level, options_, b, x, true);
  if (depth + 1 == levels_.size()) return;
  const MultigridLevel& coarse = levels_[depth + 1];
  restrict_residual(level, b, x, coarse.b);
  solve_coarse(depth + 1);
  prolong(level, coarse.x, x);
  smooth(level, options_, b, x, false);
}

void NetworkMultigrid::apply(const Array<double>& b, const Array<double>& x) {
  cycle(0, b, x);
}

}  // namespace filigree::network
