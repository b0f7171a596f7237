// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/generators.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/parallel.hpp"
#include "core/random.hpp"
#include "graph/edge_list.hpp"
#include "graph/radius_graph.hpp"

namespace filigree {

namespace {

/// Node on a lattice, and its number with the last axis running fastest.
template <int D>
FILIGREE_FUNCTION Vec<D, Index> lattice_node(const Vec<D, Index>& extents, Index number) {
  Vec<D, Index> node{};
  for (int k = D - 1; k >= 0; --k) {
    node[k] = number % extents[k];
    number /= extents[k];
  }
  return node;
}

template <int D>
FILIGREE_FUNCTION Index lattice_number(const Vec<D, Index>& extents, const Vec<D, Index>& node) {
  Index number = node[0];
  for (int k = 1; k < D; ++k) number = number * extents[k] + node[k];
  return number;
}

/// The pair (i, j) of undirected edges is decided by one random number, whichever end asks.
struct BlockPairs {
  RandomStream stream;
  Array<Index> group;
  Array<double> probabilities;
  Index n_groups;

  FILIGREE_FUNCTION bool is_edge(Index i, Index j) const {
    if (i == j) return false;
    const Index low = i < j ? i : j;
    const Index high = i < j ? j : i;
    const std::uint64_t pair = std::uint64_t(low) << 32 | std::uint64_t(high);
    return stream.uniform<double>(pair) < probabilities(group(i) * n_groups + group(j));
  }
};

std::shared_ptr<const Graph> connect(Index n, const BlockPairs& pairs) {
  const Array<Index> degrees("graph/degrees", n);
  for_each(
      "graph/block_count", n, FILIGREE_LAMBDA(Index i) {
        Index degree = 0;
        for (Index j = 0; j < n; ++j) degree += pairs.is_edge(i, j);
        degrees(i) = degree;
      });
  const Array<Offset> row_offsets("graph/row_offsets", n + 1);
  const Offset n_edges = offsets_from_counts("graph/row_offsets", degrees, row_offsets);
  require_edge_capacity("stochastic block graph", n_edges, kMaxEdges);
  const Array<Index> senders("graph/senders", static_cast<Index>(n_edges));
  for_each(
      "graph/block_fill", n, FILIGREE_LAMBDA(Index i) {
        auto place = static_cast<Index>(row_offsets(i));
        for (Index j = 0; j < n; ++j) {
          if (pairs.is_edge(i, j)) senders(place++) = j;
        }
      });
  return std::make_shared<const Graph>(GraphRows{n, row_offsets, senders, false},
                                       Validation::kDebugOnly);
}

using Pairs = std::vector<std::pair<Index, Index>>;

/// The links of every node while a small world is rewired.
class Links {
 public:
  explicit Links(Index n) : others_(static_cast<std::size_t>(n)) {}
  bool has(Index a, Index b) const {
    const auto& of_a = others_[static_cast<std::size_t>(a)];
    return std::find(of_a.begin(), of_a.end(), b) != of_a.end();
  }
  Index degree(Index a) const {
    return static_cast<Index>(others_[static_cast<std::size_t>(a)].size());
  }
  void add(Index a, Index b) {
    others_[static_cast<std::size_t>(a)].push_back(b);
    others_[static_cast<std::size_t>(b)].push_back(a);
  }
  void remove(Index a, Index b) {
    std::erase(others_[static_cast<std::size_t>(a)], b);
    std::erase(others_[static_cast<std::size_t>(b)], a);
  }
  Pairs pairs() const {
    Pairs pairs;
    for (std::size_t a = 0; a < others_.size(); ++a) {
      for (const Index b : others_[a]) pairs.emplace_back(b, static_cast<Index>(a));
    }
    return pairs;
  }

