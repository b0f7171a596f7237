// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Clouds, plain host references and small helpers for the tests of the graph layer.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/array.hpp"
#include "core/vec.hpp"
#include "graph/box.hpp"
#include "graph/graph.hpp"

namespace filigree::testing {

/// (receiver, sender) in the order of the edges.
using Edges = std::vector<std::pair<Index, Index>>;

inline Edges edges_of_rows(const Graph& graph) {
  const HostArray<Offset> offsets = to_host(graph.row_offsets());
  const HostArray<Index> senders = to_host(graph.senders());
  Edges edges;
  for (Index i = 0; i < graph.n_receivers(); ++i) {
    for (Offset e = offsets(i); e < offsets(i + 1); ++e) {
      edges.emplace_back(i, senders(static_cast<Index>(e)));
    }
  }
  return edges;
}

inline Edges turned_round(Edges edges) {
  for (auto& [receiver, sender] : edges) std::swap(receiver, sender);
  std::sort(edges.begin(), edges.end());
  return edges;
}

/// The text of the InputError that f throws.
template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

template <int D>
using Points = std::vector<Vec<D>>;

/// Uniform in lower + [0, span) on every axis.
template <int D>
Points<D> uniform_points(int n, double lower, double span, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  Points<D> points(static_cast<std::size_t>(n));
  for (auto& x : points) {
    for (int k = 0; k < D; ++k) x[k] = static_cast<Real>(lower + span * unit(generator));
  }
  return points;
}

/// All points of a regular grid: side^D, spacing h.
template <int D>
Points<D> grid_points(int side, double h) {
  Points<D> points;
  const int n = D == 2 ? side * side : side * side * side;
  for (int i = 0; i < n; ++i) {
    Vec<D> x;
    int rest = i;
    for (int k = 0; k < D; ++k, rest /= side) x[k] = static_cast<Real>(h * (rest % side));
    points.push_back(x);
  }
  return points;
}

template <int D>
Points<D> joined(Points<D> a, const Points<D>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Squared distance of wrapped positions with every product rounded.
template <int D>
double squared_distance(const Box<D>& box, const Vec<D>& a, const Vec<D>& b) {
  const Vec<D> wrapped_a = box.wrap(a);
  const Vec<D> wrapped_b = box.wrap(b);
  double sum = 0;
  for (int k = 0; k < D; ++k) {
    double d = double(wrapped_a[k]) - double(wrapped_b[k]);
    const double length = double(box.upper[k]) - double(box.lower[k]);
    if (box.periodic[k] && d > length / 2) d -= length;
    if (box.periodic[k] && d < -length / 2) d += length;
    volatile double square = d * d;  // no fused product
    sum += square;
  }
  return sum;
}

/// All pairs within the radius by looking at every pair.
template <int D>
Edges pairs_within(const Points<D>& queries, const Points<D>& sources, Real radius,
                   const Box<D>& box, bool leave_out_self) {
  Edges edges;
  const double squared_radius = double(radius) * double(radius);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    for (std::size_t j = 0; j < sources.size(); ++j) {
      if (leave_out_self && i == j) continue;
      if (squared_distance(box, queries[i], sources[j]) <= squared_radius) {
        edges.emplace_back(static_cast<Index>(i), static_cast<Index>(j));
      }
    }
  }
  return edges;
}

/// The k nearest by sorting all, ties by number.
template <int D>
Edges k_nearest(const Points<D>& queries, const Points<D>& sources, Index k, bool leave_out_self) {
  Edges edges;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    std::vector<std::pair<double, Index>> order;
    for (std::size_t j = 0; j < sources.size(); ++j) {
      if (leave_out_self && i == j) continue;
      order.emplace_back(squared_distance(Box<D>{}, queries[i], sources[j]), static_cast<Index>(j));
    }
    std::partial_sort(order.begin(), order.begin() + k, order.end());
    Edges row;
    for (Index r = 0; r < k; ++r) {
      row.emplace_back(static_cast<Index>(i), order[static_cast<std::size_t>(r)].second);
    }
    std::sort(row.begin(), row.end());
    edges.insert(edges.end(), row.begin(), row.end());
  }
  return edges;
}

