// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/network/star_mesh.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace filigree::network {

namespace {

std::size_t at(Index i) {
  return static_cast<std::size_t>(i);
}

struct Link {
  Index node;
  double k;
};
using Links = std::vector<Link>;

/// The links of every node by rising neighbour, parallel ones added, self loops left out.
std::vector<Links> links_of(const HostNetwork& network) {
  std::vector<Links> links(at(network.size()));
  for (Index i = 0; i < network.size(); ++i) {
    Links& row = links[at(i)];
    for (auto e = at(static_cast<Index>(network.row_offsets[at(i)]));
         e < at(static_cast<Index>(network.row_offsets[at(i) + 1])); ++e) {
      if (network.columns[e] != i) row.push_back({network.columns[e], network.values[e]});
    }
    std::stable_sort(row.begin(), row.end(),
                     [](const Link& a, const Link& b) { return a.node < b.node; });
    std::size_t last = 0;
    for (std::size_t e = 1; e < row.size(); ++e) {
      if (row[e].node == row[last].node) {
        row[last].k += row[e].k;
      } else {
        row[++last] = row[e];
      }
    }
    if (!row.empty()) row.resize(last + 1);
  }
  return links;
}

}  // namespace

/// Elimination in progress.
struct StarMesh::Builder {
  StarMesh& result;
  std::vector<Links> links;
  std::vector<double> ground;
  std::set<std::pair<std::size_t, Index>> by_degree;  ///< nodes still there
  Links merged;

  Builder(StarMesh& to, const HostNetwork& network)
      : result(to), links(links_of(network)), ground(network.ground) {
    for (Index i = 0; i < network.size(); ++i) by_degree.emplace(links[at(i)].size(), i);
    result.starts_.push_back(0);
  }

  void note(Index node, double total, const Links& row) {
    result.order_.push_back(node);
    result.totals_.push_back(total);
    for (const Link& link : row) {
      result.neighbours_.push_back(link.node);
      result.parts_.push_back(link.k / total);
    }
    result.starts_.push_back(static_cast<Offset>(result.parts_.size()));
  }

  /// Joins node u to the other neighbours of v with k_uv k_vw / D, and forgets v.
  void join(Index u, double k, Index v, const Links& star, double total) {
    const Links& row = links[at(u)];
    merged.clear();
    std::size_t e = 0;
    for (const Link& link : star) {
      if (link.node == u) continue;
      for (; e < row.size() && row[e].node < link.node; ++e) {
        if (row[e].node != v) merged.push_back(row[e]);
      }
      const bool is_there = e < row.size() && row[e].node == link.node;
      // Both ends must get the same bits: the product is commutative, the quotient comes last.
      merged.push_back({link.node, (is_there ? row[e].k : 0) + k * link.k / total});
      if (is_there) ++e;
    }
    for (; e < row.size(); ++e) {
      if (row[e].node != v) merged.push_back(row[e]);
    }
    by_degree.erase({row.size(), u});
    by_degree.emplace(merged.size(), u);
    links[at(u)].swap(merged);
  }

  void eliminate(Index v) {
    by_degree.erase({links[at(v)].size(), v});
    const Links star = std::move(links[at(v)]);
    double total = ground[at(v)];
    for (const Link& link : star) total += link.k;
    note(v, total, star);
    for (const Link& link : star) {
      ground[at(link.node)] += link.k * ground[at(v)] / total;
      join(link.node, link.k, v, star, total);
    }
  }

  /// Takes out all that is left as a dense matrix.
  void eliminate_rest() {
    std::vector<Index> nodes;
    std::vector<Index> place(links.size());
    for (const auto& [degree, node] : by_degree) nodes.push_back(node);
    const std::size_t n = nodes.size();
    for (std::size_t a = 0; a < n; ++a) place[at(nodes[a])] = static_cast<Index>(a);
    std::vector<double> k(n * n, 0.0);
    for (std::size_t a = 0; a < n; ++a) {
      for (const Link& link : links[at(nodes[a])]) k[a * n + at(place[at(link.node)])] = link.k;
    }
    Links star;
    for (std::size_t a = 0; a < n; ++a) {
      const double* row = &k[a * n];
      double total = ground[at(nodes[a])];
      star.clear();
      for (std::size_t b = a + 1; b < n; ++b) {
        total += row[b];
        star.push_back({nodes[b], row[b]});
      }
      note(nodes[a], total, star);
      for (std::size_t b = a + 1; b < n; ++b) {
        if (row[b] == 0) continue;
        const double part = row[b] / total;
        ground[at(nodes[b])] += part * ground[at(nodes[a])];
        double* other = &k[b * n];
        for (std::size_t c = a + 1; c < n; ++c) other[c] += part * row[c];
        other[b] = 0;
      }
    }
  }
};

StarMesh::StarMesh(const HostNetwork& network) {
  Builder builder(*this, network);
  while (!builder.by_degree.empty()) {
    const auto [degree, node] = *builder.by_degree.begin();
    // Dense rows cost less per entry than lists by about the square of three.
    if (3 * degree >= builder.by_degree.size()) break;
    builder.eliminate(node);
  }
  builder.eliminate_rest();
}

void StarMesh::solve(std::span<double> q) const {
  for (std::size_t s = 0; s < order_.size(); ++s) {
    const double out = q[at(order_[s])];
    if (out == 0) continue;
    for (auto e = static_cast<std::size_t>(starts_[s]);
         e < static_cast<std::size_t>(starts_[s + 1]); ++e) {
      q[at(neighbours_[e])] += parts_[e] * out;
    }
  }
  for (std::size_t s = order_.size(); s-- > 0;) {
    double p = q[at(order_[s])] / totals_[s];
    for (auto e = static_cast<std::size_t>(starts_[s]);
         e < static_cast<std::size_t>(starts_[s + 1]); ++e) {
      p += parts_[e] * q[at(neighbours_[e])];
    }
    q[at(order_[s])] = p;
  }
}

}  // namespace filigree::network
