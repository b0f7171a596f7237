// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Sources and sinks of particles: inflow through a region, and regions that swallow.
//
// A source is filled by an endless lattice that moves with the inflow velocity v. The lattice has
// planes across v, one spacing s apart, and its points run on lines along v. Point k = 0, 1, ... of
// a line has gone
//   d_k(t) = |v| (t - from) - offset - (k + 1/2) s,    -s/2 < offset <= s/2
// beyond the place where its line enters the source's shape. It becomes a particle when d_k >= 0,
// and moves with v until it has gone through the shape; then it is a particle like any other. So a
// line has made floor((|v| (t - from) - offset)/s + 1/2) particles: the mass flux is that of the
// lattice, and what has come in is right to within half a layer at any time.
#pragma once

#include <vector>

#include "physics/mpm/obstacle.hpp"

namespace filigree::mpm {

/// A line of the lattice, through a source's shape.
template <int D>
struct InflowLine {
  Vec<D, double> entry{};  ///< m, where it enters the shape
  double offset = 0;       ///< m along v, from the entry to the nearest plane at the start
  double length = 0;       ///< m, from the entry to where it leaves the shape for good
};

template <int D>
struct Source {
  Index body = 0;
  Vec<D, double> velocity{};  ///< m/s
  double from = 0;            ///< s
  double until = 1e300;       ///< s
  double spacing = 0;         ///< m, along the velocity
  double volume = 0;          ///< m^3 of a particle (2D: m^2)
  std::vector<InflowLine<D>> lines;
};

/// The source of a shape whose points are `spacing` (m) apart; across the velocity the spacing is
/// adjusted so that a whole number of lines fits the extent of the shape, which fills a box that is
/// entered at right angles exactly. Has no lines when the shape is too thin for one. The velocity
/// is not zero.
template <int D>
Source<D> make_source(const Shape& shape, const Vec<D, double>& velocity, double spacing);

/// Particles that a line of the source has made up to a time.
template <int D>
std::int64_t made_until(const Source<D>& source, const InflowLine<D>& line, double time);
/// Particles that the source has made up to a time.
template <int D>
std::int64_t made_until(const Source<D>& source, double time);

/// A region that takes the particles inside it away.
template <int D>
struct Sink {
  Obstacle<D> region;
  double from = 0;       ///< s
  double until = 1e300;  ///< s
};

}  // namespace filigree::mpm