template <int D>
struct Cloud {
  std::string name;
  Points<D> points;
  Real radius;
};

/// Clouds that break careless searches. Everything fits into float.
template <int D>
std::vector<Cloud<D>> clouds() {
  const Points<D> random = uniform_points<D>(600, 0, 1, 1);
  Points<D> coincident = uniform_points<D>(90, 0, 1, 2);
  for (std::size_t i = 0; i < coincident.size(); ++i) coincident[i] = coincident[i % 3];
  Points<D> collinear = uniform_points<D>(300, 0, 1, 3);
  for (auto& x : collinear) {
    for (int k = 1; k < D; ++k) x[k] = x[0];
  }
  Points<D> flat = uniform_points<D>(300, 0, 1, 4);
  for (auto& x : flat) x[D - 1] = Real(0.5);
  Points<D> thin = uniform_points<D>(400, 0, 1, 5);
  for (auto& x : thin) {
    x[0] *= Real(1e6);
    x[D - 1] *= Real(1e-3);
  }
  Points<D> escaped = random;
  escaped[7] = Vec<D>::filled(Real(1e12));
  escaped[300] = Vec<D>::filled(Real(-1e9));
  Points<D> negative_zero = grid_points<D>(3, 1.0);
  for (auto& x : negative_zero) x = -x;
  return {
      {"uniform", random, Real(0.15)},
      {"everything within the radius", uniform_points<D>(80, 0, 1, 6), Real(4)},
      {"few neighbours", uniform_points<D>(600, -5, 10, 7), Real(0.01)},
      {"coincident", coincident, Real(0.125)},
      {"all in one place", Points<D>(70, Vec<D>::filled(Real(0.3))), Real(0.5)},
      {"grid with the radius as spacing", grid_points<D>(D == 2 ? 20 : 8, 0.5), Real(0.5)},
      {"grid with half the radius as spacing", grid_points<D>(D == 2 ? 20 : 8, 0.25), Real(0.5)},
      {"grid of tenths", grid_points<D>(D == 2 ? 20 : 8, 0.1), Real(0.1)},
      {"collinear", collinear, Real(0.05)},
      {"flat", flat, Real(0.1)},
      {"thin", thin, Real(3e4)},
      {"far from the origin", uniform_points<D>(400, 1e6, 16, 8), Real(1.5)},
      {"below the origin", uniform_points<D>(400, -1e6, 16, 9), Real(1.5)},
      {"huge", uniform_points<D>(300, -1e30, 2e30, 10), Real(2e29)},
      {"tiny", uniform_points<D>(300, 0, 1e-30, 11), Real(2e-31)},
      {"two escaped points", escaped, Real(0.15)},
      {"two clusters", joined(random, uniform_points<D>(300, 1e5, 1, 12)), Real(0.15)},
      {"negative zeros", negative_zero, Real(1)},
      {"two points at the radius", {Vec<D>{0, 0}, Vec<D>{Real(0.6), Real(0.8)}}, Real(1)},
      {"one", Points<D>(1), Real(1)},
      {"none", {}, Real(1)},
  };
}

template <class T>
bool same_values(const Array<T>& a, const Array<T>& b) {
  return to_vector(a) == to_vector(b);
}

/// Host values as a device array [rows, columns].
template <class T>
Array<T, 2> matrix(Index rows, Index columns, const std::vector<T>& values) {
  const HostArray<T, 2> host("test/matrix", rows, columns);
  std::copy(values.begin(), values.end(), host.data());
  return to_device(host);
}

template <class T>
std::vector<T> values_of(const Array<T, 2>& array) {
  const HostArray<T, 2> host = to_host(array);
  return {host.data(), host.data() + std::ptrdiff_t(host.extent(0)) * host.extent(1)};
}

}  // namespace filigree::testing
