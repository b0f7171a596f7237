// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/seeding.hpp"

#include <cmath>
#include <limits>

#include "physics/mpm/mpm_step.hpp"

namespace filigree::mpm {

template <int D>
Grid<D> make_grid(const Vec<D, double>& lower, const Vec<D, double>& upper, double h) {
  Grid<D> grid{};
  grid.h = static_cast<Real>(h);
  double nodes = 1;
  for (int a = 0; a < D; ++a) {
    const double cells = (upper[a] - lower[a]) / h;
    const double whole = std::round(cells);
    FILIGREE_REQUIRE(
        whole >= 1 && std::abs(cells - whole) <= 1e-6 * whole,
        "the domain is {} cells of {} m long along axis {}; it must be a whole number, "
        "for example {} m or {} m long",
        number_text(cells), number_text(h), a, number_text(std::max(1.0, std::floor(cells)) * h),
        number_text(std::ceil(cells) * h));
    nodes *= whole + 2 * kMargin + 1;
    FILIGREE_REQUIRE(nodes * kLanes <= double(std::numeric_limits<Index>::max()),
                     "the grid needs more than {} nodes: use larger cells or a smaller domain",
                     std::numeric_limits<Index>::max() / kLanes);
    grid.cells[a] = static_cast<Index>(whole);
    grid.nodes[a] = grid.cells[a] + 2 * kMargin + 1;
    grid.origin[a] = static_cast<Real>(lower[a] - kMargin * h);
  }
  return grid;
}

template <int D>
void set_scenes(Grid<D>& grid, std::int64_t n) {
  const double most = std::numeric_limits<Index>::max();
  FILIGREE_REQUIRE(static_cast<double>(n) * grid.node_count() * kLanes <= most,
                   "{} scenes of {} nodes are too many at once: at most {} fit", n,
                   grid.node_count(), static_cast<Index>(most / kLanes / grid.node_count()));
  grid.scenes = static_cast<Index>(n);
}

template <int D>
State<D> seed_state(const Model<D>& model, const std::vector<Seed<D>>& seeds) {
  const auto n = static_cast<Index>(seeds.size());
  FILIGREE_REQUIRE(n > 0 || !model.sources.empty(),
                   "there are no particles: give at least one body");
  State<D> state = make_state<D>(n);
  state.exchanged.next_id = n;
  if (!model.sources.empty()) {
    fill(state.particles.template add<Inlet>(), Index(-1));
    state.particles.template add<Release>();
  }
  HostArray<Index> ids("id", n), bodies("body", n), scenes("scene", n);
  HostArray<Real> masses("mass", n), volumes("volume", n);
  HostArray<Vec<D>> positions("position", n), velocities("velocity", n);
  HostArray<Mat<D>> gradients("velocity_gradient", n);
  for (Index i = 0; i < n; ++i) {
    const Seed<D>& seed = seeds[static_cast<std::size_t>(i)];
    ids(i) = i;
    bodies(i) = seed.body;
    scenes(i) = seed.scene;
    volumes(i) = static_cast<Real>(seed.volume);
    masses(i) =
        static_cast<Real>(seed.volume * density(model.laws[static_cast<std::size_t>(seed.body)]));
    for (int a = 0; a < D; ++a) {
      positions(i)[a] = static_cast<Real>(seed.position[a]);
      velocities(i)[a] = static_cast<Real>(seed.velocity[a]);
    }
    for (int c = 0; c < D * D; ++c) {
      gradients(i).data[c] = static_cast<Real>(seed.velocity_gradient.data[c]);
    }
    FILIGREE_REQUIRE(model.grid.holds(positions(i)), "particle {} of body {} lies outside the grid",
                     i, seed.body);
  }
  const ParticleSystem& p = state.particles;
  copy(p.get<Id>(), to_device(ids));
  copy(p.get<Body>(), to_device(bodies));
  copy(p.get<Scene>(), to_device(scenes));
  copy(p.get<Mass>(), to_device(masses));
  copy(p.get<Volume>(), to_device(volumes));
  copy(p.get<Position<D>>(), to_device(positions));
  copy(p.get<Velocity<D>>(), to_device(velocities));
  copy(p.get<VelocityGradient<D>>(), to_device(gradients));
  initialize_stress(model, state);
  return state;
}

template Grid<2> make_grid<2>(const Vec<2, double>&, const Vec<2, double>&, double);
template Grid<3> make_grid<3>(const Vec<3, double>&, const Vec<3, double>&, double);
template void set_scenes<2>(Grid<2>&, std::int64_t);
template void set_scenes<3>(Grid<3>&, std::int64_t);
template State<2> seed_state<2>(const Model<2>&, const std::vector<Seed<2>>&);
template State<3> seed_state<3>(const Model<3>&, const std::vector<Seed<3>>&);

}  // namespace filigree::mpm