 private:
  std::vector<std::vector<Index>> others_;
};

}  // namespace

template <int D>
PointGraph<D> lattice_graph(const LatticeOptions<D>& options) {
  double n_nodes = 1;
  for (int k = 0; k < D; ++k) {
    FILIGREE_REQUIRE(options.extents[k] >= 0,
                     "axis {} of the lattice has {} nodes: none is the least", k,
                     options.extents[k]);
    n_nodes *= options.extents[k];
  }
  FILIGREE_REQUIRE(
      n_nodes * 2 * D <= double(kMaxEdges),
      "the lattice has {} nodes with {} edges each, but a graph holds at most {} edges", n_nodes,
      2 * D, kMaxEdges);
  FILIGREE_REQUIRE(options.spacing > 0 && std::isfinite(options.spacing),
                   "the spacing of the lattice is {} m: it must be positive and finite",
                   options.spacing);
  const auto n = static_cast<Index>(n_nodes);
  const Vec<D, Index> extents = options.extents;
  const Vec<D, bool> periodic = options.periodic;
  const Real spacing = options.spacing;
  const Array<Vec<D>> positions("graph/positions", n);
  EdgeList edges;
  edges.n_receivers = n;
  edges.n_senders = n;
  edges.receivers = Array<Index>("graph/receivers", 2 * D * n);
  edges.senders = Array<Index>("graph/senders", 2 * D * n);
  const Array<Index> receivers = edges.receivers;
  const Array<Index> senders = edges.senders;
  for_each(
      "graph/lattice", n, FILIGREE_LAMBDA(Index i) {
        const Vec<D, Index> node = lattice_node(extents, i);
        Vec<D> x;
        for (int k = 0; k < D; ++k) x[k] = spacing * static_cast<Real>(node[k]);
        positions(i) = x;
        for (int way = 0; way < 2 * D; ++way) {
          const int k = way / 2;
          Vec<D, Index> next = node;
          next[k] += way % 2 == 0 ? -1 : 1;
          const bool is_beyond = next[k] < 0 || next[k] >= extents[k];
          next[k] = (next[k] + extents[k]) % extents[k];
          // An edge that does not exist becomes a self loop, which is dropped below.
          receivers(2 * D * i + way) = i;
          senders(2 * D * i + way) = is_beyond && !periodic[k] ? i : lattice_number(extents, next);
        }
      });
  return {positions, graph_from_edges(edges, {Duplicates::kMerge, SelfLoops::kDrop}).graph};
}

template <int D>
Array<Vec<D>> random_points(Index n, const Box<D>& box, std::uint64_t seed) {
  FILIGREE_REQUIRE(n >= 0, "{} points were asked for: none is the least", n);
  validate(box);
  for (int k = 0; k < D; ++k) {
    FILIGREE_REQUIRE(std::isfinite(box.lower[k]) && std::isfinite(box.upper[k]),
                     "axis {} of the box goes from {} to {}: random points need finite bounds", k,
                     box.lower[k], box.upper[k]);
  }
  const RandomStream stream(seed, "graph/random_points");
  const Array<Vec<D>> positions("graph/positions", n);
  for_each(
      "graph/random_points", n, FILIGREE_LAMBDA(Index i) {
        Vec<D> x;
        for (int k = 0; k < D; ++k) {
          x[k] = stream.between(box.lower[k], box.upper[k], std::uint64_t(i), std::uint32_t(k));
        }
        positions(i) = x;
      });
  return positions;
}

template <int D>
PointGraph<D> random_geometric_graph(Index n, const Box<D>& box, Real radius, std::uint64_t seed) {
  PointGraph<D> result;
  result.positions = random_points(n, box, seed);
  RadiusGraphOptions<D> options;
  options.radius = radius;
  options.box = box;
  result.graph = radius_graph(result.positions, options);
  return result;
}

std::shared_ptr<const Graph> small_world_graph(Index n, Index neighbours, double probability,
                                               std::uint64_t seed) {
  FILIGREE_REQUIRE(n >= 0, "a small world of {} nodes was asked for: none is the least", n);
  FILIGREE_REQUIRE(neighbours >= 0 && neighbours % 2 == 0 && neighbours < std::max(n, Index(1)),
                   "each of {} nodes of a small world cannot have {} neighbours: an even number "
                   "less than the number of nodes is needed",
                   n, neighbours);
  FILIGREE_REQUIRE(probability >= 0 && probability <= 1,
                   "the probability {} is outside its range [0, 1]", probability);
  require_edge_capacity("small world", Offset(n) * neighbours, kMaxEdges);
  Links links(n);
  for (Index reach = 1; reach <= neighbours / 2; ++reach) {
    for (Index i = 0; i < n; ++i) links.add(i, (i + reach) % n);
  }
  const RandomStream stream(seed, "graph/small_world");
  for (Index reach = 1; reach <= neighbours / 2; ++reach) {
    for (Index i = 0; i < n; ++i) {
      const std::uint64_t link = std::uint64_t(reach) << 32 | std::uint64_t(i);
      if (!(stream.uniform<double>(link) < probability) || links.degree(i) == n - 1) continue;
      Index other = i;
      for (std::uint32_t draw = 1; other == i || links.has(i, other); ++draw) {
        other = static_cast<Index>(stream.integer(static_cast<std::uint64_t>(n), link, draw));
      }
      links.remove(i, (i + reach) % n);
      links.add(i, other);
    }
  }
  return graph_from_pairs(n, links.pairs());
}

std::shared_ptr<const Graph> stochastic_block_graph(const std::vector<Index>& sizes,
                                                    const std::vector<double>& probabilities,
                                                    std::uint64_t seed) {
  const std::size_t n_groups = sizes.size();
  FILIGREE_REQUIRE(probabilities.size() == n_groups * n_groups,
                   "{} groups need {} probabilities, but there are {}", n_groups,
                   n_groups * n_groups, probabilities.size());
  std::vector<Index> group;
  for (std::size_t a = 0; a < n_groups; ++a) {
    FILIGREE_REQUIRE(sizes[a] >= 0, "group {} has {} nodes: none is the least", a, sizes[a]);
    group.insert(group.end(), static_cast<std::size_t>(sizes[a]), static_cast<Index>(a));
    for (std::size_t b = 0; b < n_groups; ++b) {
      const double p = probabilities[a * n_groups + b];
      FILIGREE_REQUIRE(p >= 0 && p <= 1, "the probability {} of groups {} and {} is outside [0, 1]",
                       p, a, b);
      FILIGREE_REQUIRE(
          p == probabilities[b * n_groups + a],
          "the probabilities of groups {} and {} differ in the two directions: {} and {}", a, b, p,
          probabilities[b * n_groups + a]);
    }
  }
  const BlockPairs pairs{
      RandomStream(seed, "graph/stochastic_block"), to_device("graph/group", group),
      to_device("graph/probabilities", probabilities), static_cast<Index>(n_groups)};
  return connect(static_cast<Index>(group.size()), pairs);
}

#define FILIGREE_INSTANTIATE(D)                                              \
  template PointGraph<D> lattice_graph(const LatticeOptions<D>&);            \
  template Array<Vec<D>> random_points(Index, const Box<D>&, std::uint64_t); \
  template PointGraph<D> random_geometric_graph(Index, const Box<D>&, Real, std::uint64_t);
FILIGREE_INSTANTIATE(2)
FILIGREE_INSTANTIATE(3)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree
