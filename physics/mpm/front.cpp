// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/front.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace filigree::mpm {

namespace {

/// A cell that holds particles of the body.
struct Filled {
  Index cell = 0;        ///< number of its lowest node
  double share = 0;      ///< of its volume that is full
  double front = 0;      ///< m, largest coordinate of its particles
  std::size_t part = 0;  ///< connected part it belongs to, 0: none yet
};

/// One entry per occupied cell, by number.
template <int D>
std::vector<Filled> filled_cells(const Grid<D>& grid, const State<D>& state, Index body, int axis) {
  const auto positions = to_host(state.particles.template get<Position<D>>());
  const auto bodies = to_host(state.particles.template get<Body>());
  const auto volumes = to_host(state.particles.template get<Volume>());
  const double cell_volume = std::pow(static_cast<double>(grid.h), D);
  std::vector<Filled> cells;
  for (Index p = 0; p < positions.size(); ++p) {
    if (body >= 0 && bodies(p) != body) continue;
    const Vec<D> x = grid.to_cells(positions(p));
    Vec<D, Index> node{};
    for (int a = 0; a < D; ++a) node[a] = static_cast<Index>(std::floor(x[a]));
    cells.push_back({grid.index(node), volumes(p) / cell_volume, double(positions(p)[axis])});
  }
  std::sort(cells.begin(), cells.end(),
            [](const Filled& a, const Filled& b) { return a.cell < b.cell; });
  std::size_t n = 0;
  for (const Filled& one : cells) {
    if (n > 0 && cells[n - 1].cell == one.cell) {
      cells[n - 1].share += one.share;
      cells[n - 1].front = std::max(cells[n - 1].front, one.front);
    } else {
      cells[n++] = one;
    }
  }
  cells.resize(n);
  return cells;
}

}  // namespace

template <int D>
double connected_front(const Grid<D>& grid, const State<D>& state, Index body, int axis) {
  std::vector<Filled> cells = filled_cells(grid, state, body, axis);
  // One of four particles is a quarter, whatever its volume rounds to.
  std::erase_if(cells, [](const Filled& cell) { return cell.share < 0.25 - 1e-4; });
  Vec<D, Index> strides{};
  for (int a = 0; a < D; ++a) {
    Vec<D, Index> unit{};
    unit[a] = 1;
    strides[a] = grid.index(unit);
  }
  std::size_t largest = 0;
  double front = std::numeric_limits<double>::lowest();
  std::vector<std::size_t> open;
  for (std::size_t start = 0; start < cells.size(); ++start) {
    if (cells[start].part != 0) continue;
    std::size_t size = 0;
    double reached = cells[start].front;
    cells[start].part = start + 1;
    open.assign(1, start);
    while (!open.empty()) {
      const Filled cell = cells[open.back()];
      open.pop_back();
      ++size;
      reached = std::max(reached, cell.front);
      for (int side = 0; side < 2 * D; ++side) {
        const Index next = cell.cell + (side % 2 == 0 ? -1 : 1) * strides[side / 2];
        const auto found =
            std::lower_bound(cells.begin(), cells.end(), next,
                             [](const Filled& one, Index number) { return one.cell < number; });
        if (found == cells.end() || found->cell != next || found->part != 0) continue;
        found->part = start + 1;
        open.push_back(static_cast<std::size_t>(found - cells.begin()));
      }
    }
    if (size > largest) {
      largest = size;
      front = reached;
    }
  }
  return front;
}

template double connected_front<2>(const Grid<2>&, const State<2>&, Index, int);
template double connected_front<3>(const Grid<3>&, const State<3>&, Index, int);

}  // namespace filigree::mpm
